"""The inbox beside the letters: whose it is, how often each kind is written, and the daily letter."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Account, Notice, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.letters import Letterhead, compose
from matchmaker.domain.notices import KINDS, OUTSIDE
from matchmaker.domain.vocabulary import Frequency, Role
from matchmaker.errors import Invalid
from matchmaker.queries import notices as found
from matchmaker.queries.listing import Wanted
from matchmaker.services import digests, notices, outbox
from matchmaker.services.notices import Reader
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
KIND = "meeting_planned"


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    with sessions.write() as session:
        yield session


def person(session: Session, **values: object) -> Account:
    expert = make.make_expert(session, email="on-file@example.org")
    return make.make_account(session, Role.EXPERT, expert_id=expert.id, **values)


def tell(
    session: Session, account: Account, *, key: str = "a", kind: str = KIND, address: str = "on-file@example.org"
) -> bool:
    payload = {"path": "/a/signed", "page": "/meetings/7", "title": "走进某某大学"}
    reader = Reader(expert_id=account.expert_id)
    return outbox.queue(session, kind, address, payload, dedup_key=key, clock=CLOCK, reader=reader)


def letters(session: Session) -> list[tuple[str, str]]:
    return [(row.notice, row.recipient) for row in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


def inbox(session: Session, account: Account) -> list[Notice]:
    return found.search(session, account.id, Wanted()).rows


def test_a_letter_is_a_notice_too_and_once_only(session: Session) -> None:
    account = person(session, locale="en")
    assert [tell(session, account), tell(session, account)] == [True, False]
    [notice] = inbox(session, account)
    assert (notice.params["page"], notice.read_at, notice.frequency) == ("/meetings/7", None, Frequency.AT_ONCE)
    [letter] = session.scalars(select(OutboxMessage))
    assert (letter.payload["account"], letter.payload["locale"]) == (account.id, "en")


def test_without_an_address_the_inbox_has_it_all_the_same(session: Session) -> None:
    account = person(session)
    assert not tell(session, account, address="")
    assert (len(inbox(session, account)), letters(session)) == (1, [])


def test_the_address_alone_finds_the_inbox_and_a_locked_account_has_none(session: Session) -> None:
    known = make.make_account(session, Role.CITY, email="City@example.org")
    locked = make.make_account(session, Role.CITY, email="locked@example.org", active=False)
    for address in ("city@example.org", "locked@example.org"):
        outbox.queue(session, KIND, address, {"path": "/", "title": "x"}, dedup_key=address, clock=CLOCK)
    assert [len(inbox(session, each)) for each in (known, locked)] == [1, 0]
    assert len(letters(session)) == 2


def test_everybody_of_a_firm_has_it_and_no_other_firm(session: Session) -> None:
    firm, other = make.make_firm(session, make.make_unit(session)), make.make_firm(session, make.make_unit(session))
    ours = [make.make_account(session, Role.FIRM, organisation_id=firm.id) for _ in range(2)]
    theirs = make.make_account(session, Role.FIRM, organisation_id=other.id)
    payload, reader = {"path": "/needs/1", "title": "x"}, Reader(organisation_id=firm.id)
    outbox.queue(session, "need_published", "f@example.org", payload, dedup_key="a", clock=CLOCK, reader=reader)
    assert [len(inbox(session, each)) for each in (*ours, theirs)] == [1, 1, 0]
    assert letters(session) == [("need_published", "f@example.org")]


@pytest.mark.parametrize(("chosen", "at_once", "in_digest"), [("at_once", 1, 0), ("daily", 0, 1), ("never", 0, 0)])
def test_a_person_chooses_how_often(session: Session, chosen: str, at_once: int, in_digest: int) -> None:
    account = person(session)
    notices.prefer(session, account, {KIND: chosen})
    tell(session, account)
    assert (len(letters(session)), len(inbox(session, account))) == (at_once, 1)
    digests.send(session, make.TODAY, clock=CLOCK)
    assert letters(session)[at_once:] == [("digest", "on-file@example.org")] * in_digest


def test_a_choice_may_change_and_holds_from_then_on(session: Session) -> None:
    account = person(session)
    for word in ("never", "daily", "at_once"):
        notices.prefer(session, account, {KIND: word})
    assert {kind.name: how for kind, how in found.preferences(session, account)}[KIND] is Frequency.AT_ONCE


def test_an_invitation_to_answer_cannot_be_silenced(session: Session) -> None:
    account = person(session)
    usual = {kind.name: how for kind, how in found.preferences(session, account)}
    assert usual["invitation_sent"] is usual[KIND] is Frequency.AT_ONCE
    with pytest.raises(Invalid) as refused:
        notices.prefer(session, account, {"invitation_sent": "never", KIND: "never"})
    assert list(refused.value.errors) == ["invitation_sent"]
    assert {kind.name: how for kind, how in found.preferences(session, account)} == usual
    notices.prefer(session, account, {"invitation_sent": "daily"})


def test_kinds_of_other_roles_are_not_kept(session: Session) -> None:
    account = person(session)
    notices.prefer(session, account, {"need_published": "never", "no_such": "never"})
    tell(session, account, kind="need_published")
    assert len(letters(session)) == 1


def test_the_daily_letter_gathers_what_is_unread_once_with_the_signed_links(session: Session) -> None:
    account = person(session, email="own@example.org", locale="en")
    notices.prefer(session, account, {KIND: "daily"})
    for key in "abc":
        tell(session, account, key=key)
    notices.read(session, account.id, inbox(session, account)[0].id, clock=CLOCK)
    for _ in range(2):
        digests.send(session, make.TODAY, clock=CLOCK)
    assert letters(session) == [("digest", "own@example.org")]
    [message] = session.scalars(select(OutboxMessage))
    text = compose(message, Letterhead("b@example.org", "https://match.example.org", key="k")).get_content()
    assert text.count("https://match.example.org/a/signed") == 2
    assert "https://match.example.org/p/" in text


def test_what_comes_after_the_daily_letter_waits_for_the_next_day(session: Session) -> None:
    account = person(session)
    notices.prefer(session, account, {KIND: "daily"})
    tell(session, account, key="a")
    digests.send(session, make.TODAY, clock=CLOCK)
    tell(session, account, key="b")
    digests.send(session, make.TODAY, clock=CLOCK)
    assert len(letters(session)) == 1
    digests.send(session, make.TODAY + timedelta(days=1), clock=CLOCK)
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [len(row.payload["items"]) for row in rows] == [1, 1]
    digests.send(session, make.TODAY + timedelta(days=2), clock=CLOCK)
    assert len(letters(session)) == 2


@pytest.mark.both_databases
def test_two_processes_on_one_day_write_one_daily_letter(sessions: Sessions) -> None:
    with sessions.write() as session:
        account = person(session)
        notices.prefer(session, account, {KIND: "daily"})
        tell(session, account)
    barrier = Barrier(4)

    def run() -> None:
        barrier.wait(timeout=10)
        with sessions.write() as session:
            digests.send(session, make.TODAY, clock=CLOCK)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(run) for _ in range(4)]:
            done.result()
    with sessions.read() as session:
        assert letters(session) == [("digest", "on-file@example.org")]
        assert session.scalars(select(Notice.digested_on)).all() == [make.TODAY]


def test_reading_is_for_the_owner_and_all_at_once_leaves_what_came_since(session: Session) -> None:
    account, other = person(session), person(session)
    for key in "ab":
        tell(session, account, key=key)
    first, second = sorted(row.id for row in inbox(session, account))
    assert notices.read(session, other.id, first, clock=CLOCK) is None
    assert found.unread(session, account.id) == 2
    notices.read_all(session, account.id, until=first, clock=CLOCK)
    session.expire_all()
    assert [row.id for row in inbox(session, account)] == [second, first]
    assert found.unread(session, account.id) == 1


def test_a_letter_that_opens_an_account_is_no_notice(session: Session) -> None:
    account = make.make_account(session, Role.CITY, email="new@example.org")
    payload = {"path": "/welcome/secret", "title": "x"}
    outbox.queue(session, "account_welcome", account.email, payload, dedup_key="a", clock=CLOCK)
    assert (len(letters(session)), inbox(session, account)) == (1, [])


def test_every_letter_there_is_has_a_kind() -> None:
    assert outbox.letters() - OUTSIDE <= {kind.name for kind in KINDS}
