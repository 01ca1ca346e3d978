"""承办人: the officer who looks after a record, as a filter of lists."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor

FILTER = "officer"
MINE, NOBODY = "me", "none"


def looked_after(
    actor: Actor, column: InstrumentedAttribute[int | None], value: str | None
) -> Iterator[ColumnElement[bool]]:
    """The clause for a filter's value: the officer's own, those of nobody, or of the account with this number."""
    number = row_id(value)
    if not actor.is_bureau or not value:
        return
    if value == NOBODY:
        yield column.is_(None)
    elif value == MINE or number is not None:
        yield column == (actor.account_id if value == MINE else number)
