"""The officer's way of bringing a list in: upload, check, confirm, see what came of it."""

import io
import re
import secrets
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker.db.models import Audit, ImportBatch, Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus, Noun, Role
from tests.factories import make_expert, make_firm, make_unit
from tests.services.sheets import FIRMS, INSTITUTES, NEEDS, Rows, count, load_profile, write
from tests.support.person import Person

pytestmark = pytest.mark.both_databases
Maker = Callable[..., Person]
ORGANISATIONS = FIRMS + INSTITUTES


@pytest.fixture
def officer(person: Maker, sessions: Sessions) -> Person:
    load_profile(sessions)
    return person(Role.CITY)


def upload(officer: Person, folder: Path, kind: str, rows: Rows, **more: str) -> TestResponse:
    content = write(folder / "list.xlsx", rows).read_bytes()
    return officer.post("/imports", {"kind": kind, "file": (io.BytesIO(content), "名录.xlsx"), **more})


def bring(officer: Person, folder: Path, kind: str, rows: Rows, *, part: str = "all") -> TestResponse:
    checked = upload(officer, folder, kind, rows)
    assert checked.status_code == 303, checked.text
    done = officer.post(f"{checked.location}/run", {"rows": part})
    assert done.status_code == 303, done.text
    return officer.get(done.location)


def test_a_list_is_checked_first_and_written_after_confirming(
    officer: Person, sessions: Sessions, tmp_path: Path
) -> None:
    checked = upload(officer, tmp_path, "organisations", ORGANISATIONS)
    page = officer.get(checked.location).text
    assert "导入全部 4 行" in page
    assert count(sessions, Organisation) == 0
    result = bring(officer, tmp_path, "organisations", ORGANISATIONS).text
    assert "已导入：新增 4 行，更新 0 行。" in result
    assert count(sessions, Organisation) == 3
    assert "名录.xlsx" in officer.get("/imports").text


