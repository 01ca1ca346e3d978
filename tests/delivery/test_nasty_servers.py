"""Mail servers that drop, stall, drip and refuse: nothing is lost, and a second copy has one reason only."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.letters import message_id
from matchmaker.delivery.post import MOST_BROKEN, deliver
from matchmaker.domain.vocabulary import MailFault, OutboxState
from matchmaker.services import outbox
from tests.delivery.test_post import At, queue, rows, states
from tests.factories import TODAY
from tests.support.nasty_mail import CONNECT, DATA, DRIP, DROP, EHLO, MAIL, REPLY, STAGES, STALL, NastyServer

CLOCK = FixedDayClock(TODAY)
KEYS = ("a", "b", "c")
ROUNDS = 12
SENT, DEAD = OutboxState.SENT, OutboxState.DEAD


@pytest.fixture
def server() -> Iterator[NastyServer]:
    server = NastyServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def with_mail(settings: Settings, server: NastyServer) -> Settings:
    server_at = {"smtp_host": server.host, "smtp_port": server.port}
    return settings.model_copy(update=server_at | {"smtp_timeout_seconds": 0.3})


def rounds(sessions: Sessions, settings: Settings, number: int = ROUNDS) -> list[str]:
    """Rounds so far apart that every letter that waits is due again."""
    start = datetime.now(UTC)
    return [deliver(sessions, settings, clock=At(start + timedelta(hours=3 * each))) for each in range(number)]


def copies(server: NastyServer) -> Counter[str]:
    return Counter(letter["Message-ID"] for letter in server.messages)


@pytest.mark.parametrize("stage", STAGES)
def test_after_it_recovers_every_letter_arrives_and_none_is_doubled_but_for_a_lost_reply(
    stage: str, sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, *KEYS)
    server.faults = [(stage, kind) for kind in (DROP, STALL, DRIP)]
    rounds(sessions, with_mail)
    assert server.faults == []
    assert states(sessions) == dict.fromkeys(KEYS, SENT)
    found = copies(server)
    assert set(found) == {message_id(key, with_mail.smtp_from) for key in KEYS}
    lost_replies = 3 if stage == REPLY else 0  # it took the letter and did not say so: SMTP leaves no other way
    assert found.total() == len(KEYS) + lost_replies


@pytest.mark.parametrize("stage", [CONNECT, EHLO])
@pytest.mark.parametrize("kind", [DROP, STALL, "421 4.3.2 shutting down", "554 5.7.1 not you"])
def test_a_server_that_does_not_come_to_letters_costs_none_a_try(
    stage: str, kind: str, sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, *KEYS)
    server.faults = [(stage, kind)] * 2  # a refused EHLO is followed by HELO
    assert "sent 0, failed 0; mail server unreachable" in deliver(sessions, with_mail)
    assert {(row.tries, row.state) for row in rows(sessions).values()} == {(0, OutboxState.QUEUED)}
    server.faults = []
    assert deliver(sessions, with_mail) == "sent 3, failed 0"


def test_a_refused_address_is_dead_at_once_in_the_server_s_words_and_costs_the_others_nothing(
    sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, *KEYS)
    server.refused = {"a@": "550 5.1.1 no such user here", "b@": "450 4.2.1 mailbox busy"}
    assert deliver(sessions, with_mail) == "sent 1, failed 2"
    found = rows(sessions)
    assert (found["a"].state, found["a"].fault, found["a"].tries) == (DEAD, MailFault.ADDRESS, 1)
    assert found["a"].last_error == "550 5.1.1 no such user here"
    assert (found["b"].state, found["b"].fault) == (OutboxState.QUEUED, MailFault.LATER)
    assert (found["c"].state, found["c"].tries) == (SENT, 1)
    server.refused = {}
    rounds(sessions, with_mail)
    assert states(sessions) == {"a": DEAD, "b": SENT, "c": SENT}
    assert copies(server).total() == 2


@pytest.mark.parametrize("stage", [DATA, REPLY])
def test_a_letter_refused_for_good_is_dead_and_one_refused_for_now_comes(
    stage: str, sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, *KEYS)
    server.faults = [(stage, "554 5.6.0 content rejected"), (stage, "452 4.3.1 no space")]
    assert deliver(sessions, with_mail) == "sent 1, failed 2"
    assert (rows(sessions)["a"].fault, rows(sessions)["b"].fault) == (MailFault.LETTER, MailFault.LATER)
    rounds(sessions, with_mail)
    assert states(sessions) == {"a": DEAD, "b": SENT, "c": SENT}


def test_a_server_that_refuses_us_kills_no_letter_and_says_why(
    sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, *KEYS)
    server.faults = [(MAIL, "550 5.7.1 sender not allowed")] * 3 * (outbox.MAX_TRIES + 5)
    rounds(sessions, with_mail, 2 * outbox.MAX_TRIES)
    waiting = rows(sessions).values()
    assert {(row.state, row.fault) for row in waiting} == {(OutboxState.QUEUED, MailFault.SERVER)}
    assert max(row.tries for row in waiting) > outbox.MAX_TRIES
    assert {row.last_error for row in waiting} == {"550 5.7.1 sender not allowed"}
    server.faults = []
    rounds(sessions, with_mail, 30)
    assert states(sessions) == dict.fromkeys(KEYS, SENT)
    assert set(copies(server).values()) == {1}


def test_a_letter_too_large_for_the_server_is_the_letter_s_fault(
    sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, "a")
    server.faults = [(MAIL, "552 5.3.4 message size exceeds fixed limit")]
    deliver(sessions, with_mail)
    assert (rows(sessions)["a"].state, rows(sessions)["a"].fault) == (DEAD, MailFault.LETTER)


@pytest.mark.parametrize("kind", [STALL, DRIP, DROP])
def test_a_server_that_keeps_breaking_off_ends_the_round_and_the_rest_waits(
    kind: str, sessions: Sessions, with_mail: Settings, server: NastyServer
) -> None:
    queue(sessions, *"abcdef")
    server.faults = [(MAIL, kind)] * 6
    assert deliver(sessions, with_mail) == f"sent 0, failed {MOST_BROKEN}; the mail server keeps breaking off"
    assert [rows(sessions)[key].tries for key in "abcdef"] == [1, 1, 0, 0, 0, 0]
    assert all(row.lease_until is None for row in rows(sessions).values())


def test_a_server_that_takes_a_letter_and_dies(sessions: Sessions, with_mail: Settings, server: NastyServer) -> None:
    queue(sessions, *KEYS)
    server.faults = [(REPLY, STALL)]
    deliver(sessions, with_mail.model_copy(update={"smtp_timeout_seconds": 0.3}))
    server.stop()
    taken = len(server.messages)
    assert "unreachable" in rounds(sessions, with_mail, 2)[-1]
    server.restart()
    rounds(sessions, with_mail)
    assert states(sessions) == dict.fromkeys(KEYS, SENT)
    assert taken == 3
    assert sorted(copies(server).values()) == [1, 1, 2]


def test_a_server_s_fault_is_borne_for_three_days_then_shown(sessions: Sessions) -> None:
    queue(sessions, "a")
    clock, tries = At(datetime.now(UTC)), 0
    while states(sessions)["a"] is OutboxState.QUEUED:
        with sessions.write() as session:
            message = outbox.claim(session, rows(sessions)["a"].id, lease=timedelta(minutes=5), now=clock.now())
            assert message is not None
            outbox.mark_failed(session, message, MailFault.SERVER, "gone", now=clock.now())
        tries, clock = tries + 1, At(rows(sessions)["a"].next_try_at)
    assert tries == outbox.PATIENT_TRIES
    assert timedelta(days=3) <= clock.now() - datetime.now(UTC) < timedelta(days=4)


def test_no_row_is_left_in_anybody_s_hands(sessions: Sessions, with_mail: Settings, server: NastyServer) -> None:
    queue(sessions, *KEYS)
    server.faults = [(MAIL, DROP), (REPLY, "451 later"), (DATA, STALL)]
    rounds(sessions, with_mail)
    with sessions.read() as session:
        assert not session.scalars(select(OutboxMessage.id).where(OutboxMessage.lease_until.is_not(None))).all()
