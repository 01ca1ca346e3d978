"""Fixtures for every test: settings, databases, mail, processes, browser.

A test that asks for `database_url` (or `sessions`, `settings`) gets SQLite; marked `both_databases` it runs on SQLite
and PostgreSQL, marked `postgres` on PostgreSQL only. Each test has a fresh, migrated database of its own.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from matchmaker.config import PREFIX, Settings
from matchmaker.db.migrate import upgrade
from matchmaker.db.session import Sessions
from tests.support.browser import Windows, launch
from tests.support.demo import loaded
from tests.support.mail import MailServer
from tests.support.network import forbid_outgoing
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.server import Server

hypothesis.settings.register_profile("matchmaker", deadline=None)
hypothesis.settings.load_profile("matchmaker")

DATABASE_FIXTURES = {"database_url", "empty_database_url"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture in DATABASE_FIXTURES & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, _databases(metafunc.definition), indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "browser" in fixtures:
            item.add_marker("browser")
        if "postgres" in fixtures:
            item.add_marker("postgres")


def _databases(definition: pytest.Item) -> list[Any]:
    on_postgres = pytest.param("postgres", marks=pytest.mark.postgres)
    if definition.get_closest_marker("both_databases"):
        return ["sqlite", on_postgres]
    return [on_postgres] if definition.get_closest_marker("postgres") else ["sqlite"]


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network but loopback, no settings from whoever runs the tests."""
    forbid_outgoing(monkeypatch)
    for name in os.environ:
        if name == "DATABASE_URL" or (name.startswith(PREFIX) and name != f"{PREFIX}TEST_DATA"):
            monkeypatch.delenv(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    return Settings(data_dir=data_dir, database_url=database_url, port=free_port())


# Databases


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A private PostgreSQL server for this run; without its programs this fails, it never skips."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """Name of a migrated database that the tests' own are copied from."""
    name = postgres.create()
    upgrade(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file that the tests' own are copied from."""
    path = tmp_path_factory.mktemp("migrated") / "matchmaker.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def demo_folder(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demonstration in it, loaded once for its usual day: to read from, or to copy."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copyfile(migrated_sqlite, folder / "matchmaker.db")
    loaded(Settings(data_dir=folder)).close()
    return folder


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a fresh database at the newest revision."""
    if request.param == "sqlite":
        path = tmp_path / "matchmaker.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(template=request.getfixturevalue("migrated_postgres"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    """Units of work on the test's database: `with sessions.write() as session`, `with sessions.read() as session`."""
    sessions = Sessions(database_url)
    yield sessions
    sessions.close()


# Processes


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start `matchmaker ARGUMENTS…` with these settings; whatever still runs at the end is stopped."""
    servers: list[Server] = []

    def start(settings: Settings, *arguments: str) -> Server:
        server = Server(settings, *(arguments or ("up",)), log=tmp_path / f"server-{len(servers)}.log")
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.kill()
        print(server.output()[-4000:])  # seen where the test failed


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real mail server on loopback; `messages` is what arrived."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


# Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(width)` opens a window of its own; script errors, missing files and off-host requests fail the test."""
    windows = Windows(browser)
    yield windows.open
    windows.close()
    if windows.problems:
        pytest.fail("\n".join(windows.problems))


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
