"""Whatever is done to meetings, the count is what the records say, and a snapshot is reproduced or corrected aloud."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Meeting, Snapshot
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role
from matchmaker.errors import Forbidden, MatchmakerError
from matchmaker.services import meetings, snapshots
from tests import factories as make
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)


def _record(session: Session, actor: Actor, meeting: Meeting) -> None:
    came = Presence(Attendance.ATTENDED)
    firms = {row.firm_id: came for row in meeting.firms}
    experts = {row.expert_id: came for row in meeting.experts}
    meetings.record(session, actor, meeting, Record(firms, experts, "纪要"), clock=CLOCK)


MOVES: dict[str, Callable[[Session, Actor, Meeting], None]] = {
    "record": _record,
    "verify": lambda session, actor, one: meetings.verify(session, actor, one, clock=CLOCK),
    "reject": lambda session, actor, one: meetings.reject(session, actor, one, reason="退回", clock=CLOCK),
    "unverify": lambda session, actor, one: meetings.unverify(session, actor, one, reason="撤销", clock=CLOCK),
    "cancel": lambda session, actor, one: meetings.cancel(session, actor, one, reason="取消", clock=CLOCK),
    "restore": lambda session, actor, one: meetings.restore(session, actor, one, reason="恢复", clock=CLOCK),
}
# What the table of moves says in a line each, written apart from it: the state a move needs, the state it gives.
MODEL = {
    "record": ("planned", "held"),
    "verify": ("held", "verified"),
    "reject": ("held", "planned"),
    "unverify": ("verified", "held"),
    "cancel": ("planned", "cancelled"),
    "restore": ("cancelled", "planned"),
}
STEPS = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 2), st.integers(0, 1)), max_size=25)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_sequence_of_moves_keeps_count_and_recount_equal(
    sessions: Sessions, steps: list[tuple[str, int, int]]
) -> None:
    with sessions.engine.connect() as connection, Session(connection) as session:  # never committed
        make_counting(session)
        officers = [make.actor_of(make.make_account(session, Role.CITY)) for _ in range(2)]
        firm = make.make_firm(session, make.make_unit(session))
        known = [
            make.make_meeting(session, MeetingKind.INBOUND, [firm], [make.make_expert(session)], day=date(2026, 6, day))
            for day in (1, 1, 2)  # the first two are one event
        ]
        states, recorders = ["planned"] * 3, [-1] * 3
        for action, index, who in steps:
            source, target = MODEL[action]
            legal = states[index] == source and not (action == "verify" and recorders[index] == who)
            try:
                MOVES[action](session, officers[who], known[index])
            except MatchmakerError:
                assert not legal
                continue
            assert legal
            states[index] = target
            recorders[index] = who if action == "record" else recorders[index]
        expected = int("verified" in states[:2]) + int(states[2] == "verified")
        taken = {one.metric_code: one for one in snapshots.take(session, SYSTEM, make.TODAY, CLOCK)}
        inbound = taken[MetricCode.INBOUND]
        assert (inbound.value, taken[MetricCode.OUTBOUND].value) == (expected, 0)
        again = snapshots.recount(session, inbound)
        assert again.reproduced
        assert again.same_inputs
        session.rollback()


@pytest.mark.both_databases
def test_a_snapshot_stays_and_its_recount_shows_the_difference(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        one, other = (make.actor_of(make.make_account(session, Role.CITY)) for _ in range(2))
        firm = make.make_firm(session, make.make_unit(session))
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [firm], [make.make_expert(session)])
        _record(session, one, meeting)
        snapshots.take(session, SYSTEM, make.TODAY, CLOCK)
        meetings.verify(session, other, meeting, clock=CLOCK)
    with sessions.write() as session:
        stored = {row.metric_code: row for row in snapshots.take(session, SYSTEM, make.TODAY, CLOCK)}
        assert session.scalar(select(func.count(Snapshot.id))) == 2
        assert stored["inbound"].value == 0
        found = snapshots.recount(session, stored["inbound"])
    assert (found.value, found.added, found.removed) == (1, {meeting.id}, frozenset())
    assert not found.reproduced
    assert not found.same_inputs


def test_a_snapshot_knows_nothing_of_later_days(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        firm, expert = make.make_firm(session, make.make_unit(session)), make.make_expert(session)
        for day in (1, 2):
            people = [make.make_account(session, Role.CITY).id for _ in range(2)]
            meeting = make.make_meeting(
                session,
                MeetingKind.INBOUND,
                [firm],
                [expert],
                day=date(2026, 6, day),
                status=MeetingStatus.VERIFIED,
                recorded_by_id=people[0],
                verified_by_id=people[1],
            )
            meeting.experts[0].attendance = Attendance.ATTENDED
        taken = snapshots.take(session, SYSTEM, date(2026, 6, 1), CLOCK)
        assert [row.value for row in taken] == [0, 1]
        assert [row.rule_number for row in taken] == [1, 1]
        before_rules = snapshots.take(session, SYSTEM, date(2022, 6, 1), CLOCK)
        assert [(row.value, row.rule_number) for row in before_rules] == [(0, snapshots.NO_RULE)] * 2


def test_people_take_no_snapshots(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        city = make.actor_of(make.make_account(session, Role.CITY))
        with pytest.raises(Forbidden):
            snapshots.take(session, city, make.TODAY, CLOCK)


@pytest.mark.parametrize(("day", "rows"), [(date(2027, 1, 20), 4), (date(2027, 2, 1), 2)])
def test_the_last_numbers_of_a_year_are_kept_in_january(sessions: Sessions, day: date, rows: int) -> None:
    clock = FixedDayClock(day)
    with sessions.write() as session:
        make_counting(session)
        firm, host = make.make_firm(session, make.make_unit(session)), make.make_institute(session)
        expert = make.make_expert(session, host)
        meeting = make.make_meeting(session, MeetingKind.OUTBOUND, [firm], [expert], host, day=date(2026, 12, 30))
        actors = [make.actor_of(make.make_account(session, Role.CITY)) for _ in range(2)]
        came = Presence(Attendance.ATTENDED)
        meetings.record(session, actors[0], meeting, Record({firm.id: came}, {expert.id: came}, "谈了"), clock=clock)
        meetings.verify(session, actors[1], meeting, clock=clock)
        taken = snapshots.take(session, SYSTEM, day, clock)
        assert len(taken) == rows
        kept = {(row.year, row.metric_code): row for row in taken}
        assert kept[2027, "outbound"].value == 0
        if rows > 2:
            assert (kept[2026, "outbound"].value, kept[2026, "outbound"].inputs) == (1, [meeting.id])
            again = snapshots.recount(session, kept[2026, "outbound"])
            assert (again.reproduced, again.same_inputs) == (True, True)
        assert snapshots.take(session, SYSTEM, day, clock) == taken
