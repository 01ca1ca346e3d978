"""A file → checked rows and the errors of the others. No database, so it is done before any transaction."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from matchmaker.domain.drafts import (
    ROW_OF,
    Draft,
    Shape,
    check,
    fields_of,
    looks_damaged,
    match_headings,
    one_line,
    parse,
    unit_of,
)
from matchmaker.domain.secrecy import secrecy_mark
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import InputError
from matchmaker.exchange.tables import Row
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.services.imports.table import Skipped, Table, read_table

SHOWN_VALUE = 60
LEFT_OUT = ""  # the field of a fix that leaves a row out


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; by default everything is found by itself.

    `mapping`: heading → field, "" for a column left out; None for what the headings say. `fixes`: line → field → what
    shall stand there instead; with `LEFT_OUT` among the fields the row is left out.
    """

    sheet: str = ""
    header_line: int = 0
    mapping: Mapping[str, str] | None = None
    fixes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RowError:
    """Why a row is not brought in: its line in the file, the column's heading, what stands there, what to do.

    `field` is what the column is read as, "" where no single cell is at fault.
    """

    line: int
    column: str
    value: str
    message: str
    field: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the batch's record."""
        return asdict(self)

    def describe(self, file_name: str) -> str:
        """`needs.xlsx:5: 列“企业”，值“甲厂”：…` — one line, for the command and for copying."""
        place = f"{file_name}:{self.line}"
        if not self.column:
            return f"{place}: {self.message}"
        where = _("列“%(column)s”，值“%(value)s”", column=self.column, value=self.value)
        return f"{place}: {where}{_('：')}{self.message}"


class UnreadableError(InputError):
    """A file that cannot be read as a whole; the message holds the technical reason."""


@dataclass(frozen=True)
class Line:
    """A row that is sound in itself. `given` are the fields whose cells are not blank."""

    number: int
    row: Any  # the `Draft` of the sheet's kind
    given: frozenset[str]


