"""A sheet on its way in: columns agreed to once, bad cells mended in place, long ones brought in behind the page."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from matchmaker.clock import SystemClock
from matchmaker.db.models import Blob, ImportBatch, ImportDraft, ImportMapping, Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, ImportState, Role
from matchmaker.services.imports.drafts import AT_ONCE
from matchmaker.services.imports.queue import run_queued
from tests.services.sheets import CLOCK, FIRMS, NEEDS, SEGMENTER, Rows, bring_rows, count, load_profile, write
from tests.support.person import Person

pytestmark = pytest.mark.both_databases
STRANGE = {"需求编号": "N1", "甲方": "F1", "题目": "焊接变形", "说明文字": "变形大", "杂项": "x"}


@pytest.fixture
def officer(person: Callable[..., Person], sessions: Sessions, tmp_path: Path) -> Person:
    load_profile(sessions)
    bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS, tmp_path)
    return person(Role.CITY)


def send(officer: Person, path: Path, kind: str = "needs") -> str:
    answer = officer.post("/imports", {"kind": kind, "file": (BytesIO(path.read_bytes()), path.name)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def send_rows(officer: Person, folder: Path, rows: Rows, kind: str = "needs") -> str:
    return send(officer, write(folder / "需求.xlsx", rows), kind)


def agree(officer: Person, draft: str, *fields: str) -> Any:
    return officer.post(f"{draft}/columns", {f"column-{place}": field for place, field in enumerate(fields)})


def spoilt(number: int) -> Rows:
    return [NEEDS[0] | {"需求编号": f"B{n}", "技术需求名称": f"需求{n}", "企业": f"没有{n}"} for n in range(number)]


def test_strange_columns_are_asked_for_once(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    draft = send_rows(officer, tmp_path, [STRANGE])
    assert officer.get(draft).location == f"{draft}/columns"
    page = officer.get(f"{draft}/columns").text
    assert re.search(r'aria-current="page"[^>]*>导入<', page), "the menu says where one is"
    assert "焊接变形" in page
    assert "企业（必填）" in page
    assert agree(officer, draft, "external_id", "firm", "title", "problem", "").location == draft
    assert "将新增</dt><dd>1 行" in officer.get(draft).text
    with sessions.read() as session:
        kept = session.scalars(select(ImportMapping)).one()
        assert kept.mapping == {
            "需求编号": "external_id", "甲方": "firm", "题目": "title", "说明文字": "problem", "杂项": "",
        }  # fmt: skip
    moved = {name: STRANGE[name] for name in reversed(STRANGE)} | {"需求编号": "N2", "题目": "检漏"}
    again = send_rows(officer, tmp_path, [moved])
    page = officer.get(again)
    assert page.status_code == 200
    assert "不导入的列</dt><dd>杂项" in page.text
    assert count(sessions, ImportMapping) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("external_id", "", "title", "problem", ""), "还没有指定“企业”是哪一列"),
        (("external_id", "firm", "title", "title", ""), "“技术需求名称”对应了不止一列"),
        (("external_id", "firm", "title", "nonsense", ""), "没有“nonsense”这个字段"),
    ],
)
def test_a_mapping_that_cannot_be_is_told_on_the_page(
    officer: Person, sessions: Sessions, tmp_path: Path, fields: tuple[str, ...], said: str
) -> None:
    draft = send_rows(officer, tmp_path, [STRANGE])
    answer = agree(officer, draft, *fields)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert count(sessions, ImportMapping) == 0
    assert officer.post(f"{draft}/run", {"rows": "all"}).status_code in {400, 409}
    assert count(sessions, Need) == 0


def test_another_sheet_or_header_may_be_chosen(officer: Person, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, title in (("一月", "焊接变形"), ("二月", "检漏")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["企业", "技术需求名称"])
            sheet.write_row(1, 0, ["甲", "乙"])
            sheet.write_row(2, 0, ["F1", title])
    draft = send(officer, path)
    assert "换一张工作表" in officer.get(draft).text
    assert "焊接变形" in officer.get(f"{draft}/columns").text
    officer.post(f"{draft}/elsewhere", {"sheet": "二月", "header_line": ""})
    assert "检漏" in officer.get(f"{draft}/columns").text
    officer.post(f"{draft}/elsewhere", {"sheet": "二月", "header_line": "2"})
    page = officer.get(f"{draft}/columns").text
    assert "表头在第 2 行" in page
    assert ">甲</label>" in page
    assert officer.post(f"{draft}/elsewhere", {"sheet": "二月", "header_line": "77"}).status_code == 400


def test_bad_cells_are_mended_in_place_and_checked_again(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    rows = [NEEDS[0], NEEDS[1] | {"企业": "没有这家", "拟投入资金（万元）": "面议"}, NEEDS[1] | {"合作方式": "看情况"}]
    draft = send_rows(officer, tmp_path, [row | {"合作方式": row.get("合作方式", "")} for row in rows])
    page = officer.get(draft).text
    assert '<label for="f-cell-3-firm">第 3 行 · 企业</label>' in page
    assert 'name="cell-3-firm" value="没有这家"' in page
    assert '<select id="f-cell-4-cooperation"' in page
    mended = {"cell-3-firm": "F2", "cell-3-budget_wan": "还是面议", "cell-4-cooperation": "看情况"}
    answer = officer.post(f"{draft}/cells", mended)
    assert answer.location.startswith(draft)
    page = officer.get(answer.location).text
    assert "只导入无误的 1 行" in page
    assert 'value="还是面议"' in page
    officer.post(f"{draft}/cells", {"cell-3-budget_wan": "30万", "skip-4": "1"})
    page = officer.get(draft).text
    assert "导入全部 2 行" in page
    assert "第 4 行 · 您选择不导入" in page
    officer.post(f"{draft}/cells", {"back_in": "1"})
    assert "只导入无误的 2 行" in officer.get(draft).text
    officer.post(f"{draft}/cells", {"skip-4": "1"})
    officer.post(f"{draft}/run", {"rows": "all"})
    with sessions.read() as session:
        found = dict(session.execute(select(Need.external_id, Need.budget_wan)).all())
        assert found == {"N1": 50, "N2": 30}
        row = session.scalars(select(ImportDraft)).one()
        assert row.fixes == {"3": {"firm": "F2", "budget_wan": "30万"}, "4": {"": "1"}}
        assert row.state is ImportState.DONE


def test_many_bad_rows_have_pages_and_nothing_typed_elsewhere_is_lost(officer: Person, tmp_path: Path) -> None:
    draft = send_rows(officer, tmp_path, spoilt(45))
    first, last = officer.get(draft).text, officer.get(f"{draft}?page=3").text
    assert "共 45 行、45 处有误" in first
    assert len(re.findall(r'name="cell-\d+-firm"', first)) == 20
    assert re.findall(r'name="cell-(\d+)-firm"', last) == ["42", "43", "44", "45", "46"]
    officer.post(f"{draft}/cells?page=3", {"cell-46-firm": "F1"})
    officer.post(f"{draft}/cells?page=1", {"cell-2-firm": "F2"})
    assert "共 43 行、43 处有误" in officer.get(draft).text
    book = CalamineWorkbook.from_filelike(BytesIO(officer.get(f"{draft}/errors.xlsx").data))
    assert len(book.get_sheet_by_index(0).to_python()) == 44


def test_what_is_sent_for_lines_or_fields_that_are_not_there_is_nothing(
    officer: Person, sessions: Sessions, tmp_path: Path
) -> None:
    draft = send_rows(officer, tmp_path, spoilt(1))
    officer.post(
        f"{draft}/cells", {"cell-99-firm": "F1", "cell-2-nonsense": "x", "skip-99": "1", "cell-2-firm": "没有0"}
    )
    with sessions.read() as session:
        assert session.scalars(select(ImportDraft.fixes)).one() == {}


def test_a_long_sheet_is_brought_in_behind_the_page(
    app: Flask, officer: Person, sessions: Sessions, tmp_path: Path
) -> None:
    rows = [{"机构类别": "企业", "机构全称": f"第{n}厂（演示）"} for n in range(AT_ONCE + 1)]
    draft = send_rows(officer, tmp_path, rows, "organisations")
    assert "将在后台导入" in officer.get(draft).text
    officer.post(f"{draft}/run", {"rows": "all"})
    page = officer.get(draft).text
    assert "排队中，马上开始" in page
    assert f'hx-get="{draft}/progress"' in page
    assert "取消排队" in officer.get(f"{draft}/progress", headers={"HX-Request": "true"}).text
    assert officer.get(f"{draft}/progress").location == draft
    officer.post(f"{draft}/cancel")
    assert f"导入全部 {AT_ONCE + 1} 行" in officer.get(draft).text
    assert officer.post(f"{draft}/cancel").status_code == 409
    officer.post(f"{draft}/run", {"rows": "all"})
    assert officer.post(f"{draft}/cells", {}).status_code == 409
    assert "排队中" in officer.get("/imports").text
    run_queued(sessions, lambda: SEGMENTER, clock=CLOCK, now=SystemClock().now)
    assert officer.get(f"{draft}/progress", headers={"HX-Request": "true"}).headers["HX-Redirect"] == draft
    result = officer.get(draft)
    assert f"{AT_ONCE + 1} 行" in officer.get(result.location).text
    assert count(sessions, Organisation) == AT_ONCE + 1 + len(FIRMS)


def test_a_long_sheet_that_fails_says_why_on_its_page(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    rows = [{"机构类别": "企业", "机构全称": f"第{n}厂（演示）"} for n in range(AT_ONCE)] + [{"机构类别": "不详"}]
    draft = send_rows(officer, tmp_path, rows, "organisations")
    officer.post(f"{draft}/run", {"rows": "all"})
    run_queued(sessions, lambda: SEGMENTER, clock=CLOCK, now=SystemClock().now)
    page = officer.get(draft).text
    assert "上次没有导入：有 1 行有误，全部没有导入" in page
    assert "未完成" in officer.get("/imports").text
    assert count(sessions, Organisation) == len(FIRMS)


def test_a_sheet_may_be_given_up(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    draft = send_rows(officer, tmp_path, spoilt(1))
    assert "需求.xlsx" in officer.get("/imports").text
    officer.post(f"{draft}/drop")
    assert "还没有完成的导入" not in officer.get("/imports").text
    assert officer.get(draft).location == "/imports"
    assert officer.post(f"{draft}/run", {"rows": "good"}).status_code == 409
    assert count(sessions, ImportBatch) == 1  # the firms'


def test_the_batches_can_be_exported_as_listed(officer: Person, tmp_path: Path) -> None:
    draft = send_rows(officer, tmp_path, NEEDS)
    officer.post(f"{draft}/run", {"rows": "all"})
    book = CalamineWorkbook.from_filelike(BytesIO(officer.get("/imports/export.xlsx?kind=needs").data))
    [head, row] = book.get_sheet_by_index(0).to_python()
    assert dict(zip(head, row, strict=True))["文件"] == "需求.xlsx"
    assert row[head.index("新增")] == 3


def test_the_same_file_again_goes_on_where_it_was(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    draft = send_rows(officer, tmp_path, spoilt(2))
    officer.post(f"{draft}/cells", {"cell-2-firm": "F1"})
    path = tmp_path / "需求.xlsx"
    assert send(officer, path) == draft
    assert "只导入无误的 1 行" in officer.get(draft).text
    officer.post(f"{draft}/drop")
    assert send(officer, path) != draft
    assert count(sessions, ImportDraft) == 2


@pytest.mark.parametrize("place", ["a cell", "the title", "another sheet"])
def test_nothing_is_kept_of_a_file_that_bears_a_mark_of_state_secrets(
    officer: Person, sessions: Sessions, tmp_path: Path, place: str
) -> None:
    path, mark = tmp_path / "需求.xlsx", "机 密★10年"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("需求")
        sheet.write(0, 0, mark if place == "the title" else "汇总表")
        sheet.write_row(1, 0, ["企业", "技术需求名称", "主要问题"])
        sheet.write_row(2, 0, ["F1", "焊接变形", mark if place == "a cell" else "变形大"])
        book.add_worksheet("附").write(0, 0, mark if place == "another sheet" else "无")
    sent = {"kind": "needs", "file": (BytesIO(path.read_bytes()), path.name)}
    answer = officer.post("/imports", sent)
    assert answer.status_code == 422
    assert "含有涉密标记" in answer.text
    assert (count(sessions, ImportDraft), count(sessions, Blob)) == (0, 0)


def test_nothing_is_kept_of_a_typed_mark_of_state_secrets(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    draft = send_rows(officer, tmp_path, spoilt(1))
    answer = officer.post(f"{draft}/cells", {"cell-2-firm": "绝密★某厂"})
    assert answer.status_code == 400
    with sessions.read() as session:
        assert session.scalars(select(ImportDraft.fixes)).one() == {}
