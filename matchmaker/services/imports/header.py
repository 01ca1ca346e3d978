"""The header of a sheet: one row or two, below titles and notes."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matchmaker.domain.drafts import UNDER, Draft, fields_of, match_headings, one_line
from matchmaker.errors import InputError
from matchmaker.exchange.grids import Grid
from matchmaker.exchange.tables import filled
from matchmaker.i18n import gettext as _

LOOKED_AT = 20  # lines from the top
SURE = 2  # headings we know; with fewer, a data row might look as much like a header


@dataclass(frozen=True)
class Header:
    """The lines of a header and the name of each column, "" for one that holds nothing.

    `written` are the texts as they stand, line by line, to recognise the header where it is repeated.
    """

    first: int
    last: int
    names: tuple[str, ...]
    written: tuple[dict[int, str], ...]

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The names of the columns that have one."""
        return tuple(name for name in self.names if name)

    def repeated(self, texts: dict[int, str]) -> bool:
        """Whether a line holds two or more of the header's texts, at their places, and nothing else."""
        return len(texts) > 1 and any(texts.items() <= line.items() for line in self.written)


def mandatory_found(model: type[Draft], header: Header) -> bool:
    """Whether every column that every row needs is there."""
    found, _unknown = match_headings(model, header.headings)
    return all(name in found for name, about in fields_of(model).items() if about.mandatory)


def find_header(model: type[Draft], grid: Grid, line: int = 0) -> Header:
    """The header at `line`; for 0 where most headings are known, else the first line that looks like one.

    Raises `InputError` when there is nothing at `line`.
    """
    if line and line not in grid.lines:
        raise InputError(_("第 %(line)s 行没有内容，请填写表头所在的行号", line=line))
    lines = [line] if line else list(grid.lines)[:LOOKED_AT]
    candidates = [_header(grid, number) for number in lines]
    candidates += [_header(grid, number, deep=True) for number in lines if _is_double(grid, number)]

    def known(header: Header) -> int:
        return len(match_headings(model, header.headings)[0])

    best = max(candidates, key=lambda one: (known(one), _merged(grid, one), -one.first))
    if line or known(best) >= SURE:
        return best
    looks = next((one for one in candidates if _looks_like_one(grid, one)), best)
    return next((one for one in candidates if one.first == looks.first and _merged(grid, one)), looks)


def _texts(grid: Grid, line: int) -> dict[int, str]:
    cells = grid.lines.get(line, [])
    return {place: one_line(str(cell)) for place, cell in enumerate(cells) if filled(cell)}


def _spread(grid: Grid, line: int) -> dict[int, str]:
    """The texts of a line, those of cells merged sideways in each of their columns."""
    texts = _texts(grid, line)
    for merge in grid.merges:
        if merge.top == line and merge.left in texts:
            texts |= dict.fromkeys(range(merge.left, merge.right + 1), texts[merge.left])
    return texts


def _header(grid: Grid, line: int, *, deep: bool = False) -> Header:
    above, below = _spread(grid, line), _texts(grid, line + 1) if deep else {}
    if deep and not grid.merges:
        above = _carried(above, below)
    names: list[str] = []
    for place in range(grid.width):
        parts = dict.fromkeys(part for part in (above.get(place, ""), below.get(place, "")) if part)
        names.append(UNDER.join(parts) or _unnamed(grid, place, line + deep))
    return Header(line, line + deep, _numbered(names), (above, below) if deep else (above,))


def _carried(above: dict[int, str], below: dict[int, str]) -> dict[int, str]:
    """A heading without merged cells (a CSV) stands over the blank ones to its right that have something below."""
    carried = dict(above)
    for place in sorted(below):
        if place not in carried and place - 1 in carried and place - 1 in below:
            carried[place] = carried[place - 1]
    return carried


def _unnamed(grid: Grid, place: int, last: int) -> str:
    """What a column without a heading is called if it holds anything."""
    lines = (cells for line, cells in grid.lines.items() if line > last)
    if any(place < len(cells) and filled(cells[place]) for cells in lines):
        return _("第 %(number)s 列（无标题）", number=place + 1)
    return ""


def _numbered(names: list[str]) -> tuple[str, ...]:
    """The second column of a name is told from the first."""
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        told.append(f"{name}（{seen[name]}）" if name and seen[name] > 1 else name)
    return tuple(told)


def _is_double(grid: Grid, line: int) -> bool:
    """Whether a line and the next could be one header: groups in the upper, their parts in the lower."""
    above, below = _texts(grid, line), _texts(grid, line + 1)
    cells: list[Any] = grid.lines.get(line + 1, [])
    if len(set(above.values())) < 2 or not below or not all(isinstance(cells[place], str) for place in below):
        return False
    stands_alone = bool(above.keys() - below.keys()) or len(set(below.values())) < len(below)
    return stands_alone and bool(below.keys() - above.keys())


def _merged(grid: Grid, header: Header) -> bool:
    """Whether merged cells say that this header has two rows."""
    sideways = any(merge.top == merge.bottom == header.first and merge.right > merge.left for merge in grid.merges)
    return header.last > header.first and sideways


def _looks_like_one(grid: Grid, header: Header) -> bool:
    """As wide as half the sheet, all texts, no two alike."""
    texts = _texts(grid, header.first)
    cells = grid.lines[header.first]
    words = all(isinstance(cells[place], str) for place in texts)
    return words and len(texts) * 2 >= grid.width and len(set(texts.values())) == len(texts)
