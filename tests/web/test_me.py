"""我的账号: one's own data, password and open sign-ins."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import Account, AccountSession
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests import factories as make
from tests.support.person import PASSWORD, PASSWORD_HASH, Person

NEW = "ein langes Wort"


@pytest.fixture
def login(sessions: Sessions) -> str:
    with sessions.write() as session:
        return make.make_account(session, Role.CITY, login="chen", email="c@x.cn", password_hash=PASSWORD_HASH).login


def details(**changed: str) -> dict[str, str]:
    return {"name": "陈某", "email": "c@x.cn", "locale": "zh_CN", "old": "", **changed}


def kept(sessions: Sessions) -> tuple[str, str, str]:
    with sessions.read() as session:
        account = session.scalars(select(Account)).one()
        return account.name, account.locale, account.email


@pytest.mark.parametrize("role", sorted(Role))
def test_everybody_has_a_page_of_their_own(person: Callable[..., Person], sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        unit, expert = make.make_unit(session), make.make_expert(session)
        firm = make.make_firm(session, unit)
    somebody = person(role, unit_id=unit.id, expert_id=expert.id, organisation_id=firm.id)
    page = somebody.get("/me")
    assert page.status_code == 200
    assert "只有这台设备登录着" in page.text


def test_name_and_language_are_one_s_own(app: Flask, login: str, sessions: Sessions) -> None:
    chen = Person(app).sign_in(login)
    answer = chen.post("/me", details(name="陈小某", locale="en"))
    assert answer.status_code == 303
    assert "My account" in chen.get(answer.location).text
    assert kept(sessions) == ("陈小某", "en", "c@x.cn")
    assert chen.post("/me", details(name=" ")).status_code == 422
    assert chen.post("/me", details(locale="fr")).status_code == 422


def test_another_address_asks_for_the_password(app: Flask, login: str, sessions: Sessions) -> None:
    chen = Person(app).sign_in(login)
    refused = chen.post("/me", details(email="thief@x.cn", old="wrong-password"))
    assert refused.status_code == 422
    assert "现在的密码不正确" in refused.text
    assert chen.post("/me", details(email="nonsense", old=PASSWORD)).status_code == 422
    assert kept(sessions)[2] == "c@x.cn"
    assert chen.post("/me", details(email="new@x.cn", old=PASSWORD)).status_code == 303
    assert kept(sessions)[2] == "new@x.cn"


def test_a_new_password_ends_the_other_sessions_only(app: Flask, login: str) -> None:
    chen, elsewhere = Person(app).sign_in(login), Person(app).sign_in(login)
    for old, new, repeated in [("wrong", NEW, NEW), (PASSWORD, "password1", "password1"), (PASSWORD, NEW, "x" * 9)]:
        answer = chen.post("/me/password", {"old": old, "password": new, "repeated": repeated})
        assert answer.status_code == 422
    assert elsewhere.get("/home").status_code == 200
    answer = chen.post("/me/password", {"old": PASSWORD, "password": NEW, "repeated": NEW})
    assert answer.status_code == 303
    assert chen.get("/home").status_code == 200
    assert elsewhere.get("/home").status_code == 302
    Person(app).sign_in(login, NEW)


def test_guessing_the_password_here_is_slowed_down_as_at_sign_in(app: Flask, login: str) -> None:
    thief = Person(app).sign_in(login)
    guess = {"old": "guess-guess", "password": NEW, "repeated": NEW}
    found = [thief.post("/me/password", guess).status_code for _ in range(7)]
    assert found == [422] * 5 + [429] * 2


def test_other_devices_are_signed_out(app: Flask, login: str, sessions: Sessions) -> None:
    chen, elsewhere = Person(app).sign_in(login), Person(app, "203.0.113.9").sign_in(login)
    page = chen.get("/me").text
    assert "203.0.113.9" in page
    assert "退出其他设备" in page
    chen.post("/me/sessions/end")
    assert (chen.get("/home").status_code, elsewhere.get("/home").status_code) == (200, 302)
    with sessions.read() as session:
        assert len(session.scalars(select(AccountSession)).all()) == 1
