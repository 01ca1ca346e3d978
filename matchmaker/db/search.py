"""Keeps what the global search reads level with the records, in the transaction that changes them.

Every writing session notes what it flushes; before it commits, the entries of those records, and of others that say
their names, are made anew. Statements that pass the session by (bulk copies) are made good by a rebuild.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, delete, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, UOWTransaction

from matchmaker.db.base import Base
from matchmaker.db.models import SearchEntry
from matchmaker.db.subjects import BY_NOUN, RESTING_ON, SUBJECTS, Subject
from matchmaker.domain.vocabulary import Noun
from matchmaker.text import fold

BATCH = 500
Keys = set[tuple[Noun, int]]
Entry = tuple[int, str, str, str]  # record id, title, text, names
_TOUCHED, _RENAMED = "search_touched", "search_renamed"
_NAMED_BY = ("name", "title", "merged_into_id", "audience")  # what others say of a record, or who they then say it of
_KINDS = {subject.model: subject for subject in SUBJECTS}
_CHILDREN = {model: (subject.noun, name) for subject in SUBJECTS for model, name in subject.children.items()}


def refresh(connection: Connection, noun: Noun, ids: Collection[int]) -> int:
    """Write the entries of these records where they differ, drop those of records that are gone; how many changed."""
    ordered = sorted(ids)
    batches = (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))
    return sum(_refresh(connection, BY_NOUN[noun], batch) for batch in batches)


def _refresh(connection: Connection, subject: Subject, ids: Collection[int]) -> int:
    ours = SearchEntry.noun == subject.noun
    kept = select(SearchEntry.record_id, SearchEntry.title, SearchEntry.text, SearchEntry.names)
    rows = connection.execute(kept.where(ours, SearchEntry.record_id.in_(ids)))
    known = {row.record_id: tuple(row) for row in rows}
    wanted = {entry[0]: entry for entry in _entries(connection, subject, ids)}
    gone = known.keys() - wanted.keys()
    if gone:
        connection.execute(delete(SearchEntry).where(ours, SearchEntry.record_id.in_(gone)))
    new = [entry for number, entry in sorted(wanted.items()) if known.get(number) != entry]
    if new:
        connection.execute(_upsert(connection), [_values(subject, entry) for entry in new])
    return len(gone) + len(new)


def _values(subject: Subject, entry: Entry) -> dict[str, object]:
    return {"noun": subject.noun, **dict(zip(("record_id", "title", "text", "names"), entry, strict=True))}


def _entries(connection: Connection, subject: Subject, ids: Collection[int]) -> Iterator[Entry]:
    parts: dict[int, list[str]] = defaultdict(list)
    for statement in subject.parts:
        owner, text = statement.selected_columns
        for row in connection.execute(statement.where(owner.in_(ids)).order_by(owner, text)):
            parts[row[0]].append(row[1])
    for row in connection.execute(subject.whole.where(subject.key.in_(ids))):
        yield row[0], fold(row[1]), fold("\n".join((*_texts(row), *parts[row[0]]))), fold(row[2])


def _texts(row: Row[*tuple[Any, ...]]) -> Iterator[str]:
    """The title and the texts behind the names; a list's items each."""
    for value in (row[1], *row[3:]):
        if isinstance(value, list):
            yield from map(str, value)
        elif value:
            yield value


def _upsert(connection: Connection) -> postgresql.Insert | sqlite.Insert:
    postgres = connection.dialect.name == "postgresql"
    insert = postgresql.insert(SearchEntry) if postgres else sqlite.insert(SearchEntry)
    new = {name: insert.excluded[name] for name in ("title", "text", "names")}
    return insert.on_conflict_do_update(index_elements=["noun", "record_id"], set_=new)


def note(session: Session, _context: UOWTransaction) -> None:
    """After a flush: remember whose entries are out of date."""
    touched: Keys = session.info.setdefault(_TOUCHED, set())
    renamed: dict[type[Base], set[int]] = session.info.setdefault(_RENAMED, defaultdict(set))
    changed = list(session.dirty)
    for row in (*session.new, *session.deleted, *changed):
        touched.update(_belongs_to(row))
    for row in (*session.new, *session.deleted):
        if type(row) in _KINDS:
            touched.add((_KINDS[type(row)].noun, row.id))
    for row in changed:
        kind = type(row)
        if kind in _KINDS and _differs(row, _KINDS[kind].watched):
            touched.add((_KINDS[kind].noun, row.id))
        if kind in RESTING_ON and _differs(row, _NAMED_BY):
            renamed[kind].update({row.id, *_column(row, "merged_into_id")})


def _belongs_to(row: Base) -> Iterator[tuple[Noun, int]]:
    """The records that a row is a part of, before and after the change."""
    if type(row) in _CHILDREN:
        noun, name = _CHILDREN[type(row)]
        yield from ((noun, number) for number in _column(row, name))


def _differs(row: Base, names: Iterable[str]) -> bool:
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in names if name in attributes)


def _column(row: Base, name: str) -> set[int]:
    """What a column says and said."""
    attributes = inspect(row).attrs
    found = attributes[name].history.sum() if name in attributes else ()
    return {value for value in found if value is not None}


def keep(session: Session) -> None:
    """Before the commit of the whole: make the entries anew."""
    if session.in_nested_transaction():
        return
    session.flush()
    touched: Keys = session.info.pop(_TOUCHED, set())
    renamed: dict[type[Base], set[int]] = session.info.pop(_RENAMED, {})
    connection = session.connection()
    for model, ids in renamed.items():
        for noun, statements in RESTING_ON[model](sorted(ids)).items():
            found = (row[0] for statement in statements for row in connection.execute(statement))
            touched.update((noun, number) for number in found)
    for noun in BY_NOUN:
        refresh(connection, noun, {number for kind, number in touched if kind is noun})