def test_the_same_form_sent_twice_imports_once(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    checked = upload(officer, tmp_path, "organisations", ORGANISATIONS)
    form = {"rows": "all", "form_id": secrets.token_urlsafe(18)}
    answers = [officer.post(f"{checked.location}/run", form) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert count(sessions, ImportBatch) == 1


def test_bad_rows_are_shown_and_the_good_ones_can_go_in(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    bring(officer, tmp_path, "organisations", ORGANISATIONS)
    rows = [NEEDS[0], NEEDS[1] | {"企业": "<script>alert(1)</script>"}, NEEDS[2]]
    checked = upload(officer, tmp_path, "needs", rows)
    page = officer.get(checked.location).text
    assert "只导入无误的 2 行" in page
    assert "导入全部" not in page
    assert "<script>alert" not in page
    assert "请先导入“机构”" in page
    result = bring(officer, tmp_path, "needs", rows, part="good").text
    assert "status=city_review" in result
    with sessions.read() as session:
        assert set(session.scalars(select(Need.status))) == {NeedStatus.CITY_REVIEW, NeedStatus.DRAFT}
        batch = session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc())).first()
        assert (batch.created, batch.failed) == (2, 1)
        number = batch.id
    sheet = CalamineWorkbook.from_filelike(BytesIO(officer.get(f"/imports/{number}/errors.xlsx").data))
    assert sheet.get_sheet_by_index(0).to_python()[1][:2] == [3.0, "企业"]


def test_all_or_none_writes_nothing_with_a_bad_row(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    rows = [*FIRMS, {"机构类别": "企业", "机构全称": ""}]
    result = bring(officer, tmp_path, "organisations", rows).text
    assert "全部没有导入" in result
    assert count(sessions, Organisation) == 0
    with sessions.read() as session:
        assert session.scalars(select(Audit).where(Audit.noun == Noun.ORGANISATION)).all() == []


def test_a_list_on_file_already_is_said_to_be(officer: Person, sessions: Sessions, tmp_path: Path) -> None:
    bring(officer, tmp_path, "organisations", ORGANISATIONS)
    checked = upload(officer, tmp_path, "organisations", ORGANISATIONS)
    assert "没有可以导入的内容" in officer.get(checked.location).text
    assert "完全一致" in bring(officer, tmp_path, "organisations", ORGANISATIONS).text
    assert count(sessions, ImportBatch) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.docx", b"PK", "xlsx、csv 或 jsonl"),
        ("x.csv", b"", "xlsx、csv 或 jsonl"),
        ("x.csv", b"\xff\xfe\x00\x81", "文件打不开"),
        ("x.xlsx", b"not a workbook", "文件打不开"),
        ("x.csv", "技术需求名称,企业\n".encode(), "没有任何数据行"),
        ("x.csv", "ÖÐÎÄ,名称\n1,2\n".encode(), "表头是乱码"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_on_the_form(
    officer: Person, name: str, content: bytes, reason: str
) -> None:
    answer = officer.post("/imports", {"kind": "needs", "file": (io.BytesIO(content), name)})
    assert answer.status_code == 422
    assert reason in answer.text
    assert "/tmp" not in answer.text  # noqa: S108 -- no path of ours is shown


def test_a_csv_of_chinese_excel_is_read_and_every_bad_cell_told_at_once(
    officer: Person, sessions: Sessions, tmp_path: Path
) -> None:
    bring(officer, tmp_path, "organisations", ORGANISATIONS)
    text = "技术需求名称,企业,技术领域,拟投入资金（万元）\r\n焊接变形,F1,高端装备制造,50\r\n检漏,没有这家,算命,1.5\r\n"
    sent = {"kind": "needs", "file": (io.BytesIO(text.encode("gb18030")), "需求.csv")}
    checked = officer.post("/imports", sent)
    assert checked.status_code == 303, checked.text
    page = officer.get(checked.location).text
    assert "只导入无误的 1 行" in page
    assert "共 1 行、3 处有误" in page
    for bad in ("没有这家", "算命", "1.5"):
        assert f'value="{bad}"' in page


def test_the_help_names_the_technical_fields(officer: Person) -> None:
    assert "高端装备制造" in officer.get("/imports").text


def test_templates_can_be_filled_in_and_brought_in(officer: Person) -> None:
    for kind in re.findall(r"/imports/template/(\w+)\.xlsx", officer.get("/imports").text):
        book = CalamineWorkbook.from_filelike(BytesIO(officer.get(f"/imports/template/{kind}.xlsx").data))
        headings = book.get_sheet_by_index(0).to_python()[0]
        line = ",".join(headings) + "\n" + "," * (len(headings) - 1) + "x\n"
        answer = officer.post("/imports", {"kind": kind, "file": (io.BytesIO(line.encode()), "x.csv")})
        assert answer.status_code == 303, answer.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITY])
def test_nobody_else_sees_the_page(person: Maker, role: Role, sessions: Sessions) -> None:
    load_profile(sessions)
    with sessions.write() as session:
        unit = make_unit(session)
        belongs = {
            Role.FIRM: {"organisation_id": make_firm(session, unit).id},
            Role.COUNTY: {"unit_id": unit.id},
        }
        expert = make_expert(session)
        belongs |= {Role.EXPERT: {"expert_id": expert.id}, Role.INSTITUTE: {"organisation_id": expert.institute_id}}
    stranger = person(role, **belongs.get(role, {}))
    assert stranger.get("/imports").status_code == 403
    for address in ("", "/columns", "/elsewhere", "/cells", "/run", "/cancel", "/drop"):
        assert stranger.post(f"/imports/drafts/1{address}").status_code in {403, 405}
    for address in ("", "/columns", "/progress", "/errors.xlsx"):
        assert stranger.get(f"/imports/drafts/1{address}").status_code == 403
    assert stranger.get("/imports/1").status_code == 403


def test_unknown_files_and_batches_are_not_found(officer: Person) -> None:
    assert officer.get("/imports/999").status_code == 404
    assert officer.get("/imports/drafts/999").status_code == 404
    assert officer.post("/imports/drafts/999/run").status_code == 404
    assert officer.get("/imports/template/nonsense.xlsx").status_code == 404
