from datetime import timedelta

import pytest
import time_machine
from flask import Flask, request
from sqlalchemy import select, update

from matchmaker.config import Settings
from matchmaker.db.models import Account, AccountSession, SignInFailure
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import Role
from matchmaker.services import accounts
from matchmaker.services.accounts import network_of
from matchmaker.web import create_app
from tests.factories import make_account
from tests.support.person import PASSWORD, PASSWORD_HASH, Person


@pytest.fixture
def login(sessions: Sessions) -> str:
    with sessions.write() as session:
        return make_account(session, Role.CITY, password_hash=PASSWORD_HASH).login


def test_the_cookie_is_worth_nothing_after_sign_out(app: Flask, login: str) -> None:
    officer = Person(app).sign_in(login)
    stolen = officer.client.get_cookie("session").value
    assert officer.post("/logout").status_code == 303
    thief = Person(app)
    thief.client.set_cookie("session", stolen)
    assert thief.get("/home").status_code == 302


def test_the_table_holds_only_hashes_of_tokens(app: Flask, login: str, sessions: Sessions) -> None:
    officer = Person(app).sign_in(login)
    with officer.client.session_transaction() as cookie, sessions.read() as session:
        token = cookie["_user_id"]
        kept = session.scalars(select(AccountSession.token_hash)).one()
    assert token != kept
    assert len(kept) == 64


def test_a_planted_cookie_is_replaced_at_sign_in(app: Flask, login: str, sessions: Sessions) -> None:
    planted = Person(app).sign_in(login).client.get_cookie("session").value
    victim = Person(app)
    victim.client.set_cookie("session", planted)
    victim.client.get("/home")
    victim.post("/login", {"login": login, "password": PASSWORD})
    assert victim.client.get_cookie("session").value != planted
    with sessions.read() as session:
        assert len(session.scalars(select(AccountSession)).all()) == 2


@pytest.mark.parametrize("change", ["lock", "role", "password"])
def test_lock_new_role_and_new_password_end_every_session(
    app: Flask, login: str, sessions: Sessions, change: str
) -> None:
    officer = Person(app).sign_in(login)
    clock = app.extensions["matchmaker"].clock
    with sessions.write() as session:
        account = session.scalars(select(Account)).one()
        if change == "lock":
            accounts.set_active(session, SYSTEM, account, active=False, clock=clock)
        elif change == "role":
            accounts.change_role(session, SYSTEM, account, Role.LEADER, clock=clock)
        else:
            accounts.set_password(session, SYSTEM, account, password_hash=PASSWORD_HASH, clock=clock)
    assert officer.get("/home").status_code == 302


def test_a_locked_account_cannot_sign_in(app: Flask, login: str, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.execute(update(Account).values(active=False))
    answer = Person(app).post("/login", {"login": login, "password": PASSWORD})
    assert answer.status_code == 422


@pytest.mark.parametrize(("column", "minutes"), [("seen_at", 61), ("started_at", 721)])
def test_a_session_ends_when_idle_or_old(app: Flask, login: str, sessions: Sessions, column: str, minutes: int) -> None:
    officer = Person(app).sign_in(login)
    assert officer.get("/home").status_code == 200
    past = app.extensions["matchmaker"].clock.now() - timedelta(minutes=minutes)
    with sessions.write() as session:
        session.execute(update(AccountSession).values({column: past}))
    assert officer.get("/home").status_code == 302


def test_wrong_name_and_wrong_password_look_the_same(visitor: Person, login: str) -> None:
    unknown = visitor.post("/login", {"login": "nobody", "password": PASSWORD})
    wrong = visitor.post("/login", {"login": login, "password": "wrong-password"})
    assert unknown.status_code == wrong.status_code == 422
    assert "账号或密码不正确" in unknown.text
    assert "账号或密码不正确" in wrong.text


@pytest.mark.both_databases
def test_repeated_failures_make_one_network_wait_and_no_other(app: Flask, login: str) -> None:
    guesser = Person(app, "198.51.100.7")
    for _ in range(5):
        assert guesser.post("/login", {"login": login, "password": "guess-guess"}).status_code == 422
    refused = guesser.post("/login", {"login": login, "password": PASSWORD})
    assert refused.status_code == 429
    assert "秒后再试" in refused.text
    neighbour = Person(app, "198.51.100.99").post("/login", {"login": login, "password": PASSWORD})
    assert neighbour.status_code == 429
    Person(app, "203.0.113.1").sign_in(login)


def test_the_wait_passes_and_success_forgets_the_failures(settings: Settings, sessions: Sessions, login: str) -> None:
    app = create_app(settings)
    with time_machine.travel("2026-06-15T10:00:00+08:00", tick=False) as traveller:
        person = Person(app)
        for _ in range(5):
            person.post("/login", {"login": login, "password": "guess-guess"})
        assert person.post("/login", {"login": login, "password": PASSWORD}).status_code == 429
        traveller.shift(timedelta(seconds=10))
        person.sign_in(login)
    with sessions.read() as session:
        assert session.scalars(select(SignInFailure)).all() == []


def test_sign_out_is_not_a_link(app: Flask, login: str) -> None:
    officer = Person(app).sign_in(login)
    assert officer.get("/logout").status_code == 405
    assert officer.get("/home").status_code == 200


def test_a_form_without_its_token_or_from_another_site_is_refused(app: Flask, login: str) -> None:
    officer = Person(app).sign_in(login)
    assert officer.client.post("/logout").status_code == 400
    foreign = officer.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert officer.get("/home").status_code == 200


def test_cookies_are_kept_from_scripts_and_other_sites(app: Flask, login: str) -> None:
    person = Person(app)
    answer = person.post("/login", {"login": login, "password": PASSWORD})
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


def test_over_https_the_cookie_stays_with_this_host(settings: Settings) -> None:
    config = create_app(settings.model_copy(update={"public_url": "https://match.example"})).config
    assert config["SESSION_COOKIE_SECURE"]
    assert config["SESSION_COOKIE_NAME"] == "__Host-session"


def test_an_address_is_believed_only_from_as_many_proxies_as_there_are(settings: Settings) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    seen = []
    for proxies in (0, 1):
        app = create_app(settings.model_copy(update={"proxies": proxies}))

        def tell() -> str:
            return f"{request.remote_addr} {request.scheme}"

        tell.open_to_all = True
        app.add_url_rule("/who", view_func=tell)
        seen.append(app.test_client().get("/who", headers=forged).text)
    assert seen == ["127.0.0.1 http", "203.0.113.9 https"]
