"""Selecting for counting: the facts are right, the year is civil, the number of queries does not grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import event
from sqlalchemy.orm import Session

from matchmaker.db.models import Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import WhyNot
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role
from matchmaker.queries.counts import lines_of, tallies
from tests import factories as make
from tests.support.counting import add_rule, make_counting


@contextmanager
def counted_queries(sessions: Sessions) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(sessions.engine, "before_cursor_execute", note)
    yield seen
    event.remove(sessions.engine, "before_cursor_execute", note)


def make_verified(session: Session, kind: MeetingKind, day: date = make.TODAY, **values: object) -> Meeting:
    host = make.make_institute(session)
    recorder, verifier = (make.make_account(session, Role.CITY).id for _ in range(2))
    meeting = make.make_meeting(
        session,
        kind,
        [make.make_firm(session, make.make_unit(session))],
        [make.make_expert(session, host)],
        host if kind is MeetingKind.OUTBOUND else None,
        **{
            "day": day,
            "status": MeetingStatus.VERIFIED,
            "recorded_by_id": recorder,
            "verified_by_id": verifier,
            **values,
        },
    )
    for row in [*meeting.firms, *meeting.experts]:
        row.attendance = Attendance.ATTENDED
    session.flush()
    return meeting


def test_ten_times_the_meetings_take_as_many_queries(sessions: Sessions) -> None:
    taken = []
    with sessions.write() as session:
        make_counting(session)
    for more in (2, 20):
        with sessions.write() as session:
            for _ in range(more):
                make_verified(session, MeetingKind.OUTBOUND)
                make_verified(session, MeetingKind.INBOUND)
        with sessions.read() as session, counted_queries(sessions) as seen:
            totals = {code: found.total for code, found in tallies(session, 2026).items()}
        taken.append((len(seen), totals["outbound"], totals["inbound"]))
    assert [row[1:] for row in taken] == [(2, 2), (22, 22)]
    assert taken[0][0] == taken[1][0] <= 9


def test_the_year_is_that_of_the_day(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)):
            make_verified(session, MeetingKind.INBOUND, day)
    with sessions.read() as session:
        totals = [tallies(session, year)[MetricCode.INBOUND].total for year in (2025, 2026, 2027)]
    assert totals == [1, 2, 1]


def test_an_expert_without_a_workplace_works_at_the_only_site_of_the_institute(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.INBOUND)
        expert = meeting.experts[0].expert
        expert.site_id = None
    with sessions.read() as session:
        assert tallies(session, 2026)[MetricCode.INBOUND].total == 1
    with sessions.write() as session:
        make.make_site(session, expert.institute, make.LOCAL)
    with sessions.read() as session:
        found = lines_of(session, meeting)
    assert [reason.why for reason in found[MetricCode.INBOUND].verdict.reasons] == [WhyNot.NO_EXPERT]
    assert set(found) == {MetricCode.INBOUND}


def test_a_member_of_the_named_group_speaks_for_the_host(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.OUTBOUND)
        guest = make.make_expert(session)
        meeting.experts[0].expert_id = guest.id
        session.flush()
    with sessions.read() as session:
        (line,) = lines_of(session, meeting).values()
        assert [reason.why for reason in line.verdict.reasons] == [WhyNot.NOBODY_OF_HOST]
    with sessions.write() as session:
        lead = make.make_expert(session, meeting.host)
        session.get_one(Meeting, meeting.id).group_id = make.make_group(session, lead, guest).id
    with sessions.read() as session:
        (line,) = lines_of(session, meeting).values()
        assert line.verdict.counts
        assert line.number == 1


def test_an_online_meeting_is_judged_by_both_rules(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.ONLINE)
    with sessions.read() as session:
        found = lines_of(session, meeting)
    assert set(found) == set(MetricCode)
    assert {reason.why for line in found.values() for reason in line.verdict.reasons} == {WhyNot.ONLINE}


def test_a_new_rule_holds_from_its_day(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        add_rule(session, MetricCode.INBOUND, 2, date(2026, 6, 1), shape=2)  # one this code does not carry out
        early = make_verified(session, MeetingKind.INBOUND, date(2026, 5, 31))
        late = make_verified(session, MeetingKind.INBOUND, date(2026, 6, 1))
    with sessions.read() as session:
        assert lines_of(session, early)[MetricCode.INBOUND].verdict.counts
        (reason,) = lines_of(session, late)[MetricCode.INBOUND].verdict.reasons
    assert reason.why is WhyNot.NO_RULE
