"""The ledger: longer than a page, narrowed, sorted, kept as a view; the sheet is the page cell by cell."""

import re
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace

import pytest
from python_calamine import CalamineWorkbook

from matchmaker.db.models import Organisation, SavedView, Unit, Zone
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.queries import counts
from matchmaker.queries.listing import PAGE_SIZE
from tests.factories import TODAY, make_expert, make_firm, make_meeting, make_unit
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting
from tests.support.page_tables import rows_of
from tests.support.person import Person

COUNTED, LEFT_OUT = PAGE_SIZE + 3, 5
LEDGER, BOTH = "/board/inbound/2026", "/board/all/2026"


@pytest.fixture
def world(person: Callable[..., Person], sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        make_counting(session)
        for number in range(COUNTED):
            make_verified(session, MeetingKind.INBOUND, TODAY.replace(month=1 + number % 6, day=1 + number % 14))
        first = make_verified(session, MeetingKind.OUTBOUND, title="走进甲校").firms[0].firm
        unit = session.get_one(Unit, first.unit_id)
        unit.name, unit.zone.name = "丙县", "北部"
        firm, expert = make_firm(session, make_unit(session), name="某某阀门（演示）"), make_expert(session)
        for _ in range(LEFT_OUT):
            make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=TODAY, status=MeetingStatus.HELD)
        make_meeting(session, MeetingKind.ONLINE, [firm], [expert], day=TODAY, title="视频会商")
        make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=TODAY.replace(month=12), title="尚早")
        zone = session.get_one(Zone, unit.zone_id).code
    return SimpleNamespace(leader=person(Role.LEADER), city=person(Role.CITY), unit=unit.code, zone=zone, firm=firm)


def table(person: Person, address: str) -> list[list[str]]:
    return rows_of(person.get(address).text, "ledger")


