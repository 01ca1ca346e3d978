"""Goals, splits, entries and the mid-term report: who sees them, what they say, and sheets that say the same."""

import re
from collections.abc import Callable
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import Absorption, Attachment, Target, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests import factories as make
from tests.services.sheets import load_profile
from tests.support.person import Person
from tests.web.test_exports import cells

Maker = Callable[..., Person]
PAGES = (
    *("/goals", "/goals?year=2025", "/goals/report?first=2023&last=2025", "/goals/outbound/2026/splits"),
    *("/absorptions", "/turnover", "/trainings", "/turnover/1"),
    *("/goals/export.xlsx", "/goals/report/export.xlsx", "/goals/outbound/2026/splits/export.xlsx"),
    *("/absorptions/export.xlsx", "/turnover/export.xlsx", "/trainings/export.xlsx"),
)
FORMS = (
    *("/goals/targets/new", "/goals/targets/1/edit", "/goals/report/outbound/2025"),
    *("/absorptions/new", "/turnover/new", "/turnover/1/edit", "/trainings/new"),
)
WRITES = (
    *("/goals/targets", "/goals/targets/1", "/goals/targets/1/withdraw", "/goals/targets/1/restore"),
    *("/goals/outbound/2026/splits", "/goals/report/outbound/2025", "/absorptions", "/turnover", "/turnover/1"),
    *("/turnover/1/void", "/turnover/1/restore", "/turnover/1/files", "/trainings"),
)
TARGET = {"metric": "outbound", "year": "2026", "value": "120", "basis": "absolute", "status": "final"}
TARGET |= {"source": "市政府文件 二", "note": "", "reason": "收到文件"}
ABSORPTION = {"title": "薄板焊接工艺", "firm": "甲公司", "origin": "京城大学", "day": "2026-03-01", "amount_wan": "50"}
TRAINING = {"name": "张三", "organisation": "甲公司", "course": "第一期", "certificate": "A1", "day": "2026-03-01"}


