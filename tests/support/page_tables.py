"""A table of a page as rows of text."""

from html.parser import HTMLParser


class _Cells(HTMLParser):
    """The cells of the table with an id, row by row; texts as a reader sees them."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table, self.inside, self.hidden = table, False, False
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.inside = self.inside or (tag == "table" and known.get("id") == self.table)
        self.hidden = self.hidden or "aria-hidden" in known
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in {"td", "th"}:
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "table"
        self.hidden = self.hidden and tag != "span"
        if tag in {"td", "th"} and self.cell is not None:
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.hidden:
            self.cell.append(data)


def rows_of(page: str, table: str) -> list[list[str]]:
    """The rows of the table whose id is `table`, its head first."""
    reader = _Cells(table)
    reader.feed(page)
    return reader.rows
