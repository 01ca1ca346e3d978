"""A list page's arguments and links: `?q=…&status=…&sort=-since&page=2`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request

from matchmaker.queries.listing import EVERYTHING, Page, Wanted

Row = TypeVar("Row")
TEXT, SORT, PAGE = "q", "sort", "page"
MAX_PAGE = 100_000


def wanted(filters: Sequence[str] = ()) -> Wanted:
    """Read the list's arguments; only the named filters are taken."""
    number = request.args.get(PAGE, "")
    return Wanted(
        text=request.args.get(TEXT, "").strip()[:100],
        filters={name: request.args[name] for name in filters if request.args.get(name)},
        sort=request.args.get(SORT, "")[:40],
        number=min(int(number), MAX_PAGE) if number.isascii() and number.isdigit() else 1,
    )


def all_rows(asked: Wanted) -> Wanted:
    """The same list without pages, for an export."""
    return replace(asked, size=EVERYTHING, number=1)


def paged(rows: Sequence[Row], asked: Wanted) -> Page[Row]:
    """The page asked for of rows that are all at hand; the last one for a page too far."""
    size = asked.size or max(1, len(rows))
    number = min(max(1, asked.number), max(1, -(-len(rows) // size)))
    return Page(rows=list(rows[(number - 1) * size : number * size]), total=len(rows), number=number, size=asked.size)


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """A page of a list with the links that change it; what `macros/tables.html` works with."""

    page: Page[Row]
    asked: Wanted
    default_sort: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.asked.text or self.asked.filters)

    @property
    def cleared(self) -> str:
        return self._link(**{TEXT: "", **dict.fromkeys(self.asked.filters, "")})

    @property
    def exported(self) -> str:
        """Address of the same rows as a sheet: `export` below the list's own."""
        return self._link(base=f"{request.path}/export.xlsx", **{PAGE: ""})

    @property
    def arguments(self) -> dict[str, str]:
        """The list's own arguments, for a form that acts on all it matches."""
        return {name: value for name, value in {TEXT: self.asked.text, **self.asked.filters}.items() if value}

    def chosen(self, name: str) -> str:
        """What a filter stands at, "" for all."""
        return self.asked.filters.get(name, "")

    def at(self, number: int) -> str:
        return self._link(**{PAGE: str(number)})

    def order(self, key: str) -> str:
        """`aria-sort` of a column: ascending, descending or nothing."""
        sort = self.asked.sort or self.default_sort
        if sort.removeprefix("-") != key:
            return ""
        return "descending" if sort.startswith("-") else "ascending"

    def sorted_by(self, key: str) -> str:
        turned = f"-{key}" if self.order(key) == "ascending" else key
        return self._link(**{SORT: turned, PAGE: ""})

    def _link(self, base: str = "", **changes: str) -> str:
        now: dict[str, Any] = {TEXT: self.asked.text, **self.asked.filters, SORT: self.asked.sort}
        pairs = {name: value for name, value in {**now, **changes}.items() if value}
        path = base or request.path
        return f"{path}?{urlencode(pairs)}" if pairs else path
