"""Policy measures on their pages: a comparison of conditions with what is on file, never a promise."""

import re
from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import Audit, Merge, Organisation, Subsidy, SubsidyStatement, Team
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Noun, OrganisationKind, Role, TargetStatus
from matchmaker.services import merging, team_life
from tests import factories as make
from tests.services.sheets import load_profile
from tests.support.person import Person
from tests.support.teams import CLOCK, FIRM, Work
from tests.web.test_exports import cells

Maker = Callable[..., Person]
PROMISES = re.compile("将获得|可获得|将拨付|予以拨付|给予拨付|符合补贴|获得补贴|可以领取|审核通过可领")
NOTICE = "条件对照，仅供参考，不代表能够获得或将要拨付"
PROJECT = "焊接&<揭榜>项目"
NONE = [["没有符合条件的记录"]]


class Place:
    """The profile's measures, a firm that hosts a team at work, and who looks at them."""

    def __init__(self, sessions: Sessions, person: Maker) -> None:
        load_profile(sessions)
        self.sessions = sessions
        with sessions.write() as session:
            work = Work(session).serving()
            other = make.make_firm(session, make.make_unit(session), name="别家企业")
            self.firm_id, self.team_id, self.other_id = work.firm.id, work.team.id, other.id
            self.measures = {row.code: row.id for row in session.scalars(select(Subsidy))}
            unit_id, other_unit = work.firm.unit_id, other.unit_id
        self.city = person(Role.CITY)
        self.county = person(Role.COUNTY, unit_id=unit_id)
        self.elsewhere = person(Role.COUNTY, unit_id=other_unit)
        self.owner = person(Role.FIRM, organisation_id=self.firm_id)
        self.institute = person(Role.INSTITUTE, organisation_id=self._institute())

    def _institute(self) -> int:
        with self.sessions.write() as session:
            return make.make_institute(session).id

    def at(self, code: str, *more: str, **which: Any) -> str:
        asked = "&".join(f"{name}={quote(str(value))}" for name, value in which.items())
        return "/".join([f"/subsidies/{self.measures[code]}/firms/{self.firm_id}", *more]) + (
            f"?{asked}" if asked else ""
        )

    def decide(self, code: str, **values: str) -> None:
        said = {"status": "final", "valid_from": "", "valid_to": "", "reason": "收到正式文件"} | values
        said["seen"] = self.seen(code)
        assert self.city.post(f"/subsidies/{self.measures[code]}/edit", said).status_code == 303

    def seen(self, code: str) -> str:
        found = re.search(r'name="seen" value="([^"]*)"', self.city.get(f"/subsidies/{self.measures[code]}/edit").text)
        assert found
        return found[1]

    def project(self, person: Person, condition: str, **values: str) -> int:
        said = {"document": "凭证 1 号", **values}
        return person.post(self.at("challenge_research", condition, project=PROJECT), said).status_code

    def row(self, code: str = "challenge_research") -> dict[str, Any]:
        head, *rows = cells(self.city, f"/subsidies/{self.measures[code]}/export.xlsx")
        assert len(rows) == 1
        return dict(zip(head, rows[0], strict=True))


@pytest.fixture
def place(app: Flask, sessions: Sessions, person: Maker) -> Place:
    return Place(sessions, person)


def test_a_team_host_is_checked_by_the_records(place: Place) -> None:
    page = place.city.get(place.at("task_book_city", team=place.team_id)).text
    assert page.count("已具备") == 2
    assert "10 万元" in page
    assert f"/teams/{place.team_id}/task-book" in page
    row = place.row("task_book_city")
    assert (row["企业"], row["条件都具备时按公式（万元）"], row["上限（万元）"]) == (FIRM, 10, 10)
    assert row["状态"] == "征求意见稿"
    assert NOTICE in row["说明"]
    shown = place.city.get(f"/subsidies/{place.measures['task_book_city']}").text
    assert all(f'<th scope="col">{name}</th>' in shown for name in list(row)[:6])
    assert all(text in shown for text in (row["政策措施"], row["条款"], row["状态"], "10 万元", NOTICE))
    assert row["特派团按要求签订了工作任务书"] in shown
    assert cells(place.city, f"/subsidies/{place.measures['task_book_province']}/export.xlsx") == [
        ["没有符合条件的记录"]
    ]


