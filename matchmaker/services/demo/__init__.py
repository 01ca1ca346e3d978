"""The invented city year behind `--demo`: told in seeds/demo, played through the services, marked as invented."""

from matchmaker.services.demo.load import PASSWORD, DemoAccount, load_demo

__all__ = ["PASSWORD", "DemoAccount", "load_demo"]
