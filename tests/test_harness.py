"""The harness itself: what it promises to the other tests."""

import smtplib
import socket
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser
from sqlalchemy import text

from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from tests.support.browser import Windows
from tests.support.mail import MailServer
from tests.support.postgres import Postgres
from tests.support.server import Server


def test_connection_to_another_host_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"203\.0\.113\.1"):
        socket.create_connection(("203.0.113.1", 80), timeout=1)


def test_look_up_of_another_host_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
        urllib.request.urlopen("http://example.org/")


@pytest.mark.both_databases
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(sessions: Sessions, turn: int) -> None:
    with sessions.write() as session:
        session.execute(text("CREATE TABLE mine (turn INTEGER)"))
        session.execute(text("INSERT INTO mine VALUES (:turn)"), {"turn": turn})
    with sessions.read() as session:
        assert session.execute(text("SELECT turn FROM mine")).all() == [(turn,)]


def test_postgresql_sorts_and_matches_chinese(postgres: Postgres) -> None:
    sessions = Sessions(postgres.url("postgres"))
    with sessions.read() as session:
        assert session.scalar(text("SELECT '焊接工艺' ~ '^\\w+$'"))
    sessions.close()


def test_mail_arrives_as_it_was_sent(mail_server: MailServer) -> None:
    message = EmailMessage()
    message["Subject"] = "对接邀请"
    message.set_content("请于三日内答复")
    with smtplib.SMTP(mail_server.host, mail_server.port) as client:
        client.send_message(message, "from@example.org", ["to@example.org"])
    assert mail_server.messages[0]["Subject"] == "对接邀请"
    assert mail_server.messages[0].get_content().strip() == "请于三日内答复"
    assert mail_server.recipients == [["to@example.org"]]


@pytest.mark.both_databases
def test_server_answers_and_leaves_nothing_behind(start_server: Callable[..., Server], settings: Settings) -> None:
    server = start_server(settings, "up").wait_until_ready()
    assert server.answers("/")
    assert server.stop() == 0
    assert not server.running()
    assert not server.answers("/livez")


def test_server_that_cannot_start_says_why(start_server: Callable[..., Server], settings: Settings) -> None:
    with pytest.raises(RuntimeError, match="No such command 'upp'"):
        start_server(settings, "upp").wait_until_ready()


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<script>throw new Error('torn')</script>", "script error: torn"),
        ("<script>console.error('torn')</script>", "console: torn"),
        ("<img src='http://example.org/logo.png'>", "a page asked for http://example.org/logo.png"),
    ],
)
def test_what_goes_wrong_in_a_page_is_written_down(browser: Browser, page: str, problem: str) -> None:
    windows = Windows(browser)
    window = windows.open(390)
    window.set_content(f"<p>需求</p>{page}")
    assert window.inner_text("p") == "需求"
    windows.close()
    assert windows.problems == [problem]
