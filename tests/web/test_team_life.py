"""The pages of a team at work: forms that come back with what was typed, Word, links without a password, files."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import ServiceLog, TaskBook, Team
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests import factories as make
from tests.support.person import Person
from tests.support.teams import BOOK, FIRM, PDF, Work

Maker = Callable[..., Person]
ROWS = {
    "problem_firm_0": FIRM,
    "problem_problem_0": "热裂纹",
    "problem_indicator_0": "合格率 95%",
    "milestone_title_0": "小试",
    "milestone_due_0": (make.TODAY + timedelta(days=5)).isoformat(),
}


class Cast:
    """Who takes part, and the numbers of what they talk about."""

    def __init__(self, sessions: Sessions, person: Maker, *, serving: bool = False) -> None:
        with sessions.write() as session:
            work = Work(session)
            if serving:
                work.serving()
            self.team, self.firm_id, self.unit_id = work.team.id, work.firm.id, work.unit.id
            self.experts = [(one.id, one.name) for one in work.experts]
        self.city, self.county = person(Role.CITY), person(Role.COUNTY, unit_id=self.unit_id)
        self.firm = person(Role.FIRM, organisation_id=self.firm_id)
        self.lead = person(Role.EXPERT, expert_id=self.experts[0][0])

    def at(self, rest: str = "") -> str:
        return f"/teams/{self.team}{rest}"


def sent(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def refused(answer: Any, *texts: str) -> str:
    assert answer.status_code == 422, answer.status_code
    for text in texts:
        assert text in answer.text
    return str(answer.text)


def stamp_of(page: str) -> str:
    return re.search(r'name="stamp" value="([^"]+)"', page)[1]


def test_a_task_book_from_its_form_to_its_signature(app: Flask, sessions: Sessions, person: Maker) -> None:
    cast = Cast(sessions, person)
    city, book = cast.city, cast.at("/task-book")
    refused(city.post(cast.at("/hosts"), {"firm": "没有这家", "since": "2026-06-01"}), "没有这家", "全称")
    sent(city.post(cast.at("/hosts"), {"firm": FIRM, "since": "2026-06-01"}))
    sent(city.post(cast.at("/hosts"), {"place": f"unit:{cast.unit_id}", "since": "2026-06-01"}))
    assert "未签协议" in city.get(cast.at("/work")).text
    sent(city.post(cast.at("/draft"), {"back": "work"}))
    form = city.get(f"{book}/edit").text
    assert "A&amp;B&lt;公司&gt;" in form  # begun from the need
    assert "合格率只有 78%" in form
    late = refused(city.post(f"{book}/edit", BOOK | ROWS | {"milestone_due_0": "2090-01-01"}), "应在服务开始和结束之间")
    assert "合格率 95%" in late
    sent(city.post(f"{book}/edit", BOOK | ROWS))
    said = words_of(city.get(f"{book}/1.docx").data)
    for text in (FIRM, "30.5", "合格率 95%", "小试", "双方共有"):
        assert any(text in one for one in said), text
    link = re.search(r"/b/[\w.\-]+", city.get(book).text)[0]
    stranger = Person(app)
    page = stranger.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    answer = {"stamp": stamp_of(page.text), "answer": "changes", "remark": ""}
    refused(stranger.post(link, answer), "怎样修改")
    sent(stranger.post(link, answer | {"remark": "写明经费"}))
    sent(city.post(f"{book}/edit", BOOK | ROWS | {"funds": "30 万", "seen": "1.1"}))
    page = city.get(book).text
    assert "与第 1 版的不同" in page
    assert "30 万" in page
    assert "30 万" not in city.get(f"{book}?version=1").text
    for who, side in ((cast.firm, f"firm:{cast.firm_id}"), (cast.lead, f"expert:{cast.experts[0][0]}")):
        sent(who.post(f"{book}/words", {"side": side, "answer": "agrees", "stamp": stamp_of(who.get(book).text)}))
    assert city.post(cast.at("/sign")).status_code == 409
    with sessions.read() as session:
        number = session.scalars(select(TaskBook.id).where(TaskBook.number == 2)).one()
    assert cast.firm.post(f"/team-files/task_book/{number}", {"files": (BytesIO(PDF), "x.pdf")}).status_code == 403
    sent(city.post(f"/team-files/task_book/{number}", {"files": (BytesIO(PDF), "扫描.pdf")}))
    sent(city.post(cast.at("/sign")))
    assert "小试" in cast.firm.get(cast.at("/work")).text
    assert "扫描.pdf" in cast.lead.get(book).text


def words_of(data: bytes) -> list[str]:
    document = Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in document.paragraphs] + cells


def test_a_log_from_the_phone_to_the_firms_rating(sessions: Sessions, person: Maker) -> None:
    cast = Cast(sessions, person, serving=True)
    typed = {
        "team": str(cast.team),
        "firm": str(cast.firm_id),
        "day": make.TODAY.isoformat(),
        "share": "1",
        "problem": "热裂纹",
        "result": "调参",
    }
    assert "记一次服务" in cast.lead.get("/home").text
    refused(cast.lead.post("/service-logs", typed | {"firm": "999"}), "请从特派团服务的企业中选择", "热裂纹")
    log = sent(cast.lead.post("/service-logs", typed))
    assert cast.firm.get(log).status_code == 404  # a draft is nobody else's
    sent(cast.lead.post(f"{log}/submit"))
    for officer in (cast.county, cast.city):
        assert "1 条服务日志待县级审核" in officer.get("/home").text
    sent(cast.county.post(f"{log}/unit_pass"))
    assert cast.county.post(f"{log}/approve").status_code == 403
    sent(cast.city.post(f"{log}/return", {"reason": "写清参数"}))
    assert "写清参数" in cast.lead.get(log).text
    with sessions.read() as session:
        version = session.scalars(select(ServiceLog.version)).one()
    photo = {"files": (BytesIO(PDF), "照片.pdf")}
    sent(
        cast.lead.post(f"{log}/edit", typed | photo | {"version": str(version), "result": "三组参数", "then": "submit"})
    )
    sent(cast.county.post(f"{log}/unit_pass"))
    sent(cast.city.post(f"{log}/approve"))
    assert "1 次专家服务等您评价" in cast.firm.get("/home").text
    refused(cast.firm.post(f"{log}/rate", {"rating": "6", "words": "好"}), "请选择 1 到 5 分", "好")
    sent(cast.firm.post(f"{log}/rate", {"rating": "5", "words": "好"}))
    assert "照片.pdf" in cast.firm.get(log).text
    page = cast.city.get(cast.at("/work")).text
    assert "0.5" in page
    assert cast.city.get("/service-logs/export.xlsx").data.startswith(b"PK")


def test_a_stranger_checks_a_certificate(app: Flask, sessions: Sessions, person: Maker) -> None:
    cast = Cast(sessions, person, serving=True)
    with sessions.write() as session:
        team = session.get_one(Team, cast.team)
        expert = team.members[0].expert
        make.make_service_log(session, team, expert, team.need.firm, status="approved")
    name = cast.experts[0][1]
    typed = {"expert": str(cast.experts[0][0]), "from_day": "2026-06-01", "to_day": make.TODAY.isoformat()}
    refused(cast.city.post(cast.at("/certificates"), typed | {"to_day": "2026-06-02"}), "没有审核通过")
    paper = sent(cast.city.post(cast.at("/certificates"), typed))
    page = cast.lead.get(paper).text
    assert "<svg" in page
    assert "A&amp;B&lt;公司&gt;" in page
    assert cast.firm.get(paper).status_code == 404
    code, stranger = re.search(r"/certificates/[\w-]{30,}", page)[0], Person(app, "203.0.113.7")
    seen = stranger.get(code).text
    assert "这份服务证明属实" in seen
    assert name in seen
    assert "A&amp;B" not in seen
    assert "某企业" in seen
    sent(cast.city.post(paper.replace("/paper", "/revoke"), {"reason": "算错"}))
    assert "已被撤销" in stranger.get(code).text
    assert stranger.get("/certificates/not-one-of-ours").status_code == 404
    for _ in range(60):
        answer = stranger.get("/certificates/not-one-of-ours")
    assert answer.status_code == 429


@pytest.mark.parametrize("page", ["/work", "/task-book"])
def test_strangers_do_not_see_a_team_at_work(sessions: Sessions, person: Maker, page: str) -> None:
    cast = Cast(sessions, person)
    assert cast.firm.get(cast.at(page)).status_code == 404  # it has a need, and nobody serves it yet
    sent(cast.city.post(cast.at("/hosts"), {"firm": FIRM, "since": "2026-06-01"}))
    with sessions.write() as session:
        other = make.make_firm(session, make.make_unit(session)).id
    stranger = person(Role.FIRM, organisation_id=other)
    assert stranger.get(cast.at(page)).status_code == 404
    assert cast.firm.get(cast.at(page)).status_code == 200
    for action in ("hosts", "edit", "renew", "draft"):
        assert stranger.post(cast.at(f"/{action}")).status_code in {403, 404}
