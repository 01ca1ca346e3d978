"""A ledger longer than a page: pages, a whole to print, a sheet; what does not count is cut on the page only."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.queries.listing import PAGE_SIZE
from matchmaker.web.pages.board import MOST_LEFT_OUT
from tests.factories import TODAY, make_expert, make_firm, make_meeting, make_unit
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting
from tests.support.person import Person

COUNTED, LEFT_OUT = PAGE_SIZE + 3, MOST_LEFT_OUT + 5
LEDGER = "/board/inbound/2026"


@pytest.fixture
def leader(person: Callable[..., Person], sessions: Sessions) -> Person:
    with sessions.write() as session:
        make_counting(session)
        for _ in range(COUNTED):
            make_verified(session, MeetingKind.INBOUND)
        firm, expert = make_firm(session, make_unit(session)), make_expert(session)
        for _ in range(LEFT_OUT):
            make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=TODAY, status=MeetingStatus.HELD)
    return person(Role.LEADER)


def lines(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr id="m-\d+">\s*<td class="n"[^>]*>(\d+)<', page)]


def test_the_ledger_comes_by_pages_and_whole(leader: Person) -> None:
    first, second = leader.get(LEDGER).text, leader.get(f"{LEDGER}?page=2").text
    assert lines(first) == list(range(1, PAGE_SIZE + 1))
    assert lines(second) == list(range(PAGE_SIZE + 1, COUNTED + 1))
    assert f"共 {COUNTED} 条" in first
    whole = re.search(rf'href="({LEDGER}\?[^"]*all=1)"', first)
    assert whole
    assert lines(leader.get(whole[1]).text) == list(range(1, COUNTED + 1))


def test_what_does_not_count_is_cut_on_the_page_and_whole_in_the_sheet(leader: Person) -> None:
    page = leader.get(LEDGER).text
    beside = page[page.index('id="left-out"') : page.index('id="rule"')]
    assert beside.count("<li id=") == MOST_LEFT_OUT
    assert f"这里只列最近 {MOST_LEFT_OUT} 场" in beside
    assert f"{LEFT_OUT} 场" in beside
    sheet = leader.get(f"{LEDGER}/export.xlsx").data
    rows = CalamineWorkbook.from_filelike(BytesIO(sheet)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + COUNTED + LEFT_OUT
