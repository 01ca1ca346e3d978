"""The board as people read it: the year's end, what is on its way, what to do today, and rows behind every number."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Label, Target, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.backtest import Backtest, Trial
from matchmaker.domain.vocabulary import (
    InvitationStatus,
    LabelKind,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Role,
    TargetBasis,
    TargetStatus,
)
from matchmaker.services import backtests, pace_warnings
from tests import factories as make
from tests.queries.test_counts import make_verified
from tests.support.meetings import make_world
from tests.support.person import Person

TODAY = make.TODAY


@pytest.fixture
def world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    """Twenty visits to firms this year, some things on their way, and the two targets of a hundred."""
    world = make_world(sessions, person)
    with sessions.write() as session:
        firm, expert = make.make_firm(session, session.get_one(Unit, world.unit)), make.make_expert(session)
        for week in range(20):
            make_verified(session, MeetingKind.INBOUND, TODAY - timedelta(days=7 * week + 3))
        for status, day in (
            (MeetingStatus.HELD, TODAY - timedelta(days=2)),
            (MeetingStatus.PLANNED, TODAY - timedelta(days=1)),
            (MeetingStatus.PLANNED, TODAY + timedelta(days=6)),
            (MeetingStatus.PLANNED, TODAY + timedelta(days=7)),
        ):
            make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=day, status=status)
        need = make.make_need(session, firm)
        make.make_invitation(session, need, expert, answer_by=TODAY + timedelta(days=3))
        make.make_invitation(session, need, make.make_expert(session), answer_by=TODAY - timedelta(days=3))
        accepted = {"status": InvitationStatus.ACCEPTED, "answer_by": TODAY}
        make.make_invitation(session, need, make.make_expert(session), **accepted)
    return world


def board(person: Person, query: str = "") -> str:
    found = person.get(f"/board{query}")
    assert found.status_code == 200
    return str(found.text)


def panel(page: str, code: str) -> str:
    found = re.search(rf'<section class="panel" id="gauge-{code}">.*?</section>', page, re.DOTALL)
    assert found
    return found.group()


def rows_of(person: Person, address: str) -> int:
    """How many rows a list says it has."""
    page = person.get(address.replace("&amp;", "&")).text
    found = re.search(r"共 (\d+) 条", page)
    return int(found.group(1)) if found else 0


def test_the_years_end_stands_beside_the_number_with_its_interval(world: SimpleNamespace) -> None:
    inbound = panel(board(world.leader), "inbound")
    found = re.search(r"年底预计 <b>(\d+)</b>（(\d+)–(\d+)）", inbound)
    assert found
    point, low, high = map(int, found.groups())
    assert 20 < low < point < high < 100
    assert "<polygon" in inbound
    assert f"{point}（{low}–{high}）" in re.sub(r".*<table>", "", inbound, flags=re.DOTALL)  # the chart's twin


def test_a_number_on_its_way_opens_its_rows(world: SimpleNamespace) -> None:
    inbound = panel(board(world.leader), "inbound")
    links = re.findall(
        r'<a href="([^"]+)">(?:待核验|已安排|过期未登记|双方已同意待安排|待答复|过答复期) (\d+)</a>', inbound
    )
    assert [int(number) for _, number in links] == [1, 3, 1, 1, 2, 1]
    for address, number in links:
        assert rows_of(world.leader, address) == int(number), address


def test_a_county_officer_reads_the_numbers_without_links_to_other_units(world: SimpleNamespace) -> None:
    inbound = panel(board(world.county), "inbound")
    assert "已安排 3" in inbound
    assert "/invitations" not in inbound


def test_a_year_that_is_over_or_to_come_is_not_forecast(world: SimpleNamespace) -> None:
    for year in (2025, 2027):
        page = board(world.leader, f"?year={year}")
        assert "年底预计 <b>" not in page
        assert "今天要办" not in page
        assert f"{year} 年目标未下达" in page
    assert 'href="/board?year=2026"' in board(world.leader, "?year=2025")


def test_too_little_to_go_by_is_said_so(sessions: Sessions, person: Callable[..., Person], app: Any) -> None:
    make_world(sessions, person)
    app.extensions["matchmaker"].clock.day = date(2026, 1, 20)
    assert "数据不足" in board(person(Role.LEADER))


def test_what_needs_a_decision_is_there_for_the_leader_to_look_at(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        pace_warnings.check(session, TODAY, clock=FixedDayClock(TODAY))
        firm = make.make_firm(session, session.get_one(Unit, world.unit))
        make.make_need(session, firm, status=NeedStatus.CITY_REVIEW, published_at=None)
    decisions = [
        re.search(r"<h2>今天要办</h2>(.*?)</section>", board(each), re.DOTALL) for each in (world.leader, world.city)
    ]
    leader, city = (found.group(1) for found in decisions if found)
    for said in (leader, city):
        assert "请进：年底预计达不到目标" in said
        assert "已预警" in said
        assert "1 场活动已过期未登记" in said
        assert "1 条需求待市级审核" in said
    assert ">审核<" in city
    assert ">审核<" not in leader
    for address in re.findall(r'href="([^"]+)"', leader):
        assert world.leader.get(address.replace("&amp;", "&")).status_code == 200


def test_a_zones_subtotal_opens_its_rows(world: SimpleNamespace) -> None:
    found = re.findall(r'href="(/board/inbound/\d{4}\?zone=\w+)">(\d+)<', board(world.city))
    assert found
    for address, number in found:
        ledger = world.city.get(unescape(address) + "&verdict=counted").text
        total = re.search(r"共 (\d+) 条", ledger)
        assert int(number) == (int(total[1]) if total else 0)
    assert any(int(number) for _address, number in found)


def test_each_step_of_the_funnel_opens_its_needs(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        need = make.make_need(session)
        session.add(
            Label(need_id=need.id, owner_key="expert:1", kind=LabelKind.SIGNED, made_at=make.NOW, made_by="专员")
        )
        make.make_need(session, published_at=None, status=NeedStatus.DRAFT)
        make.make_need(session, published_at=make.NOW.replace(year=2025))
    page = board(world.leader)
    steps = re.findall(r'<a href="(/needs\?[^"]*reached=\w+[^"]*)">(\d+)</a>', page)
    assert [int(number) for _, number in steps] == [3, 0, 1, 0, 1]
    for address, number in steps:
        assert rows_of(world.leader, address) == int(number), address


def test_how_far_a_need_has_come_is_no_filter_for_firms(
    world: SimpleNamespace, person: Callable[..., Person], sessions: Sessions
) -> None:
    firm = person(Role.FIRM, organisation_id=world.firm)
    assert rows_of(firm, "/needs?reached=signed") == rows_of(firm, "/needs") > 0
    assert rows_of(world.city, "/needs?reached=signed") == 0


def test_units_have_bars_only_where_they_have_a_split(world: SimpleNamespace, sessions: Sessions) -> None:
    units = re.compile(r"<h2>各责任单位</h2>.*?</section>", re.DOTALL)
    plain = units.search(board(world.leader))
    assert plain
    assert "<svg" not in plain.group()
    assert "没有分解到单位" in plain.group()
    with sessions.write() as session:
        how = {"basis": TargetBasis.ABSOLUTE, "status": TargetStatus.DEMO, "unit_label": "次", "source": "演示"}
        stamps = {"created_at": make.NOW, "updated_at": make.NOW}
        session.add(Target(metric_code="inbound", year=2026, value=8, unit_id=world.unit, **how, **stamps))
    split = units.search(board(world.leader))
    assert split
    assert split.group().count("<svg") == 1
    assert "/ 8" in split.group()
    assert split.group().count("预计") == 1
    assert "小计" in split.group()


def test_the_board_says_how_far_forecasts_were_off(world: SimpleNamespace, sessions: Sessions) -> None:
    assert "还没有回测结果" in world.leader.get("/board/backtest").text
    trial = Trial("inbound", 2025, 9, "", 60, 90, 80, 99, straight=84, last_month=80, truth=100)
    with sessions.write() as session:
        backtests.keep(session, Backtest(0.8, (trial,)), TODAY)
    assert "平均相差 10.0 场，区间覆盖 0%" in board(world.leader)
    page = world.leader.get("/board/backtest").text
    for said in ("2025 年每个月底", "-10.0", "80–99", "平均误差最小的是：本系统预计"):
        assert said in page
    with sessions.write() as session:
        backtests.keep(session, Backtest(0.8, ()), TODAY)
    assert "没有可回测的年度" in world.leader.get("/board/backtest").text


def test_firms_have_no_board(world: SimpleNamespace, person: Callable[..., Person]) -> None:
    firm = person(Role.FIRM, organisation_id=world.firm)
    assert firm.get("/board/backtest").status_code == 403
