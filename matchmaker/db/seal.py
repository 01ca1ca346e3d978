"""The seal of a link of the audit trail. What is hashed, and how, may never change: old chains must verify."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

START = "0" * 64  # what the first link takes for the hash before it
CELLS = (
    *("id", "account_id", "actor", "role", "action", "noun", "record_id"),
    *("before", "after", "reason", "on_behalf"),
)


def entry(row: Any) -> dict[str, Any]:
    """What an entry of the audit trail says, as plain JSON values; `row` has its columns as attributes."""
    cells = {name: getattr(row, name) for name in CELLS}
    at: datetime = row.at
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    plain: dict[str, Any] = json.loads(json.dumps(cells))
    return plain | {"at": moment.isoformat(timespec="microseconds")}


def seal(previous: str, number: int, said: Mapping[str, Any] | None, facts: Mapping[str, Any] | None) -> str:
    """sha256 over the hash before, the link's number, the entry and the facts, the last two as canonical JSON."""
    return hashlib.sha256(f"{previous}\n{number}\n{canonical([said, facts])}".encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
