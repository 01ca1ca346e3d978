"""`matchmaker recount`, `matchmaker audit verify`: whether the numbers and the trail behind them are true."""

from collections import Counter
from collections.abc import Iterator, Sequence

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.clock import SHANGHAI
from matchmaker.config import Settings
from matchmaker.db.models import Audit
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.tally import Line
from matchmaker.queries import recount as queries
from matchmaker.queries.trail import Check, verify

MOST_TOLD = 20


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
def verify_trail() -> int:
    """Read the whole chain again; exit status 1 if anything is not as it was written, the first flaw first."""
    runtime = _runtime()
    with runtime.sessions.read() as session:
        found = verify(session)
    runtime.close()
    for flaw in found.flaws[:MOST_TOLD]:
        click.echo(f"BAD  {flaw.damage.value}: {flaw.text}")
    if len(found.flaws) > MOST_TOLD:
        click.echo(f"     and {len(found.flaws) - MOST_TOLD} more")
    click.echo(summary(found))
    return int(bool(found.flaws))


def summary(found: Check) -> str:
    """A chain in one line."""
    flaws = f"{len(found.flaws)} flaws, the first: {found.flaws[0].text}" if found.flaws else "whole"
    return f"{found.head.number} links, {found.entries} entries, head {found.head.hash[:16]}: {flaws}"


@click.command()
@click.option("--year", type=click.IntRange(2000, 2100), help="The year to count again; left out: this year.")
def recount(year: int | None) -> int:
    """Count a year again, from its snapshots, from the trail alone and from the records, and name every difference.

    Exit status 1 if there is a difference that the audit trail does not account for.
    """
    runtime = _runtime()
    with runtime.sessions.read() as session:
        found = queries.report(session, year or runtime.clock.today().year)
        for line in _lines(found):
            click.echo(line)
        sound = found.sound
    runtime.close()
    return int(not sound)


def _lines(found: queries.Report) -> Iterator[str]:
    for code in MetricCode:
        told, there = found.told[code], found.found[code]
        same = "equal" if told.fingerprint == there.fingerprint else "the facts behind them DIFFER"
        yield f"{found.year} {code}: {there.total} by the records, {told.total} by the audit trail alone: {same}"
    for cell in found.untold[:MOST_TOLD]:
        where = f"{cell.row[0]} {cell.row[1]} {cell.field}"
        yield f"BAD  {where}: {_said(cell.found)} in the table, {_said(cell.told)} in the trail; last {_who(cell.last)}"
    yield from _in_all(found.snapshots)
    for one in found.snapshots:
        yield from _snapshot(one)
    yield (
        "the audit trail accounts for all of it"
        if found.sound
        else "BAD  the audit trail does not account for all of it"
    )


def _in_all(snapshots: Sequence[queries.Again]) -> Iterator[str]:
    """How many come out as they were stored: counted as things stood at their link in the trail, and as they stand."""
    then = Counter(one.then for one in snapshots)
    unlinked = f", {then[None]} name no link" if then[None] else ""
    of = f"of {len(snapshots)} snapshots"
    exact = "are reproduced exactly from the trail as it stood at their link"
    yield f"{of} {then[True]} {exact}, {then[False]} are not{unlinked}"
    differing = [one for one in snapshots if not one.reproduced]
    meetings = {number for one in differing for number in one.lines}
    why = f"; what changed {len(meetings)} meetings since is named below" if differing else ""
    yield f"{of} {len(snapshots) - len(differing)} give the same today, {len(differing)} give another number{why}"


def _snapshot(one: queries.Again) -> Iterator[str]:
    row = one.snapshot
    name = f"{row.day} {row.metric_code}: {row.value} stored"
    if one.then is False:
        yield f"BAD  {name}, which is not what the trail gives as it stood then"
    if one.reproduced:
        return
    came = "".join(f" +meeting {number}" for number in sorted(one.added))
    went = "".join(f" -meeting {number}{_why(one.lines.get(number))}" for number in sorted(one.removed))
    yield f"{'    ' if one.changes else 'BAD '} {name}, {one.value} now:{came}{went}"
    for change in one.changes[:MOST_TOLD]:
        where = f"{change.row[0]} {change.row[1]} {change.field}"
        yield f"       {where}: {_said(change.old)} -> {_said(change.new)}, {_who(change.entry)}"
    if len(one.changes) > MOST_TOLD:
        yield f"       and {len(one.changes) - MOST_TOLD} more"


def _why(line: Line | None) -> str:
    """Why a meeting that counted does not now; one that is not in the year's ledger any more has no line."""
    return f" ({', '.join(reason.why.value for reason in line.verdict.reasons)})" if line else " (not in this ledger)"


def _said(value: object) -> str:
    return "nothing" if value is None else str(value)


def _who(entry: Audit | None) -> str:
    if entry is None:
        return "without an entry"
    at = entry.at.astimezone(SHANGHAI)
    reason = f" ({entry.reason})" if entry.reason else ""
    return f"{entry.action} by {entry.actor}, {at:%Y-%m-%d %H:%M}{reason}"


def _runtime() -> Runtime:
    settings = Settings()
    require_migrated(settings)
    return Runtime.build(settings)