@dataclass(frozen=True)
class Sheet:
    """A file as read. `headings`: field → the file's own heading; `unknown`: headings that no field has.

    `unsound` are the rows with bad cells, as far as their other cells go: `row` holds only the `given` fields. `raw`
    is what stands in each row, by field, mended cells included.
    """

    kind: ImportKind
    table: Table
    headings: dict[str, str]
    unknown: tuple[str, ...]
    raw: dict[int, dict[str, Any]] = field(repr=False)
    lines: tuple[Line, ...] = ()
    errors: tuple[RowError, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unsound: tuple[Line, ...] = ()

    def error(self, line: int, field_name: str, message: str) -> RowError:
        """An error in a field of a row, with the heading and the value as they stand in the file."""
        about = fields_of(ROW_OF[self.kind]).get(field_name)
        heading = self.headings.get(field_name, _(about.label) if about else "")
        text = self.text(line, field_name)
        shown = _("（不再显示）") if secrecy_mark(text) else one_line(text)[:SHOWN_VALUE]
        return RowError(line, heading, shown, message, field_name if about else "")

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return self.table.file_name

    def text(self, line: int, field_name: str) -> str:
        """What stands in a cell, in full."""
        value = self.raw.get(line, {}).get(field_name)
        return "" if value is None else str(value)


def read_sheet(kind: ImportKind, path: Path, *, file_name: str = "", reading: Reading | None = None) -> Sheet:
    """The rows of an xlsx, csv or jsonl file.

    Raises `InputError` for a file that cannot be read as a whole, or that lacks a column every row needs.
    """
    return sheet_of(kind, look(kind, path, file_name=file_name, reading=reading), reading)


def sheet_of(kind: ImportKind, table: Table, reading: Reading | None = None) -> Sheet:
    """A table's rows as `reading` wants its columns read. Raises `InputError` for a lacking column, or without rows."""
    how = reading or Reading()
    headings, unknown = _columns(kind, table, how)
    if lacking(kind, headings) and any(not row.problem for row in table.rows):
        columns = joined(lacking(kind, headings))
        message = _("%(file)s：缺少列“%(columns)s”，请在表头补上后重新导入", file=table.file_name, columns=columns)
        raise InputError(message)
    raw = {row.line: _values(kind, row, headings, how.fixes.get(str(row.line), {})) for row in table.rows}
    return _checked(Sheet(kind, table, headings, unknown, raw, skipped=table.skipped), how)


def look(kind: ImportKind, path: Path, *, file_name: str = "", reading: Reading | None = None) -> Table:
    """The table in a file, before anybody has said what its columns mean.

    Raises `UnreadableError` for a file that cannot be read, `InputError` for one without rows or of spoilt headings.
    """
    name, how = file_name or path.name, reading or Reading()
    try:
        table = read_table(ROW_OF[kind], path, sheet=how.sheet, header_line=how.header_line)
    except InputError as error:
        reason = error.message.replace(str(path), name)
        advice = _("请另存为 xlsx，或 UTF-8 编码的 csv、jsonl，再导入")
        raise UnreadableError(_("%(reason)s。文件无法读取，%(advice)s", reason=reason, advice=advice)) from error
    if any(map(looks_damaged, table.headings)):
        raise InputError(_("%(file)s：表头是乱码，文字在保存之前已经损坏，请从原件重新另存", file=name))
    if not table.rows:
        raise InputError(_("%(file)s：表头下面没有任何数据行，请检查是否选错了文件或工作表", file=name))
    return replace(table, file_name=name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def lacking(kind: ImportKind, fields: Iterable[str]) -> list[str]:
    """The labels of the columns that every row needs and that are not among `fields`."""
    found = set(fields)
    return [_(a.label) for name, a in fields_of(ROW_OF[kind]).items() if a.mandatory and name not in found]


def _columns(kind: ImportKind, table: Table, how: Reading) -> tuple[dict[str, str], tuple[str, ...]]:
    """(field → heading, headings that are read as nothing)."""
    if how.mapping is None:
        found, unknown = match_headings(ROW_OF[kind], table.headings)
        return found, tuple(unknown)
    known = fields_of(ROW_OF[kind])
    found = {name: heading for heading, name in how.mapping.items() if name in known and heading in table.headings}
    return found, tuple(heading for heading in table.headings if heading not in found.values())


def _values(kind: ImportKind, row: Row, headings: dict[str, str], fixes: Mapping[str, str]) -> dict[str, Any]:
    """What stands in the fields of a row."""
    known = fields_of(ROW_OF[kind])
    found = {name: row.values.get(heading) for name, heading in headings.items()}
    return found | {name: text for name, text in fixes.items() if name in known}


def _meant(sheet: Sheet, name: str, value: Any) -> Any:
    """A bare number with the unit of money that its column's heading gives."""
    money = fields_of(ROW_OF[sheet.kind])[name].shape in {Shape.WAN, Shape.YI}
    unit = unit_of(sheet.headings.get(name, "")) if money else ""
    text = "" if value is None else str(value).strip()
    return f"{text}{unit}" if unit and text[-1:].isdigit() else value


def _checked(sheet: Sheet, how: Reading) -> Sheet:
    lines: list[Line] = []
    unsound: list[Line] = []
    errors: list[RowError] = []
    skipped = list(sheet.skipped)
    for row in sheet.table.rows:
        if LEFT_OUT in how.fixes.get(str(row.line), {}):
            skipped.append(Skipped(row.line, _("您选择不导入")))
        elif row.problem:
            message = _("这一行无法读取（%(reason)s），请改正后重新导入", reason=row.problem)
            errors.append(RowError(row.line, "", "", message))
        else:
            line, faults = _line(sheet, row.line)
            (unsound if faults else lines).append(line)
            errors += [sheet.error(row.line, name, message) for name, message in faults.items()]
    return replace(
        sheet,
        lines=tuple(lines),
        errors=tuple(errors),
        unsound=tuple(unsound),
        skipped=tuple(sorted(skipped, key=lambda one: one.line)),
    )


def _line(sheet: Sheet, number: int) -> tuple[Line, dict[str, str]]:
    values = {name: _meant(sheet, name, value) for name, value in sheet.raw[number].items()}
    draft: Draft | None
    draft, faults = check(ROW_OF[sheet.kind], values)
    if draft is None:
        return _rest(sheet, number, {name: value for name, value in values.items() if name not in faults}), faults
    said = {name: getattr(draft, name) for name in values}
    given = frozenset(name for name, value in said.items() if value is not False and value not in {None, "", ()})
    return Line(number, draft, given), {}


def _rest(sheet: Sheet, line: int, values: dict[str, Any]) -> Line:
    """A row without its bad cells, so that what else is wrong with it is told at once."""
    model = ROW_OF[sheet.kind]
    sound: dict[str, Any] = {name: parse(fields_of(model)[name], value) for name, value in values.items()}
    return Line(line, model.model_construct(**sound), frozenset(name for name, value in sound.items() if value))
