"""`matchmaker migrate` fills the search of an older database; `matchmaker search` makes its entries anew."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from matchmaker.config import Settings, child_environment
from matchmaker.db.migrate import upgrade
from matchmaker.db.models import SearchEntry
from matchmaker.db.session import Sessions
from tests.factories import make_need
from tests.support.ports import free_port
from tests.support.server import ROOT

pytestmark = pytest.mark.both_databases
BEFORE = "0004"  # the last revision without search


def command(settings: Settings, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "matchmaker", *arguments],
        cwd=ROOT,
        env=child_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def entries(url: str) -> list[str]:
    sessions = Sessions(url)
    with sessions.read() as session:
        found = list(session.scalars(select(SearchEntry.title)))
    sessions.close()
    return found


def test_an_older_database_is_filled_when_it_is_migrated(tmp_path: Path, empty_database_url: str) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=empty_database_url, port=free_port())
    upgrade(empty_database_url, BEFORE)
    sessions = Sessions(empty_database_url)
    with sessions.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO organisation (kind, status, name, tags, contact_name, contact_phone, contact_email,"
                " version, created_at, updated_at) VALUES ('institute', 'active', '清河大学', '[]', '', '', '', 1,"
                " '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"
            )
        )
    sessions.close()
    command(settings, "migrate")
    assert entries(empty_database_url) == [" 清河大学 "]


def test_entries_are_made_anew_when_asked(settings: Settings, sessions: Sessions) -> None:
    with sessions.write() as session:
        make_need(session, title="焊接")
    assert command(settings, "search") == "search: 0 entries changed\n"
    with sessions.write() as session:
        session.execute(delete(SearchEntry))
    assert command(settings, "search") == "search: 2 entries changed\n"  # the need and its firm
    assert command(settings, "search", "--rebuild") == "search: 0 entries changed\n"
    assert " 焊接 " in entries(settings.database_url)
