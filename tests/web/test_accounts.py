"""The administrator's pages of accounts."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.db.models import Account, Audit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests.factories import make_account, make_expert, make_firm, make_need, make_unit
from tests.support.person import PASSWORD, PASSWORD_HASH, Person
from tests.web.test_account_links import NEW, link_on

Maker = Callable[..., Person]


def test_the_administrator_makes_an_account_that_its_holder_opens(
    app: Flask, person: Maker, sessions: Sessions
) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
    admin = person(Role.ADMIN)
    made = admin.post("/accounts", {"login": "Wang", "name": "王某", "role": "firm", "belongs": firm.name, "unit": ""})
    assert made.status_code == 303
    path = link_on(admin.get(made.location).text)
    holder = Person(app)
    assert 'value="wang"' in holder.get(path).text
    assert holder.post(path, {"login": "wang", **NEW}).status_code == 303
    assert "我的需求" in Person(app).sign_in("wang", NEW["password"]).get("/home").text
    with sessions.read() as session:
        account = session.scalars(select(Account).where(Account.login == "wang")).one()
        assert account.organisation_id == firm.id
        trail = session.scalars(select(Audit).where(Audit.action == "create")).one()
        assert "password" not in str(trail.after)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"login": "a b", "role": "city"}, "登录名应为"),
        ({"login": "xyz", "role": "king"}, "请选择角色"),
        ({"login": "xyz", "role": "firm", "belongs": "没有这家"}, "没有找到所属"),
        ({"login": "xyz", "role": "county", "unit": "nowhere"}, "没有找到所属"),
        ({"login": "taken", "role": "city"}, "已被使用"),
        ({"login": "xyz", "role": "city", "name": " "}, "请填写姓名"),
        ({"login": "xyz", "role": "city", "email": "nobody"}, "不是有效的电子邮箱"),
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


def test_a_locked_officer_s_open_items_lead_to_the_handover(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        officer, heir = make_account(session, Role.CITY, name="张三"), make_account(session, Role.CITY, name="李四")
        need = make_need(session, officer_id=officer.id)
    admin = person(Role.ADMIN)
    answer = admin.post(f"/accounts/{officer.id}/active", {"active": "0"})
    page = admin.get(answer.location).text
    assert "张三承办的工作还有 1 项没有办结" in page
    assert f'href="/handover?from={officer.id}"' in page
    page = admin.get(f"/handover?from={officer.id}").text
    assert need.title not in page  # an administrator sees no business
    assert f'value="need:{need.id}"' in page
    form = {"from": str(officer.id), "to": str(heir.id), "items": [f"need:{need.id}"], "reason": "离职"}
    done = admin.post("/handover", form)
    assert "已把 1 项工作移交给李四" in admin.get(done.location).text
    assert need.title in person(Role.CITY).get(f"/handover?from={heir.id}").text
    refused = admin.post("/handover", {**form, "from": str(heir.id), "to": "", "reason": ""})
    assert refused.status_code == 422


def test_a_link_to_a_new_password_replaces_the_old_one(app: Flask, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        officer = make_account(session, Role.CITY, login="officer", password_hash=PASSWORD_HASH)
    admin = person(Role.ADMIN)
    answer = admin.post(f"/accounts/{officer.id}/link")
    path = link_on(admin.get(answer.location).text)
    assert path.startswith("/reset/")
    Person(app).sign_in("officer", PASSWORD)  # the old one is good until the link is used
    assert Person(app).post(path, NEW).status_code == 303
    assert Person(app).post("/login", {"login": "officer", "password": PASSWORD}).status_code == 422
    Person(app).sign_in("officer", NEW["password"])


def test_role_and_name_are_changed_but_not_one_s_own(app: Flask, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        officer = make_account(session, Role.CITY, login="officer", password_hash=PASSWORD_HASH)
    admin, at_work = person(Role.ADMIN), Person(app).sign_in("officer")
    form = {"name": "张三", "email": "", "role": "city", "belongs": "", "unit": "", "login": "officer"}
    page = admin.get(f"/accounts/{officer.id}").text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert admin.post(f"/accounts/{officer.id}", {**form, "version": version}).status_code == 303
    assert at_work.get("/home").status_code == 200  # a new name ends no session
    assert admin.post(f"/accounts/{officer.id}", {**form, "version": version}).status_code == 409
    newer = {**form, "version": str(int(version) + 1), "role": "county", "unit": unit.code}
    assert admin.post(f"/accounts/{officer.id}", newer).status_code == 303
    assert at_work.get("/home").status_code == 302
    with sessions.read() as session:
        account = session.get_one(Account, officer.id)
        assert (account.name, account.role, account.unit_id) == ("张三", Role.COUNTY, unit.id)
        own = session.scalars(select(Account).where(Account.role == Role.ADMIN)).one()
        mine = {**form, "name": own.name, "login": own.login, "version": str(own.version)}
        own_id = own.id
    assert admin.post(f"/accounts/{own_id}", mine).status_code == 409


def test_the_list_filters_sorts_counts_and_exports(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session), name="某某焊接有限公司")
        make_account(session, Role.FIRM, organisation_id=firm.id, password_hash=PASSWORD_HASH)
        make_account(session, Role.CITY, active=False)
        make_account(session, Role.LEADER)
    admin = person(Role.ADMIN)
    for query, number in [("", 4), ("role=firm", 1), ("state=locked", 1), ("state=waiting", 1), ("q=焊接", 1)]:
        assert f"共 {number} 条" in admin.get(f"/accounts?{query}").text
    assert "没有符合条件的账号" in admin.get("/accounts?q=nobody").text
    assert admin.get("/accounts/export.xlsx?role=firm").status_code == 200


def test_a_fresh_installation_is_led_from_the_command_to_the_first_officer(
    visitor: Person, person: Maker, sessions: Sessions
) -> None:
    for path in ("/", "/login"):
        assert "matchmaker account create-admin admin" in visitor.get(path).text
    admin = person(Role.ADMIN)
    for path in ("/", "/login"):
        assert "create-admin" not in visitor.get(path).text
    assert "第一步：为市科技局工作人员建立账号" in admin.get("/accounts").text
    city = person(Role.CITY)
    assert "第一步：为市科技局工作人员建立账号" not in admin.get("/accounts").text
    assert "开局指引：已完成 0 / 6 步" in city.get("/home").text
    page = city.get("/start").text
    assert "下一步" in page
    assert 'href="/imports/template/organisations.xlsx"' in page
    city.post("/start", {"hidden": "1"})
    assert "开局指引：已完成" not in city.get("/home").text
    assert 'href="/start"' in city.get("/home").text
    city.post("/start", {"hidden": "0"})
    assert "开局指引：已完成" in city.get("/home").text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_accounts_are_the_administrator_s_alone(person: Maker, sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm, officer = make_firm(session, unit), make_account(session, Role.CITY)
        expert = make_expert(session)
    somebody = person(role, organisation_id=firm.id, unit_id=unit.id, expert_id=expert.id)
    for path in ("/accounts", "/accounts/new", "/accounts/export.xlsx", f"/accounts/{officer.id}"):
        assert somebody.get(path).status_code == 403
    assert somebody.post("/accounts", {"login": "x"}).status_code == 403
    for action in ("", "/active", "/link", "/revoke"):
        assert somebody.post(f"/accounts/{officer.id}{action}", {"active": "0"}).status_code == 403
    if role is not Role.CITY:
        assert somebody.get("/handover").status_code == 403
        assert somebody.post("/handover", {"from": "1"}).status_code == 403
        assert somebody.get("/start").status_code == 403