def test_stated_figures_give_the_amount_and_stay_on_file(place: Place) -> None:
    assert place.project(place.city, "paid", amount_wan="1000") == 303
    assert place.row()["条件都具备时按公式（万元）"] == 200
    assert place.project(place.county, "others", amount_wan="900") == 303
    assert place.row()["条件都具备时按公式（万元）"] == 100
    assert place.project(place.city, "listed", holds="yes") == 303
    row = place.row()
    assert row["特派团或项目"] == PROJECT
    assert row["是采取揭榜挂帅方式的市级技术攻关类项目"].startswith("已具备：是（工作人员填报：")
    assert row["是项目的主要出资方"] == "系统无法判断：还没有填报"
    assert place.project(place.city, "paid", amount_wan="100") == 422  # another figure asks why
    assert place.project(place.city, "paid", amount_wan="100", reason="凭证更正") == 303
    assert place.row()["条件都具备时按公式（万元）"] == 30
    page = place.city.get(place.at("challenge_research", project=PROJECT)).text
    assert "凭证 1 号" in page
    assert "已作废" in page
    with place.sessions.read() as session:
        rows = session.scalars(select(Audit).where(Audit.noun == Noun.SUBSIDY).order_by(Audit.id))
        trail = [(row.action, row.before.get("amount_wan"), row.after.get("amount_wan"), row.reason) for row in rows]
    assert [each[0] for each in trail] == ["state"] * 4
    assert trail[-1][1:] == ("1000", "100", "凭证更正")
    history = place.city.get(f"/subsidies/{place.measures['challenge_research']}").text
    assert "凭证更正" in history
    with place.sessions.read() as session:
        standing = select(SubsidyStatement.id).where(SubsidyStatement.voided_at.is_(None))
        numbers = session.scalars(standing).all()
    for number in numbers:
        path = f"/subsidies/statements/{number}/void"
        assert place.city.post(path, {"reason": ""}).status_code == 422
        assert place.elsewhere.post(path, {"reason": "错"}).status_code == 404
        assert place.city.post(path, {"reason": "错"}).status_code == 303
        assert place.city.post(path, {"reason": "错"}).status_code == 409
    assert cells(place.city, f"/subsidies/{place.measures['challenge_research']}/export.xlsx") == NONE


def test_bad_statements_are_refused(place: Place) -> None:
    assert place.project(place.city, "paid", amount_wan="-1") == 422
    assert place.project(place.city, "paid", amount_wan="") == 422
    assert place.project(place.city, "listed", holds="perhaps") == 422
    assert place.project(place.city, "paid", amount_wan="5", document="") == 422
    assert place.project(place.city, "nothing", amount_wan="5") == 404
    assert place.city.get(place.at("challenge_research")).status_code == 404  # by project
    assert place.city.get(place.at("task_book_city", project="x")).status_code == 404
    assert place.city.get(place.at("task_book_city", team=place.team_id + 1)).status_code == 404
    with place.sessions.read() as session:
        assert session.scalars(select(SubsidyStatement)).all() == []


def test_a_firm_sees_final_measures_in_force_and_its_own_conditions_only(place: Place) -> None:
    mine, measure = f"/subsidies/firms/{place.firm_id}", f"/subsidies/{place.measures['task_book_city']}"
    draft = place.at("task_book_city", team=place.team_id)
    assert "现在没有正式下达" in place.owner.get(mine).text
    assert [place.owner.get(path).status_code for path in (measure, draft, f"{measure}/export.xlsx")] == [404] * 3
    assert place.project(place.owner, "paid", amount_wan="5") == 404
    place.decide("task_book_city")
    assert [place.owner.get(path).status_code for path in (measure, draft, f"{measure}/export.xlsx")] == [200] * 3
    assert "市级特派团任务书支持" in place.owner.get(mine).text
    assert "修改记录" not in place.owner.get(measure).text
    place.decide("task_book_city", valid_to=date(2025, 12, 31).isoformat())
    assert place.owner.get(draft).status_code == 404
    place.decide("challenge_research")
    assert place.project(place.owner, "paid", amount_wan="5") == 303
    assert place.owner.get(f"/subsidies/firms/{place.other_id}").status_code == 404
    strange = place.at("challenge_research", "paid", project=PROJECT).replace(
        f"/firms/{place.firm_id}/", f"/firms/{place.other_id}/"
    )
    assert place.owner.post(strange, {"amount_wan": "5", "document": "x"}).status_code == 404


