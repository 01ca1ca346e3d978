"""Sheets as people make them: cells where they stand, before anybody knows which row is the header."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineSheet, SheetTypeEnum, SheetVisibleEnum

from matchmaker.errors import InputError
from matchmaker.exchange.bombs import check_unpacked_size
from matchmaker.exchange.tables import at, content, csv_records, decoded, filled, opened, xlsx_records

NOT_CALCULATED = "#NOT_CALCULATED"  # what stands for a formula whose value the file does not hold
_CHINESE = ("utf-8-sig", "gb18030")  # Chinese Excel saves a CSV in the second
_MOST_COLUMNS = 16_384
_DELIMITERS = ",\t;"
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_IS_ERROR = re.compile(rb'\bt="e"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_HAS_VALUE = re.compile(rb"<(?:\w+:)?v[\s/>]")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class Merge(NamedTuple):
    """Cells shown as one: from line and column to line and column, both included; the first holds the value."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Grid:
    """One sheet: the lines that hold anything with their cells, columns counted from 0, and what is merged."""

    name: str
    lines: dict[int, list[Any]]
    merges: tuple[Merge, ...] = field(default=(), repr=False)

    @property
    def width(self) -> int:
        """How many columns hold anything."""
        return max((len(cells) for cells in self.lines.values()), default=0)


def read_grids(path: Path) -> list[Grid]:
    """The sheets of an xlsx or csv file that can be seen and hold anything.

    A CSV is UTF-8 or GB 18030, separated by commas, tabs or semicolons. Of formulas their values are read; one that has
    failed, or was never calculated, is its error text (`#N/A`). Raises `InputError` for a file that cannot be read.
    """
    return _workbook(path) if path.suffix.lower() == ".xlsx" else _csv(path)


def _csv(path: Path) -> list[Grid]:
    text = decoded(path, content(path), _CHINESE)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    return [_grid("", csv_records(path, text, delimiter))]


def _grid(name: str, records: Any, merges: tuple[Merge, ...] = ()) -> Grid:
    lines = {}
    for line, cells in records:
        last = max((place for place, cell in enumerate(cells, start=1) if filled(cell)), default=0)
        if last:
            lines[line] = cells[:last]
    return Grid(name, lines, merges)


def _workbook(path: Path) -> list[Grid]:
    content(path)
    check_unpacked_size(path)
    failures = _failures(path)
    with opened(path) as book:
        seen = [
            about.name
            for about in book.sheets_metadata
            if about.typ is SheetTypeEnum.WorkSheet and about.visible is SheetVisibleEnum.Visible
        ]
        grids = [_sheet(book.get_sheet_by_name(name), failures.get(name, {})) for name in seen]
    if not any(grid.lines for grid in grids):
        raise at(path, None, "empty file")
    return [grid for grid in grids if grid.lines]


def _sheet(sheet: CalamineSheet, failures: dict[tuple[int, int], str]) -> Grid:
    records = dict(xlsx_records(sheet))
    for (line, column), said in failures.items():
        cells = records.setdefault(line, [])
        cells += [""] * (column + 1 - len(cells))
        cells[column] = said
    merges = [Merge(a + 1, b, c + 1, d) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
    return _grid(sheet.name, sorted(records.items()), tuple(merges))


def _failures(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Sheet → (line, column) → error text. The reader of values gives a failed formula as an empty cell."""
    try:
        with zipfile.ZipFile(path) as book:
            return {name: dict(_failed(book.read(part))) for name, part in _parts(book)}
    except (KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable workbook: {error}") from error


def _parts(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet's name and the file in the archive that holds it."""
    kept = set(book.namelist())
    targets = {one["Id"]: one["Target"] for one in _attributes(book, "xl/_rels/workbook.xml.rels", "Relationship")}
    for sheet in _attributes(book, "xl/workbook.xml", "sheet"):
        target = targets.get(sheet.get("id", ""), "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if part in kept:
            yield sheet.get("name", ""), part


def _attributes(book: zipfile.ZipFile, part: str, tag: str) -> Iterator[dict[str, str]]:
    """The attributes of every such element, without prefixes. No XML parser: nothing in the file can be expanded."""
    text = book.read(part).decode("utf-8", "replace")
    for element in re.finditer(rf"<(?:\w+:)?{tag}\s([^>]*)>", text):
        yield {name: unescape(value) for name, value in _ATTRIBUTE.findall(element[1])}


def _failed(part: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in _CELL.finditer(part):
        about, inside = cell.groups()
        error, formula = _IS_ERROR.search(about), _FORMULA.search(inside)
        if not error and (not formula or _HAS_VALUE.search(inside)):
            continue
        value = _VALUE.search(inside)
        place = _PLACE.search(about)
        if place and _column(place[1]) < _MOST_COLUMNS:
            said = value[1].decode("ascii", "ignore") if error and value else NOT_CALCULATED
            yield (int(place[2]), _column(place[1])), said


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
