"""`matchmaker doctor`: each precondition, with what to do where it does not hold."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator

import click
from sqlalchemy import text

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import NETWORK_FILE_SYSTEMS, file_system, sqlite_path
from matchmaker.cli.recount import summary
from matchmaker.clock import SystemClock
from matchmaker.config import Settings
from matchmaker.db import migrate
from matchmaker.delivery.mail import Unreachable, mailer
from matchmaker.domain.vocabulary import OutboxState
from matchmaker.queries import health, jobs
from matchmaker.queries.trail import verify
from matchmaker.services.jobs import HEARTBEAT, MAX_ATTEMPTS

LEAST_FREE_MB = 256
POOL_OF_A_PROCESS = 15  # SQLAlchemy's own limits: 5 and 10 more
SPARE_CONNECTIONS = 10

Check = Callable[[Runtime], tuple[bool, str]]


@click.command()
def doctor() -> int:
    """Say of each precondition whether it holds, and if not, why and what to do."""
    runtime = Runtime.build(Settings())
    results = [(name, *_carefully(check, runtime)) for name, check in _checks(runtime.settings)]
    runtime.close()
    for name, fine, said in results:
        click.echo(f"{'ok ' if fine else 'BAD'}  {name:<12} {said}")
    return int(not all(fine for _name, fine, _said in results))


def _checks(settings: Settings) -> Iterator[tuple[str, Check]]:
    yield "data folder", _folder
    yield "disk", _disk
    yield "database", _database
    yield "file system" if settings.sqlite else "connections", _file_system if settings.sqlite else _connections
    yield "words", _segmenter
    yield "mail", _mail
    yield "outbox", _outbox
    yield "scheduler", _scheduler
    yield "jobs", _jobs
    yield "audit trail", _trail
    yield "address", _address


def _carefully(check: Check, runtime: Runtime) -> tuple[bool, str]:
    try:
        return check(runtime)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other checks still have something to say
        return False, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _folder(runtime: Runtime) -> tuple[bool, str]:
    folder = runtime.settings.data_dir
    if not folder.is_dir():
        return False, f"{folder} does not exist: `matchmaker migrate` or `matchmaker up` makes it"
    if not os.access(folder, os.W_OK):
        return False, f"{folder} cannot be written by this user"
    private = not folder.stat().st_mode & 0o077
    return private, f"{folder}" if private else f"{folder} can be read by others: chmod 700"


def _disk(runtime: Runtime) -> tuple[bool, str]:
    free = shutil.disk_usage(runtime.settings.data_dir).free // 2**20
    return free > LEAST_FREE_MB, f"{free} MB free, at least {LEAST_FREE_MB} MB are needed"


def _database(runtime: Runtime) -> tuple[bool, str]:
    driver = runtime.sessions.engine.driver
    at, head = migrate.current(runtime.settings.database_url), migrate.head()
    fits = at == head
    return fits, f"{driver}, at {at or 'base'}" + ("" if fits else f": this version needs {head}, `matchmaker migrate`")


def _file_system(runtime: Runtime) -> tuple[bool, str]:
    path = sqlite_path(runtime.settings)
    kind = file_system(path) if path else ""
    return kind not in NETWORK_FILE_SYSTEMS, f"{kind or 'unknown'}; SQLite needs a local one"


def _connections(runtime: Runtime) -> tuple[bool, str]:
    with runtime.sessions.read() as session:
        allowed = int(session.scalar(text("SHOW max_connections")) or 0)
    settings = runtime.settings
    needed = POOL_OF_A_PROCESS * (settings.workers + 1) * settings.hosts + SPARE_CONNECTIONS
    return allowed >= needed, f"up to {needed} needed by {settings.hosts} hosts, the server allows {allowed}"


def _segmenter(runtime: Runtime) -> tuple[bool, str]:
    return True, runtime.segmenter.stamp


def _mail(runtime: Runtime) -> tuple[bool, str]:
    settings = runtime.settings
    if not settings.smtp_host:
        return True, "no mail server is set (MATCHMAKER_SMTP_HOST): messages wait in the outbox"
    with mailer(settings) as mail:
        try:
            mail.open()
        except Unreachable as error:
            return False, f"{settings.smtp_host}:{settings.smtp_port} does not answer: {error}"
    return True, f"{settings.smtp_host}:{settings.smtp_port} answers"


def _outbox(runtime: Runtime) -> tuple[bool, str]:
    with runtime.sessions.read() as session:
        outbox = health.outbox(session)
    counts = ", ".join(f"{count} {state.value}" for state, count in outbox.count.items())
    dead = outbox.count[OutboxState.DEAD]
    return not dead, f"{counts}" + (": see last_error, then `matchmaker outbox revive`" if dead else "")


def _scheduler(runtime: Runtime) -> tuple[bool, str]:
    with runtime.sessions.read() as session:
        beat = jobs.last_success(session).get(HEARTBEAT)
    if beat is None:
        return False, "has never run: `matchmaker scheduler`, or `matchmaker up` for everything"
    age = round((SystemClock().now() - beat).total_seconds())
    return age <= 60, f"last heartbeat {age} s ago"


def _jobs(runtime: Runtime) -> tuple[bool, str]:
    with runtime.sessions.read() as session:
        dead = jobs.given_up(session, now=SystemClock().now(), max_attempts=MAX_ATTEMPTS)
    names = ", ".join(f"{job} ({count})" for job, count in dead.items())
    return not dead, f"given up: {names}; see `matchmaker jobs list`" if dead else "none given up"


def _trail(runtime: Runtime) -> tuple[bool, str]:
    with runtime.sessions.read() as session:
        found = verify(session)
    return not found.flaws, summary(found) + ("; see `matchmaker audit verify`" if found.flaws else "")


def _address(runtime: Runtime) -> tuple[bool, str]:
    settings = runtime.settings
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.settimeout(2)
        busy = probe.connect_ex((settings.host, settings.port)) == 0
    return True, f"{settings.public_url} ({'something listens' if busy else 'nothing listens'} on port {settings.port})"