def test_a_county_sees_its_own_unit_and_others_nothing(place: Place) -> None:
    assert place.county.get(f"/subsidies/firms/{place.firm_id}").status_code == 200
    assert place.elsewhere.get(f"/subsidies/firms/{place.firm_id}").status_code == 404
    shown = f"/subsidies/{place.measures['task_book_city']}"
    assert "A&amp;B" in place.county.get(shown).text
    assert "A&amp;B" not in place.elsewhere.get(shown).text
    assert place.county.get(f"{shown}/edit").status_code == 403
    assert place.county.post(f"{shown}/edit", {"status": "final", "reason": "x"}).status_code == 403
    with place.sessions.write() as session:
        session.get_one(Organisation, place.other_id).kind = OrganisationKind.AGENCY
    agency = f"/subsidies/firms/{place.other_id}"
    assert (place.city.get(agency).status_code, place.elsewhere.get(agency).status_code) == (200, 404)
    assert [place.institute.get(path).status_code for path in ("/subsidies", shown, place.at("platform"))] == [403] * 3


def test_how_firm_a_measure_is_asks_why_and_outlives_the_profile(place: Place, sessions: Sessions) -> None:
    edit = f"/subsidies/{place.measures['platform']}/edit"
    assert place.city.post(edit, {"status": "final", "reason": ""}).status_code == 422
    wrong = {"status": "final", "valid_from": "2026-05-01", "valid_to": "2026-04-01", "reason": "x"}
    assert place.city.post(edit, wrong).status_code == 422
    seen = place.seen("platform")
    place.decide("platform", valid_from="2026-01-01")
    late = {"status": "draft", "reason": "没有看到", "seen": seen}  # by whoever opened the form before
    assert place.city.post(edit, late).status_code == 409
    assert "收到正式文件" in place.city.get(f"/subsidies/{place.measures['platform']}").text
    load_profile(sessions)
    with sessions.read() as session:
        row = session.get_one(Subsidy, place.measures["platform"])
        assert (row.status, row.valid_from, row.valid_to) == (TargetStatus.FINAL, date(2026, 1, 1), None)
    with sessions.write() as session:
        row = session.get_one(Subsidy, place.measures["platform"])
        row.conditions, row.details = ["平台是新建的"], {"note": "旧"}  # as an earlier release kept them
    load_profile(sessions)
    assert "平台是新建的" in place.city.get(f"/subsidies/{place.measures['platform']}").text


def test_nobody_is_told_that_they_will_be_paid(place: Place) -> None:
    for code in place.measures:
        place.decide(code)
    assert place.project(place.owner, "paid", amount_wan="10") == 303
    pages = ["/subsidies", f"/subsidies/firms/{place.firm_id}", place.at("task_book_city", team=place.team_id)]
    pages += [place.at("challenge_research", project=PROJECT), place.at("challenge_research", "paid", project=PROJECT)]
    pages += [f"/subsidies/{number}" for number in place.measures.values()]
    for person in (place.city, place.owner):
        for path in pages:
            text = person.get(path).text
            assert NOTICE in text, path
            assert not PROMISES.search(text), path
    for number in place.measures.values():
        for row in cells(place.city, f"/subsidies/{number}/export.xlsx"):
            assert not PROMISES.search(str(row))


