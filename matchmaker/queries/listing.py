"""Lists: what is wanted (text, filters, sort, page) and the page that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")
Sorts = Mapping[str, ColumnElement[Any] | InstrumentedAttribute[Any]]
PAGE_SIZE = 50
EVERYTHING = 0


@dataclass(frozen=True)
class Wanted:
    """What a reader asked a list for. `sort` is a key, with "-" before it for descending; `size` 0 means all rows."""

    text: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    number: int = 1
    size: int = PAGE_SIZE


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page and how many there are in all."""

    rows: list[Row]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size)) if self.size else 1


def contains(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Every word of `text` occurs in one of the columns, in any case."""
    words = text.split()[:8]
    return and_(true(), *(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words))


def fetch(session: Session, statement: Select[Any], wanted: Wanted, sorts: Sorts, *, default: str) -> Page[Any]:
    """Count, sort and cut `statement`. An unknown sort key falls back to `default`; a page too far to the last one.

    The last sort key is always the row's id, so that pages neither repeat nor skip rows.
    """
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    sort = wanted.sort if wanted.sort.removeprefix("-") in sorts else default
    column, tie = sorts[sort.removeprefix("-")], sorts["id"]
    ordered = statement.order_by(column.desc() if sort.startswith("-") else column.asc(), tie.desc())
    last = max(1, -(-total // wanted.size)) if wanted.size else 1
    number = min(max(1, wanted.number), last)
    if wanted.size:
        ordered = ordered.limit(wanted.size).offset((number - 1) * wanted.size)
    return Page(rows=list(session.scalars(ordered).unique()), total=total, number=number, size=wanted.size)
