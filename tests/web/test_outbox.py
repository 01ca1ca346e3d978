"""发信情况: what did not arrive is seen, sent again and settled; what a letter says is not for everybody."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MailFault, OutboxState, Role
from matchmaker.services import outbox
from matchmaker.services.notices import Reader
from tests import factories as make
from tests.support.person import Person

Maker = Callable[..., Person]
CLOCK = FixedDayClock(make.TODAY)


def write(sessions: Sessions, key: str, notice: str = "need_returned", **more: object) -> int:
    reader = more.pop("reader", None)
    assert reader is None or isinstance(reader, Reader)
    payload = {"path": "/needs/1", "title": f"需求{key}", "name": "赵厂长", **more}
    with sessions.write() as session:
        address = f"{key}@firm.example.org"
        outbox.queue(session, notice, address, payload, dedup_key=key, clock=CLOCK, reader=reader)
        return session.scalars(select(OutboxMessage.id).where(OutboxMessage.dedup_key == key)).one()


def kill(sessions: Sessions, *numbers: int, said: str = "550 5.1.1 <Lost@firm.example.org> no such user") -> None:
    with sessions.write() as session:
        for number in numbers:
            message = session.get_one(OutboxMessage, number)
            outbox.mark_failed(session, message, MailFault.ADDRESS, said, now=CLOCK.now())


def state(sessions: Sessions, number: int) -> OutboxState:
    with sessions.read() as session:
        return session.get_one(OutboxMessage, number).state


@pytest.fixture
def dead(sessions: Sessions) -> int:
    number = write(sessions, "lost")
    kill(sessions, number)
    return number


@pytest.fixture
def city(person: Maker) -> Person:
    return person(Role.CITY)


@pytest.fixture
def admin(person: Maker) -> Person:
    return person(Role.ADMIN)


def test_the_officer_is_led_from_the_first_page_to_what_did_not_arrive(city: Person, dead: int) -> None:
    home = city.get("/home").text
    assert "1 封信没有送达" in home
    [link] = re.findall(r'href="(/outbox\?state=dead)"', home)
    assert f"/outbox/{dead}" in city.get(link).text
    page = city.get(f"/outbox/{dead}").text
    for said in ("收件地址被拒绝", "no such user", "lost@firm.example.org", "赵厂长", 'href="/needs/1"'):
        assert said in page


def test_filters_and_the_sheet_show_the_same_rows(city: Person, sessions: Sessions, dead: int) -> None:
    write(sessions, "waits")
    assert "waits@" in city.get("/outbox").text
    for query in ("state=dead", "fault=address", "q=lost"):
        page = city.get(f"/outbox?{query}").text
        assert "lost@" in page
        assert "waits@" not in page
        book = CalamineWorkbook.from_filelike(BytesIO(city.get(f"/outbox/export.xlsx?{query}").data))
        heading, *rows = book.get_sheet_by_index(0).to_python()
        assert [row[heading.index("邮箱")] for row in rows] == ["lost@firm.example.org"]
        assert rows[0][heading.index("对方服务器的答复")] == "550 5.1.1 <Lost@firm.example.org> no such user"
    assert "没有符合条件的信件" in city.get("/outbox?state=handled").text


def test_one_the_checked_or_all_are_sent_again(city: Person, sessions: Sessions, dead: int) -> None:
    others = [write(sessions, key) for key in "bcd"]
    kill(sessions, *others)
    assert city.post(f"/outbox/{dead}/resend").status_code == 303
    assert state(sessions, dead) is OutboxState.QUEUED
    assert city.post(f"/outbox/{dead}/resend").status_code == 409
    city.post("/outbox/resend", {"ids": [str(others[0])]})
    assert [state(sessions, number) for number in others] == [OutboxState.QUEUED, OutboxState.DEAD, OutboxState.DEAD]
    city.post("/outbox/resend?q=c", {"scope": "all"})
    assert state(sessions, others[2]) is OutboxState.DEAD  # the filters have left it out
    city.post("/outbox/resend", {"scope": "all"})
    assert {state(sessions, number) for number in others} == {OutboxState.QUEUED}


def test_the_text_can_be_copied_and_the_letter_settled(city: Person, sessions: Sessions, dead: int) -> None:
    page = city.get(f"/outbox/{dead}").text
    text = re.search(r"<textarea[^>]*readonly>([^<]*)", page)
    assert text is not None
    assert "需求lost" in text[1]
    assert text[1].rstrip().endswith("/needs/1")
    assert len(text[1]) <= 200
    refused = city.post(f"/outbox/{dead}/settle", {"note": " "})
    assert refused.status_code == 422
    assert "请写明怎样通知的" in refused.text
    assert city.post(f"/outbox/{dead}/settle", {"note": "电话告知"}).status_code == 303
    page = city.get(f"/outbox/{dead}").text
    assert state(sessions, dead) is OutboxState.HANDLED
    assert page.count("电话告知") >= 2  # as a fact, and in what happened
    assert "封信没有送达" not in city.get("/home").text


def test_a_changed_address_is_shown_and_used(city: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session), contact_email="right@firm.example.org")
        number = firm.id
    message = write(sessions, "wrong", reader=Reader(organisation_id=number))
    kill(sessions, message)
    page = city.get(f"/outbox/{message}").text
    assert f'href="/organisations/{number}/edit"' in page
    assert "right@firm.example.org" in page
    assert "重发到新地址" in page
    city.post(f"/outbox/{message}/resend")
    assert "right@firm.example.org" in city.get("/outbox?state=queued").text


def test_an_administrator_sees_that_letters_fail_but_not_what_they_say_or_to_whom(
    admin: Person, sessions: Sessions, dead: int
) -> None:
    assert "1 封信没有送达" in admin.get("/accounts").text
    book = admin.get("/outbox/export.xlsx").data
    cells = str(CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_index(0).to_python())
    for page in (admin.get("/outbox").text, admin.get(f"/outbox/{dead}").text, cells):
        assert "l***@firm.example.org" in page
        assert "收件地址被拒绝" in page
        for hidden in ("lost@", "Lost@", "需求lost", "赵厂长", "/needs/1"):
            assert hidden not in page
    assert "lost" not in admin.get("/outbox?q=nobody").text.replace("l***", "")
    assert f"/outbox/{dead}" in admin.get("/outbox?q=nobody").text  # its words find nothing out
    assert admin.post(f"/outbox/{dead}/resend").status_code == 303


@pytest.mark.parametrize("reader", ["city", "admin"])
def test_a_link_that_opens_an_account_is_shown_to_nobody(
    reader: str, request: pytest.FixtureRequest, sessions: Sessions
) -> None:
    number = write(sessions, "welcome", "account_reset", path="/reset/secret-token", once=True)
    kill(sessions, number)
    page = request.getfixturevalue(reader).get(f"/outbox/{number}").text
    assert "secret-token" not in page
    assert "请在账号页面重新发送链接" in page


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CITY, Role.ADMIN}))
def test_others_see_nothing(role: Role, person: Maker, sessions: Sessions, dead: int) -> None:
    with sessions.write() as session:
        unit = make.make_unit(session)
        firm, expert = make.make_firm(session, unit), make.make_expert(session)
        about = {
            Role.FIRM: {"organisation_id": firm.id},
            Role.INSTITUTE: {"organisation_id": expert.institute_id},
            Role.EXPERT: {"expert_id": expert.id},
            Role.COUNTY: {"unit_id": unit.id},
        }.get(role, {})
    somebody = person(role, **about)
    for path in ("/outbox", "/outbox/export.xlsx", f"/outbox/{dead}"):
        assert somebody.get(path).status_code == 403
    for path in ("/outbox/resend", f"/outbox/{dead}/resend", f"/outbox/{dead}/settle"):
        assert somebody.post(path, {"ids": [str(dead)], "note": "x"}).status_code == 403
    assert state(sessions, dead) is OutboxState.DEAD


def test_a_letter_that_is_not_there(city: Person) -> None:
    assert city.get("/outbox/999").status_code == 404
    assert "还没有写过信" in city.get("/outbox").text