def test_a_firm_changes_its_own_word_and_not_an_officer_s(place: Place) -> None:
    place.decide("challenge_research")
    assert place.project(place.city, "listed", holds="no", document="市局核实文件 9 号") == 303
    assert place.project(place.owner, "listed", holds="yes", reason="我们是") == 403
    assert place.owner.get(place.at("challenge_research", "listed", project=PROJECT)).status_code == 403
    assert place.project(place.owner, "paid", amount_wan="500") == 303
    assert place.project(place.owner, "paid", amount_wan="400", reason="多写了") == 303
    row = place.row()
    assert row["是采取揭榜挂帅方式的市级技术攻关类项目"].startswith("尚缺：否（工作人员填报：")
    assert row["项目榜单实际支付的金额"].startswith("已具备：400 万元（企业填报：")
    page = place.owner.get(place.at("challenge_research", project=PROJECT)).text
    assert (
        "工作人员填报：" in page,
        "企业填报：" in page,
        len(re.findall(r"/subsidies/statements/\d+/void", page)),
    ) == (True, True, 1)
    with place.sessions.read() as session:
        rows = session.scalars(select(SubsidyStatement).where(SubsidyStatement.voided_at.is_(None))).all()
        theirs, own = (f"/subsidies/statements/{one.id}/void" for one in sorted(rows, key=lambda one: one.by_firm))
    assert place.owner.post(theirs, {"reason": "不对"}).status_code == 403
    place.decide("challenge_research", valid_to="2020-01-01")
    assert place.owner.post(own, {"reason": "不对"}).status_code == 404  # no longer in force
    place.decide("challenge_research")
    assert place.owner.post(own, {"reason": "不对"}).status_code == 303


def test_a_team_that_was_given_up_is_no_case_and_others_show_when_they_served(place: Place) -> None:
    with place.sessions.write() as session:
        firm, officer = (
            session.get_one(Organisation, place.firm_id),
            make.actor_of(make.make_account(session, Role.CITY)),
        )
        given_up = make.make_team(session, make.make_need(session, firm), make.make_expert(session))
        team_life.add_host(session, officer, given_up, f"firm:{firm.id}", since=make.TODAY, clock=CLOCK)
        team_life.move(session, officer, given_up, "end", reason="不组了", clock=CLOCK)
        there = session.get_one(Team, place.team_id)
        since, number = there.hosts[0].since, given_up.id
        there.hosts[0].until = make.TODAY
    assert place.row("task_book_city")["驻在时间"] == f"{since} – {make.TODAY}"
    assert place.city.get(place.at("task_book_city", team=number)).status_code == 404


def test_a_project_in_another_spelling_is_the_same_project(place: Place) -> None:
    assert place.project(place.city, "paid", amount_wan="1000") == 303
    other = place.at("challenge_research", "paid", project="焊接\uff06\uff1c揭榜\uff1e 项目")
    said = {"amount_wan": "1000", "document": "同一凭证"}
    assert place.city.post(other, said).status_code == 422  # another figure for what stands asks why
    assert place.city.post(other, said | {"reason": "更正"}).status_code == 303
    assert place.row()["特派团或项目"] == PROJECT
    assert f'<option value="{escape(PROJECT)}">' in place.city.get(f"/subsidies/firms/{place.firm_id}").text


def test_merged_firms_have_one_answer_and_are_parted_again(place: Place) -> None:
    own, spelt = place.at("challenge_research", "paid", project=PROJECT), "焊接\uff06\uff1c揭榜\uff1e项目"
    there = place.at("challenge_research", "paid", project=spelt).replace(f"/{place.firm_id}/", f"/{place.other_id}/")
    for path, wan in ((own, "1000"), (there, "500")):
        assert place.city.post(path, {"amount_wan": wan, "document": "凭证"}).status_code == 303
    with place.sessions.write() as session:
        kept, gone = (session.get_one(Organisation, number) for number in (place.firm_id, place.other_id))
        officer = make.actor_of(make.make_account(session, Role.CITY))
        made = merging.merge(session, officer, kept, gone, reason="同一家", clock=CLOCK).id
    row = place.row()
    assert (row["特派团或项目"], row["条件都具备时按公式（万元）"]) == (PROJECT, 150)
    with place.sessions.write() as session:
        merging.unmerge(session, officer, session.get_one(Merge, made), reason="不是一家", clock=CLOCK)
    _head, *rows = cells(place.city, f"/subsidies/{place.measures['challenge_research']}/export.xlsx")
    assert {row[1] for row in rows} == {PROJECT, spelt}
