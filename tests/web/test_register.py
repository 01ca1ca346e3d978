"""A firm registers: honest about every field, silent about what is on file."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from matchmaker.db.models import Account, Organisation, PublicAttempt, Registration
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import RegistrationStatus, Role
from matchmaker.services import throttle
from tests import factories as make
from tests.support.firms import credit_code, sent
from tests.support.person import Person

Maker = Callable[..., Person]
CHANGING = re.compile(r'nonce-[^\']+|name="(csrf_token|form_id)" value="[^"]*"')


@pytest.fixture
def unit(sessions: Sessions) -> str:
    with sessions.write() as session:
        return make.make_unit(session).code


def told(answer: TestResponse) -> tuple[int, str | None, str]:
    """All that a stranger can tell from an answer."""
    return answer.status_code, answer.location, CHANGING.sub("", answer.text)


def test_from_the_form_to_a_firm_s_first_page(app: Flask, visitor: Person, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make.make_unit(session)
    for path in ("/", "/login"):
        assert 'href="/register"' in visitor.get(path).text
    answer = visitor.post("/register", sent(unit.code))
    assert (answer.status_code, answer.location) == (303, "/register/done")
    assert "注册已提交" in visitor.get("/register/done").text
    early = visitor.post("/login", {"login": "newfirm1", "password": "lang genug 42"})
    assert early.status_code == 422
    county = person(Role.COUNTY, unit_id=unit.id)
    assert "1 家待核准企业注册" in county.get("/home").text
    page = county.get("/registrations?status=pending").text
    where = re.search(r'href="(/registrations/\d+)"', page)[1]
    assert credit_code(1) in county.get(where).text
    version = re.search(r'name="version" value="(\d+)"', county.get(where).text)[1]
    assert county.post(f"{where}/approve", {"version": version}).status_code == 303
    assert "待核准企业注册" not in county.get("/home").text
    firm = Person(app).sign_in("newfirm1", "lang genug 42")
    assert "您还没有填报需求" in firm.get("/home").text


def test_a_stranger_cannot_tell_what_is_on_file(app: Flask, sessions: Sessions, unit: str) -> None:
    with sessions.write() as session:
        firm = make.make_firm(session, name="老牌焊接有限公司", credit_code=credit_code(7), contact_email="a@x.cn")
        make.make_account(session, Role.FIRM, organisation_id=firm.id, login="known", email="a@x.cn")
    cases = [
        sent(unit, 1),
        sent(unit, 7, name="老牌焊接有限公司"),
        sent(unit, 7, name="别的名字有限公司"),
        sent(unit, 2, login="known"),
        sent(unit, 3, contact_email="a@x.cn"),
    ]
    answers = [told(Person(app, f"192.0.{number}.1").post("/register", form)) for number, form in enumerate(cases)]
    assert len(set(answers)) == 1
    guesses = [told(Person(app).post("/login", {"login": login, "password": "lang genug 42"})) for login in
               ("newfirm1", "known2", "nobody-here")]  # fmt: skip
    assert len({CHANGING.sub("", text).replace(login, "") for (_status, _where, text), login in
                zip(guesses, ("newfirm1", "known2", "nobody-here"), strict=True)}) == 1  # fmt: skip
    with sessions.read() as session:
        rows = session.scalars(select(Registration).order_by(Registration.id)).all()
        assert [row.known for row in rows] == [False, True, True, False, False]
        assert rows[3].account.login == "known2"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"credit_code": credit_code(1)[:-1] + "A"}, "校验位不符"),
        ({"credit_code": "123"}, "校验位不符"),
        ({"name": ""}, "企业全称：不能为空"),
        ({"unit": "nowhere"}, "责任单位：请从列表中选择"),
        ({"contact_phone": "abc"}, "联系电话：不是有效的电话号码"),
        ({"contact_email": "nobody"}, "电子邮箱：不是有效的电子邮箱"),
        ({"about": "长" * 501}, "超过 500 字"),
        ({"login": "a b"}, "登录名应为 3 至 64 个字符"),
        ({"password": "password1", "repeated": "password1"}, "太常见"),
        ({"password": "my newfirm1 key", "repeated": "my newfirm1 key"}, "不能包含登录名"),
        ({"password": "lang genug 43"}, "两次填写的密码不一样"),
        ({"consent": ""}, "请阅读并同意"),
    ],
)
def test_each_field_says_what_is_wrong_and_keeps_the_rest(
    visitor: Person, sessions: Sessions, unit: str, changed: dict[str, str], message: str
) -> None:
    answer = visitor.post("/register", sent(unit) | changed)
    assert answer.status_code == 422
    assert message in answer.text
    assert f'<a href="#f-{next(iter(changed)) if "两次" not in message else "repeated"}">' in answer.text
    assert "lang genug" not in answer.text
    assert 'value="王某"' in answer.text
    with sessions.read() as session:
        assert session.scalars(select(Registration)).all() == []
        assert session.scalars(select(PublicAttempt)).all() == []


def test_all_that_is_wrong_is_told_at_once(visitor: Person, unit: str) -> None:
    answer = visitor.post("/register", sent(unit, credit_code="1", consent="", password="short"))
    assert "还有 3 处需要修改" in answer.text


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(
    visitor: Person, sessions: Sessions, unit: str
) -> None:
    answer = visitor.post("/register", sent(unit, website="http://spam.example"))
    assert (answer.status_code, answer.location) == (303, "/register/done")
    with sessions.read() as session:
        assert session.scalars(select(Registration)).all() == []
        assert session.scalars(select(Organisation)).all() == []


def test_the_same_form_twice_is_one_registration(visitor: Person, sessions: Sessions, unit: str) -> None:
    form = sent(unit) | {"form_id": "the-same"}
    answers = [visitor.post("/register", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    with sessions.read() as session:
        assert session.scalar(select(func.count(Registration.id))) == 1
        assert session.scalar(select(func.count(Account.id))) == 1


@pytest.mark.both_databases
def test_a_network_is_held_up_and_its_neighbour_is_not(app: Flask, sessions: Sessions) -> None:
    with sessions.write() as session:
        code = make.make_unit(session).code
        clock = app.extensions["matchmaker"].clock
        for _ in range(throttle.MOST):
            throttle.take(session, "register", "192.0.2.0/24", now=clock.now())
    busy = Person(app, "192.0.2.9").post("/register", sent(code))
    assert busy.status_code == 429
    assert "一小时" in busy.text
    assert Person(app, "192.0.3.9").post("/register", sent(code)).status_code == 303


def test_the_bureau_s_list_filters_counts_exports_and_approves_many(
    app: Flask, person: Maker, sessions: Sessions
) -> None:
    with sessions.write() as session:
        unit, other = make.make_unit(session), make.make_unit(session, "乙县")
        make.make_firm(session, unit, credit_code=credit_code(7))
    for number in (1, 2, 7):
        Person(app).post("/register", sent(unit.code, number))
    Person(app).post("/register", sent(other.code, 3))
    county, city = person(Role.COUNTY, unit_id=unit.id), person(Role.CITY)
    assert "共 3 条" in county.get("/registrations").text
    assert "共 4 条" in city.get("/registrations").text
    assert "共 1 条" in city.get("/registrations?known=1").text
    assert "共 1 条" in city.get("/registrations?q=newfirm3").text
    assert city.get("/registrations/export.xlsx").status_code == 200
    answer = county.post("/registrations/bulk/approve?known=0", {"scope": "all"})
    assert "已核准 2 家，未能核准 0 家" in county.get(answer.location).text
    nothing = county.post("/registrations/bulk/approve", {})
    assert nothing.status_code == 422
    with sessions.read() as session:
        left = session.scalars(select(Registration).where(Registration.status == RegistrationStatus.PENDING)).all()
        assert sorted(row.account.login for row in left) == ["newfirm3", "newfirm7"]
        elsewhere = next(row.id for row in left if row.account.login == "newfirm3")
    assert county.get(f"/registrations/{elsewhere}").status_code == 404
    assert county.post(f"/registrations/{elsewhere}/approve").status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CITY, Role.COUNTY}))
def test_nobody_else_sees_registrations(person: Maker, sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        unit = make.make_unit(session)
        more = {"organisation_id": make.make_firm(session, unit).id, "expert_id": make.make_expert(session).id}
    somebody = person(role, unit_id=unit.id, **more)
    assert somebody.get("/registrations").status_code == 403
    assert somebody.get("/registrations/1").status_code == 403
    assert somebody.post("/registrations/1/approve").status_code == 403
    assert somebody.post("/registrations/bulk/approve", {"scope": "all"}).status_code == 403
