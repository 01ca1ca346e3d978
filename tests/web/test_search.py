"""The box in the bar and the page it leads to."""

import re
from collections.abc import Callable

import pytest

from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, NeedStatus, Role
from tests.factories import (
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_meeting,
    make_need,
    make_team,
    make_unit,
)
from tests.support.counting import make_counting
from tests.support.person import Person

Maker = Callable[..., Person]
BOX = 'role="search"'


@pytest.fixture
def world(sessions: Sessions) -> dict[str, int]:
    """One record of each kind that says 焊接."""
    with sessions.write() as session:
        make_counting(session)
        unit = make_unit(session)
        firm = make_firm(session, unit, name="焊接部件<公司>", about="焊接")
        institute = make_institute(session, name="焊接学院")
        expert = make_expert(session, institute, name="焊接人")
        make_group(session, expert, name="焊接团队")
        need = make_need(session, firm, title="薄板<b>焊接</b>", problem="銲縫與焊接裂紋。" * 40)
        make_need(session, firm, title="焊接草稿", status=NeedStatus.DRAFT)
        make_capability(session, expert, title="激光焊接")
        make_meeting(session, MeetingKind.INBOUND, [firm], [expert], title="焊接诊断")
        make_team(session, need, expert)
        return {"unit": unit.id, "firm": firm.id, "institute": institute.id, "expert": expert.id, "need": need.id}


def actors(world: dict[str, int]) -> dict[Role, dict[str, int]]:
    return {
        Role.FIRM: {"organisation_id": world["firm"]},
        Role.EXPERT: {"expert_id": world["expert"]},
        Role.INSTITUTE: {"organisation_id": world["institute"]},
        Role.COUNTY: {"unit_id": world["unit"]},
        Role.CITY: {},
        Role.LEADER: {},
    }


def links(page: str) -> set[str]:
    return set(re.findall(r'<p><a href="([^"]+)"><b>', page))


def test_everybody_with_something_to_find_has_the_box(person: Maker, visitor: Person, world: dict[str, int]) -> None:
    for role, values in actors(world).items():
        page = person(role, **values).get("/home", follow_redirects=True).text
        assert page.count(BOX) == 1, role
        assert 'action="/search"' in page
    assert BOX not in visitor.get("/").text
    admin = person(Role.ADMIN)
    assert BOX not in admin.get("/home", follow_redirects=True).text
    assert admin.get("/search?q=焊接").status_code == 403
    assert visitor.get("/search?q=焊接").location.startswith("/login")


def test_every_hit_leads_to_its_page(person: Maker, world: dict[str, int]) -> None:
    for role, values in actors(world).items():
        somebody = person(role, **values)
        found = links(somebody.get("/search?q=焊接").text)
        assert len(found) >= 5, role
        for path in found:
            assert somebody.get(path).status_code == 200, (role, path)


def test_hits_are_marked_and_nothing_is_taken_for_markup(person: Maker, world: dict[str, int]) -> None:
    page = person(Role.CITY).get("/search?q=焊接 裂纹").text
    assert "&lt;b&gt;<mark>焊接</mark>&lt;/b&gt;" in page
    assert "<mark>焊接</mark><mark>裂紋</mark>" in page
    assert "<b>焊接</b>" not in page
    assert "焊接部件&lt;公司&gt;" in page.replace("<mark>", "").replace("</mark>", "")


def test_what_was_typed_stays_in_the_box(person: Maker, world: dict[str, int]) -> None:
    page = person(Role.CITY).get('/search?q="><script>&noun=need').text
    assert "<script>&noun" not in page
    assert 'value="&#34;&gt;&lt;script&gt;"' in page
    assert 'name="noun" value="need"' in page


def test_a_page_of_one_kind_still_counts_the_others(person: Maker, world: dict[str, int]) -> None:
    page = person(Role.CITY).get("/search?q=焊接&noun=capability").text
    assert {path.split("/")[1] for path in links(page)} == {"capabilities"}
    assert "技术需求（2）" in page
    other = person(Role.CITY).get("/search?q=焊接诊断&noun=expert").text
    assert "这一类中没有找到" in other
    assert "看全部类别" in other


def test_long_lists_turn_their_pages(person: Maker, sessions: Sessions, world: dict[str, int]) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
        for number in range(45):
            make_capability(session, expert, title=f"钎焊 {number}")
    somebody = person(Role.EXPERT, expert_id=expert.id)
    few = somebody.get("/search?q=钎焊").text
    assert len(links(few)) == 5
    assert "看全部 45 条能力" in few
    seen = set()
    for number in (1, 2, 3):
        seen |= links(somebody.get(f"/search?q=钎焊&noun=capability&page={number}").text)
    assert len(seen) == 45


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=%25", "?q=zzz", "?q=zzz&noun=nonsense&page=-1", "?page=x"])
def test_nothing_found_says_what_to_do(query: str, person: Maker, world: dict[str, int]) -> None:
    page = person(Role.CITY).get(f"/search{query}")
    assert page.status_code == 200
    assert 'class="empty"' in page.text
    assert not links(page.text)


def test_the_longest_input_is_bounded(person: Maker, world: dict[str, int]) -> None:
    page = person(Role.CITY).get("/search?q=" + "焊接 " * 500)
    assert page.status_code == 200
    assert "焊接 " * 68 not in page.text
