"""What a unit of work does to which rows, written down while it does it, so that exactly that can be taken back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event, inspect, select
from sqlalchemy.orm import Mapper, Session, object_session

from matchmaker.db.base import Base
from matchmaker.db.cells import cells, stored, table_of

_JOURNAL = "journal"
# Not what a record says: made from it, or counting its changes.
DERIVED = frozenset({"terms", "lexicon_stamp", "index_version", "version", "updated_at"})
_NEVER = frozenset({"index_version", "version"})  # these only rise
# Tables that keep the service running, and are no part of anybody's records.
BESIDE = frozenset(
    {
        *("audit", "audit_link", "comment", "notice", "outbox", "search_entry", "refresh_request", "corpus"),
        *("setting", "revision"),
        *("import_batch", "import_change", "import_draft", "import_mapping", "idempotency", "job_run", "form_draft"),
    }
)
Values = dict[str, Any]


@dataclass
class Touched:
    """A row that was written: `before` the old values of what changed (None: it is new), `gone` if it was removed."""

    row: Base
    before: Values | None
    gone: bool = False

    @property
    def table(self) -> str:
        """The name of the row's table."""
        return table_of(type(self.row)).name

    def after(self) -> Values | None:
        """What stands there now: all of a new row, the changed cells of another, None for one removed."""
        if self.gone:
            return None
        columns = {column.name for column in cells(table_of(type(self.row)))}
        names = columns if self.before is None else columns & self.before.keys()
        return {name: stored(getattr(self.row, name)) for name in sorted(names - DERIVED)}


@dataclass
class Journal:
    """The rows touched so far, in the order of their first touch."""

    rows: dict[tuple[str, int], Touched] = field(default_factory=dict)
    also: frozenset[str] = frozenset()

    def touched(self) -> list[Touched]:
        """Every row that differs from how it was; what came and went again is left out."""
        return [row for row in self.rows.values() if not (row.gone and row.before is None)]


@contextmanager
def journal(session: Session, *, also: Iterable[str] = ()) -> Iterator[Journal]:
    """Write down what `session` flushes within the block; everything is flushed at its end.

    `also` are tables of `BESIDE` that belong to the records this time.
    """
    kept = session.info[_JOURNAL] = Journal(also=frozenset(also))
    try:
        yield kept
        session.flush()
    finally:
        del session.info[_JOURNAL]


def _open(row: Base) -> Journal | None:
    """The journal of the row's session, if one is kept and the row belongs into it."""
    session = object_session(row)
    kept: Journal | None = None if session is None else session.info.get(_JOURNAL)
    if kept is None or "id" not in table_of(type(row)).c:
        return None
    return None if row.__tablename__ in BESIDE - kept.also else kept


def _inserted(_mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    if (kept := _open(row)) is not None:
        kept.rows[_key(row)] = Touched(row, None)


def _updating(_mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    if (kept := _open(row)) is None:
        return
    known = kept.rows.setdefault(_key(row), Touched(row, {}))
    if known.before is not None:
        known.before = _old(connection, row, _changed(row)) | known.before  # the first old value stays


def _deleting(_mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    if (kept := _open(row)) is None:
        return
    known = kept.rows.setdefault(_key(row), Touched(row, {}))
    known.gone = True
    if known.before is not None:
        names = {column.name for column in cells(table_of(type(row)))} - _NEVER
        known.before = _old(connection, row, names) | known.before


def _key(row: Base) -> tuple[str, int]:
    return row.__tablename__, getattr(row, "id")  # noqa: B009 -- not declared by the base


def _changed(row: Base) -> set[str]:
    attributes = inspect(row).attrs
    columns = {column.name for column in cells(table_of(type(row)))} - _NEVER
    return {name for name in columns if attributes[name].history.has_changes()}


def _old(connection: Connection, row: Base, names: set[str]) -> Values:
    """The values that the database still holds; the row itself may not have been loaded with all of them."""
    if not names:
        return {}
    table = table_of(type(row))
    columns = [table.c[name] for name in sorted(names)]
    found = connection.execute(select(*columns).where(table.c.id == _key(row)[1])).one()
    return {column.name: stored(value) for column, value in zip(columns, found, strict=True)}


event.listen(Base, "after_insert", _inserted, propagate=True)
event.listen(Base, "before_update", _updating, propagate=True)
event.listen(Base, "before_delete", _deleting, propagate=True)
