"""Opening an account by its link, forgetting a password, and what strangers learn of it: nothing."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import Account, AccountLink, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests import factories as make
from tests.support.person import PASSWORD, PASSWORD_HASH, Person
from tests.web.test_register import told

Maker = Callable[..., Person]
TEXT = re.compile(r'<p class="copy" id="sent-link">(.*?)</p>', re.DOTALL)
NEW = {"password": "ein langes Wort", "repeated": "ein langes Wort"}


def link_on(page: str) -> str:
    """The path in the text that an officer is given to paste."""
    return re.search(r"https?://[^/\s]+(/\S+)", TEXT.search(page)[1])[1]


def test_the_city_invites_an_expert_who_opens_the_account(app: Flask, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make.make_expert(session, name="张教授", email="")
    city = person(Role.CITY)
    assert "张教授" in city.get("/access/people").text
    answer = city.post("/access", {"kind": "expert", "party": str(expert.id)})
    page = city.get(answer.location).text
    assert "请复制下面的文字" in page
    path = link_on(page)
    assert not TEXT.search(city.get("/access").text)  # shown once
    somebody = Person(app)
    form = somebody.get(path)
    assert form.headers["Referrer-Policy"] == "no-referrer"
    assert "张教授" in form.text
    assert somebody.post(path, {"login": "zhang", **NEW, "repeated": "etwas anderes"}).status_code == 422
    opened = somebody.post(path, {"login": "Zhang", **NEW})
    assert (opened.status_code, opened.location) == (303, "/home")
    assert somebody.get("/home").status_code == 200
    assert Person(app).sign_in("zhang", NEW["password"]).get("/home").status_code == 200
    late = Person(app)
    assert late.get(path).status_code == 404
    assert late.post(path, {"login": "other", **NEW}).status_code == 409
    assert "张教授" not in city.get("/access").text


def test_links_are_sent_again_revoked_and_many_sent_at_once(app: Flask, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        ids = [make.make_expert(session).id for _ in range(3)]
    city = person(Role.CITY)
    answer = city.post("/access/people?kind=expert", {"ids": [str(number) for number in ids[:2]]})
    assert "已建立 2 个待开通账号" in city.get(answer.location).text
    with sessions.read() as session:
        assert len(session.scalars(select(OutboxMessage)).all()) == 2
        account = session.scalars(select(Account).where(Account.expert_id == ids[0])).one().id
    paths = []
    for _ in range(2):
        city.post(f"/access/{account}/link")
        paths.append(link_on(city.get("/access").text))
    assert [Person(app).get(path).status_code for path in paths] == [404, 200]
    city.post(f"/access/{account}/revoke")
    assert Person(app).get(paths[1]).status_code == 404
    assert "已失效" in city.get("/access").text
    assert city.get("/access/export.xlsx").status_code == 200
    rest = city.post("/access/people?kind=expert", {"scope": "all"})
    assert "已建立 1 个待开通账号" in city.get(rest.location).text


def test_who_forgot_the_password_sets_a_new_one(app: Flask, sessions: Sessions) -> None:
    with sessions.write() as session:
        make.make_account(session, Role.CITY, login="chen", email="chen@example.org", password_hash=PASSWORD_HASH)
    at_work = Person(app).sign_in("chen")
    visitor = Person(app)
    assert 'href="/forgot"' in visitor.get("/login").text
    assert visitor.post("/forgot", {"name": "Chen@Example.org"}).location == "/forgot/sent"
    with sessions.read() as session:
        path = session.scalars(select(OutboxMessage)).one().payload["path"]
    assert visitor.post(path, {"password": "chen-chen-9", "repeated": "chen-chen-9"}).status_code == 422
    assert visitor.post(path, NEW).status_code == 303
    assert at_work.get("/home").status_code == 302
    assert Person(app).post("/login", {"login": "chen", "password": PASSWORD}).status_code == 422
    Person(app).sign_in("chen", NEW["password"])
    assert visitor.get(path).status_code == 404


def test_a_stranger_cannot_tell_who_has_an_account(app: Flask, sessions: Sessions) -> None:
    with sessions.write() as session:
        make.make_account(session, Role.CITY, login="chen", email="chen@example.org", password_hash=PASSWORD_HASH)
        make.make_account(session, Role.CITY, login="locked", email="l@example.org", active=False)
    names = ["chen", "chen@example.org", "locked", "nobody", "nobody@example.org"]
    asked = {told(Person(app, f"192.0.{n}.1").post("/forgot", {"name": name})) for n, name in enumerate(names)}
    assert len(asked) == 1
    wrong = "/reset/" + "x" * 43
    with sessions.write() as session:
        used = session.scalars(select(AccountLink)).first()
        used.used_at = used.made_at
    assert told(Person(app).get(wrong))[0] == told(Person(app).get("/welcome/y"))[0] == 404


@pytest.mark.both_databases
def test_asking_too_often_is_stopped_for_the_network(app: Flask, sessions: Sessions) -> None:
    asker = Person(app, "192.0.2.1")
    answers = [asker.post("/forgot", {"name": "nobody"}).status_code for _ in range(11)]
    assert answers == [303] * 10 + [429]
    assert Person(app, "192.0.3.1").post("/forgot", {"name": "nobody"}).status_code == 303


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CITY, Role.ADMIN}))
def test_nobody_else_sends_links(person: Maker, sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        unit, expert = make.make_unit(session), make.make_expert(session)
        firm = make.make_firm(session, unit)
    somebody = person(role, unit_id=unit.id, expert_id=expert.id, organisation_id=firm.id)
    for path in ("/access", "/access/people", "/access/export.xlsx"):
        assert somebody.get(path).status_code == 403
    for path in ("/access", "/access/people", "/access/1/link", "/access/1/revoke"):
        assert somebody.post(path, {"kind": "expert", "party": str(expert.id)}).status_code == 403
    with sessions.read() as session:
        assert session.scalars(select(AccountLink)).all() == []
