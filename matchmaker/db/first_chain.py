"""The chain over what an installation had before there was one: migrations alone call it, 0006 and 0007.

Tables and columns are written out as they were then, because the models go on changing.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from matchmaker.db import seal

BATCH = 500
_TEXT, _NUMBER, _DAY, _TIME, _MOMENT, _JSON = sa.String, sa.Integer, sa.Date, sa.Time, sa.DateTime, sa.JSON
_AUDIT: dict[str, type[sa.types.TypeEngine[Any]]] = {
    **dict.fromkeys(("actor", "role", "action", "noun", "reason"), _TEXT),
    **dict.fromkeys(("id", "account_id", "record_id"), _NUMBER),
    **dict.fromkeys(("before", "after"), _JSON),
    "at": _MOMENT,
    "on_behalf": sa.Boolean,
}
_LINK = sa.table(
    "audit_link", *map(sa.column, ("number", "audit_id", "noun", "record_id")), sa.column("facts", _JSON(True)),
    sa.column("hash")
)  # fmt: skip
_WORDS = ("kind", "status", "attendance", "institute_type", "region_code", "metric_code")
_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    **dict.fromkeys(_WORDS, _TEXT),
    **dict.fromkeys(("day", "valid_from"), _DAY),
    **dict.fromkeys(("terms", "host_regions"), _JSON),
    **dict.fromkeys(("voided_at", "withdrawn_at"), _MOMENT),
    "starts": _TIME,
    "from_history": sa.Boolean,
    "minutes": _TEXT,
}
# table, columns, columns of which only counts whether they say anything
_FACTS: tuple[tuple[str, str, str], ...] = (
    (
        "meeting",
        "kind status day starts trip_id host_id site_id group_id recorded_by_id verified_by_id from_history",
        "minutes",
    ),
    ("meeting_firm", "meeting_id firm_id attendance", ""),
    ("meeting_expert", "meeting_id expert_id attendance", ""),
    ("evidence", "meeting_id kind", "voided_at"),
    ("organisation", "unit_id institute_type", ""),
    ("site", "organisation_id region_code unit_id", ""),
    ("expert", "institute_id site_id", ""),
    ("group_member", "group_id expert_id", ""),
    ("rule", "metric_code number valid_from shape terms", "withdrawn_at"),
    ("city", "host_regions", ""),
)
_CHECK_INS = (("check_in", "meeting_id firm_id expert_id", "voided_at"),)


def write(connection: sa.Connection) -> None:
    """Link every entry of the audit trail in the order of the numbers, then the facts of counting as they stand."""
    _append(connection, (*_entries(connection), *_facts(connection, _FACTS)))


def add_check_ins(connection: sa.Connection) -> None:
    """Go on with the check-ins, which counting reads since 0007; nothing where there are none."""
    _append(connection, tuple(_facts(connection, _CHECK_INS)))


def _append(
    connection: sa.Connection, brought: tuple[tuple[dict[str, Any] | None, dict[str, Any] | None], ...]
) -> None:
    newest = sa.select(_LINK.c.number, _LINK.c.hash).order_by(_LINK.c.number.desc()).limit(1)
    count, last = connection.execute(newest).first() or (0, seal.START)
    links = []
    for number, (entry, facts) in enumerate(brought, start=count + 1):
        last = seal.seal(last, number, entry, facts)
        about = {"audit_id": entry["id"], "noun": entry["noun"], "record_id": entry["record_id"]} if entry else _NOTHING
        links.append({"number": number, "facts": facts, "hash": last, **about})
    for start in range(0, len(links), BATCH):
        connection.execute(_LINK.insert(), links[start : start + BATCH])


_NOTHING = {"audit_id": None, "noun": "", "record_id": None}


def _entries(connection: sa.Connection) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    audit = sa.table("audit", *(sa.column(name, kind) for name, kind in _AUDIT.items()))
    for row in connection.execute(sa.select(audit).order_by(audit.c.id)):
        yield seal.entry(row), None


def _facts(
    connection: sa.Connection, tables: tuple[tuple[str, str, str], ...]
) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    for name, columns, filled in tables:
        rows = list(_rows(connection, name, columns.split(), filled.split()))
        for start in range(0, len(rows), BATCH):
            yield None, {name: dict(rows[start : start + BATCH])}


def _rows(
    connection: sa.Connection, name: str, columns: list[str], filled: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    names = ["id", *columns, *filled]
    table = sa.table(name, *(sa.column(each, _TYPES.get(each, _NUMBER)) for each in names))
    for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings():
        plain = {each: _plain(row[each]) for each in columns}
        yield str(row["id"]), plain | {each: _says(row[each]) for each in filled}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _says(value: Any) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)
