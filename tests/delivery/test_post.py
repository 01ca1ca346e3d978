"""Outbox → mail server: nothing lost, at most one of each Message-ID that matters, no row stops the others."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.post import deliver
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import MailFault, OutboxState
from matchmaker.services import dead_letters, outbox
from tests.factories import TODAY
from tests.support.mail import MailServer
from tests.support.ports import free_port

CLOCK = FixedDayClock(TODAY)


class At:
    """A clock that says what it is told."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def today(self) -> Any:
        return self.moment.date()


class Faulty(MailServer):
    """Goes wrong in the ways of `faults`, one for each delivery, and well afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "421":
            return "421 4.3.0 busy, come back"
        if fault == "451":
            return "451 4.3.0 not now"
        answer = await super().handle_DATA(server, session, envelope)
        if fault == "drop":  # it has the message, and the connection is gone before it says so
            server.transport.close()
            await asyncio.sleep(0)
        return answer


@pytest.fixture
def server() -> Iterator[Faulty]:
    server = Faulty()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def with_mail(settings: Settings, server: Faulty) -> Settings:
    return settings.model_copy(update={"smtp_host": server.host, "smtp_port": server.port})


def queue(sessions: Sessions, *keys: str) -> None:
    with sessions.write() as session:
        for key in keys:
            payload = {"path": f"/needs/{key}", "title": f"需求{key}"}
            assert outbox.queue(session, "need_published", f"{key}@example.org", payload, dedup_key=key, clock=CLOCK)


def rows(sessions: Sessions) -> dict[str, OutboxMessage]:
    with sessions.read() as session:
        found = {row.dedup_key: row for row in session.scalars(select(OutboxMessage))}
        session.expunge_all()
        return found


def states(sessions: Sessions) -> dict[str, OutboxState]:
    return {key: row.state for key, row in rows(sessions).items()}


def later(**passed: float) -> At:
    return At(datetime.now(UTC) + timedelta(**passed))


@pytest.mark.both_databases
def test_what_is_queued_arrives_once(sessions: Sessions, with_mail: Settings, server: Faulty) -> None:
    queue(sessions, "a", "b")
    assert deliver(sessions, with_mail) == "sent 2, failed 0"
    assert deliver(sessions, with_mail) == "sent 0, failed 0"
    assert [each["To"] for each in server.messages] == ["a@example.org", "b@example.org"]
    assert set(states(sessions).values()) == {OutboxState.SENT}


@pytest.mark.both_databases
def test_a_key_is_written_once_and_a_rolled_back_change_tells_nobody(sessions: Sessions) -> None:
    queue(sessions, "a")
    with sessions.write() as session:
        payload = {"path": "/", "title": "再"}
        assert not outbox.queue(session, "need_published", "x@example.org", payload, dedup_key="a", clock=CLOCK)
        assert not outbox.queue(session, "need_published", " ", payload, dedup_key="nobody", clock=CLOCK)

    def change_mind() -> None:
        with sessions.write() as session:
            outbox.queue(session, "need_published", "x@example.org", payload, dedup_key="b", clock=CLOCK)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_mind()
    assert list(rows(sessions)) == ["a"]


def test_an_unknown_notice_is_refused_where_it_is_written(sessions: Sessions) -> None:
    with sessions.write() as session, pytest.raises(ValueError, match="no_such"):
        outbox.queue(session, "no_such", "x@example.org", {"path": "/", "title": ""}, dedup_key="a", clock=CLOCK)


def test_without_a_mail_server_messages_wait(sessions: Sessions, settings: Settings) -> None:
    queue(sessions, "a")
    assert "no mail server" in deliver(sessions, settings)
    assert rows(sessions)["a"].tries == 0


def test_while_the_server_is_away_no_message_loses_a_try(sessions: Sessions, settings: Settings) -> None:
    queue(sessions, "a", "b")
    away = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": free_port()})
    assert "unreachable" in deliver(sessions, away)
    assert {(row.tries, row.state) for row in rows(sessions).values()} == {(0, OutboxState.QUEUED)}


@pytest.mark.parametrize("fault", ["421", "drop", "451"])
def test_a_fault_costs_one_try_of_one_message_and_it_comes_later(
    fault: str, sessions: Sessions, with_mail: Settings, server: Faulty
) -> None:
    queue(sessions, "a", "b")
    server.faults = [fault]
    assert deliver(sessions, with_mail) == "sent 1, failed 1"
    assert states(sessions) == {"a": OutboxState.QUEUED, "b": OutboxState.SENT}
    assert deliver(sessions, with_mail) == "sent 0, failed 0"  # not before its time
    assert deliver(sessions, with_mail, clock=later(seconds=40)) == "sent 1, failed 0"
    ids = [each["Message-ID"] for each in server.messages]
    assert len(set(ids)) == 2
    assert len(ids) == (3 if fault == "drop" else 2)  # a copy after the drop, known by its id


def test_ten_failures_with_growing_waits_and_it_is_dead_until_revived(
    sessions: Sessions, with_mail: Settings, server: Faulty
) -> None:
    queue(sessions, "a")
    server.faults = ["451"] * outbox.MAX_TRIES
    clock, waits = later(seconds=1), []
    for _ in range(outbox.MAX_TRIES):
        deliver(sessions, with_mail, clock=clock)
        row = rows(sessions)["a"]
        waits.append((row.next_try_at - clock.moment).total_seconds())
        clock = At(row.next_try_at)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840, 7200, 7200]
    assert (row.state, row.tries) == (OutboxState.DEAD, 10)
    assert (row.fault, row.last_error) == (MailFault.LATER, "451 4.3.0 not now")
    assert deliver(sessions, with_mail, clock=At(clock.moment + timedelta(days=9))) == "sent 0, failed 0"
    with sessions.write() as session:
        assert dead_letters.resend(session, SYSTEM, None, clock=CLOCK) == 1
    assert deliver(sessions, with_mail) == "sent 1, failed 0"


def test_a_row_that_cannot_be_written_stops_no_other(sessions: Sessions, with_mail: Settings, server: Faulty) -> None:
    queue(sessions, "a", "b")
    with sessions.write() as session:
        session.get_one(OutboxMessage, rows(sessions)["a"].id).payload = {"title": "没有链接"}
    assert deliver(sessions, with_mail) == "sent 1, failed 1"
    assert "KeyError" in rows(sessions)["a"].last_error


@pytest.mark.both_databases
def test_a_claim_holds_for_its_lease_and_a_late_sender_changes_nothing(sessions: Sessions) -> None:
    queue(sessions, "a")
    number, lease = rows(sessions)["a"].id, timedelta(minutes=5)

    def claim(clock: At) -> OutboxMessage | None:
        with sessions.write() as session:
            return outbox.claim(session, number, lease=lease, now=clock.now())

    first = claim(later())
    assert first is not None
    assert claim(later(minutes=4)) is None
    assert claim(later(minutes=6)) is not None
    with sessions.write() as session:
        outbox.mark_failed(session, first, MailFault.SERVER, "late", now=later().now())
    assert rows(sessions)["a"].lease_until is not None  # still the second one's
    for attempt in range(3, 12):
        assert (claim(later(hours=attempt)) is not None) == (attempt <= outbox.MAX_TRIES)
    assert rows(sessions)["a"].state is OutboxState.DEAD


def test_due_is_oldest_first(sessions: Sessions) -> None:
    queue(sessions, *"abc")
    with sessions.read() as session:
        assert outbox.due(session, now=later(seconds=1).now(), limit=2) == [1, 2]
