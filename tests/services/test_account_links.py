"""Links that open an account or set a new password: once, for a while, by hash."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, AccountLink, AccountSession, Audit, Expert, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import LinkPurpose, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.queries import account_lists
from matchmaker.queries import accounts as queries
from matchmaker.queries.listing import Wanted
from matchmaker.services import account_links, accounts, invited, outbox
from matchmaker.services.accounts import NewAccount
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
CITY = Actor(Role.CITY, "专员", 901)
ADMIN = Actor(Role.ADMIN, "管理员", 902)
WELCOME, RESET = LinkPurpose.WELCOME, LinkPurpose.RESET


def a_link(sessions: Sessions, **values: object) -> tuple[int, str]:
    with sessions.write() as session:
        expert = make.make_expert(session, **values)
        account, _purpose, token = invited.invite(session, CITY, expert, clock=CLOCK)
        return account.id, token


def use(sessions: Sessions, token: str, *, login: str = "zhang", hashed: str = "$new$") -> str:
    with sessions.write() as session:
        account = account_links.redeem(session, token, WELCOME, login=login, password_hash=hashed, clock=CLOCK)
        return account.login


@pytest.mark.both_databases
def test_one_link_used_twice_at_once_opens_once(sessions: Sessions) -> None:
    _account, token = a_link(sessions)
    barrier = Barrier(6)

    def open_it(number: int) -> str:
        barrier.wait(timeout=10)
        try:
            return use(sessions, token, login=f"zhang{number}", hashed=f"${number}$")
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(open_it, range(6)))
    assert found.count("refused") == 5
    with sessions.read() as session:
        account = session.scalars(select(Account).where(Account.role == Role.EXPERT)).one()
        winner = next(login for login in found if login != "refused")
        assert (account.login, account.password_hash) == (winner, f"${winner[-1]}$")
        assert session.scalar(select(func.count(Audit.id)).where(Audit.action == "use_welcome")) == 1


@pytest.mark.both_databases
def test_two_people_who_choose_one_name_at_once_get_two(sessions: Sessions) -> None:
    tokens = [a_link(sessions)[1] for _ in range(4)]
    barrier = Barrier(4)

    def open_it(token: str) -> str:
        barrier.wait(timeout=10)
        try:
            return use(sessions, token, login="zhang")
        except Invalid:
            return use(sessions, token, login=f"zhang-{tokens.index(token)}")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(open_it, tokens))
    assert found.count("zhang") == 1
    assert len(set(found)) == 4


def test_the_table_and_the_sent_letter_keep_no_token(sessions: Sessions) -> None:
    _account, token = a_link(sessions, email="zhang@example.org")
    with sessions.write() as session:
        assert token not in session.scalars(select(AccountLink.token_hash)).one()
        letter = session.scalars(select(OutboxMessage)).one()
        assert letter.payload["path"] == f"/welcome/{token}"
        outbox.mark_sent(session, letter, now=CLOCK.now())
    with sessions.read() as session:
        kept = session.scalars(select(OutboxMessage)).one()
        trail = session.scalars(select(Audit)).all()
        assert token not in str(kept.payload)
        assert not [row for row in trail if token in f"{row.before}{row.after}{row.reason}"]


def _later(sessions: Sessions, account_id: int) -> None:
    with sessions.write() as session:
        past = update(AccountLink).values(expires_at=CLOCK.now() - timedelta(seconds=1))
        session.execute(past.where(AccountLink.account_id == account_id))


def _locked(sessions: Sessions, account_id: int) -> None:
    with sessions.write() as session:
        accounts.set_active(session, ADMIN, session.get_one(Account, account_id), active=False, clock=CLOCK)


def _unlocked(sessions: Sessions, account_id: int) -> None:
    _locked(sessions, account_id)
    with sessions.write() as session:
        accounts.set_active(session, ADMIN, session.get_one(Account, account_id), active=True, clock=CLOCK)


def _revoked(sessions: Sessions, account_id: int) -> None:
    with sessions.write() as session:
        account_links.revoke(session, CITY, session.get_one(Account, account_id), clock=CLOCK)


def _sent_again(sessions: Sessions, account_id: int) -> None:
    with sessions.write() as session:
        account_links.send(session, CITY, session.get_one(Account, account_id), clock=CLOCK)


@pytest.mark.parametrize("happens", [_later, _locked, _unlocked, _revoked, _sent_again])
def test_a_link_ends(sessions: Sessions, happens: Callable[[Sessions, int], None]) -> None:
    account_id, token = a_link(sessions)
    with sessions.read() as session:
        assert queries.open_link(session, token, WELCOME, now=CLOCK.now())
        assert queries.open_link(session, token, RESET, now=CLOCK.now()) is None
    happens(sessions, account_id)
    with sessions.read() as session:
        assert queries.open_link(session, token, WELCOME, now=CLOCK.now()) is None
    with pytest.raises(Conflict, match="已经用过或已失效"):
        use(sessions, token)


def test_a_taken_name_leaves_the_link_good(sessions: Sessions) -> None:
    _account, token = a_link(sessions)
    with sessions.write() as session:
        make.make_account(session, Role.CITY, login="zhang")
    with pytest.raises(Invalid):
        use(sessions, token, login="Zhang")
    assert use(sessions, token, login="zhang.li") == "zhang.li"


def test_a_reset_keeps_the_name_and_ends_every_session(sessions: Sessions) -> None:
    with sessions.write() as session:
        account = make.make_account(session, Role.CITY, login="officer", password_hash="$old$")
        accounts.begin_session(session, SYSTEM, account, address="", clock=CLOCK)
        purpose, token = account_links.send(session, ADMIN, account, clock=CLOCK)
        assert purpose is RESET
    with sessions.write() as session:
        account_links.redeem(session, token, RESET, login="ignored", password_hash="$new$", clock=CLOCK)
    with sessions.read() as session:
        account = session.scalars(select(Account)).one()
        assert (account.login, account.password_hash) == ("officer", "$new$")
        assert session.scalars(select(AccountSession)).all() == []


def test_who_may_send_whom_a_link(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert, officer = make.make_account(session, Role.LEADER), make.make_account(session, Role.LEADER)
        opened = make.make_account(session, Role.LEADER, password_hash="$old$")
        for account in (expert, officer, opened):
            with pytest.raises(Forbidden):
                account_links.send(session, CITY, account, clock=CLOCK)
            account_links.send(session, ADMIN, account, clock=CLOCK)
        party = make.make_account(session, Role.INSTITUTE, organisation_id=make.make_institute(session).id)
        taken = make.make_account(session, Role.FIRM, organisation_id=make.make_firm(session).id, password_hash="$x$")
        account_links.send(session, CITY, party, clock=CLOCK)
        with pytest.raises(Forbidden):
            account_links.send(session, CITY, taken, clock=CLOCK)  # that would take over a firm's account
        for role in set(Role) - {Role.CITY, Role.ADMIN}:
            with pytest.raises(Forbidden):
                account_links.send(session, Actor(role, "别人", 9), party, clock=CLOCK)
            with pytest.raises(Forbidden):
                account_links.revoke(session, Actor(role, "别人", 9), party, clock=CLOCK)


def test_an_expert_has_one_account_and_a_firm_one_waiting(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert, firm = make.make_expert(session), make.make_firm(session, make.make_unit(session), contact_name="李某")
        invited.invite(session, CITY, expert, clock=CLOCK)
        account, _purpose, token = invited.invite(session, CITY, firm, email="li@x.cn", clock=CLOCK)
        assert (account.name, account.email, account.role) == ("李某", "li@x.cn", Role.FIRM)
        for party in (expert, firm):
            with pytest.raises(Conflict, match="已经有账号"):
                invited.invite(session, CITY, party, clock=CLOCK)
        account_links.redeem(session, token, WELCOME, login="li-mou", password_hash="$x$", clock=CLOCK)
        invited.invite(session, CITY, firm, name="另一位", clock=CLOCK)
        with pytest.raises(Forbidden):
            invited.invite(session, Actor(Role.COUNTY, "县", 5, unit_id=1), make.make_expert(session), clock=CLOCK)


def test_many_are_invited_each_by_itself_and_leave_the_list(sessions: Sessions) -> None:
    with sessions.write() as session:
        institute = make.make_institute(session)
        ids = [make.make_expert(session, institute).id for _ in range(3)]
        make.make_expert(session, institute, merged_into_id=ids[0])
        assert account_lists.people(session, CITY, Wanted()).total == 3
        found = invited.invite_many(session, CITY, Role.EXPERT, [*ids[:2], 999], clock=CLOCK)
        assert [outcome.done for outcome in found] == [True, True, False]
        assert [row.id for row in account_lists.people(session, CITY, Wanted()).rows] == [ids[2]]
        assert account_lists.waiting(session, CITY, Wanted()).total == 2
        with pytest.raises(NotFound):
            invited.party(session, Role.FIRM, institute.id)
        assert session.scalar(select(func.count(Expert.id))) == 4


def test_the_city_sees_only_parties_waiting_the_administrator_staff_too(sessions: Sessions) -> None:
    with sessions.write() as session:
        accounts.create(session, ADMIN, NewAccount("", "新科长", Role.LEADER), clock=CLOCK)
        invited.invite(session, CITY, make.make_expert(session), clock=CLOCK)
        assert account_lists.waiting(session, CITY, Wanted()).total == 1
        assert account_lists.waiting(session, ADMIN, Wanted()).total == 2
        with pytest.raises(Forbidden):
            accounts.create(session, CITY, NewAccount("", "新科长", Role.CITY), clock=CLOCK)
        with pytest.raises(Forbidden):
            account_lists.search(session, CITY, Wanted())


def test_a_reset_is_sent_to_a_login_or_an_address_and_not_too_often(sessions: Sessions) -> None:
    with sessions.write() as session:
        make.make_account(session, Role.CITY, login="officer", email="Chen@example.org", password_hash="$x$")
        make.make_account(session, Role.CITY, login="locked", email="b@example.org", password_hash="$x$", active=False)
        make.make_account(session, Role.CITY, login="unopened", email="c@example.org")
        make.make_account(session, Role.CITY, login="nomail", password_hash="$x$")
        names = ["officer", " OFFICER ", "chen@example.org", "officer"]
        for name in (*names, "locked", "unopened", "nomail", "nobody", ""):
            account_links.ask_reset(session, SYSTEM, name, network="net", clock=CLOCK)
        letters = session.scalars(select(OutboxMessage)).all()
        assert {(row.notice, row.recipient) for row in letters} == {("account_reset", "Chen@example.org")}
        assert len(letters) == account_links.LETTERS_AN_HOUR
