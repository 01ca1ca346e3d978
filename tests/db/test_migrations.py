"""The migrated database is what the models say, on both databases, and the way back works with data in it."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Connection,
    Enum,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import IntegrityError

import matchmaker.db.models  # noqa: F401
from matchmaker.db.base import Base
from matchmaker.db.migrate import check, current, downgrade, head, upgrade
from matchmaker.db.session import Sessions, make_engine

OVERRIDES: dict[str, dict[str, Any]] = {
    "capability": {"group_id": None, "organisation_id": None},
    "invitation": {"group_id": None},
    "meeting": {"starts": time(9), "ends": time(11), "verified_by_id": None},
    "account": {"role": "firm"},
    "corpus": {"id": 2},
    "check_in": {"expert_id": None},
    "availability": {"expert_id": None},
    "task": {"expert_id": None, "account_id": None},
    "team_host": {"unit_id": None, "cluster_id": None},
    "book_word": {"expert_id": None},
    "evaluation": {"level": "city"},
    "subsidy_statement": {"amount_wan": None},
    "specialist_host": {"unit_id": None, "cluster_id": None},
}
SAMPLES: dict[type, Any] = {
    str: "样",
    int: 1,
    bool: True,
    float: 0.5,
    bytes: b"\x00\xff",
    date: date(2026, 3, 4),
    time: time(9, 30),
    datetime: datetime(2026, 3, 4, 1, 2, 3, tzinfo=UTC),
    Decimal: Decimal("226.7"),
}


def _sample(column: Column[Any], parents: dict[str, Any]) -> Any:
    if column.foreign_keys:
        return parents.get(next(iter(column.foreign_keys)).target_fullname)  # None: a row of the table itself
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if isinstance(column.type, JSON):
        return {"键": ["词", 1]}
    plain = getattr(column.type, "impl_instance", column.type)
    return SAMPLES[plain.python_type]


def fill(connection: Connection) -> int:
    """One row in every table; returns how many tables there are."""
    parents: dict[str, Any] = {}
    for table in Base.metadata.sorted_tables:
        row = {column.name: _sample(column, parents) for column in table.columns} | OVERRIDES.get(table.name, {})
        connection.execute(insert(table).values(row))
        parents |= {f"{table.name}.{name}": value for name, value in row.items()}
    return len(Base.metadata.sorted_tables)


def _row_counts(connection: Connection) -> dict[str, int]:
    return {table.name: len(connection.execute(select(table)).all()) for table in Base.metadata.sorted_tables}


@pytest.mark.both_databases
def test_up_down_up_with_rows_in_every_table(empty_database_url: str) -> None:
    for _ in range(2):
        upgrade(empty_database_url)
        sessions = Sessions(empty_database_url)
        with sessions.write() as session:
            fill(session.connection())
        with sessions.read() as session:
            counts = _row_counts(session.connection())
        sessions.close()
        assert {name for name, rows in counts.items() if rows == 0} == set()
        downgrade(empty_database_url, "base")
    assert current(empty_database_url) is None
    engine = make_engine(empty_database_url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


@pytest.mark.both_databases
def test_models_and_migrations_agree(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    check(empty_database_url)
    assert current(empty_database_url) == head()


def _checks(metadata_or_engine: Any) -> dict[str, set[str]]:
    inspector = inspect(metadata_or_engine)
    return {
        table: {f"{c['name']}: {''.join(c['sqltext'].split())}" for c in inspector.get_check_constraints(table)}
        for table in Base.metadata.tables
    }


@pytest.mark.both_databases
def test_migrated_checks_are_those_of_the_models(empty_database_url: str) -> None:
    """Autogenerate misses an enum that gains a value, so the CHECKs are compared as the database has them."""
    upgrade(empty_database_url)
    engine = make_engine(empty_database_url)
    migrated = _checks(engine)
    engine.dispose()
    downgrade(empty_database_url, "base")
    engine = make_engine(empty_database_url)
    Base.metadata.create_all(engine.execution_options(matchmaker_write=True))
    assert migrated == _checks(engine)
    engine.dispose()


def test_every_enum_column_has_its_check() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    enums = {(t.name, c.name) for t in Base.metadata.tables.values() for c in t.columns if isinstance(c.type, Enum)}
    checks = _checks(engine)
    unchecked = {(table, column) for table, column in enums if not any(f"{column}IN(" in c for c in checks[table])}
    assert enums
    assert unchecked == set()


def _named(table: Table) -> list[str | None]:
    return [None if constraint.name is None else str(constraint.name) for constraint in table.constraints]


def test_every_constraint_has_a_name() -> None:
    metadata = MetaData()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    metadata.reflect(engine)
    unnamed = [t.name for t in Base.metadata.tables.values() if None in _named(t)]
    assert unnamed == []


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("capability", {"expert_id": None}),
        ("answer", {"decision": "decline", "reason": None}),
        ("meeting", {"ends": "09:00:00.000000"}),
        ("meeting", {"verified_by_id": 1, "recorded_by_id": 1}),
        ("need", {"status": "half_done"}),
        ("account", {"role": "county", "unit_id": None}),
    ],
)
def test_the_database_refuses_what_the_rules_forbid(sessions: Sessions, table: str, values: dict[str, Any]) -> None:
    with sessions.write() as session:
        fill(session.connection())
    target = Base.metadata.tables[table]
    raw = Table(table, MetaData(), *(Column(c.name) for c in target.columns))
    assert any(isinstance(c, CheckConstraint) for c in target.constraints)
    with pytest.raises(IntegrityError), sessions.write() as session:
        session.execute(raw.update().values(values))