def sheet(person: Person, address: str) -> list[list[str]]:
    path, _, query = address.partition("?")
    data = person.get(f"{path}/export.xlsx?{query}").data
    rows = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    return [[str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize(
    "query",
    ["", "verdict=counted&sort=number", "verdict=not_verified", "month=3&sort=-title", "q=阀门", "evidence=photo"],
)
@pytest.mark.parametrize("page", [LEDGER, BOTH])
def test_the_sheet_is_the_page_cell_by_cell(world: SimpleNamespace, page: str, query: str) -> None:
    shown = table(world.leader, f"{page}?all=1&{query}")
    assert len(shown) > 2
    assert shown == sheet(world.leader, f"{page}?{query}")


def test_the_ledger_comes_by_pages_the_newest_first(world: SimpleNamespace) -> None:
    head, *first = table(world.leader, LEDGER)
    second = table(world.leader, f"{LEDGER}?page=2")[1:]
    days = [row[head.index("日期")] for row in [*first[:-1], *second[:-1]]]
    assert days == sorted(days, reverse=True)
    assert len(days) == COUNTED + LEFT_OUT
    assert first[-1] == second[-1]  # the sum is of all that is asked for
    assert first[-1][head.index("场次")] == str(COUNTED)


def test_the_sums_are_those_of_the_board(world: SimpleNamespace, sessions: Sessions) -> None:
    head, *rows = table(world.leader, f"{BOTH}?all=1")
    with sessions.read() as session:
        sums = counts.tallies(session, 2026)
        expected = [
            [str(number) for number in (found.total, found.firm_visits, found.expert_visits)] for found in sums.values()
        ]
        by_unit = sums[MetricCode.OUTBOUND].by_unit()
    columns = [head.index(name) for name in ("场次", "企业·次", "专家·次")]
    assert [[row[index] for index in columns] for row in rows[-2:]] == expected
    of_unit = table(world.leader, f"/board/outbound/2026?unit={world.unit}")
    assert of_unit[-1][head.index("场次")] == str(next(iter(by_unit.values()))) == "1"


def test_each_filter_narrows(world: SimpleNamespace) -> None:
    def titles(query: str, page: str = BOTH) -> list[str]:
        head, *rows = table(world.leader, f"{page}?all=1&{query}") or [["活动"]]
        return [row[head.index("活动")] for row in rows if "合计" not in row[head.index("活动")]]

    assert titles(f"unit={world.unit}") == titles(f"zone={world.zone}") == ["走进甲校"]
    assert titles("kind=online&verdict=to_come") == ["视频会商"]
    assert titles("kind=online") == []
    assert titles("verdict=to_come") == ["尚早", "视频会商"]
    assert titles("verdict=not_verified") == ["对接"] * LEFT_OUT
    assert len(titles("verdict=left_out")) == LEFT_OUT
    assert len(titles("verdict=counted")) == COUNTED + 1
    assert titles("kind=outbound&month=5") == []
    host = re.search(r'name="institute".*?<option value="(\d+)"', world.leader.get(BOTH).text, re.DOTALL)
    assert host
    assert titles(f"institute={host[1]}") == ["走进甲校"]
    assert "没有符合条件的活动" in world.leader.get(f"{BOTH}?q=nothing").text


def test_a_county_sees_its_own_rows_and_how_many_others_count(
    world: SimpleNamespace, person: Callable[..., Person], sessions: Sessions
) -> None:
    with sessions.read() as session:
        unit_id = session.get_one(Organisation, world.firm.id).unit_id
    county = person(Role.COUNTY, unit_id=unit_id)
    head, *rows = table(county, f"{LEDGER}?all=1")
    assert {row[head.index("企业")] for row in rows[:-1]} == {"某某阀门（演示）"}
    assert f"另有 {COUNTED} 场不属您的范围" in county.get(LEDGER).text


def test_views_are_kept_shared_replaced_and_forgotten(world: SimpleNamespace, sessions: Sessions) -> None:
    query = f"metric=all&unit={world.unit}&nonsense=1"
    sent = {"metric": "all", "year": "2026", "query": query, "name": "丙县全部"}
    answer = world.city.post("/board/views", sent)
    assert answer.location == f"/board/all/2026?unit={world.unit}"
    assert "丙县全部" in world.city.get(BOTH).text
    assert "丙县全部" not in world.leader.get(BOTH).text
    world.city.post("/board/views", {**sent, "shared": "1"})
    assert f'href="/board/all/2026?unit={world.unit}"' in world.leader.get(BOTH).text
    with sessions.read() as session:
        (number,) = (row.id for row in session.query(SavedView))
    assert world.leader.post(f"/board/views/{number}/remove").status_code == 404
    assert world.city.post(f"/board/views/{number}/remove").status_code == 303
    assert "已删除视图" in world.city.get(BOTH).text
    assert "丙县全部" not in world.city.get(BOTH).text
    assert world.city.post("/board/views", {**sent, "name": " "}).status_code == 422
    assert world.city.post("/board/views", {**sent, "metric": "x"}).status_code == 404


def test_what_is_kept_out_by_hand_says_who_and_why(world: SimpleNamespace) -> None:
    page = world.city.get(f"{LEDGER}?verdict=counted&sort=number").text
    path = re.search(r'href="(/meetings/\d+)"', page)
    assert path
    sent = {"metric": "inbound", "reason": "不属于科技对接"}
    assert world.leader.post(f"{path[1]}/exclude", sent).status_code == 403
    assert world.city.post(f"{path[1]}/exclude", sent).status_code == 303
    head, row, _sum = table(world.leader, f"{LEDGER}?verdict=excluded")
    assert "由工作人员剔除" in row[head.index("规则的判断")]
    assert "不属于科技对接" in row[head.index("规则的判断")]
    assert "恢复请进计数" in world.city.get(path[1]).text
    assert world.city.post(f"{path[1]}/include", {**sent, "reason": "核实"}).status_code == 303
    assert len(table(world.leader, f"{LEDGER}?verdict=excluded")) == 0
    history = world.city.get(path[1]).text
    assert "从计数中剔除" in history
    assert "恢复计数" in history


def test_the_rule_is_printed_under_the_rows(world: SimpleNamespace) -> None:
    page = world.leader.get(BOTH).text.partition('id="rule"')[2]
    assert "outbound 规则 1 全文" in page
    assert "inbound 规则 1 全文" in page
