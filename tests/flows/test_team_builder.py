"""Three needs of one cluster: alternative teams, one member exchanged, kept, changed again with its history."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.flows import teams
from tests.flows.seat import Seat

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

CLUSTER = "固安高新区新型显示产业集群"
NEEDS = ("扩散膜狭缝涂布横纹与车速瓶颈", "量子点膜裁切边缘遇湿热发蓝失效", "铟锡氧化物旋转靶用到后半程长黑瘤")
NAME = "固安显示产业特派团"
REASON = "原成员出国访问"


def test_from_three_needs_to_a_team_that_is_kept(seat: Sit) -> None:
    city = seat("city")
    teams.choose_needs(city, CLUSTER, NEEDS)
    first, second = (people_of(city, option) for option in ("方案一", "方案二"))
    assert len(set(first) & set(second)) <= len(first) // 2
    expect(city.part("方案二").get_by_text("与方案一相比").first).to_be_visible()

    city.follow("精确求解")
    expect(city.part("方案一").get_by_text("已证明没有更好的名单")).to_be_visible()
    city.follow("采用方案一并调整")
    assert set(members(city)) == set(people_of_page(city))

    out = members(city)[-1]
    newcomer, promised = teams.exchange(city, out)
    expect(city.page.locator("#coverage")).to_have_text(promised)
    why_not(city, out)
    address = teams.keep(city, NAME)
    expect(city.page.locator("main")).to_contain_text(newcomer)

    change_back(city, newcomer)
    expect(city.part("经过")).to_contain_text(REASON)
    leader = seat("leader").open(address)
    expect(leader.page.locator("main")).to_contain_text("逐词看谁覆盖")
    expect(leader.page.get_by_role("link", name="调整成员")).to_have_count(0)


def people_of(city: Seat, option: str) -> list[str]:
    names = city.part(option).locator("article.member > p > b").all_inner_texts()
    assert names
    return names


def people_of_page(city: Seat) -> list[str]:
    return city.page.locator("article.member > p > b").all_inner_texts()


def members(city: Seat) -> list[str]:
    return city.part("成员").locator("article.member > p > b").all_inner_texts()


def why_not(city: Seat, name: str) -> None:
    """Whoever was put out is asked about: what they would add, or that all of it is covered."""
    city.fill(专家姓名=name).press("查原因")
    expect(city.page.locator("#why li").first).to_have_text(re.compile("只会新增|都已覆盖|没有这些需求的用词"))


def change_back(city: Seat, newcomer: str) -> None:
    """A forming team is changed again, with a reason that its history tells."""
    city.follow("调整成员")
    _other, _promised = teams.exchange(city, newcomer)
    city.fill(调整原因=REASON).press("保存成员")
    expect(city.page.get_by_role("heading", name=NAME)).to_be_visible()
