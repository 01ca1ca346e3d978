"""Seals the audit trail: every writing session links its entries, and the facts of counting they brought, at its end.

The order of the links is that of the commits: who seals waits until the one before has committed. It happens as late
as possible, and several entries of one transaction cost one lock and one statement more than a single one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from matchmaker.db import facts, seal
from matchmaker.db.cells import table_of
from matchmaker.db.facts import Facts, Whose
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Audit, AuditLink

LOCK = "audit_link"
_ROWS, _TOUCHED = "chain_rows", "chain_touched"
Touched = dict[tuple[str, int], Whose | None]


@dataclass
class Head:
    """The last link: how many there are and the hash over all of them."""

    number: int
    hash: str


def head(connection: Connection) -> Head:
    """Where the chain ends now."""
    last = select(AuditLink.number, AuditLink.hash).order_by(AuditLink.number.desc()).limit(1)
    found = connection.execute(last).first()
    return Head(found[0], found[1]) if found else Head(0, seal.START)


def note(session: Session, _context: UOWTransaction) -> None:
    """After a flush: remember new entries, and rows that counting reads."""
    rows: list[tuple[Audit, dict[str, Any]]] = session.info.setdefault(_ROWS, [])
    touched: Touched = session.info.setdefault(_TOUCHED, {})
    rows += [(row, seal.entry(row)) for row in session.new if isinstance(row, Audit)]
    for row in (*session.new, *session.deleted, *filter(facts.changed, session.dirty)):
        if (source := facts.BY_MODEL.get(type(row))) is not None:
            touched[source.table, getattr(row, "id")] = source.whose(row)  # noqa: B009 -- not declared by the base


def touch(session: Session, table: str, ids: Iterable[int]) -> None:
    """Say so where rows that counting reads are written past the session."""
    if table in facts.BY_TABLE:
        touched: Touched = session.info.setdefault(_TOUCHED, {})
        touched.update({(table, number): None for number in ids})


def keep(session: Session) -> None:
    """Before the commit of the whole: link what has been written."""
    if not session.in_nested_transaction():
        seal_now(session)


def seal_now(session: Session) -> Head:
    """Link what this transaction has written so far; where the chain ends then.

    Nobody else links until this transaction ends, so only what is about to commit should ask for it.
    """
    session.flush()
    noted = session.info.pop(_ROWS, [])
    said = [entry for row, entry in noted if not inspect(row).transient]  # not one of a savepoint taken back
    touched: Touched = session.info.pop(_TOUCHED, {})
    connection = session.connection()
    brought = _with_entries(connection, said, touched)
    if not brought:
        return head(connection)
    exclusive(session, LOCK)
    last = head(connection)
    connection.execute(table_of(AuditLink).insert(), list(links(last, brought)))
    return last


Linked = tuple[dict[str, Any] | None, Facts | None]  # an entry and the facts that came with it
Brought = list[Linked]


def _with_entries(connection: Connection, said: list[dict[str, Any]], touched: Touched) -> Brought:
    """Each entry with the facts of its record, the last entry about it; facts of no record go with the last of all."""
    last_about = {(entry["noun"], entry["record_id"]): index for index, entry in enumerate(said)}
    parts: dict[int, list[tuple[str, int, facts.Values | None]]] = {}
    for table, number, values in _states(connection, touched):
        index = last_about.get(touched[table, number] or ("", 0), len(said) - 1)
        parts.setdefault(index, []).append((table, number, values))
    alone: Brought = [] if said or not parts else [(None, facts.gathered(parts[-1]))]
    return [(entry, facts.gathered(parts[i]) if i in parts else None) for i, entry in enumerate(said)] + alone


def _states(connection: Connection, touched: Touched) -> Iterator[tuple[str, int, facts.Values | None]]:
    for source in facts.SOURCES:
        ids = {number for table, number in touched if table == source.table}
        if ids:
            yield from ((source.table, number, now) for number, now in facts.read(connection, source, ids).items())


def links(last: Head, brought: Iterable[Linked]) -> Iterator[dict[str, Any]]:
    """New links after `last`, which moves along."""
    for entry, with_it in brought:
        last.number += 1
        last.hash = seal.seal(last.hash, last.number, entry, with_it)
        yield {
            "number": last.number,
            "audit_id": entry["id"] if entry else None,
            "noun": entry["noun"] if entry else "",
            "record_id": entry["record_id"] if entry else None,
            "facts": with_it,
            "hash": last.hash,
        }
