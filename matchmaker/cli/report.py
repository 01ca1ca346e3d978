"""`matchmaker report`: a report made from the records as files, or issued by an officer, as the pages do it."""

import re
from pathlib import Path

import click
from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.domain.permissions import Actor
from matchmaker.domain.reports import Period, ReportKind
from matchmaker.errors import Forbidden, InputError, NotFound
from matchmaker.queries import accounts
from matchmaker.queries import reports as queries
from matchmaker.services import reports as services
from matchmaker.services.reports import Draft

PERIOD = re.compile(r"(\d{4})-(?:(\d{1,2})|[Qq](\d))")  # 2026-10, 2026-Q3


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in ReportKind]))
@click.argument("period")
@click.option("--as", "login", required=True, help="Login of the officer of the city who makes the report.")
@click.option("--issue", is_flag=True, help="Issue and archive it; left out: files of a draft, nothing is kept.")
@click.option("--reason", default="", help="Why it is issued once more, from the second edition on.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder of the files.")
def report(*, kind: str, period: str, login: str, issue: bool, reason: str, output: Path) -> None:
    """Make the report of KIND about PERIOD, a month (2026-10) or a quarter (2026-Q3), as a workbook and a Word file."""
    about = _period(ReportKind(kind), period)
    settings = Settings()
    require_migrated(settings)
    if not output.is_dir():
        raise InputError(f"{output}: there is no such folder")
    runtime = Runtime.build(settings)
    with runtime.sessions.read() as session:
        actor = _officer(session, login)
        made = services.draft(session, actor, about, clock=runtime.clock)
    name = f"{kind}-{period.upper()}" + ("" if issue else "-draft")
    if issue:
        edition = _issue(runtime, actor, made, reason)
        name += f"-edition-{edition}"
    runtime.close()
    for suffix, content in (("xlsx", made.xlsx), ("docx", made.docx)):
        _save(output / f"{name}.{suffix}", content)


def _period(kind: ReportKind, text: str) -> Period:
    found = PERIOD.fullmatch(text)
    quarterly = kind is ReportKind.QUARTERLY
    if found is None or quarterly != bool(found[3]):
        wanted = "a quarter, 2026-Q3" if quarterly else "a month, 2026-10"
        raise InputError(f"{text}: a {kind.value} report is about {wanted}")
    try:
        return Period(kind, int(found[1]), int(found[2] or found[3]))
    except ValueError as error:
        raise InputError(str(error)) from error


def _officer(session: Session, login: str) -> Actor:
    account = accounts.by_login(session, login)
    if account is None:
        raise NotFound(f"no account {login!r}")
    if not account.active:
        raise Forbidden(f"the account {login!r} is locked")
    return accounts.actor_of(account)


def _issue(runtime: Runtime, actor: Actor, made: Draft, reason: str) -> int:
    """Archive it as the next edition of its period; the number of the edition."""
    content = made.content
    with runtime.sessions.write() as session:
        edition = len(queries.editions(session, content.period)) + 1
        row = services.issue(
            session, actor, made, seen=content.fingerprint, edition=edition, reason=reason, clock=runtime.clock
        )
        click.echo(f"issued: /reports/{row.id}, edition {edition}, fingerprint {row.fingerprint[:16]}")
    return edition


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    click.echo(path)
