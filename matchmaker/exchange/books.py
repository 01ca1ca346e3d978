"""Workbooks of several sheets: tables of texts and numbers, no formulas, no links."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter

from matchmaker.exchange.tables import PLAIN_CELLS, PLAIN_PROPERTIES, write_cells

WIDEST = 48


class Sheet(NamedTuple):
    """A sheet: its name (at most 31 characters), a heading above, and rows of cells, the first of them bold."""

    name: str
    heading: str
    rows: Sequence[Sequence[Any]]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as an xlsx file: the same bytes every time. Numbers stay numbers, whatever a text begins with."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, PLAIN_CELLS) as book:
        book.set_properties(PLAIN_PROPERTIES)
        bold = book.add_format({"bold": True, "bottom": 1})
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, bold)
    return stream.getvalue()


def _write(page: Any, sheet: Sheet, bold: Any) -> None:
    page.write_string(0, 0, sheet.heading, bold)
    page.set_row(2, None, bold)
    page.freeze_panes(3, 0)
    for number, row in enumerate(sheet.rows, start=2):
        write_cells(page, number, row)
    for column in range(max((len(row) for row in sheet.rows), default=0)):
        texts = [str(row[column]) for row in sheet.rows if column < len(row) and row[column] is not None]
        page.set_column(column, column, min(WIDEST, max(map(_width, texts), default=0) + 2))


def _width(text: str) -> int:
    """How wide a text is in a sheet, a Chinese character being two."""
    return max(sum(2 if ord(char) > 0x2E7F else 1 for char in line) for line in text.split("\n"))
