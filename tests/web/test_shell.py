import re
from collections.abc import Callable

import pytest
from flask import Flask

from matchmaker.db.models import City
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.web.auth import safe_next
from matchmaker.web.filters import marked
from tests.support.person import Person


def test_the_public_page_answers_without_a_redirect_and_names_the_city(visitor: Person, sessions: Sessions) -> None:
    city = {"code": "x", "name": "某市", "name_en": "X", "bureau": "某市科技局", "product_name": "某市科技对接"}
    with sessions.write() as session:
        session.add(City(**city, product_name_en="X Match", region_code="131000", host_regions=["110000"]))
    page = visitor.get("/")
    assert page.status_code == 200
    assert "某市" in page.text
    assert "某市科技对接" in page.text


@pytest.mark.parametrize("path", ["/", "/login", "/nothing-here", "/home"])
def test_every_html_answer_carries_the_policy_with_its_own_nonce(visitor: Person, path: str) -> None:
    policies = [visitor.get(path).headers["Content-Security-Policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    assert "default-src 'self'" in policies[0]
    assert "unsafe" not in policies[0]


def test_pages_have_no_inline_handlers_styles_or_foreign_hosts(visitor: Person) -> None:
    for path in ("/", "/login", "/nothing-here"):
        html = visitor.get(path).text
        assert not re.search(r"\son\w+=|\sstyle=|https?://", html)


def test_a_page_asks_for_sign_in_and_leads_back(visitor: Person) -> None:
    answer = visitor.get("/home?a=b")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/home?a%3Db"


def test_every_page_but_the_open_ones_asks_for_sign_in(app: Flask, visitor: Person) -> None:
    open_pages = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        path = re.sub(r"<int:[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))
        answer = visitor.get(re.sub(r"<[^>]+>", "x", path))
        if not (answer.status_code == 302 and answer.location.startswith("/login")):
            open_pages.add(rule.endpoint)
    for_machines = {"public.live", "health.ready", "health.metrics"}
    without_account = {"register.new", "register.done", "account_links.forgot", "account_links.asked", "auth.sign_in"}
    for_everybody = {"public.index", "public.open_needs", "public.export_open_needs"}
    by_link = {"answer.show", "colleagues.choose_by_link", "colleagues.along", "confirmations.letter"}
    by_link |= {"notices.preferences_by_link", "account_links.welcome", "account_links.reset"}
    by_link |= {"check_in.show", "meeting_words.letter", "calendar.feed", "follow_ups.letter"}
    by_link |= {"task_books.letter", "certificates.check"}
    assert open_pages == for_machines | without_account | for_everybody | by_link


def test_every_form_needs_its_token_and_a_signed_in_person(app: Flask, person: Callable[..., Person]) -> None:
    paths = {
        re.sub(r"<int:[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods
    }
    paths = {re.sub(r"<[^>]+>", "x", path) for path in paths}
    assert len(paths) > 20
    officer = person(Role.CITY)
    for path in sorted(paths):
        assert officer.client.post(path, data={"form_id": "f"}).status_code == 400, path
    token, nobody = Person(app), app.test_client()
    fields = {"csrf_token": token.token(), "form_id": "f"}
    nobody.set_cookie("session", token.client.get_cookie("session").value)
    anybody_s = (
        "/login",
        "/a/",
        "/b/",
        "/c/",
        "/f/",
        "/i/",
        "/p/",
        "/v/",
        "/register",
        "/forgot",
        "/welcome/",
        "/reset/",
    )
    for path in sorted(path for path in paths if not path.startswith(anybody_s) or path.startswith("/registrations")):
        answer = nobody.post(path, data=fields)
        assert (answer.status_code, answer.location) == (302, "/login"), path


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/needs?a=1", "/needs?a=1"),
        ("//evil.example/x", "/home"),
        ("https://evil.example", "/home"),
        ("/\\evil.example", "/home"),
        ("http://[", "/home"),
        ("javascript:alert(1)", "/home"),
        ("/a\r\nSet-Cookie: x=y", "/home"),
        ("", "/home"),
    ],
)
def test_only_our_own_pages_come_next(target: str, goes: str) -> None:
    assert safe_next(target) == goes


def test_marking_escapes_what_people_wrote() -> None:
    assert marked("<b>激光</b>焊接", [(3, 5), (4, 5), (9, 99)]) == (
        "&lt;b&gt;<mark>激光</mark>&lt;/b&gt;<mark>焊接</mark>"
    )


def test_a_stranger_s_error_page_says_what_to_do_next(visitor: Person) -> None:
    page = visitor.get("/nothing-here")
    assert page.status_code == 404
    assert "没有找到" in page.text
    assert "回到首页" in page.text


def test_the_bar_shows_a_role_only_its_own_entries(person: Callable[..., Person]) -> None:
    page = person(Role.ADMIN).get("/accounts").text
    assert "看板" not in page
    assert "系统管理员" in page


def test_a_crash_shows_a_code_and_no_details(app: Flask, visitor: Person) -> None:
    def explode() -> None:
        raise RuntimeError("secret detail")

    explode.open_to_all = True
    app.add_url_rule("/explode", view_func=explode)
    app.testing = False
    page = visitor.get("/explode")
    assert page.status_code == 500
    assert "secret detail" not in page.text
    assert re.search(r"错误编号：[0-9a-f]{12}", page.text)
    assert page.headers["Content-Security-Policy"]
