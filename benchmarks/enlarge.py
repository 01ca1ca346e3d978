"""Copies what is in a database many times over, inside the database: records under new ids and names, linked alike.

    python -m benchmarks.enlarge DATABASE_URL FACTOR

Meant for the demonstration: firms with their needs, experts, groups, capabilities, suggestions, invitations, meetings,
teams and the audit trail are copied, institutes and officers are not; bytes of files are shared. The chain over the
trail goes on with the copies, and the search entries are made anew at the end.
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    String,
    Subquery,
    Table,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.orm import Session

from matchmaker.db import chain, facts, revisions, seal
from matchmaker.db.base import Base
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Account, Audit, AuditLink, Organisation, Site
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Noun, OrganisationKind, OwnerKind, Role
from matchmaker.services import search

TABLES = Base.metadata.tables
COPIED = (
    *("organisation", "site", "account", "expert", "research_group", "group_member", "need", "need_release"),
    *("need_version", "capability", "suggestion", "invitation", "answer", "label", "trip", "meeting", "meeting_firm"),
    *("meeting_expert", "meeting_need", "evidence", "team", "team_need", "team_member", "notice", "audit"),
)
NUMBERED = {"title", "name", "login", "external_id", "dedup_key"}  # texts that get the copy's number
EMPTIED = {"credit_code"}  # unique, with a check digit
LONGEST = 24  # of what is kept of a numbered text; the shortest such column holds 32 characters
OF_NOUN = {noun: {Noun.GROUP: "research_group"}.get(noun, noun.value) for noun in Noun}
OWNERS = {OwnerKind.EXPERT: "expert", OwnerKind.GROUP: "research_group", OwnerKind.ORGANISATION: "organisation"}
Only = Mapping[str, ColumnElement[bool]]
FIRMS = select(Organisation.id).where(Organisation.kind == OrganisationKind.FIRM)
WITHOUT_INSTITUTES: Only = {
    "organisation": Organisation.kind == OrganisationKind.FIRM,
    "site": Site.organisation_id.in_(FIRMS),
    "account": Account.role.in_([Role.FIRM, Role.EXPERT]),
}


@dataclass
class Copier:
    """Copies tables one after another; `only` says which rows of a table, `step` how far ids of a copy lie apart."""

    connection: Connection
    factor: int
    only: Only
    tables: Collection[str]
    step: dict[str, int] = field(default_factory=dict)

    def run(self) -> Iterator[tuple[str, int]]:
        """Each table's name and how many rows were added to it."""
        for table in Base.metadata.sorted_tables:
            if table.name in self.tables:
                self.step[table.name] = (self.connection.scalar(select(func.max(table.c.id))) or 0) + 1
        for table in Base.metadata.sorted_tables:
            if table.name in self.tables:
                yield table.name, self._copy(table)

    def _copy(self, table: Table) -> int:
        number = _numbers(self.factor - 1)
        columns = list(table.columns)
        values = [self._value(column, number.c.n) for column in columns]
        source = select(*values).select_from(table.join(number, literal(1) == 1))
        source = source.where(*self._conditions(table))
        before = self._count(table)
        self.connection.execute(insert(table).from_select([column.name for column in columns], source))
        if self.connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(table.name, "id")
            self.connection.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
        return self._count(table) - before

    def _count(self, table: Table) -> int:
        return self.connection.scalar(select(func.count()).select_from(table)) or 0

    def _conditions(self, table: Table) -> list[ColumnElement[bool]]:
        found = [self.only[table.name]] if table.name in self.only else []
        if "noun" in table.c:
            found.append(table.c.noun.in_([noun for noun, name in OF_NOUN.items() if name in self.step]))
        return found

    def _value(self, column: Column[object], n: ColumnElement[int]) -> ColumnElement[object]:
        special = {"id": self._own, "record_id": self._of_noun, "owner_key": self._owner}
        if column.name in special:
            return special[column.name](column, n)
        if column.foreign_keys:
            return self._linked(column, next(iter(column.foreign_keys)).column.table.name, n)
        if column.name in EMPTIED:
            return null()
        if column.name in NUMBERED and isinstance(column.type, String):
            return func.substr(column, 1, LONGEST).concat("·").concat(cast(n, String))
        return column

    def _own(self, column: Column[object], n: ColumnElement[int]) -> ColumnElement[object]:
        return column + n * self.step[column.table.name]

    def _linked(self, column: Column[object], name: str, n: ColumnElement[int]) -> ColumnElement[object]:
        """The copy's own row of `name` where that was copied, else the same row."""
        if name not in self.step:
            return column
        moved = column + n * self.step[name]
        if name not in self.only:
            return moved
        copied = column.in_(select(TABLES[name].c.id).where(self.only[name]))
        return case((copied, moved), else_=column)

    def _of_noun(self, column: Column[object], n: ColumnElement[int]) -> ColumnElement[object]:
        noun = column.table.c.noun
        known = [(noun == key, self._linked(column, name, n)) for key, name in OF_NOUN.items() if name in self.step]
        return case(*known, else_=column)

    def _owner(self, column: Column[object], n: ColumnElement[int]) -> ColumnElement[object]:
        known = [self._owned(column, kind, name, n) for kind, name in OWNERS.items() if name in self.step]
        return case(*known, else_=column) if known else column

    def _owned(
        self, column: Column[object], kind: OwnerKind, name: str, n: ColumnElement[int]
    ) -> tuple[ColumnElement[bool], ColumnElement[object]]:
        key = cast(func.substr(column, len(kind.key(0))), Integer)
        moved = literal(f"{kind}:").concat(cast(key + n * self.step[name], String))
        if name in self.only:
            moved = case((key.in_(select(TABLES[name].c.id).where(self.only[name])), moved), else_=column)
        return column.startswith(f"{kind}:"), moved


