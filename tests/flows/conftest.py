"""A running demonstration, and people who sit down at a browser of their own."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page

from matchmaker.config import Settings
from tests.flows.seat import Seat
from tests.support.mail import MailServer
from tests.support.ports import free_port
from tests.support.server import Server

TODAY = date(2026, 11, 23)  # a working day, the one after the demonstration was loaded


@pytest.fixture
def settings(tmp_path: Path, mail_server: MailServer) -> Settings:
    """An empty folder, a fixed day and a mail server that keeps everything."""
    return Settings(
        data_dir=tmp_path / "data",
        port=free_port(),
        today=TODAY,
        smtp_host=mail_server.host,
        smtp_port=mail_server.port,
    )


@pytest.fixture
def demo(settings: Settings, demo_folder: Path, start_server: Callable[..., Server]) -> Server:
    """`matchmaker up --demo` on a copy of the loaded demonstration (from an empty folder: tests/cli)."""
    shutil.copytree(demo_folder, settings.data_dir)
    return start_server(settings, "up", "--demo").wait_until_ready()


@pytest.fixture
def seat(demo: Server, new_page: Callable[..., Page]) -> Callable[..., Seat]:
    """`seat("city")` is that person of the demonstration, signed in; `seat()` somebody without an account."""

    def sit_down(login: str = "", *, width: int = 1280) -> Seat:
        somebody = Seat(new_page(width), demo.url)
        return somebody.sign_in(login) if login else somebody

    return sit_down
