"""The bad cells of a sheet on a page: row by row, each with what stands in it and a place to type what should."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matchmaker.domain.drafts import ROW_OF, About, Shape, fields_of, one_line
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.services.imports import Report, RowError, Sheet

CALLED = ("title", "name", "firm", "organisation")  # fields that tell a person which row it is
_CELL = re.compile(r"cell-(\d{1,7})-([a-z_]{1,40})")
_ROW = re.compile(r"skip-(\d{1,7})")


@dataclass(frozen=True)
class BadCell:
    """A cell at fault: the name of its input, "" where there is nothing to type into."""

    name: str
    label: str
    value: str
    messages: tuple[str, ...]
    long: bool = False
    options: Sequence[str] = ()


@dataclass(frozen=True)
class BadRow:
    """A row with its bad cells, and what it is called."""

    line: int
    title: str
    cells: tuple[BadCell, ...]


def bad_rows(session: Session, sheet: Sheet, report: Report) -> list[BadRow]:
    """Every bad row in the file's order."""
    offered = _offered(session, sheet.kind)
    return [
        BadRow(line, _title(sheet, line), tuple(_cells(sheet, list(errors), offered)))
        for line, errors in groupby(report.errors, key=lambda error: error.line)
    ]


def _cells(sheet: Sheet, errors: list[RowError], offered: Mapping[str, Sequence[str]]) -> list[BadCell]:
    told: dict[str, list[RowError]] = {}
    for error in errors:
        told.setdefault(error.field or error.column, []).append(error)
    order = {heading: place for place, heading in enumerate(sheet.table.headings)}
    as_in_file = sorted(told.values(), key=lambda found: order.get(found[0].column, len(order)))
    return [_cell(sheet, found, offered) for found in as_in_file]


def _cell(sheet: Sheet, errors: list[RowError], offered: Mapping[str, Sequence[str]]) -> BadCell:
    first, messages = errors[0], tuple(error.message for error in errors)
    about: About | None = fields_of(ROW_OF[sheet.kind]).get(first.field)
    if about is None:
        return BadCell("", first.column, first.value, messages)
    text = sheet.text(first.line, first.field)
    long = about.shape is Shape.TEXT or len(text) > 60
    name = f"cell-{first.line}-{first.field}"
    return BadCell(name, first.column, text, messages, long, offered.get(first.field, ()))


def _offered(session: Session, kind: ImportKind) -> dict[str, Sequence[str]]:
    """What may be chosen instead, by field."""
    fields = fields_of(ROW_OF[kind])
    found: dict[str, Sequence[str]] = {
        name: [_(word.label) for word in about.words] for name, about in fields.items() if about.words
    }
    if "field" in fields:
        found["field"] = [name for _code, name in choices.technical_fields(session)]
    if "unit" in fields:
        found["unit"] = [name for _code, name in choices.units(session)]
    return found


def _title(sheet: Sheet, line: int) -> str:
    said: dict[str, Any] = sheet.raw.get(line, {})
    return next((one_line(str(said[name]))[:40] for name in CALLED if said.get(name)), "")


def sent_cells() -> dict[tuple[int, str], str]:
    """(line, field) → what was typed into the page's inputs."""
    found = {_CELL.fullmatch(name): text for name, text in request.form.items()}
    return {(int(at[1]), at[2]): text.replace("\r\n", "\n") for at, text in found.items() if at}


def sent_rows() -> set[int]:
    """The lines whose box "leave out" was ticked."""
    found = (_ROW.fullmatch(name) for name in request.form)
    return {int(at[1]) for at in found if at}
