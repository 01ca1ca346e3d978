"""The sheets offered for filling in explain themselves, and are read back for what they are."""

import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import ROW_OF, Shape, fields_of, match_headings
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import InputError
from matchmaker.exchange.grids import read_grids
from matchmaker.i18n import LOCALES, use_locale
from matchmaker.services.imports import look
from matchmaker.services.imports.table import read_table
from matchmaker.services.imports.template import template
from tests.services.sheets import load_profile

KINDS = list(ROW_OF)


@pytest.fixture
def made(sessions: Sessions, tmp_path: Path, kind: ImportKind, locale: str) -> Path:
    load_profile(sessions)
    path = tmp_path / "template.xlsx"
    with sessions.read() as session, use_locale(locale):
        path.write_bytes(template(session, kind))
    return path


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_understood_and_the_example_is_no_row(made: Path, kind: ImportKind, locale: str) -> None:
    table = read_table(ROW_OF[kind], made)
    found, unknown = match_headings(ROW_OF[kind], table.headings)
    assert (unknown, set(found)) == ([], set(fields_of(ROW_OF[kind])))
    assert (table.rows, [one.line for one in table.skipped]) == ((), [2])
    with use_locale(locale), pytest.raises(InputError):
        look(kind, made)


@pytest.mark.parametrize("locale", ["zh_CN"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_second_sheet_explains_every_column(made: Path, kind: ImportKind) -> None:
    fields = fields_of(ROW_OF[kind]).values()
    rows, guide = read_grids(made)
    assert (rows.name, guide.name) == (kind.label, "填写说明")
    explained = {cells[0]: cells for cells in guide.lines.values()}
    assert set(explained) == {"列"} | {about.label for about in fields}
    for about in fields:
        assert explained[about.label][1] == (
            "必填" if about.mandatory else "不填则存为草稿" if about.complete else "选填"
        )
        for word in about.words or ():
            assert word.label in explained[about.label][3]
        assert explained[about.label][3]


@pytest.mark.parametrize("locale", ["zh_CN"])
@pytest.mark.parametrize("kind", [ImportKind.ORGANISATIONS, ImportKind.NEEDS, ImportKind.CAPABILITIES])
def test_choices_are_offered_as_lists(made: Path, kind: ImportKind) -> None:
    book = CalamineWorkbook.from_filelike(BytesIO(made.read_bytes()))
    assert book.sheets_metadata[2].visible is SheetVisibleEnum.Hidden
    words = book.get_sheet_by_index(2).to_python(skip_empty_area=False)
    with ZipFile(made) as archive:
        part = archive.read("xl/worksheets/sheet1.xml").decode()
    sources = re.findall(r"<formula1>'可选项'!\$([A-Z])\$1:\$[A-Z]\$(\d+)</formula1>", part)
    assert "<f>" not in part
    fields = fields_of(ROW_OF[kind])
    offered = {name for name, about in fields.items() if about.words and about.shape is not Shape.LIST}
    offered |= {"field", "unit"} & set(fields)
    assert len(sources) == len(offered) > 0
    for letter, number in sources:
        column = [line[ord(letter) - ord("A")] for line in words[: int(number)]]
        assert all(column)
        name = list(fields)[ord(letter) - ord("A")]
        assert name in offered
        if about := fields[name].words:
            assert column == [word.label for word in about]
