"""`transitions.apply`: the one writer of a status refuses what the table does not allow and leaves a trace."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Corpus, Meeting, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.lifecycle import STEPS
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, NeedStatus, Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, MatchmakerError
from matchmaker.services import transitions
from tests.factories import TODAY, actor_of, make_account, make_expert, make_firm, make_meeting, make_need, make_unit

CLOCK = FixedDayClock(TODAY)
CITY = Actor(Role.CITY, "专员", 1)


def _need(sessions: Sessions, status: NeedStatus) -> int:
    with sessions.write() as session:
        return make_need(session, status=status).id


@pytest.mark.parametrize("status", list(NeedStatus))
@pytest.mark.parametrize("action", sorted({step.action for step in STEPS[Noun.NEED]}))
def test_every_state_and_action_of_a_need(sessions: Sessions, status: NeedStatus, action: str) -> None:
    legal = {(step.source, step.action): step.target for step in STEPS[Noun.NEED]}
    need_id = _need(sessions, status)
    with sessions.write() as session:
        need = session.get_one(Need, need_id)
        if (status, action) in legal:
            transitions.apply(session, CITY, need, action, clock=CLOCK, reason="材料齐全")
        else:
            with pytest.raises(Conflict):
                transitions.apply(session, CITY, need, action, clock=CLOCK, reason="材料齐全")
    with sessions.read() as session:
        assert session.get_one(Need, need_id).status == legal.get((status, action), status)


def test_a_move_leaves_before_and_after(sessions: Sessions) -> None:
    need_id = _need(sessions, NeedStatus.CITY_REVIEW)
    with sessions.write() as session:
        transitions.apply(session, CITY, session.get_one(Need, need_id), "return", clock=CLOCK, reason=" 指标未量化 ")
    with sessions.read() as session:
        row = session.scalars(select(Audit)).one()
        assert (row.noun, row.record_id, row.action, row.actor, row.reason) == (
            Noun.NEED, need_id, "return", "专员", "指标未量化",
        )  # fmt: skip
        assert row.before["status"] == "city_review"
        assert row.after["status"] == "returned"
        assert row.at <= datetime.now(UTC) or CLOCK.today() > datetime.now(UTC).date()


def test_a_missing_reason_changes_nothing(sessions: Sessions) -> None:
    need_id = _need(sessions, NeedStatus.CITY_REVIEW)
    with pytest.raises(Invalid) as refusal, sessions.write() as session:
        transitions.apply(session, CITY, session.get_one(Need, need_id), "decline", clock=CLOCK, reason="  ")
    assert list(refusal.value.errors) == ["reason"]
    with sessions.read() as session:
        assert session.get_one(Need, need_id).status is NeedStatus.CITY_REVIEW
        assert session.scalars(select(Audit)).all() == []


def test_another_unit_may_not_review(sessions: Sessions) -> None:
    need_id = _need(sessions, NeedStatus.COUNTY_REVIEW)
    stranger = Actor(Role.COUNTY, "邻县", 2, unit_id=10_000)
    with pytest.raises(Forbidden), sessions.write() as session:
        transitions.apply(session, stranger, session.get_one(Need, need_id), "county_pass", clock=CLOCK)


def test_who_recorded_a_meeting_may_not_verify_it(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        recorder, verifier = (actor_of(make_account(session, Role.CITY)) for _ in range(2))
        values = {"status": MeetingStatus.HELD, "recorded_by_id": recorder.account_id}
        meeting_id = make_meeting(session, MeetingKind.INBOUND, [firm], [make_expert(session)], **values).id
    with pytest.raises(Forbidden, match="不能是同一人"), sessions.write() as session:
        transitions.apply(session, recorder, session.get_one(Meeting, meeting_id), "verify", clock=CLOCK)
    with sessions.write() as session:
        transitions.apply(session, verifier, session.get_one(Meeting, meeting_id), "verify", clock=CLOCK)


def test_a_posting_that_moves_is_stamped_for_the_index(sessions: Sessions) -> None:
    first, second = (_need(sessions, NeedStatus.CITY_REVIEW) for _ in range(2))
    for need_id in (first, second):
        with sessions.write() as session:
            transitions.apply(session, CITY, session.get_one(Need, need_id), "publish", clock=CLOCK)
    with sessions.read() as session:
        stamps = [session.get_one(Need, need_id).index_version for need_id in (first, second)]
        assert stamps == [1, 2]
        assert session.scalars(select(Corpus.version)).one() == 2


@pytest.mark.both_databases
def test_of_two_officers_one_publishes(sessions: Sessions) -> None:
    need_id = _need(sessions, NeedStatus.CITY_REVIEW)
    start, outcomes = threading.Barrier(8), []

    def publish() -> None:
        start.wait()
        try:
            with sessions.write() as session:
                transitions.apply(session, SYSTEM, session.get_one(Need, need_id), "publish", clock=CLOCK)
            outcomes.append("published")
        except MatchmakerError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict"] * 7 + ["published"]
    with sessions.read() as session:
        assert len(session.scalars(select(Audit)).all()) == 1
