"""Forming a team from needs of one cluster, which other journeys go on from."""

from playwright.sync_api import expect

from tests.flows.seat import Seat


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
