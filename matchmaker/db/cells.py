"""Cells of any table as JSON and back, without loss; and which columns refer to which tables."""

from collections import defaultdict
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import JSON, Column, Date, DateTime, Enum, LargeBinary, Numeric, Table, Time

from matchmaker.db.base import Base, UtcDateTime


def stored(value: Any) -> Any:
    """A cell's value as JSON."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def read_back(column: Column[Any], value: Any) -> Any:
    """What `stored` was given for this column."""
    kind = column.type
    if value is None or isinstance(kind, JSON):
        return value
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(value)
    for types, parse in _PARSERS:
        if isinstance(kind, types):
            return parse(value)
    return value


_PARSERS: tuple[tuple[tuple[type, ...], Any], ...] = (
    ((UtcDateTime, DateTime), datetime.fromisoformat),
    ((Date,), date.fromisoformat),
    ((Time,), time.fromisoformat),
    ((Numeric,), Decimal),
)


@cache
def models() -> dict[str, type[Base]]:
    """Table name → model."""
    return {table_of(mapper.class_).name: mapper.class_ for mapper in Base.registry.mappers}


def table_of(model: type[Base]) -> Table:
    """A model's table."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table")
    return table


@cache
def referring() -> dict[str, list[Column[Any]]]:
    """Table name → the columns of all tables that refer to its rows by number, as the foreign keys say."""
    found: dict[str, list[Column[Any]]] = defaultdict(list)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                if key.column.name == "id":
                    found[key.column.table.name].append(column)
    return dict(found)


def cells(table: Table) -> list[Column[Any]]:
    """The columns of a table that hold something a person would call its content: neither its number nor bytes."""
    return [column for column in table.columns if not column.primary_key and not isinstance(column.type, LargeBinary)]
