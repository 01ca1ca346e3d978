"""A refusal leads back to where one came from, and a stale edit to the newest text."""

import re
from collections.abc import Callable

import pytest

from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests.factories import make_capability, make_expert, make_firm, make_need, make_unit
from tests.support.person import Person

Maker = Callable[..., Person]
BACK = "返回刚才的页面"


def back_of(page: str) -> str | None:
    found = re.search(rf'href="([^"]+)">{BACK}', page)
    return found[1] if found else None


@pytest.mark.parametrize(
    ("referrer", "target"),
    [
        ("http://localhost/needs?status=draft&page=2", "/needs?status=draft&amp;page=2"),
        ("https://evil.example/needs", None),
        ("http://localhost@evil.example/needs", None),
        ("javascript:alert(1)", None),
        ("http://localhost//evil.example/x", None),
        ("http://localhost/needs/1/publish", None),  # nothing opens there
        ("http://localhost/needs/2147483647", None),  # the page itself
        ("http://[", None),
        ("", None),
    ],
)
def test_only_another_page_of_ours_is_led_back_to(person: Maker, referrer: str, target: str | None) -> None:
    page = person(Role.CITY).get("/needs/2147483647", headers={"Referer": referrer})
    assert page.status_code == 404
    assert back_of(page.text) == target


def test_a_refused_step_leads_back_to_its_page(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        need = make_need(session, make_firm(session, make_unit(session))).id
    headers = {"Referer": f"http://localhost/needs/{need}"}
    for who, action, status in (
        (Role.CITY, "county_pass", 409),
        (Role.LEADER, "close", 403),
        (Role.CITY, "close", 422),
    ):
        page = person(who).post(f"/needs/{need}/{action}", headers=headers)
        assert page.status_code == status
        assert back_of(page.text) == f"/needs/{need}"


def test_a_stale_edit_leads_to_the_newest_text_and_keeps_one_s_own(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        need = f"/needs/{make_need(session, make_firm(session, make_unit(session))).id}"
        offer = f"/capabilities/{make_capability(session, make_expert(session)).id}"
    words = {
        need: {"title": "我的名称", "problem": "我的长文字"},
        offer: {"kind": "expertise", "title": "我的名称", "text": "我的长文字"},
    }
    for path, mine in words.items():
        late = person(Role.CITY).post(path, {**mine, "version": "999"})
        assert late.status_code == 409
        assert f'href="{path}/edit"' in late.text
        assert "打开最新内容重新修改" in late.text
        assert "我的长文字" in late.text


def test_both_open_pages_say_the_same_about_accounts(visitor: Person) -> None:
    said = ("企业在这里注册", "院所和专家由市科技局发送开通链接。")
    for path in ("/", "/login"):
        assert all(words in visitor.get(path).text for words in said)
