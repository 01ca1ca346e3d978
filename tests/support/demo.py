"""An installation with the demonstration in it."""

from datetime import date
from pathlib import Path

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.services import profile
from matchmaker.services.demo import load_demo

TODAY = date(2026, 11, 22)


def installed(settings: Settings, folder: Path | None = None, *, day: date = TODAY) -> Runtime:
    """An installation with a city profile (from `folder`) and nothing else."""
    runtime = Runtime.build(settings.model_copy(update={"today": day}))
    with runtime.sessions.write() as session:
        profile.load(session, profile.read(folder=folder), clock=runtime.clock)
    return runtime


def loaded(settings: Settings, folder: Path | None = None, *, day: date = TODAY) -> Runtime:
    runtime = installed(settings, folder, day=day)
    load_demo(runtime)
    return runtime
