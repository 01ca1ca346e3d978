import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import Account, Audit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests.factories import make_account, make_expert, make_firm, make_unit
from tests.support.person import PASSWORD_HASH, Person

Maker = Callable[..., Person]


def test_the_administrator_makes_an_account_that_can_sign_in(app: Flask, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
    admin = person(Role.ADMIN)
    made = admin.post("/accounts", {"login": "Wang", "name": "王某", "role": "firm", "belongs": firm.name, "unit": ""})
    assert made.status_code == 303
    password = re.search(r"的密码：(\S+?)（", admin.get("/accounts").text)[1]
    assert "我的需求" in Person(app).sign_in("wang", password).get("/home").text
    with sessions.read() as session:
        account = session.scalars(select(Account).where(Account.login == "wang")).one()
        assert account.organisation_id == firm.id
        trail = session.scalars(select(Audit).where(Audit.action == "create")).one()
        assert "password" not in str(trail.after)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"login": "a b", "role": "city"}, "登录名应为"),
        ({"login": "x", "role": "king"}, "请选择角色"),
        ({"login": "x", "role": "firm", "belongs": "没有这家"}, "没有找到所属"),
        ({"login": "x", "role": "county", "unit": "nowhere"}, "没有找到所属"),
        ({"login": "taken", "role": "city"}, "已被使用"),
        ({"login": "x", "role": "city", "name": " "}, "请填写姓名"),
    ],
)
def test_a_refused_account_says_why(person: Maker, sessions: Sessions, values: dict[str, str], message: str) -> None:
    with sessions.write() as session:
        make_account(session, Role.CITY, login="taken")
    answer = person(Role.ADMIN).post("/accounts", {"name": "某人", "belongs": "", "unit": "", **values})
    assert answer.status_code == 422
    assert message in answer.text


def test_locking_ends_the_sessions_and_nobody_locks_themselves_out(
    app: Flask, person: Maker, sessions: Sessions
) -> None:
    with sessions.write() as session:
        officer = make_account(session, Role.CITY, password_hash=PASSWORD_HASH)
    at_work = Person(app).sign_in(officer.login)
    admin = person(Role.ADMIN)
    assert admin.post(f"/accounts/{officer.id}/active", {"active": "0"}).status_code == 303
    assert at_work.get("/home").status_code == 302
    with sessions.read() as session:
        own = session.scalars(select(Account.id).where(Account.role == Role.ADMIN)).one()
    assert admin.post(f"/accounts/{own}/active", {"active": "0"}).status_code == 409
    assert admin.get("/accounts").status_code == 200


def test_a_new_password_replaces_the_old_one(app: Flask, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        officer = make_account(session, Role.CITY, password_hash=PASSWORD_HASH)
    admin = person(Role.ADMIN)
    admin.post(f"/accounts/{officer.id}/password")
    password = re.search(r"的密码：(\S+?)（", admin.get("/accounts").text)[1]
    assert Person(app).post("/login", {"login": officer.login, "password": "just-for-tests-9"}).status_code == 422
    Person(app).sign_in(officer.login, password)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_accounts_are_the_administrator_s_alone(person: Maker, sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm, officer = make_firm(session, unit), make_account(session, Role.CITY)
        expert = make_expert(session)
    somebody = person(role, organisation_id=firm.id, unit_id=unit.id, expert_id=expert.id)
    assert somebody.get("/accounts").status_code == 403
    assert somebody.post("/accounts", {"login": "x"}).status_code == 403
    assert somebody.post(f"/accounts/{officer.id}/active", {"active": "0"}).status_code == 403
    assert somebody.post(f"/accounts/{officer.id}/password").status_code == 403
