"""The pages of the counting rules: history, the new one beside the old before it takes effect, withdrawing."""

import re
from collections.abc import Callable
from html import unescape
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from matchmaker.db.models import CountingRule
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, Role
from tests.factories import TODAY
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting
from tests.support.person import Person

SENT = {
    "unit": "firm_day",
    "regions": "110000",
    "stand_in_firm": "1",
    "history": "1",
    "valid_from": "2026-06-01",
    "past": "1",
    "reason": "只计北京",
}


@pytest.fixture
def world(person: Callable[..., Person], sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        make_counting(session)
        visit = make_verified(session, MeetingKind.INBOUND, TODAY, title="天津专家来访")
        visit.experts[0].expert.site.region_code = "120104"
        make_verified(session, MeetingKind.INBOUND, TODAY, title="北京专家来访")
    return SimpleNamespace(city=person(Role.CITY), leader=person(Role.LEADER), visit=visit.id)


def preview(person: Person, **values: str) -> str:
    return person.get(f"/rules/inbound/preview?{urlencode({**SENT, **values})}").text


def test_old_and_new_side_by_side_before_it_takes_effect(world: SimpleNamespace, sessions: Sessions) -> None:
    page = preview(world.city)
    year = re.search(r'<th scope="row">2026</th>(.*?)</tr>', page, re.DOTALL)
    assert year
    assert re.findall(r">(\d+)<", year[1]) == ["2", "1", "0", "1"]
    assert "不再计数或少计" in page
    assert "天津专家来访" in page
    assert "北京专家来访" not in page
    assert "没有在计数地区工作的专家到场" in page
    with sessions.read() as session:
        assert session.query(CountingRule).count() == 2
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    answer = world.city.post("/rules/inbound", {name: value for name, value in fields.items() if name in SENT})
    assert answer.status_code == 303
    history = world.leader.get("/rules").text
    assert "只计北京" in history
    assert "追溯起用" in history
    assert "被取代" in history
    assert 'href="/rules/inbound/new"' not in history
    ledger = world.leader.get("/board/inbound/2026").text
    assert "至少一位在北京市工作的专家到场" in ledger
    assert "规则 2" in ledger


def test_what_is_wrong_is_named_beside_the_field(world: SimpleNamespace) -> None:
    answer = world.city.get(f"/rules/inbound/preview?{urlencode({**SENT, 'past': '', 'unit': 'trip_host_day'})}")
    assert answer.status_code == 422
    assert 'href="#f-unit"' in answer.text
    answer = world.city.get(f"/rules/inbound/preview?{urlencode({**SENT, 'past': ''})}")
    assert "起用日期在今天之前" in answer.text
    assert world.city.post("/rules/inbound", {**SENT, "reason": ""}).status_code == 422
    assert world.city.get("/rules/other/new").status_code == 404


def test_a_rule_to_come_is_withdrawn_with_a_reason(world: SimpleNamespace, sessions: Sessions) -> None:
    assert world.city.post("/rules/inbound", {**SENT, "valid_from": "2026-07-01"}).status_code == 303
    with sessions.read() as session:
        number = session.query(CountingRule).order_by(CountingRule.id.desc()).first().id
    assert "尚未起用" in world.leader.get("/rules").text
    assert world.leader.post(f"/rules/{number}/withdraw", {"reason": "x"}).status_code == 403
    assert world.city.post(f"/rules/{number}/withdraw", {"reason": "再议"}).status_code == 303
    assert "再议" in world.leader.get("/rules").text
    assert world.city.post(f"/rules/{number}/withdraw", {"reason": "再议"}).status_code == 409
    assert world.city.post("/rules/999/withdraw", {"reason": "再议"}).status_code == 404


def test_only_the_city_changes_rules(world: SimpleNamespace) -> None:
    assert world.leader.get("/rules/inbound/new").status_code == 403
    assert world.leader.get("/rules").status_code == 200
    form = world.city.get("/rules/outbound/new").text
    assert 'value="trip_host_day" selected' in form
    assert re.search(r'value="120000"\s+checked', form)
