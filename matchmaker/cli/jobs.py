"""`matchmaker jobs list`, `matchmaker jobs run NAME`."""

import os
import socket
from datetime import date, datetime

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli import logs
from matchmaker.cli.preconditions import require_migrated
from matchmaker.clock import SHANGHAI, SystemClock
from matchmaker.config import Settings
from matchmaker.queries import jobs as queries
from matchmaker.scheduler.jobs import JOBS, Turn, find
from matchmaker.scheduler.turns import run_turn
from matchmaker.services.jobs import MAX_ATTEMPTS


@click.group()
def jobs() -> None:
    """What happens by itself."""


@jobs.command("list")
def list_jobs() -> None:
    """Every job with its times, its last run and what came of it."""
    runtime = _runtime()
    now = SystemClock().now()
    with runtime.sessions.read() as session:
        for job in JOBS:
            run = queries.last_run(session, job.name)
            said = "never run"
            if run is not None:
                state = queries.state(run, now=now, max_attempts=MAX_ATTEMPTS)
                began = run.started_at.astimezone(SHANGHAI)
                said = f"{began:%Y-%m-%d %H:%M:%S} {state} {run.error or run.result}"
            click.echo(f"{job.name:<20} {job.schedule!s:<10} {said}")
    runtime.close()


@jobs.command("run")
@click.argument("name", type=click.Choice([job.name for job in JOBS]))
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day to run it for; left out: today.")
def run_job(name: str, day: datetime | None) -> int:
    """Run one job now, for one day. What was done for that day already is not done twice."""
    runtime = _runtime()
    job = find(name)
    assert job is not None  # noqa: S101 -- click has checked the name
    wanted: date = day.date() if day else runtime.clock.today()
    owner = f"{socket.gethostname()[:32]}:{os.getpid()}:cli"
    result = run_turn(runtime, job, Turn(SystemClock().now(), wanted), owner)
    runtime.close()
    click.echo(f"{name} {wanted}: {'failed, see above' if result is None else result}")
    return int(result is None)


def _runtime() -> Runtime:
    settings = Settings()
    require_migrated(settings)
    logs.configure(settings, "cli")
    return Runtime.build(settings)
