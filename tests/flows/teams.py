"""Forming a team from needs of one cluster, which other journeys go on from."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.flows.seat import Seat

Sit = Callable[..., Seat]
REASON = "原成员出国访问"


def form(city: Seat, cluster: str, needs: tuple[str, ...], name: str) -> tuple[str, str]:
    """Two alternatives compared, one adopted, a member exchanged, kept, changed again; its address and leader."""
    choose_needs(city, cluster, needs)
    first, second = (_people(city.part(option)) for option in ("方案一", "方案二"))
    assert len(set(first) & set(second)) <= len(first) // 2
    expect(city.part("方案二").get_by_text("与方案一相比").first).to_be_visible()
    city.follow("精确求解")
    expect(city.part("方案一").get_by_text("已证明没有更好的名单")).to_be_visible()
    best = _people(city.part("方案一"))
    city.follow("采用方案一并调整")
    assert set(_people(city.part("成员"))) == set(best)
    out = _people(city.part("成员"))[-1]
    newcomer, promised = exchange(city, out)
    expect(city.page.locator("#coverage")).to_have_text(promised)
    why_not(city, out)
    address = keep(city, name)
    expect(city.page.locator("main")).to_contain_text(newcomer)
    change_back(city, newcomer, name)
    return address, _people(city.part("成员与各自覆盖的内容"))[0]


def _people(part: Locator) -> list[str]:
    names = part.locator("article.member > p > b").all_inner_texts()
    assert names
    return names


def why_not(city: Seat, name: str) -> None:
    """Whoever was put out is asked about: what they would add, or that all of it is covered."""
    city.fill(专家姓名=name).press("查原因")
    expect(city.page.locator("#why li").first).to_have_text(re.compile("只会新增|都已覆盖|没有这些需求的用词"))


def change_back(city: Seat, newcomer: str, name: str) -> None:
    """A forming team is changed again, with a reason that its history tells."""
    city.follow("调整成员")
    exchange(city, newcomer)
    city.fill(调整原因=REASON).press("保存成员")
    expect(city.page.get_by_role("heading", name=name)).to_be_visible()
    expect(city.part("经过")).to_contain_text(REASON)


def open_account(seat: Sit, city: Seat, name: str, login: str) -> None:
    """Somebody of the team who had no account gets one by the link that the officer sends on."""
    city.open(f"/access/people?kind=expert&q={name}").tick(f"选择 {name}").press("邀请勾选的人")
    city.open(f"/access?q={name}").press("重新发送")
    link = re.search(r"http://[^\s<\"]+/welcome/[^\s<\"]+", city.page.content())
    assert link, "no link to send on"
    seat().open_account(link[0], login)


def firm_of(city: Seat, need: str) -> str:
    """Whose need it is."""
    return city.open(f"/needs?q={need}").page.locator("td[data-label='企业']").first.inner_text()


def choose_needs(city: Seat, cluster: str, needs: tuple[str, ...]) -> None:
    """The officer ticks needs of a cluster and asks for proposals."""
    city.menu("特派团").follow("组建特派团")
    city.choose("产业集群", cluster).press("筛选")
    for need in needs:
        city.tick(need)
    city.press("拟出名单")
    expect(city.page.get_by_role("heading", name="拟组建的特派团")).to_be_visible()


def exchange(city: Seat, out: str) -> tuple[str, str]:
    """The first person who may take a member's place does; the newcomer's name, and the coverage then said."""
    city.follow(f"换下{out}")
    offers = city.part(f"谁来接替{out}")
    row = offers.locator("tbody tr").filter(has_text="符合").first
    newcomer = row.get_by_role("link").first.inner_text()
    promised = row.get_by_role("cell").nth(1).inner_text()
    city.follow(f"换成{newcomer}", within=row)
    expect(city.part("成员").get_by_text(newcomer).first).to_be_visible()
    expect(city.part("成员").get_by_text(f"换下{out}")).to_have_count(0)
    return newcomer, promised


def keep(city: Seat, name: str) -> str:
    """Keep what is put together as a forming team; its address."""
    city.fill(特派团名称=name).press("组建这个团")
    expect(city.page.get_by_role("heading", name=name)).to_be_visible()
    return city.page.url
