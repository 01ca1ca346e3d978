"""Taking a whole import back: rows it made are removed, cells it changed get their old values, rows it removed return.

What was changed or used since stays, and is named. The audit trail keeps both what the import did and the undoing.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db import chain
from matchmaker.db.base import Base
from matchmaker.db.cells import models, read_back, table_of
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Capability, ImportBatch, ImportChange, Need, SearchEntry
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.import_undo import TABLES, Survey, survey
from matchmaker.queries.references import NOUNS, parts
from matchmaker.services import audit, reasons, transitions
from matchmaker.services.corpus import touch

TOLD = 5  # records named in a refusal
NUMBERS = ("external_id", "credit_code")  # unique ones: given up before an older row gets them back
Changes = list[ImportChange]
Values = dict[str, Any]


def look(session: Session, actor: Actor, batch: ImportBatch) -> Survey:
    """What undoing the batch would do now. Raises `Forbidden` unless the actor may import."""
    if not can(actor, Permission.IMPORT_RUN):
        raise Forbidden(_("您没有权限撤销导入"))
    return survey(session, batch)


def undo(
    session: Session, actor: Actor, batch: ImportBatch, *, reason: str, clock: Clock, rest: bool = False
) -> Survey:
    """Take back what the batch did, with `rest` only to the records nobody has changed or used since.

    Raises `Forbidden`, `Invalid` without a reason, `Conflict` when nothing can be taken back or, without `rest`, when
    something must stay.
    """
    exclusive(session, "import")
    session.refresh(batch, with_for_update=True)
    _lock(session, batch)
    found = look(session, actor, batch)
    _may_go_on(found, reason=reason, rest=rest)
    free = {(record.noun, record.id) for record in found.free}
    changes = [change for key in found.changes if key in free for change in found.changes[key]]
    note = _("撤销导入 %(file)s：%(reason)s", file=batch.file_name, reason=reason.strip())
    try:
        _take_back(session, actor, changes, clock=clock, note=note)
    except IntegrityError as clash:
        raise Conflict(_("撤销后会与现有记录的编号、名称冲突，请先处理重复的记录")) from clash
    for part in parts([change.id for change in changes]):
        gone = update(ImportChange).where(ImportChange.id.in_(part)).values(undone=True)
        session.execute(gone, execution_options={"synchronize_session": False})
    batch.undone_at, batch.undone_by, batch.undone_reason = clock.now(), actor.name, reason.strip()
    batch.kept = len(found.held)
    session.flush()
    _note_batch(session, actor, batch, found, clock=clock, reason=reason.strip())
    return found


def _may_go_on(found: Survey, *, reason: str, rest: bool) -> None:
    if not found.free:
        raise Conflict(_("这次导入没有可以撤销的内容：没有留下逐行记录，或者都已撤销、都被使用"))
    if found.held and not rest:
        names = joined(record.name for record in found.held[:TOLD])
        message = _("%(count)s 条记录在导入后被改动或使用过（%(names)s），没有撤销", count=len(found.held), names=names)
        raise Conflict(message)
    reasons.given(reason)


def _lock(session: Session, batch: ImportBatch) -> None:
    """Let nobody change or refer to the batch's records until commit; what is read afterwards is current."""
    mine = select(ImportChange.noun, ImportChange.record_id).where(ImportChange.batch_id == batch.id)
    ids: dict[Noun, set[int]] = defaultdict(set)
    for noun, record_id in session.execute(mine.distinct()):
        ids[noun].add(record_id)
    for noun in sorted(ids):
        table = table_of(models()[TABLES[noun]])
        for part in parts(ids[noun]):
            rows = select(table.c.id).where(table.c.id.in_(part)).order_by(table.c.id)
            session.execute(rows.with_for_update()).all()


def _take_back(session: Session, actor: Actor, changes: Changes, *, clock: Clock, note: str) -> None:
    made = [change for change in changes if change.before is None]
    _give_up_numbers(session, made)
    edits: dict[tuple[Noun, int], Changes] = defaultdict(list)
    for change in changes:
        if change.before is not None and change.after is not None:
            edits[change.noun, change.record_id].append(change)
    for edited in edits.values():
        _revert(session, actor, edited, clock=clock, note=note)
    session.flush()
    _remove(session, actor, made, clock=clock, note=note)
    for change in changes:
        if change.after is None and change.before is not None:
            _bring_back(session, change)


def _of_table(changes: Changes) -> Iterator[tuple[Any, list[int]]]:
    """The tables with the rows of each, those that refer to others first."""
    ids: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        ids[change.table_name].append(change.row_id)
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in ids:
            yield table, ids[table.name]


def _give_up_numbers(session: Session, made: Changes) -> None:
    for table, ids in _of_table(made):
        names = [name for name in NUMBERS if name in table.c]
        for part in parts(ids if names else []):
            session.execute(update(table).where(table.c.id.in_(part)).values(dict.fromkeys(names)))


def _revert(session: Session, actor: Actor, changes: Changes, *, clock: Clock, note: str) -> None:
    """Give the cells of one record and of what belongs to it their old values."""
    for change in changes:
        model = models()[change.table_name]
        row = session.get_one(model, change.row_id, populate_existing=True)
        before = _said(row, change)
        _write(row, change.before or {})
        if isinstance(row, Need | Capability):
            touch(session, row)
        session.flush()
        audit.write(
            session,
            actor,
            action="undo",
            noun=change.noun,
            record_id=change.record_id,
            at=clock.now(),
            before=before,
            after=_said(row, change),
            reason=note,
        )


def _write(row: Base, values: Values) -> None:
    columns = table_of(type(row)).c
    for name, value in values.items():
        if name == "status" and isinstance(row, transitions.Record):
            transitions.put_back(row, value)
        else:
            setattr(row, name, read_back(columns[name], value))


def _said(row: Base, change: ImportChange) -> Values:
    """A row's state for the trail of its record; cells of what belongs to a record go by the name of their table."""
    own = TABLES[change.noun] == change.table_name
    state = audit.state_of(row)
    return state if own else {f"{change.table_name}.{name}": value for name, value in state.items()}


def _remove(session: Session, actor: Actor, made: Changes, *, clock: Clock, note: str) -> None:
    """Nothing refers to these rows any more; what they said stays in the audit trail."""
    for table, ids in _of_table(made):
        for part in parts(ids):
            session.execute(delete(table).where(table.c.id.in_(part)))
            chain.touch(session, table.name, part)
            if table.name in NOUNS:
                found = (SearchEntry.noun == NOUNS[table.name], SearchEntry.record_id.in_(part))
                session.execute(delete(SearchEntry).where(*found))
    for change in made:
        if TABLES[change.noun] != change.table_name:
            continue
        audit.write(
            session,
            actor,
            action="undo",
            noun=change.noun,
            record_id=change.record_id,
            at=clock.now(),
            before=change.after,
            reason=note,
        )


def _bring_back(session: Session, change: ImportChange) -> None:
    table = table_of(models()[change.table_name])
    values = {name: read_back(table.c[name], value) for name, value in (change.before or {}).items()}
    session.execute(insert(models()[change.table_name]).values(id=change.row_id, **values))
    chain.touch(session, change.table_name, [change.row_id])


def _note_batch(
    session: Session, actor: Actor, batch: ImportBatch, found: Survey, *, clock: Clock, reason: str
) -> None:
    audit.write(
        session,
        actor,
        action="undo",
        noun=Noun.IMPORT_BATCH,
        record_id=batch.id,
        at=clock.now(),
        after={"file": batch.file_name, "undone": len(found.free), "kept": len(found.held)},
        reason=reason,
    )
