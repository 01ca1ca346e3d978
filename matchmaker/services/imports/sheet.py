"""A file → checked rows and the errors of the others. No database, so it is done before any transaction."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from matchmaker.domain.drafts import ROW_OF, Draft, check, fields_of, match_headings, one_line, parse
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import InputError
from matchmaker.exchange.tables import Row, read_rows
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined

SHOWN_VALUE = 60


@dataclass(frozen=True)
class RowError:
    """Why a row is not brought in: its line in the file, the column's heading, what stands there, what to do."""

    line: int
    column: str
    value: str
    message: str

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

    `unsound` are the rows with bad cells, as far as their other cells go: `row` holds only the `given` fields.
    """

    kind: ImportKind
    file_name: str
    sha256: str
    lines: tuple[Line, ...]
    errors: tuple[RowError, ...]
    headings: dict[str, str]
    unknown: tuple[str, ...]
    raw: dict[int, dict[str, Any]]
    unsound: tuple[Line, ...] = ()

    def error(self, line: int, field: str, message: str) -> RowError:
        """An error in a field of a row, with the heading and the value as they stand in the file."""
        about = fields_of(ROW_OF[self.kind]).get(field)
        heading = self.headings.get(field, about.label if about else "")
        value = self.raw.get(line, {}).get(heading)
        shown = one_line("" if value is None else str(value))[:SHOWN_VALUE]
        return RowError(line, heading, shown, message)


def read_sheet(kind: ImportKind, path: Path, *, file_name: str = "") -> Sheet:
    """The rows of an xlsx, csv or jsonl file.

    Raises `InputError` for a file that cannot be read as a whole, or that lacks a column every row needs.
    """
    name = file_name or path.name
    rows = _rows(path, name)
    model = ROW_OF[kind]
    headings, unknown = match_headings(model, dict.fromkeys(str(key) for row in rows for key in row.values))
    lacking = [a.label for field, a in fields_of(model).items() if a.mandatory and field not in headings]
    if lacking and any(not row.problem for row in rows):
        columns = joined(_(label) for label in lacking)
        raise InputError(_("%(file)s：缺少列“%(columns)s”，请在表头补上后重新导入", file=name, columns=columns))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    raw = {row.line: row.values for row in rows}
    sheet = Sheet(kind, name, digest, (), (), headings, tuple(unknown), raw)
    return _checked(sheet, rows)


def _rows(path: Path, name: str) -> list[Row]:
    try:
        rows = list(read_rows(path, chinese_csv=True))
    except InputError as error:
        reason = error.message.replace(str(path), name)
        advice = _("请另存为 xlsx，或 UTF-8 编码的 csv、jsonl，再导入")
        raise UnreadableError(_("%(reason)s。文件无法读取，%(advice)s", reason=reason, advice=advice)) from error
    if not rows:
        raise InputError(_("%(file)s：表头下面没有任何数据行，请检查是否选错了文件或工作表", file=name))
    return rows


def _checked(sheet: Sheet, rows: Iterable[Row]) -> Sheet:
    lines: list[Line] = []
    unsound: list[Line] = []
    errors: list[RowError] = []
    for row in rows:
        if row.problem:
            message = _("这一行无法读取（%(reason)s），请改正后重新导入", reason=row.problem)
            errors.append(RowError(row.line, "", "", message))
            continue
        line, faults = _line(sheet, row)
        (unsound if faults else lines).append(line)
        errors += [sheet.error(row.line, field, message) for field, message in faults.items()]
    return replace(sheet, lines=tuple(lines), errors=tuple(errors), unsound=tuple(unsound))


def _line(sheet: Sheet, row: Row) -> tuple[Line, dict[str, str]]:
    values = {field: row.values.get(heading) for field, heading in sheet.headings.items()}
    draft: Draft | None
    draft, faults = check(ROW_OF[sheet.kind], values)
    if draft is None:
        return _rest(sheet, row.line, {field: value for field, value in values.items() if field not in faults}), faults
    said = {field: getattr(draft, field) for field in values}
    given = frozenset(field for field, value in said.items() if value is not False and value not in {None, "", ()})
    return Line(row.line, draft, given), {}


def _rest(sheet: Sheet, line: int, values: dict[str, Any]) -> Line:
    """A row without its bad cells, so that what else is wrong with it is told at once."""
    model = ROW_OF[sheet.kind]
    sound: dict[str, Any] = {field: parse(fields_of(model)[field], value) for field, value in values.items()}
    return Line(line, model.model_construct(**sound), frozenset(field for field, value in sound.items() if value))
