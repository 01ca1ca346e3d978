"""Row files in and out: JSONL, CSV and XLSX by suffix, TSV for lists of pairs."""

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import StringIO, TextIOWrapper
from pathlib import Path
from string import whitespace
from typing import Any, BinaryIO, NamedTuple

import xlsxwriter
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, load_workbook

from matchmaker.errors import InputError
from matchmaker.exchange.bombs import check_unpacked_size

TABLE_SUFFIXES = (".jsonl", ".csv", ".xlsx")
_UTF8 = ("utf-8-sig",)
_LARGEST_CELL = 2**31 - 1
_EXCEL_CELL = 32_767
_EXCEL_ROWS = 1_048_576
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BLANK = whitespace + "\x85\xa0\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x2010)))
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)

# In memory, or its temporary files would land in a directory nobody named.
PLAIN_CELLS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
PLAIN_PROPERTIES = {"created": _EPOCH}


class Row(NamedTuple):
    """A row of a file: its line (a header is line 1), column → value, and why it could not be read.

    With a `problem` the values are empty. Cells of CSV are text, of XLSX typed, of JSONL any value.
    """

    line: int
    values: dict[str, Any]
    problem: str = ""


def at(path: Path, line: int | None, message: str) -> InputError:
    """Bad input at a place: `needs.jsonl:2: …`, on one line whatever the name holds."""
    name = "".join(char if char.isprintable() else "?" for char in str(path))
    return InputError(f"{name}: {message}" if line is None else f"{name}:{line}: {message}")


def quoted(value: object) -> str:
    """A value as messages show it: JSON, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:76]}…{text[-1]}"


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file in order, blank ones left out. The first line is the header; see `grids` for other sheets.

    Raises `InputError` for a file that cannot be read as a whole (missing, empty, no table,
    undecodable CSV, a header that repeats a name); a line of its own trouble is a row with a problem.
    """
    readers: dict[str, Callable[[Path], Iterator[Row]]] = {
        ".jsonl": _read_jsonl,
        ".csv": _read_csv,
        ".xlsx": _read_xlsx,
    }
    return readers[table_suffix(path)](path)


def table_suffix(path: Path) -> str:
    """The lower-case suffix of a row file. Raises `InputError` for any other file."""
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise at(path, None, f"expected a name ending in {', '.join(TABLE_SUFFIXES)}")
    return suffix


