"""What happened long ago is written down without telling anybody."""

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Notice, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.services import outbox
from tests import factories as make

PAYLOAD = {"path": "/needs/1", "title": "焊接"}


def test_nobody_is_told_inside_and_everybody_again_after(sessions: Sessions) -> None:
    clock = FixedDayClock(make.TODAY)
    with sessions.write() as session:
        make.make_account(session, Role.CITY, email="demo@example.org")
        with outbox.quiet(session):
            assert not outbox.queue(
                session, "need_published", "demo@example.org", PAYLOAD, dedup_key="then", clock=clock
            )
            with pytest.raises(ValueError, match="notice"):
                outbox.queue(session, "no_such_notice", "demo@example.org", PAYLOAD, dedup_key="x", clock=clock)
        outbox.queue(session, "need_published", "demo@example.org", PAYLOAD, dedup_key="now", clock=clock)
    with sessions.read() as session:
        assert set(session.scalars(select(Notice.dedup_key))) == {"now"}
        assert set(session.scalars(select(OutboxMessage.dedup_key))) <= {"now"}


def test_an_error_inside_ends_the_quiet(sessions: Sessions) -> None:
    with sessions.write() as session:
        with pytest.raises(RuntimeError), outbox.quiet(session):
            raise RuntimeError
        assert outbox.QUIET not in session.info
