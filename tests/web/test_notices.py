"""The inbox page, the bell, and choosing how often to be written to."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from matchmaker.bootstrap import Runtime
from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, Expert, NoticePreference
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Frequency, Role
from matchmaker.queries import notices as queries
from matchmaker.services import links, outbox
from matchmaker.services.notices import Reader
from tests import factories as make
from tests.support.person import Person

Maker = Callable[..., Person]
CLOCK = FixedDayClock(make.TODAY)


@pytest.fixture
def expert(sessions: Sessions) -> Expert:
    with sessions.write() as session:
        return make.make_expert(session)


@pytest.fixture
def reader(expert: Expert, person: Maker) -> Person:
    return person(Role.EXPERT, expert_id=expert.id)


def tell(sessions: Sessions, expert: Expert, *titles: str) -> None:
    with sessions.write() as session:
        for title in titles:
            payload = {"path": "/home", "title": title}
            reader = Reader(expert_id=expert.id)
            outbox.queue(session, "meeting_planned", "", payload, dedup_key=title, clock=CLOCK, reader=reader)


def account_id(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.query(Account).filter_by(role=Role.EXPERT).one().id


def unread(sessions: Sessions) -> int:
    with sessions.read() as session:
        return queries.unread(session, account_id(sessions))


def test_the_bell_counts_on_every_page(sessions: Sessions, expert: Expert, reader: Person) -> None:
    assert "条未读" not in reader.get("/home").text
    tell(sessions, expert, "甲", "乙")
    for path in ("/home", "/invitations", "/notices"):
        assert re.search(r">2<span class=\"hidden\">条未读", reader.get(path).text), path


def test_a_notice_opens_its_record_and_is_read_by_that_alone(
    sessions: Sessions, expert: Expert, reader: Person
) -> None:
    tell(sessions, expert, "甲")
    page = reader.get("/notices").text
    assert "对接活动安排：甲" in page
    assert unread(sessions) == 1
    [path] = re.findall(r"/notices/\d+/open", page)
    assert reader.get(path).status_code == 405
    answer = reader.post(path)
    assert (answer.status_code, answer.location, unread(sessions)) == (303, "/home", 0)


def test_nobody_opens_somebody_else_s_notice(sessions: Sessions, expert: Expert, reader: Person, person: Maker) -> None:
    tell(sessions, expert, "甲")
    [path] = re.findall(r"/notices/\d+/open", reader.get("/notices").text)
    stranger = person(Role.CITY)
    assert "甲" not in stranger.get("/notices").text
    assert stranger.post(path).status_code == 404
    assert unread(sessions) == 1


def test_the_list_filters_pages_and_marks_all(sessions: Sessions, expert: Expert, reader: Person) -> None:
    tell(sessions, expert, *(f"第{number}次" for number in range(60)))
    page = reader.get("/notices").text
    assert "共 60 条" in page
    assert "第59次" in page
    assert "第0次" in reader.get("/notices?page=2").text
    assert "没有符合条件的通知" in reader.get("/notices?state=read").text
    assert "共 60 条" in reader.get("/notices?state=unread&kind=meeting_planned").text
    [until] = re.findall(r'name="until" value="(\d+)"', page)
    assert reader.post("/notices/read", {"until": until}).status_code == 303
    assert "没有符合条件的通知" in reader.get("/notices?state=unread").text


def test_an_empty_inbox_says_what_comes_here(reader: Person) -> None:
    assert "还没有通知" in reader.get("/notices").text


def test_preferences_are_kept_and_what_must_come_is_refused_to_be_silenced(sessions: Sessions, reader: Person) -> None:
    page = reader.get("/notices/preferences").text
    assert "请我答复的对接邀请" in page
    assert "不能只在站内提醒" in page
    assert reader.post("/notices/preferences", {"meeting_planned": "daily"}).status_code == 303
    with sessions.read() as session:
        chosen = queries.preferences(session, session.get_one(Account, account_id(sessions)))
    assert {kind.name: how for kind, how in chosen}["meeting_planned"] is Frequency.DAILY
    refused = reader.post("/notices/preferences", {"invitation_sent": "never"})
    assert refused.status_code == 422
    assert "请从列出的选项中选择" in refused.text


def test_the_link_in_a_letter_opens_the_preferences_and_opening_changes_nothing(
    app: Flask, sessions: Sessions, reader: Person, visitor: Person
) -> None:
    run: Runtime = app.extensions["matchmaker"]
    path = links.preferences_path(run.settings.key(), account_id(sessions))
    page = visitor.get(path)
    assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
    with sessions.read() as session:
        assert session.query(NoticePreference).count() == 0
    assert visitor.post(path, {"meeting_planned": "never"}).status_code == 303
    assert 'value="never" selected' in visitor.get(path).text
    for bad in (path[:-2], "/p/nonsense", path.replace("/p/", "/p/x")):
        assert visitor.get(bad).status_code == 404


def test_the_inbox_asks_for_sign_in(visitor: Person) -> None:
    for path in ("/notices", "/notices/preferences"):
        assert visitor.get(path).status_code in {302, 303, 401}