def _numbers(last: int) -> Subquery:
    """1 … last."""
    start = select(literal(1).label("n")).where(literal(last) >= 1).cte("numbers", recursive=True)
    return start.union_all(select(start.c.n + 1).where(start.c.n < last)).select().subquery()


def link(session: Session, copied: Mapping[str, int]) -> None:
    """Go on with the chain over the trail: the entries and the facts of counting from these ids on."""
    exclusive(session, chain.LOCK)
    connection = session.connection()
    written = chain.links(chain.head(connection), (*_entries(connection, copied), *_facts(connection, copied)))
    while part := list(islice(written, facts.BATCH)):
        connection.execute(insert(AuditLink), part)


def _entries(connection: Connection, copied: Mapping[str, int]) -> Iterator[chain.Linked]:
    if (first := copied.get("audit")) is not None:
        audit = TABLES[Audit.__tablename__]
        rows = select(audit).where(audit.c.id >= first).order_by(audit.c.id)
        yield from ((seal.entry(row), None) for row in connection.execute(rows).yield_per(facts.BATCH))


def _facts(connection: Connection, copied: Mapping[str, int]) -> Iterator[chain.Linked]:
    for source in facts.SOURCES:
        if (first := copied.get(source.table)) is not None:
            numbers = TABLES[source.table].c.id
            ids = list(connection.scalars(select(numbers).where(numbers >= first).order_by(numbers)))
            for start in range(0, len(ids), facts.BATCH):
                rows = facts.read(connection, source, ids[start : start + facts.BATCH])
                yield None, facts.gathered((source.table, number, values) for number, values in rows.items())


def enlarge(
    sessions: Sessions, factor: int, *, only: Only = WITHOUT_INSTITUTES, tables: Collection[str] = COPIED
) -> dict[str, int]:
    """Make `factor` of everything there is one of; table → rows added."""
    with sessions.write() as session:
        copier = Copier(session.connection(), factor, only, tables)
        added = dict(copier.run())
        link(session, copier.step)
        revisions.changed(session)
    search.rebuild_if_stale(sessions)
    if not sessions.url.startswith("sqlite"):
        with sessions.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    return added


def main() -> None:
    if len(sys.argv) != 3:
        print("a tool of the other benchmarks: python -m benchmarks.enlarge DATABASE_URL FACTOR")
        return
    sessions = Sessions(sys.argv[1])
    for name, number in enlarge(sessions, int(sys.argv[2])).items():
        print(f"{name:<16} +{number}")
    sessions.close()


if __name__ == "__main__":
    main()
