"""The board: pace, units, months, and as many queries for ten meetings as for a hundred."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from matchmaker.db.models import Metric, Setting, Target
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role, TargetBasis, TargetStatus
from matchmaker.queries import board as queries
from matchmaker.queries.entries import Value
from matchmaker.queries.workdays import LISTED
from tests import factories as make
from tests.queries.test_counts import counted_queries, make_verified
from tests.support.counting import add_rule, make_counting

OUT, IN = MetricCode.OUTBOUND, MetricCode.INBOUND


def make_target(session: Session, metric: str, value: float, **values: Any) -> None:
    defaults = {
        "metric_code": metric,
        "year": 2026,
        "value": Decimal(value),
        "basis": TargetBasis.ABSOLUTE,
        "status": TargetStatus.DRAFT,
        "unit_label": "次",
        "source": "文件",
        "created_at": make.NOW,
        "updated_at": make.NOW,
    }
    session.add(Target(**(defaults | values)))
    session.flush()


def test_targets_that_disagree_stand_side_by_side_the_issued_one_first(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_target(session, "outbound", 100)
        make_target(session, "outbound", 120, status=TargetStatus.FINAL, source="另一文件")
        make_target(session, "outbound", 10, basis=TargetBasis.GROWTH, source="年均")
        session.add(Setting(key=f"{LISTED}2026", value=""))
    with sessions.read() as session:
        found = queries.board(session, 2026, make.TODAY)
        values = [(int(one.target.value), one.pace is not None) for one in found.gauges[0].promises]
        assert values == [(120, True), (100, True), (10, False)]
        assert found.gauges[1].promises == []
        assert found.progress.known
        assert not queries.board(session, 2025, make.TODAY).progress.known


def test_months_run_up_to_today(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_target(session, "inbound", 100)
        for day in (date(2026, 1, 5), date(2026, 3, 9), date(2026, 6, 15)):
            make_verified(session, MeetingKind.INBOUND, day)
    with sessions.read() as session:
        months = queries.board(session, 2026, make.TODAY).gauges[1].months
    assert [month.actual for month in months] == [1, 1, 2, 2, 2, 3, *[None] * 6]
    expected = [month.expected or 0 for month in months]
    assert expected == sorted(expected)
    assert expected[-1] == 100
    assert (months[1].end, months[11].end) == (date(2026, 2, 28), date(2026, 12, 31))


@pytest.mark.both_databases
def test_an_event_counts_in_every_unit_that_took_part(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        units = [make.make_unit(session) for _ in range(3)]
        firms = [make.make_firm(session, unit) for unit in units]
        host = make.make_institute(session)
        people = [make.make_account(session, Role.CITY).id for _ in range(2)]
        meeting = make.make_meeting(
            session,
            MeetingKind.OUTBOUND,
            firms,
            [make.make_expert(session, host)],
            host,
            status=MeetingStatus.VERIFIED,
            recorded_by_id=people[0],
            verified_by_id=people[1],
        )
        for row in [*meeting.firms, *meeting.experts]:
            row.attendance = Attendance.ATTENDED
        meeting.firms[2].attendance = Attendance.EXCUSED
        make.make_meeting(session, MeetingKind.INBOUND, [firms[0]], [], day=date(2026, 6, 1))
        make_target(session, "outbound", 4, unit_id=units[1].id)
        ids = [unit.id for unit in units]
    with sessions.read() as session:
        found = queries.board(session, 2026, make.TODAY)
        rows = {row.unit.id: row for row in found.units}
        assert [rows[unit].actual[OUT] for unit in ids] == [1, 1, 0]
        assert [rows[unit].unrecorded for unit in ids] == [1, 0, 0]
        assert found.gauges[0].tally.total == 1
        assert found.exceeds
        assert found.split
        promise = rows[ids[1]].promises[OUT]
        assert promise is not None
        assert promise.pace is not None
        assert promise.pace.gap == 3
        assert rows[ids[0]].promises == {OUT: None, IN: None}
        assert found.gauges[0].promises == []  # a unit's target is not the city's


def test_the_rules_printed_are_those_of_the_year(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        add_rule(session, OUT, 2, date(2025, 1, 1))
        add_rule(session, OUT, 3, date(2026, 7, 1))
    with sessions.read() as session:
        numbers = {
            year: [rule.number for rule in queries.board(session, year, make.TODAY).gauges[0].rules]
            for year in (2022, 2024, 2025, 2026, 2027)
        }
    assert numbers == {2022: [], 2024: [1], 2025: [2], 2026: [2, 3], 2027: [3]}


def test_metrics_entered_by_hand_stand_with_their_targets_and_what_was_entered(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        session.add(
            Metric(
                code="absorption",
                position=9,
                name="吸纳成果",
                name_en="Absorbed",
                unit_label="项",
                unit_label_en="items",
                counted_from="entered",
                source="文件",
            )
        )
        session.flush()
        make_target(session, "absorption", 100)
    with sessions.read() as session:
        found = queries.board(session, 2026, make.TODAY).others
        assert [(one.metric.code, len(one.targets), one.value) for one in found] == [
            ("absorption", 1, Value(Decimal(0)))
        ]
        assert queries.board(session, 2025, make.TODAY).others == []


def test_the_board_takes_as_many_queries_for_many_meetings(sessions: Sessions) -> None:
    taken = []
    with sessions.write() as session:
        make_counting(session)
        make_target(session, "outbound", 100)
    for more in (3, 30):
        with sessions.write() as session:
            for _ in range(more):
                make_verified(session, MeetingKind.OUTBOUND)
        with sessions.read() as session, counted_queries(sessions) as seen:
            total = queries.board(session, 2026, make.TODAY).gauges[0].tally.total
        taken.append((total, len(seen)))
    (few, first), (many, second) = taken
    assert (few, many) == (3, 33)
    # zones of units are joined; a unit's row costs nothing beyond the one query for all
    assert first == second
