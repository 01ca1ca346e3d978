"""Meetings of an older ledger that wait for somebody's verification."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, lazyload

from matchmaker.db.models import ImportBatch, ImportChange, Meeting
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import ImportKind, MeetingKind, MeetingStatus
from matchmaker.queries import scopes
from matchmaker.queries.listing import Page, Wanted, fetch
from matchmaker.queries.meetings import containing, of_year

FILTERS = ("batch", "kind", "year")
DEFAULT_SORT = "day"
SORTS = {"id": Meeting.id, "day": Meeting.day, "title": Meeting.title, "kind": Meeting.kind}


def _waiting() -> ColumnElement[bool]:
    return (Meeting.status == MeetingStatus.HELD) & Meeting.from_history


def of_batch(batch_id: int) -> ColumnElement[bool]:
    """Meetings that an import made."""
    made = select(ImportChange.row_id).where(ImportChange.batch_id == batch_id, ImportChange.table_name == "meeting")
    return Meeting.id.in_(made)


def _narrowed(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if (batch_id := row_id(wanted.filters.get("batch", ""))) is not None:
        yield of_batch(batch_id)
    if wanted.filters.get("kind") in set(MeetingKind):
        yield Meeting.kind == wanted.filters["kind"]
    if (year := of_year(wanted.filters.get("year", ""))) is not None:
        yield year


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Meeting]:
    """The waiting meetings that the actor may see, narrowed by import, kind, year and words."""
    return fetch(session, _matching(actor, wanted), wanted, SORTS, default=DEFAULT_SORT)


def every(session: Session, actor: Actor, wanted: Wanted) -> list[Meeting]:
    """All that match, on whatever page, to be judged: the needs they were about are not read."""
    statement = _matching(actor, wanted).options(lazyload(Meeting.needs))
    return list(session.scalars(statement.order_by(Meeting.id)).unique())


def _matching(actor: Actor, wanted: Wanted) -> Select[Any]:
    statement = select(Meeting).where(_waiting(), scopes.meetings(actor), *_narrowed(wanted))
    return statement.where(*(containing(word) for word in wanted.text.split()[:8]))


def count(session: Session, actor: Actor) -> int:
    """How many meetings of an older ledger wait."""
    waiting = select(func.count()).select_from(Meeting).where(_waiting(), scopes.meetings(actor))
    return session.scalars(waiting).one()


def batches(session: Session) -> list[tuple[int, str]]:
    """(id, file) of the older ledgers brought in, newest first."""
    rows = select(ImportBatch.id, ImportBatch.file_name).where(ImportBatch.kind == ImportKind.HISTORY)
    return [(number, name) for number, name in session.execute(rows.order_by(ImportBatch.id.desc()))]
