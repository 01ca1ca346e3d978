"""A sheet as people made it → a table: which lines are its header and which are rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchmaker.domain.drafts import Draft, one_line
from matchmaker.exchange.grids import Grid, read_grids
from matchmaker.exchange.tables import Row, filled, read_rows
from matchmaker.i18n import gettext as _
from matchmaker.i18n import in_every_language, lazy_gettext
from matchmaker.services.imports.header import Header, find_header, mandatory_found

EXAMPLE = lazy_gettext("【示例】")  # in front of a template's example row
_TOTALS = frozenset({"合计", "总计", "小计", "共计", "累计", "total"})
_FOOTNOTE = re.compile(r"(?:备?注|说明|填[表报]|制表|审[核签]|负责人|联系人|单位[盖负]|日期)[^:：]{0,8}[:：]")
_NUMBER = re.compile(r"[\d.,%\s-]+")


@dataclass(frozen=True)
class Skipped:
    """A line that is no row, and why."""

    line: int
    why: str


@dataclass(frozen=True)
class Table:
    """The rows of one sheet under its headings, and which sheets the book has beside it."""

    sheet: str
    sheets: tuple[str, ...]
    header_line: int
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()
    file_name: str = ""
    sha256: str = ""


def read_table(model: type[Draft], path: Path, *, sheet: str = "", header_line: int = 0) -> Table:
    """The table in an xlsx, csv or jsonl file, found by what the fields of `model` are called.

    Of several sheets that named `sheet`, else the largest that has the mandatory columns, else the largest;
    `header_line` is where its header is, 0 to find it. Raises `InputError` for a file that cannot be read.
    """
    if path.suffix.lower() == ".jsonl":
        rows = tuple(read_rows(path))
        return Table("", (), 0, tuple(dict.fromkeys(str(key) for row in rows for key in row.values)), rows)
    grids = read_grids(path)
    names = tuple(grid.name for grid in grids)
    named = [grid for grid in grids if grid.name == sheet] if sheet else []
    found = [(grid, find_header(model, grid, header_line)) for grid in named or grids]
    grid, header = max(found, key=lambda one: (mandatory_found(model, one[1]), len(one[0].lines)))
    rows, skipped = _rows(grid, header)
    return Table(grid.name, names, header.first, header.headings, rows, skipped)


def _rows(grid: Grid, header: Header) -> tuple[tuple[Row, ...], tuple[Skipped, ...]]:
    rows: list[Row] = []
    skipped: list[Skipped] = []
    above = {one_line(str(cell)) for line, cells in grid.lines.items() if line < header.first for cell in cells}
    for line, cells in _body(grid, header):
        if why := _why_no_row(cells, header, above):
            skipped.append(Skipped(line, why))
        else:
            named = zip(header.names, cells, strict=False)
            rows.append(Row(line, {name: cell for name, cell in named if name}))
    return tuple(rows), tuple(skipped)


def _body(grid: Grid, header: Header) -> Iterator[tuple[int, list[Any]]]:
    """The lines below the header; a value in cells merged downwards counts in each of their lines."""
    spread: dict[int, dict[int, Any]] = {}
    for merge in grid.merges:
        if merge.top > header.last and merge.left < len(grid.lines.get(merge.top, [])):
            for line in range(merge.top + 1, merge.bottom + 1):
                spread.setdefault(line, {})[merge.left] = grid.lines[merge.top][merge.left]
    for line, cells in grid.lines.items():
        if line > header.last:
            yield line, _with(cells, spread.get(line, {}))


def _with(cells: list[Any], more: dict[int, Any]) -> list[Any]:
    if not more:
        return cells
    wide = [*cells, *[""] * (max(more) + 1 - len(cells))]
    return [more.get(place, cell) for place, cell in enumerate(wide)]


def _why_no_row(cells: list[Any], header: Header, above: set[str]) -> str:
    texts = {place: one_line(str(cell)) for place, cell in enumerate(cells) if filled(cell)}
    said = list(texts.values())
    marks = tuple(mark.strip() for mark in in_every_language(EXAMPLE))
    if any(text.startswith(marks) for text in said):
        return _("模板的示例行")
    if header.repeated(texts) or (len(set(said)) == 1 and said[0] in above):
        return _("重复的表头")
    if _is_total(said):
        return _("合计行")
    return _("表尾说明") if len(said) == 1 and _FOOTNOTE.match(said[0]) else ""


def _is_total(texts: list[str]) -> bool:
    """One cell says that it is a sum, all others are numbers."""
    words = [text for text in texts if not _NUMBER.fullmatch(text)]
    return len(words) == 1 and words[0].replace(" ", "").rstrip(":：").lower() in _TOTALS
