"""Words in a sheet: 词语, 另一名称 (several set apart by ；), 原因. What can be entered, and why not the other rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.domain.drafts import one_line
from matchmaker.domain.files import Upload
from matchmaker.errors import InputError
from matchmaker.exchange.grids import Grid, read_grids
from matchmaker.i18n import gettext as _
from matchmaker.services.lexicon import Entry, key_of, known_keys

MOST_ROWS = 2000
MOST_BYTES = 2 * 1024 * 1024
SUFFIXES = (".xlsx", ".csv")
_FOR_NOW = Entry("", reason="…")  # a row may leave the reason to the form


@dataclass(frozen=True)
class Refused:
    """A row that is not entered: its line in the sheet, what it says and why not."""

    line: int
    text: str
    problem: str


@dataclass(frozen=True)
class Preview:
    """What a sheet holds that is new, and the rows left out."""

    entries: list[Entry]
    refused: list[Refused]

    @property
    def lines(self) -> str:
        """The new ones as the form takes them: a line each, tabs between word, other name and reason."""
        return "\n".join(f"{each.name}\t{each.other}\t{each.reason}".rstrip("\t") for each in self.entries)


def preview(session: Session, file: Upload) -> Preview:
    """What `file` would bring; nothing is changed. Raises `InputError` for one that is no such sheet."""
    taken, found = known_keys(session), Preview([], [])
    for line, entry, undone in _rows(file):
        problem = _problem(entry, taken, undone=undone)
        if problem:
            text = " ↔ ".join(filter(None, (entry.name, entry.other)))
            found.refused.append(Refused(line, text, problem))
        else:
            taken.add(key_of(entry))
            found.entries.append(entry)
    return found


def _problem(entry: Entry, taken: set[frozenset[str]], *, undone: bool) -> str:
    if undone:
        return _("表里已注明撤销，不导入")
    wrong = Entry(entry.name, entry.other, entry.reason or _FOR_NOW.reason).problems()
    if wrong:
        return next(iter(wrong.values()))
    return _("已在词库里，或在表里重复") if key_of(entry) in taken else ""


def _rows(file: Upload) -> Iterator[tuple[int, Entry, bool]]:
    """Line, entry and whether it says that it was undone; several other names are as many entries."""
    grid = _grid(file)
    header = next((line for line, cells in grid.lines.items() if "name" in _columns(cells)), None)
    if header is None:
        raise InputError(_("没有找到“词语”这一列，请按“词语、另一名称、原因”三列填写"))
    columns, lines = _columns(grid.lines[header]), [line for line in grid.lines if line > header]
    if len(lines) > MOST_ROWS:
        raise InputError(_("一次最多 %(most)s 行，请拆分后再上传", most=MOST_ROWS))
    for line in lines:
        said = {name: _text(grid.lines[line], place) for name, place in columns.items()}
        for other in _names(said.get("other", "")):
            yield line, Entry(said["name"], other, said.get("reason", "")), bool(said.get("undone"))


def _names(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace(";", "；").split("；") if part.strip()] or [""]


def _columns(cells: list[Any]) -> Mapping[str, int]:
    headings = {"name": "词语", "other": "另一名称", "reason": "原因", "undone": "撤销原因"}
    told = {"name": _("词语"), "other": _("另一名称"), "reason": _("原因"), "undone": _("撤销原因")}
    return {
        name: place
        for name in headings
        for place in range(len(cells))
        if _text(cells, place) in {headings[name], told[name]}
    }


def _text(cells: list[Any], place: int) -> str:
    return one_line(str(cells[place])) if place < len(cells) and cells[place] is not None else ""


def _grid(file: Upload) -> Grid:
    suffix = Path(file.file_name).suffix.lower()
    if not file.data or len(file.data) > MOST_BYTES or suffix not in SUFFIXES:
        raise InputError(_("请选择一个不超过 2 MB 的 xlsx 或 csv 文件"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"words{suffix}"
        path.write_bytes(file.data)
        try:
            return read_grids(path)[0]
        except (InputError, IndexError) as problem:
            raise InputError(_("文件打不开、内容损坏或者是空的，请另存为 xlsx 再上传")) from problem
