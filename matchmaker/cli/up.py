"""`matchmaker up`: everything on this host, from an empty folder."""

import os
import sys
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.cli import logs
from matchmaker.cli.preconditions import prepare_data_dir, require_free_port
from matchmaker.cli.supervisor import Child, Supervisor
from matchmaker.config import Settings, child_environment
from matchmaker.db import migrate
from matchmaker.db.models import City
from matchmaker.queries.guide import has_accounts
from matchmaker.services import profile, search
from matchmaker.services.demo import load_demo


@click.command()
@click.option("--demo", is_flag=True, help="Fill an empty installation with an invented city year to try things on.")
@click.option("--city", help="City profile to start with; left out: the one marked as default.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database and the key.")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
def up(*, demo: bool, **given: Any) -> int:
    """Migrate, load the city profile, and run web and scheduler until stopped."""
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    logs.configure(settings, "up")
    prepare_data_dir(settings)
    require_free_port(settings)
    migrate.upgrade(settings.database_url)
    settings.key()
    accounts = _load(settings, demo=demo)
    environment = child_environment(settings)
    supervisor = Supervisor(
        children=[Child(name, _command(name), environment) for name in ("web", "scheduler")],
        is_ready=lambda: _answers(f"{_own_address(settings)}/readyz"),
        on_ready=lambda: _announce(settings, accounts),
    )
    return supervisor.run()


def _load(settings: Settings, *, demo: bool) -> list[str]:
    """Load the city profile and, where asked for, the demonstration; the lines that tell of its accounts."""
    runtime = Runtime.build(settings)
    try:
        with runtime.sessions.read() as session:
            known = session.scalar(select(City.code))
        seeds = profile.read(settings.city or known)
        with runtime.sessions.write() as session:
            profile.load(session, seeds, clock=runtime.clock)
        accounts = [str(account) for account in load_demo(runtime)] if demo else _first_account(runtime)
        search.rebuild_if_stale(runtime.sessions)
        return accounts
    finally:
        runtime.close()


def _first_account(runtime: Runtime) -> list[str]:
    """How the first account is made, while there is none."""
    with runtime.sessions.read() as session:
        if has_accounts(session):
            return []
    place = f"MATCHMAKER_DATA_DIR={runtime.settings.data_dir}" if runtime.settings.sqlite else "DATABASE_URL=…"
    return [f"no account yet, make the first one with: {place} matchmaker account create-admin admin"]


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "matchmaker", name, "--tied", str(os.getpid())]


def _own_address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 -- compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 -- our own http address
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _announce(settings: Settings, accounts: list[str]) -> None:
    click.echo(f"ready: {settings.public_url}")
    for line in accounts:
        click.echo(line)
    sys.stdout.flush()