def plain(html: str) -> str:
    """What a piece of a page says, without tags and runs of spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def text_of(page: str, start: str = "<main", end: str = "</main>") -> str:
    """What a part of a page says."""
    return plain(page[page.index(start) : page.index(end, page.index(start))])


@pytest.fixture
def city(app: Flask, sessions: Sessions, person: Maker) -> Person:
    load_profile(sessions)
    with sessions.write() as session:
        unit = session.scalars(select(Unit).order_by(Unit.position)).first()
        make.make_firm(session, unit, name="甲公司")
        make.make_institute(session, name="京城大学")
    return person(Role.CITY)


@pytest.mark.parametrize("role", list(Role))
def test_staff_read_and_only_the_city_writes(city: Person, person: Maker, sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        firm, expert = make.make_firm(session), make.make_expert(session)
    places = {
        Role.COUNTY: {"unit_id": 1},
        Role.FIRM: {"organisation_id": firm.id},
        Role.INSTITUTE: {"organisation_id": expert.institute_id},
        Role.EXPERT: {"expert_id": expert.id},
    }
    reader = city if role is Role.CITY else person(role, **places.get(role, {}))
    reads = role in {Role.CITY, Role.COUNTY, Role.LEADER}
    assert {path: reader.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200 if reads else 403)
    assert {reader.get(path).status_code for path in FORMS} == {200 if role is Role.CITY else 403}
    if role is not Role.CITY:
        assert {reader.post(path, {"reason": "x"}).status_code for path in WRITES} == {403}
        if reads:
            page = reader.get("/goals").text
            assert "录入目标" not in page
            assert 'name="unit-' not in reader.get("/goals/outbound/2026/splits").text
    assert ('href="/goals"' in reader.get("/needs", follow_redirects=True).text) is reads


def test_the_texts_contradictions_stand_with_figure_and_clause(city: Person) -> None:
    said = text_of(city.get("/goals?year=2025").text, 'id="disputes"', "</section>")
    for part in (
        "200 亿元",
        "300 亿元",
        "302.5 亿元",
        "以 2024 年目标 275 亿元（科技强市意见 附件一序号4）计",
        "增长 9.1%",
    ):
        assert part in said
    for part in (
        "十四五规划 第十七节一",
        "科技强市意见 一（三）",
        "相差 102.5 亿元",
        "2023–2025 年各年目标相加",
        "300 项",
    ):
        assert part in said
    later = text_of(city.get("/goals?year=2026").text)
    assert "未下达" in later
    assert "2023 年 、 2025 年" in later


def test_a_target_is_entered_changed_and_withdrawn(city: Person, sessions: Sessions) -> None:
    refused = city.post("/goals/targets", TARGET | {"value": "很多", "reason": ""})
    assert refused.status_code == 422
    assert "目标值：应为不小于 0 的数" in refused.text
    without = city.post("/goals/targets", TARGET | {"reason": " "})
    assert (without.status_code, 'href="#f-reason"' in without.text) == (422, True)
    assert city.post("/goals/targets", TARGET).location == "/goals?year=2026"
    with sessions.read() as session:
        number = session.scalars(select(Target.id).where(Target.year == 2026)).one()
    path = f"/goals/targets/{number}"
    form = city.get(f"{path}/edit").text
    assert 'value="120"' in form
    assert 'name="metric"' not in form
    assert city.post(path, TARGET | {"value": "130", "reason": "调整", "version": "1"}).status_code == 303
    stale = city.post(path, TARGET | {"value": "140", "reason": "调整", "version": "1"})
    assert stale.status_code == 409
    assert "目标值" in stale.text
    changes = text_of(city.get("/goals?year=2026").text, 'id="changes"', "</section>")
    assert "120 → 130" in changes
    assert "调整" in changes
    assert city.post(f"{path}/withdraw", {"reason": "废止"}).status_code == 303
    page = city.get("/goals?year=2026").text
    assert "未下达" in text_of(page)
    assert "废止" in text_of(page, 'id="changes"', "</section>")
    assert city.post(f"{path}/restore", {"reason": "恢复"}).status_code == 303
    assert "130 次" in text_of(city.get("/goals?year=2026").text)


def test_splits_stand_beside_the_city_s_number(city: Person) -> None:
    path = "/goals/outbound/2026/splits"
    assert "目标未下达" in city.get(path).text
    city.post("/goals/targets", TARGET)
    bad = city.post(path, {"unit-1": "六十", "unit-2": "50", "source": "局务会", "status": "final", "reason": "确定"})
    assert bad.status_code == 422
    assert 'value="六十"' in bad.text
    assert 'href="#f-unit-1"' in bad.text
    grid = {"unit-1": "60", "unit-2": "50", "source": "局务会", "status": "final", "reason": "确定"}
    assert city.post(path, grid).status_code == 303
    said = text_of(city.get(path).text)
    assert "各单位合计比全市少 10 次" in said
    assert "110" in said
    assert city.post(path, grid).status_code == 409  # the page was empty: somebody filled it since
    again = grid | {"unit-2": "60", "version-1": "1", "version-2": "1"}
    assert city.post(path, again).status_code == 303
    assert "各单位合计与全市一致" in city.get(path).text
    head, *rows = cells(city, f"{path}/export.xlsx")
    assert head[:2] == ["责任单位", "目标"]
    assert [row[1] for row in rows][:3] == [60, 60, ""]
    assert len(rows) == 12
    assert "单位分解" in city.get("/goals?year=2026").text
    assert city.get("/goals/nothing/2026/splits").status_code == 404
    assert city.get("/goals/outbound/1850/splits").status_code == 404


def test_an_achievement_with_its_proof(city: Person, sessions: Sessions) -> None:
    wrong = city.post("/absorptions", ABSORPTION | {"origin": "没有的大学"})
    assert wrong.status_code == 422
    assert 'value="没有的大学"' in wrong.text
    assert city.post("/absorptions", ABSORPTION).location == "/absorptions/1"
    page = city.get("/absorptions/1").text
    assert "计入" in text_of(page)
    sent: dict[str, Any] = {"files": (BytesIO(b"%PDF-1.4 demo"), "证明.pdf")}
    assert city.post("/absorptions/1/files", sent, content_type="multipart/form-data").status_code == 303
    with sessions.read() as session:
        file = session.scalars(select(Attachment.id)).one()
    assert city.get(f"/absorptions/1/files/{file}").data == b"%PDF-1.4 demo"
    assert city.get(f"/trainings/1/files/{file}").status_code == 404
    assert city.post(f"/absorptions/1/files/{file}/void", {"reason": "传错"}).status_code == 303
    corrected = ABSORPTION | {"amount_wan": "80", "version": "1", "reason": "补充协议"}
    assert city.post("/absorptions/1", corrected).status_code == 303
    assert "50 → 80" in text_of(city.get("/absorptions/1").text)
    assert city.post("/absorptions/1/void", {"reason": "解除"}).status_code == 303
    assert "已作废" in text_of(city.get("/absorptions").text)
    assert "已作废" not in text_of(city.get("/absorptions?state=stands").text).replace("已作废 筛选", "")
    assert "0 项" in text_of(city.get("/goals?year=2026").text)
    with sessions.read() as session:
        assert session.get_one(Absorption, 1).amount_wan == 80


def test_figures_and_people_make_the_year_s_numbers(city: Person) -> None:
    said = {"year": "2026", "span": "to_date", "month": "3", "total": "63.4", "hosts": "12.7", "source": "快报"}
    assert city.post("/turnover", said).status_code == 303
    assert city.post("/trainings", TRAINING).status_code == 303
    assert city.post("/trainings", TRAINING | {"course": "第二期", "certificate": "A2"}).status_code == 303
    page = text_of(city.get("/goals?year=2026").text)
    assert "63.4 亿元 截至 3月" in page
    assert "12.7 亿元" in page
    assert "1 人" in page
    head, *rows = cells(city, "/trainings/export.xlsx?year=2026")
    assert [row[head.index("计数")] for row in rows] == ["同一人本年已计，不重复计", "计入"]
    again = city.post("/turnover", said)
    assert again.status_code == 422
    assert "请更正那一条" in again.text


def test_the_mid_term_report_and_its_sheet_say_the_same(city: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        make.make_stated_metric(session)
    said = {"explanation": "台账核对到年末。\n下一步补录。", "value": "970", "source": "备案名单"}
    assert city.post("/goals/report/platforms/2025", said).status_code == 303
    assert city.post("/goals/report/platforms/2025", said).status_code == 409
    assert city.post("/goals/report/platforms/2025", said | {"source": "", "version": "1"}).status_code == 422
    page = city.get("/goals/report?first=2023&last=2025").text
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    lines = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", part, re.DOTALL) for part in table.split("<tr>")]
    shown = [[plain(cell) for cell in line] for line in lines if len(line) == 6]
    head, *rows = cells(city, "/goals/report/export.xlsx?first=2023&last=2025")
    by_page = [(row[0], int(row[1]), row[4]) for row in shown]
    told = [row for row in rows if row[head.index("目标")] != "未下达" or row[head.index("实际")] != ""]
    by_sheet = [(row[0], int(row[1]), signed(row[head.index("偏差")])) for row in told]
    assert by_page == by_sheet
    assert len({name for name, _year, _off in by_page}) >= 7
    platforms = next(row for row in rows if row[0] == "创新平台" and row[1] == 2025)
    assert platforms[head.index("实际")] == 970
    assert platforms[head.index("偏差率")] == pytest.approx(-0.03)
    assert "台账核对到年末。" in platforms[head.index("执行情况说明")]
    assert "台账核对到年末。" in text_of(page)


def signed(value: Any) -> str:
    if value == "":
        return "—"
    text = f"{abs(value):.2f}".rstrip("0").rstrip(".")
    return text if value == 0 else f"{'+' if value > 0 else '-'}{text}"
