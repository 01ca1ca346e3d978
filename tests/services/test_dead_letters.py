"""Letters that did not arrive: who may send them again, where they go then, and that nobody is left unaware."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Notice, Organisation, OutboxMessage, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.journeys import Details
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import MailFault, Noun, OutboxState, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import journeys as queries
from matchmaker.queries.superseded import superseded
from matchmaker.services import dead_letters, journeys, meetings, outbox
from matchmaker.services.notices import Reader
from tests import factories as make
from tests.support.journeys import make_journeys, trip

CLOCK = FixedDayClock(make.TODAY)
DEAD, HANDLED, QUEUED = OutboxState.DEAD, OutboxState.HANDLED, OutboxState.QUEUED
CITY = Actor(Role.CITY, "市级专员", account_id=7)
PAYLOAD = {"path": "/needs/1", "title": "焊接"}


def kill(sessions: Sessions, *keys: str, reader: Reader | None = None) -> None:
    with sessions.write() as session:
        for key in keys:
            address = f"{key}@example.org"
            outbox.queue(session, "need_published", address, PAYLOAD, dedup_key=key, clock=CLOCK, reader=reader)
            message = session.scalars(select(OutboxMessage).where(OutboxMessage.dedup_key == key)).one()
            message.tries = 1
            session.flush()
            outbox.mark_failed(session, message, MailFault.ADDRESS, "550 no such user", now=CLOCK.now())


def letter(sessions: Sessions, key: str = "a") -> OutboxMessage:
    with sessions.read() as session:
        found = session.scalars(select(OutboxMessage).where(OutboxMessage.dedup_key == key)).one()
        session.expunge_all()
        return found


def resend(sessions: Sessions, *keys: str, actor: Actor = CITY) -> int:
    numbers = [letter(sessions, key).id for key in keys] or None
    with sessions.write() as session:
        return dead_letters.resend(session, actor, numbers, clock=CLOCK)


def settle(sessions: Sessions, note: str = "电话告知", key: str = "a", actor: Actor = CITY) -> None:
    with sessions.write() as session:
        message = session.get_one(OutboxMessage, letter(sessions, key).id)
        dead_letters.settle(session, actor, message, note, clock=CLOCK)


def trail(sessions: Sessions) -> list[tuple[str, str]]:
    with sessions.read() as session:
        rows = session.scalars(select(Audit).where(Audit.noun == Noun.MESSAGE).order_by(Audit.id))
        return [(row.action, row.actor) for row in rows]


@pytest.mark.both_databases
def test_chosen_letters_or_all_dead_ones_are_queued_again_with_a_trace(sessions: Sessions) -> None:
    kill(sessions, *"abc")
    assert resend(sessions, "a") == 1
    assert (letter(sessions).state, letter(sessions).tries) == (QUEUED, 0)
    assert resend(sessions, "a") == 0  # not dead any more
    settle(sessions, key="b")
    assert resend(sessions) == 1  # c alone: b was settled
    assert letter(sessions, "b").state is HANDLED
    assert resend(sessions, "b") == 1  # asked for by name, it goes after all
    assert letter(sessions, "b").settled_by == ""
    assert [action for action, _ in trail(sessions)] == ["resend", "settle", "resend", "resend"]
    assert {actor for _, actor in trail(sessions)} == {"市级专员"}


def test_a_letter_goes_to_the_address_that_stands_on_the_record_now(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session), contact_email="a@example.org")
        number = firm.id
    kill(sessions, "a", reader=Reader(organisation_id=number))
    with sessions.write() as session:
        session.get_one(Organisation, number).contact_email = " new@example.org "
    before = letter(sessions)
    resend(sessions)
    after = letter(sessions)
    assert (before.recipient, after.recipient) == ("a@example.org", "new@example.org")
    assert before.dedup_key == after.dedup_key  # and so is its Message-ID
    with sessions.read() as session:
        row = session.scalars(select(Audit).where(Audit.noun == Noun.MESSAGE)).one()
        assert (row.before["recipient"], row.after["recipient"]) == ("a@example.org", "new@example.org")


def test_a_letter_whose_record_has_lost_its_address_goes_where_it_went(sessions: Sessions) -> None:
    with sessions.write() as session:
        number = make.make_expert(session, email="").id
    kill(sessions, "a", reader=Reader(expert_id=number))
    resend(sessions)
    assert letter(sessions).recipient == "a@example.org"


@pytest.mark.both_databases
def test_settled_letters_say_how_and_are_settled_once(sessions: Sessions) -> None:
    kill(sessions, "a")
    settle(sessions, " 电话告知王经理 ")
    found = letter(sessions)
    assert (found.state, found.settled_by, found.settled_note) == (HANDLED, "市级专员", "电话告知王经理")
    with pytest.raises(Conflict):
        settle(sessions)
    assert trail(sessions) == [("settle", "市级专员")]


@pytest.mark.parametrize("note", ["", "  ", "很" * 201])
def test_how_somebody_was_told_must_be_said_briefly(sessions: Sessions, note: str) -> None:
    kill(sessions, "a")
    with pytest.raises(Invalid) as refusal:
        settle(sessions, note)
    assert set(refusal.value.errors) == {"note"}
    assert letter(sessions).state is DEAD


def test_a_settled_letter_forgets_a_path_that_opens_an_account(sessions: Sessions) -> None:
    kill(sessions, "a")
    with sessions.write() as session:
        row = session.get_one(OutboxMessage, letter(sessions).id)
        row.payload = {**PAYLOAD, "path": "/reset/secret", outbox.ONCE: True}
    settle(sessions)
    assert letter(sessions).payload["path"] == "/"
    assert resend(sessions, "a") == 0  # it would lead nowhere
    assert letter(sessions).state is HANDLED


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CITY, Role.ADMIN}))
def test_nobody_else_may(sessions: Sessions, role: Role) -> None:
    kill(sessions, "a")
    somebody = Actor(role, "某人")
    with pytest.raises(Forbidden):
        resend(sessions, actor=somebody)
    with pytest.raises(Forbidden):
        settle(sessions, actor=somebody)
    assert letter(sessions).state is DEAD


def told(sessions: Sessions) -> list[tuple[int, str]]:
    with sessions.read() as session:
        rows = session.scalars(select(Notice).where(Notice.notice == dead_letters.NOTICE).order_by(Notice.id))
        return [(row.account_id, row.params["title"]) for row in rows]


@pytest.mark.both_databases
def test_the_responsible_find_new_dead_letters_in_their_inbox_once_a_day(sessions: Sessions) -> None:
    with sessions.write() as session:
        make.make_account(session, Role.LEADER, email="f@example.org")
        city = make.make_account(session, Role.CITY, email="c@example.org").id
        admin = make.make_account(session, Role.ADMIN, email="a@example.org").id

    def tell(days: int) -> str:
        with sessions.write() as session:
            return dead_letters.tell(session, make.TODAY + timedelta(days=days), clock=CLOCK)

    assert tell(0) == "0 new dead letters"
    kill(sessions, "a", "b")
    assert tell(0) == "2 new dead letters"
    kill(sessions, "c")
    assert (tell(0), tell(1), tell(1), tell(2)) == (
        "told today",
        "1 new dead letters",
        "told today",
        "0 new dead letters",
    )
    two, one = "2 封信没有送达", "1 封信没有送达"
    assert sorted(told(sessions)) == sorted([(city, two), (admin, two), (city, one), (admin, one)])
    with sessions.read() as session:  # in the inbox only: a letter about letters would be one more to lose
        assert dead_letters.NOTICE not in set(session.scalars(select(OutboxMessage.notice)))


def test_a_letter_that_dies_again_is_told_of_again(sessions: Sessions) -> None:
    with sessions.write() as session:
        make.make_account(session, Role.CITY)
    kill(sessions, "a")

    def says(days: int) -> str:
        with sessions.write() as session:
            return dead_letters.tell(session, make.TODAY + timedelta(days=days), clock=CLOCK)

    assert says(0) == "1 new dead letters"
    resend(sessions, actor=SYSTEM)
    with sessions.write() as session:
        message = session.get_one(OutboxMessage, letter(sessions).id)
        outbox.mark_failed(session, message, MailFault.ADDRESS, "550", now=CLOCK.now())
    assert says(1) == "1 new dead letters"


def test_an_arrangement_that_was_changed_since_is_not_sent_again(sessions: Sessions) -> None:
    with sessions.write() as session:
        world = make_journeys(session)
        session.get_one(Organisation, world.firms[0].id).contact_email = "firm@example.org"
        trip_id = journeys.plan(session, world.city, trip(world), clock=CLOCK).id
        told = (OutboxMessage.recipient == "firm@example.org",)
        first, second = session.scalars(select(OutboxMessage).where(*told).order_by(OutboxMessage.id)).all()
        for message in (first, second):
            message.tries = 1
            session.flush()
            outbox.mark_failed(session, message, MailFault.ADDRESS, "550", now=CLOCK.now())
        stops = queries.stops_of(session, session.get_one(Trip, trip_id))
        assert superseded(session, [first, second]) == set()
        meetings.cancel(session, world.city, stops[0], reason="停电", clock=CLOCK)
        assert superseded(session, [first, second]) == {first.id}
        assert dead_letters.resend(session, CITY, None, clock=CLOCK) == 1
        states = session.execute(select(OutboxMessage.id, OutboxMessage.state).where(*told)).all()
        assert dict(states)[first.id] is DEAD
        assert dict(states)[second.id] is QUEUED
        later = stops[1].day + timedelta(days=1)
        journey = session.get_one(Trip, trip_id)
        journeys.change(session, world.city, journey, Details(), title="", day=later, clock=CLOCK, reason="改期")
        assert superseded(session, [first, second]) == {first.id, second.id}
