"""A workbook to be filled in: headings, an example row, lists to choose from, and a sheet that explains the columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

import xlsxwriter

FILLED_IN = 2_000  # rows that offer their lists
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Column:
    """A column: its heading, what stands in the example row, and what the explaining sheet says of it, cell by cell.

    One of `words` is to be chosen; `as_text` keeps a spreadsheet from taking a number such as a code for an amount.
    """

    heading: str
    example: str
    explained: tuple[str, ...]
    words: tuple[str, ...] = ()
    as_text: bool = False


@dataclass(frozen=True)
class Names:
    """What the sheets are called, and the headings of the one that explains."""

    rows: str
    guide: str
    words: str
    explained: tuple[str, ...]


def write_template(stream: BinaryIO, columns: Sequence[Column], names: Names) -> None:
    """Write the workbook; the sheet of words is hidden, and no cell is a formula."""
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        book.set_properties({"created": _EPOCH})
        _rows(book, columns, names)
        _guide(book, columns, names)
        _words(book, columns, names)


def _rows(book: Any, columns: Sequence[Column], names: Names) -> None:
    sheet = book.add_worksheet(names.rows)
    head = book.add_format({"bold": True, "bg_color": "#E6EFF9", "border": 1, "text_wrap": True, "valign": "top"})
    example = book.add_format({"italic": True, "font_color": "#5D6878", "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@"})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, max(12, min(40, 2 * len(column.heading) + 2)), text if column.as_text else None)
        sheet.write_string(0, place, column.heading, head)
        sheet.write_string(1, place, column.example, example)
        if column.words:
            letter = xlsxwriter.utility.xl_col_to_name(place)
            source = f"='{names.words}'!${letter}$1:${letter}${len(column.words)}"
            offered = {"validate": "list", "source": source, "error_type": "warning"}
            sheet.data_validation(2, place, FILLED_IN, place, offered)


def _guide(book: Any, columns: Sequence[Column], names: Names) -> None:
    sheet = book.add_worksheet(names.guide)
    head = book.add_format({"bold": True, "bg_color": "#E6EFF9", "border": 1})
    cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(names.explained):
        sheet.set_column(place, place, (22, 14, 44, 44, 30)[min(place, 4)])
        sheet.write_string(0, place, heading, head)
    for line, column in enumerate(columns, start=1):
        for place, said in enumerate(column.explained):
            sheet.write_string(line, place, said, cell)


def _words(book: Any, columns: Sequence[Column], names: Names) -> None:
    """Lists are kept in a sheet of their own: in a cell's own list a spreadsheet takes no more than 255 characters."""
    if any(column.words for column in columns):
        sheet = book.add_worksheet(names.words)
        sheet.hide()
        for place, column in enumerate(columns):
            for line, word in enumerate(column.words):
                sheet.write_string(line, place, word)
