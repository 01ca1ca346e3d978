"""The page of the year's working days, and the word about a year of whose holidays nothing is known."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete

from matchmaker.db.models import Setting
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.queries.workdays import LISTED
from tests import factories as make
from tests.services.sheets import load_profile
from tests.support.person import Person

Maker = Callable[..., Person]
UNKNOWN = "年节假日安排尚未录入，除单独更正的日子外按周一至周五计算"
PLANNING = ("/meetings/new?kind=online&firms=甲公司", "/trips", "/board", "/workdays")


@pytest.fixture
def city(app: Flask, sessions: Sessions, person: Maker) -> Person:
    load_profile(sessions)
    with sessions.write() as session:
        make.make_firm(session, make.make_unit(session), name="甲公司")
    return person(Role.CITY)


def belonging(sessions: Sessions, role: Role) -> dict[str, int]:
    """What an account of the role belongs to."""
    with sessions.write() as session:
        made = {
            Role.COUNTY: lambda: {"unit_id": make.make_unit(session).id},
            Role.FIRM: lambda: {"organisation_id": make.make_firm(session).id},
            Role.EXPERT: lambda: {"expert_id": make.make_expert(session).id},
        }
        return made[role]() if role in made else {}


def shown(reader: Person, path: str) -> str:
    answer = reader.get(path)
    assert answer.status_code == 200, path
    return str(answer.text)


def test_a_list_is_entered_a_day_corrected_and_both_told(city: Person) -> None:
    assert UNKNOWN in shown(city, "/workdays?year=2031")
    sent = {"text": "元旦：1月1日至3日放假。1月5日（周日）上班。", "reason": "国办通知"}
    assert city.post("/workdays/2031/list", sent).status_code == 303
    page = shown(city, "/workdays?year=2031")
    assert UNKNOWN not in page
    assert ">1<b>休</b>" in page
    assert ">5<b>班</b>" in page
    assert "国办通知" in page
    day = {"day": "2031-01-05", "works": "0", "note": "", "why": "改期"}
    assert city.post("/workdays/2031/day", day).status_code == 303
    page = shown(city, "/workdays?year=2031")
    assert ">5<b>班</b>" not in page
    assert "改期" in page


def test_a_refusal_names_the_field_and_keeps_what_was_sent(city: Person) -> None:
    answer = city.post("/workdays/2031/list", {"text": "明天放假", "reason": "国办通知"})
    assert answer.status_code == 422
    assert "第 1 行：没有找到日期" in answer.text
    assert "明天放假" in answer.text
    answer = city.post("/workdays/2031/day", {"day": "", "works": "x", "why": ""})
    assert answer.status_code == 422
    assert 'href="#f-day"' in answer.text
    assert 'href="#f-works"' in answer.text
    answer = city.post("/workdays/2031/day", {"day": "2031-03-03", "works": "0", "why": ""})
    assert 'href="#f-why"' in answer.text


@pytest.mark.parametrize(
    ("role", "code"),
    [(Role.LEADER, 200), (Role.COUNTY, 200), (Role.FIRM, 403), (Role.EXPERT, 403), (Role.ADMIN, 403)],
)
def test_who_may_look_and_who_may_change(
    city: Person, sessions: Sessions, person: Maker, role: Role, code: int
) -> None:
    day = {"day": "2031-03-03", "works": "0", "note": "", "why": "试"}
    reader = person(role, **belonging(sessions, role))
    assert reader.get("/workdays").status_code == code
    assert reader.post("/workdays/2031/day", day).status_code == 403
    assert reader.post("/workdays/2031/list", {"text": "3月3日放假", "reason": "试"}).status_code == 403
    assert city.get("/workdays?year=2031").text.count("<b>休</b>") == 0


def test_an_unknown_year_is_said_where_days_are_counted_or_chosen(
    city: Person, sessions: Sessions, person: Maker
) -> None:
    for path in PLANNING:
        assert UNKNOWN not in shown(city, path)
    with sessions.write() as session:
        session.execute(delete(Setting).where(Setting.key == f"{LISTED}2026"))
    for path in PLANNING:
        page = shown(city, path)
        assert f"2026 {UNKNOWN}" in page
        assert "/workdays?year=2026" in page
    county = shown(person(Role.COUNTY, **belonging(sessions, Role.COUNTY)), "/board")
    assert f"2026 {UNKNOWN}" in county
    assert "去录入" not in county