def read_tab_separated(path: Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """Line number and the first `columns` cells of each line below the header; no quoting.

    Raises `InputError` for a file that is missing, empty or not UTF-8 and for a line with fewer cells.
    """
    lines = decoded(path, content(path)).split("\n")
    for number, line in enumerate(lines, start=1):
        cells = line.removesuffix("\r").split("\t")
        if line.strip() and number > 1:
            if len(cells) < columns:
                raise at(path, number, f"expected {columns} columns separated by tabs, found {len(cells)}")
            yield number, cells[:columns]


def save_rows(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, guard_formulas: bool = True
) -> None:
    """Write a row file as a whole or not at all. Raises `InputError` where it cannot be written."""
    suffix = table_suffix(path)
    with _replacing(path) as stream:
        write_rows(stream, suffix, columns, rows, guard_formulas=guard_formulas)


def write_rows(
    stream: BinaryIO,
    suffix: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    guard_formulas: bool = True,
) -> None:
    """Write rows to an open file. Missing values are empty cells (JSONL: the field is left out).

    XLSX cells are never formulas or links. In CSV a text that a spreadsheet would run as a formula
    gets an apostrophe in front, unless the file is for a program (`guard_formulas=False`).
    """
    if suffix == ".xlsx":
        _write_xlsx(stream, columns, rows)
        return
    # A lone surrogate has no UTF-8; its escape is what JSON would write.
    text = TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    try:
        if suffix == ".csv":
            _write_csv(text, columns, rows, guard=guard_formulas)
        else:
            _write_jsonl(text, columns, rows)
    finally:
        text.detach()


def content(path: Path) -> bytes:
    """The bytes of a file. Raises `InputError` where it cannot be read or is empty."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise at(path, None, _reason(error)) from error
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise at(path, None, "empty file")
    return content


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def decoded(path: Path, data: bytes, encodings: Sequence[str] = _UTF8) -> str:
    """The text of a file in the first encoding that fits. Raises `InputError` naming the line where none does."""
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    try:
        return data.decode(encodings[0])
    except UnicodeDecodeError as error:
        raise at(path, data[: error.start].count(b"\n") + 1, _not_utf8(error)) from error


def _not_utf8(error: UnicodeDecodeError) -> str:
    return f"not UTF-8 (byte 0x{error.object[error.start]:02x})"


def _read_jsonl(path: Path) -> Iterator[Row]:
    lines = content(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return (_json_row(number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _json_row(number: int, line: bytes) -> Row:
    try:
        values = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return Row(number, {}, _not_utf8(error))
    except json.JSONDecodeError as error:
        return Row(number, {}, f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return Row(number, {}, f"not JSON: {error}")
    if not isinstance(values, dict):
        return Row(number, {}, f"expected an object, found {quoted(values)}")
    return Row(number, values)


def _read_csv(path: Path) -> Iterator[Row]:
    return _table(path, csv_records(path, decoded(path, content(path))))


def csv_records(path: Path, text: str, delimiter: str = ",") -> Iterator[tuple[int, list[Any]]]:
    """The records of a CSV with the lines they begin on. Raises `InputError` where it is none."""
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, list(cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise at(path, line, f"not CSV: {error}") from error


def _read_xlsx(path: Path) -> Iterator[Row]:
    content(path)
    check_unpacked_size(path)
    with opened(path) as book:
        records = xlsx_records(book.get_sheet_by_index(0))
    return _table(path, iter(records))


@contextmanager
def opened(path: Path) -> Iterator[CalamineWorkbook]:
    """A workbook. Raises `InputError` when it, or what is read from it inside the block, is none."""
    try:
        yield load_workbook(str(path))
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise at(path, None, f"not a readable workbook: {' '.join(str(error).split())}") from error


def xlsx_records(sheet: CalamineSheet) -> list[tuple[int, list[Any]]]:
    """The rows of a sheet with their numbers; whole numbers lose the `.0` that sheets give them."""
    rows = sheet.to_python(skip_empty_area=False)
    return [(number, [_cell(c) for c in cells]) for number, cells in enumerate(rows, start=1)]


def _cell(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _table(path: Path, records: Iterator[tuple[int, list[Any]]]) -> Iterator[Row]:
    """Rows of records whose first is the header."""
    line, header = next(((n, cells) for n, cells in records if any(filled(c) for c in cells)), (0, []))
    names = [str(cell).strip() for cell in header]
    if not line:
        raise at(path, None, "empty file")
    if twice := next((name for name in names if name and names.count(name) > 1), None):
        raise at(path, line, f"column {quoted(twice)} appears twice")
    return (_record(number, names, cells) for number, cells in records if any(filled(c) for c in cells))


def _record(number: int, names: Sequence[str], cells: Sequence[Any]) -> Row:
    if any(filled(cell) for cell in cells[len(names) :]):
        return Row(number, {}, f"more cells ({len(cells)}) than the header has ({len(names)})")
    return Row(number, {name: cell for name, cell in zip(names, cells, strict=False) if name})


def filled(cell: Any) -> bool:
    """Whether there is anything to see in a cell."""
    return cell is not None and str(cell).strip(_BLANK) != ""


def _write_jsonl(text: TextIOWrapper, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    text.writelines(json.dumps({c: row[c] for c in columns if c in row}, ensure_ascii=False) + "\n" for row in rows)


def _write_csv(text: TextIOWrapper, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, guard: bool) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(column, "") for column in columns]
        writer.writerow([_guarded(cell) for cell in cells] if guard else cells)


def _guarded(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _write_xlsx(stream: BinaryIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with xlsxwriter.Workbook(stream, PLAIN_CELLS) as book:
        book.set_properties(PLAIN_PROPERTIES)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, columns)
        for number, row in enumerate(rows, start=1):
            if number >= _EXCEL_ROWS:
                raise InputError(f"more rows than a sheet holds ({_EXCEL_ROWS:,}): write .csv or .jsonl")
            write_cells(sheet, number, [row.get(column) for column in columns])


def write_cells(sheet: Any, number: int, cells: Sequence[Any]) -> None:
    """One row of an xlsx sheet (`number` counted from 0), texts as texts. Raises `InputError` for too long a text."""
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            if len(cell) > _EXCEL_CELL:
                raise InputError(f"row {number + 1}: a cell holds at most {_EXCEL_CELL:,} characters")
            sheet.write_string(number, column, cell.encode("utf-8", "backslashreplace").decode())
        else:
            sheet.write(number, column, cell)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` that takes its place when the block ends well, and vanishes when not."""
    target = path.resolve()
    draft = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with draft.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except OSError as error:
        raise at(path, None, f"cannot be written: {_reason(error)}") from error
    finally:
        with suppress(OSError):
            draft.unlink()
