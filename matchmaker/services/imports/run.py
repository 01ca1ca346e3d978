"""Bringing a sheet in: plan every row, segment what is new, then write it all in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.journal import journal
from matchmaker.db.locks import exclusive
from matchmaker.db.models import ImportBatch
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import NeedDraft
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.services.analysis import analyse_capability, analyse_need
from matchmaker.services.imports.changes import keep
from matchmaker.services.imports.entries import ABSORPTIONS, TRAININGS, TURNOVER, Entries
from matchmaker.services.imports.history import History
from matchmaker.services.imports.mappings import agreed
from matchmaker.services.imports.parties import Organisations
from matchmaker.services.imports.people import Experts, Groups
from matchmaker.services.imports.plan import Analyses, Desk, Lookup, Plan, RefusedError, Report, Verdict
from matchmaker.services.imports.postings import Capabilities, Needs
from matchmaker.services.imports.sheet import Line, Reading, RowError, Sheet, look, sheet_of
from matchmaker.services.imports.specialists import Specialists
from matchmaker.text import Segmenter

MOST_ERRORS_KEPT = 5_000
ATTEMPTS = 3
TOLD_EVERY = 200  # rows
Progress = Callable[[int], None]


def unseen(_rows: int) -> None:
    """Nobody watches."""


def untold(_session: Session, _report: Report) -> None:
    """Nothing is left to do."""


class Planner(Protocol):
    """Decides what a row does, row after row."""

    def plan(self, line: Line) -> Plan:
        """What the row does. Raises `RefusedError`."""
        ...

    def lookups(self, row: Any) -> Iterable[Lookup]:
        """What the filled-in cells of a row refer to, each by itself."""
        ...


PLANNERS: dict[ImportKind, Callable[[Desk], Planner]] = {
    ImportKind.ORGANISATIONS: Organisations,
    ImportKind.EXPERTS: Experts,
    ImportKind.GROUPS: Groups,
    ImportKind.NEEDS: Needs,
    ImportKind.CAPABILITIES: Capabilities,
    ImportKind.HISTORY: History,
    ImportKind.ABSORPTIONS: partial(Entries, ABSORPTIONS),
    ImportKind.TURNOVER: partial(Entries, TURNOVER),
    ImportKind.TRAININGS: partial(Entries, TRAININGS),
    ImportKind.SPECIALISTS: Specialists,
}


@dataclass(frozen=True)
class Prepared:
    """A sheet with what bringing it in would do (`report`, nothing written) and the terms of its new texts."""

    sheet: Sheet
    report: Report
    analyses: Analyses = field(repr=False)


def preview(session: Session, actor: Actor, sheet: Sheet, *, clock: Clock) -> Report:
    """What bringing the sheet in would do. Raises `Forbidden` unless the actor may import."""
    plans, errors = plan_rows(_desk(session, actor, sheet, clock), sheet)
    return _report(sheet, plans, errors, written=False)


def prepare(
    session: Session,
    segmenter: Callable[[], Segmenter],
    actor: Actor,
    sheet: Sheet,
    *,
    clock: Clock,
    good_rows: bool,
    progress: Progress = unseen,
) -> Prepared:
    """Plan the sheet in a reading session and segment what is new; `segmenter` is called only for that.

    Raises `Forbidden` unless the actor may import.
    """
    plans, errors = plan_rows(_desk(session, actor, sheet, clock), sheet)
    analyses = _analyse(segmenter, plans, progress) if good_rows or not errors else {}
    return Prepared(sheet, _report(sheet, plans, errors, written=False), analyses)


def bring_in(
    sessions: Sessions,
    segmenter: Callable[[], Segmenter],
    actor: Actor,
    kind: ImportKind,
    path: Path,
    *,
    clock: Clock,
    dry_run: bool = False,
    good_rows: bool = False,
) -> Report:
    """Import a file; with `good_rows` what is sound of it, otherwise all of it or nothing.

    Rows are found again by organisation and number, so a second import of the same file changes nothing; an empty
    cell leaves what is on file.

    Raises `Forbidden` unless the actor may import, `InputError` for a file that cannot be read, `Conflict` when other
    people's changes get in the way three times.
    """
    table = look(kind, path)
    with sessions.read() as session:
        sheet = sheet_of(kind, table, Reading(mapping=agreed(session, kind, table.headings)))
        if dry_run:
            return preview(session, actor, sheet, clock=clock)
    return bring_sheet_in(sessions, segmenter, actor, sheet, clock=clock, good_rows=good_rows)


def bring_sheet_in(
    sessions: Sessions,
    segmenter: Callable[[], Segmenter],
    actor: Actor,
    sheet: Sheet,
    *,
    clock: Clock,
    good_rows: bool,
    progress: Progress = unseen,
    done: Callable[[Session, Report], None] = untold,
) -> Report:
    """Import a sheet. `progress` hears how many rows are prepared; `done` ends the transaction that writes them.

    Raises as `bring_in`.
    """
    for attempt in range(1, ATTEMPTS + 1):
        with sessions.read() as session:
            prepared = prepare(session, segmenter, actor, sheet, clock=clock, good_rows=good_rows, progress=progress)
        try:
            with sessions.write() as session:
                report = carry_out(session, actor, prepared, clock=clock, good_rows=good_rows)
                done(session, report)
                return report
        except Conflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def _desk(session: Session, actor: Actor, sheet: Sheet, clock: Clock) -> Desk:
    if not can(actor, Permission.IMPORT_RUN):
        raise Forbidden(_("您没有权限导入名录"))
    return Desk(session, actor, clock, note=_("导入 %(file)s", file=sheet.file_name))


def plan_rows(desk: Desk, sheet: Sheet) -> tuple[list[Plan], list[RowError]]:
    """What each sound row would do, and everything that is wrong with the others, by line. Writes nothing."""
    planner = PLANNERS[sheet.kind](desk)
    plans: list[Plan] = []
    errors = list(sheet.errors)
    for line in sheet.unsound:
        known = {error.column for error in sheet.errors if error.line == line.number}
        errors += [error for error in _unknown(planner, sheet, line) if error.column not in known]
    for line in sheet.lines:
        if faults := _unknown(planner, sheet, line):
            errors += faults
            continue
        try:
            plans.append(planner.plan(line))
        except RefusedError as refusal:
            errors.append(sheet.error(line.number, refusal.field, refusal.message))
    return plans, sorted(errors, key=lambda error: error.line)


def _unknown(planner: Planner, sheet: Sheet, line: Line) -> list[RowError]:
    """Every cell of a row that refers to nothing we know."""
    found: dict[str, str] = {}
    for look_up in planner.lookups(line.row):
        try:
            look_up()
        except RefusedError as refusal:
            found.setdefault(refusal.field, refusal.message)
    return [sheet.error(line.number, field, message) for field, message in found.items()]


def _analyse(segmenter: Callable[[], Segmenter], plans: Iterable[Plan], progress: Progress) -> Analyses:
    found: Analyses = {}
    number = 0
    for number, plan in enumerate(plans, start=1):
        draft = plan.posting
        if isinstance(draft, NeedDraft):
            found[draft] = analyse_need(segmenter(), draft)
        elif draft is not None:
            found[draft] = analyse_capability(segmenter(), draft)
        if number % TOLD_EVERY == 0:
            progress(number)
    progress(number)
    return found


def carry_out(session: Session, actor: Actor, prepared: Prepared, *, clock: Clock, good_rows: bool) -> Report:
    """Plan again under the lock of all imports and write; a batch that changes nothing leaves no trace.

    Raises `Conflict` when a text to be written has not been segmented: somebody changed its record meanwhile.
    """
    exclusive(session, "import")
    sheet = prepared.sheet
    plans, errors = plan_rows(_desk(session, actor, sheet, clock), sheet)
    report = _report(sheet, plans, errors, written=good_rows or not errors)
    with journal(session) as made:
        if report.written:
            _write(plans, prepared.analyses)
    if not (report.errors or report.changed):
        return report
    batch = _record(session, actor, sheet, report, clock)
    if report.written and report.changed:
        keep(session, actor, batch, made, clock=clock)
    return replace(report, batch_id=batch.id)


def _write(plans: Iterable[Plan], analyses: Analyses) -> None:
    try:
        for plan in plans:
            if plan.verdict is not Verdict.UNCHANGED:
                plan.carry_out(analyses)
    except IntegrityError as clash:  # the same record typed in by hand at this very moment
        raise Conflict(_("导入期间有记录被别人修改，请重新导入")) from clash


def _report(sheet: Sheet, plans: Iterable[Plan], errors: list[RowError], *, written: bool) -> Report:
    counts = Counter(plan.verdict for plan in plans)
    return Report(
        file_name=sheet.file_name,
        created=counts[Verdict.CREATED],
        updated=counts[Verdict.UPDATED],
        unchanged=counts[Verdict.UNCHANGED],
        failed=len({error.line for error in errors}),
        errors=tuple(errors),
        ignored=sheet.unknown,
        written=written,
    )


def _record(session: Session, actor: Actor, sheet: Sheet, report: Report, clock: Clock) -> ImportBatch:
    batch = ImportBatch(
        kind=sheet.kind,
        file_name=sheet.file_name[:200],
        sha256=sheet.table.sha256,
        made_at=clock.now(),
        made_by=actor.name,
        created=report.created if report.written else 0,
        updated=report.updated if report.written else 0,
        unchanged=report.unchanged,
        failed=report.failed,
        errors=[error.as_json() for error in report.errors[:MOST_ERRORS_KEPT]],
    )
    session.add(batch)
    session.flush()
    return batch
