"""A deliberately messy sheet of 400 rows: every spoilt cell is named, every good row is in with the right values."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from matchmaker.db.models import ImportBatch, Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, Role
from tests.services.sheets import bring_rows, load_profile
from tests.support import messy
from tests.support.messy import Messy
from tests.support.person import Person

pytestmark = pytest.mark.both_databases


@pytest.fixture
def officer(person: Callable[..., Person], sessions: Sessions, tmp_path: Path) -> Person:
    load_profile(sessions)
    bring_rows(sessions, ImportKind.ORGANISATIONS, messy.firms(), tmp_path)
    return person(Role.CITY)


def upload(officer: Person, path: Path) -> str:
    answer = officer.post("/imports", {"kind": "needs", "file": (BytesIO(path.read_bytes()), path.name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def agree(officer: Person, draft: str) -> None:
    """Leave every column as it is proposed."""
    page = officer.get(f"{draft}/columns").text
    chosen: dict[str, Any] = {}
    for name, options in re.findall(r'<select id="f-(column-\d+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found = re.search(r'value="(\w*)" selected', options)
        chosen[name] = found[1] if found else ""
    assert officer.post(f"{draft}/columns", chosen).location == draft


def told(officer: Person, address: str) -> list[list[Any]]:
    """The bad cells as the sheet of errors has them: line, column, value, reason."""
    book = CalamineWorkbook.from_filelike(BytesIO(officer.get(f"{address}/errors.xlsx").data))
    return book.get_sheet_by_index(0).to_python()[1:]


def every_spoilt_cell_is_named(rows: list[list[Any]], sheet: Messy) -> None:
    assert sorted((int(line), column, value) for line, column, value, _ in rows) == sorted(
        (one.line, one.column, one.value) for one in sheet.spoilt
    )
    reasons = {(int(line), column): reason for line, column, _, reason in rows}
    for one in sheet.spoilt:
        assert one.reason in reasons[one.line, one.column], one


def kept(sessions: Sessions) -> dict[str, dict[str, Any]]:
    with sessions.read() as session:
        numbers = dict(session.execute(select(Organisation.id, Organisation.external_id)).all())
        return {
            need.title: {
                "firm": int(numbers[need.firm_id][1:]),
                "title": need.title,
                "problem": need.problem,
                "keywords": need.keywords,
                "field": need.field.name if need.field else None,
                "budget_wan": need.budget_wan,
                "deadline": need.deadline,
                "cooperation": need.cooperation,
            }
            for need in session.scalars(select(Need))
        }


def test_a_messy_sheet_is_asked_about_once_and_comes_in(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    sheet = messy.make(tmp_path / "需求汇总.xlsx")
    assert (sheet.rows, len(sheet.spoilt), len(sheet.good)) == (400, 72, 331)
    draft = upload(officer, sheet.path)
    assert officer.get(draft).location == f"{draft}/columns"
    page = officer.get(f"{draft}/columns").text
    assert "表头在第 4 行" in page
    assert "工作表：需求汇总" in page
    agree(officer, draft)
    every_spoilt_cell_is_named(told(officer, draft), sheet)
    preview = officer.get(draft).text
    assert "只导入无误的 331 行" in preview
    assert {int(line) for line in re.findall(r"<li>第 (\d+) 行 ·", preview)} == set(sheet.skipped)
    done = officer.post(f"{draft}/run", {"rows": "good"})
    every_spoilt_cell_is_named(told(officer, done.location), sheet)
    assert kept(sessions) == sheet.good
    with sessions.read() as session:
        batch = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1)).one()
        assert (batch.created, batch.updated, batch.unchanged, batch.failed) == (331, 0, 0, 69)

    again = messy.make(tmp_path / "第二批.xlsx", rows=60, seed=7, each=1, first=1001)
    second = upload(officer, again.path)
    assert officer.get(second).status_code == 200  # nothing is asked
    every_spoilt_cell_is_named(told(officer, second), again)
    officer.post(f"{second}/run", {"rows": "good"})
    assert kept(sessions) == sheet.good | again.good


def test_the_same_sheet_again_changes_nothing(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    sheet = messy.make(tmp_path / "a.xlsx", rows=60, each=1)
    draft = upload(officer, sheet.path)
    agree(officer, draft)
    officer.post(f"{draft}/run", {"rows": "good"})
    before = kept(sessions)
    assert before == sheet.good
    draft = upload(officer, sheet.path)
    assert "没有可以导入的内容" in officer.get(draft).text
    every_spoilt_cell_is_named(told(officer, draft), sheet)
    assert kept(sessions) == before
