"""Reports: what they say is what is counted; issued ones never change; the draft is told of when it is due."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Meeting, OutboxMessage, Report
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.reports import Content, Period, ReportKind, last_ended, ranks
from matchmaker.domain.rule_terms import terms_of
from matchmaker.domain.rules import WhyNot
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import board
from matchmaker.queries import reports as queries
from matchmaker.services import blobs, exclusions, meetings, reports, rules
from matchmaker.services.rules import Proposal
from tests import factories as make
from tests.support.reports import JUNE, MAY, make_year

CLOCK = FixedDayClock(make.TODAY)


@pytest.fixture
def year(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        return make_year(session)


def issued(sessions: Sessions, year: SimpleNamespace, period: Period = MAY, **more: object) -> int:
    with sessions.read() as session:
        made = reports.draft(session, year.city, period, clock=CLOCK)
    values = {"seen": made.content.fingerprint, "edition": 1, **more}
    with sessions.write() as session:
        return reports.issue(session, year.city, made, clock=CLOCK, **values).id  # type: ignore[arg-type]


def test_periods_and_their_ends() -> None:
    assert last_ended(ReportKind.MONTHLY, date(2027, 1, 1)) == Period(ReportKind.MONTHLY, 2026, 12)
    assert last_ended(ReportKind.QUARTERLY, date(2027, 3, 31)) == Period(ReportKind.QUARTERLY, 2026, 4)
    assert last_ended(ReportKind.QUARTERLY, date(2026, 11, 22)) == Period(ReportKind.QUARTERLY, 2026, 3)
    assert Period(ReportKind.MONTHLY, 2028, 2).last == date(2028, 2, 29)
    assert (Period(ReportKind.QUARTERLY, 2026, 4).first, JUNE.until(make.TODAY)) == (date(2026, 10, 1), make.TODAY)
    with pytest.raises(ValueError, match="no such period"):
        Period(ReportKind.QUARTERLY, 2026, 5)


def test_units_are_ranked_only_against_a_split() -> None:
    assert ranks({1: 2, 2: 5, 3: 1}, {}) == {}
    assert ranks({1: 2, 2: 5, 3: 9}, {1: 4, 2: 10, 4: 2}) == {1: 1, 2: 1, 4: 3}  # type: ignore[dict-item]


def test_a_report_says_what_the_board_shows(sessions: Sessions, year: SimpleNamespace) -> None:
    with sessions.read() as session:
        found = queries.content(session, JUNE, make.TODAY)
        for one in found.hundreds:
            gauge = board.gauge(session, one.code, JUNE.year, today=make.TODAY)
            assert gauge is not None
            sums = gauge.tally
            assert (one.total, one.firm_visits, one.expert_visits) == (sums.total, sums.firm_visits, sums.expert_visits)
            assert (one.firms, one.institutes) == (sums.firms, sums.institutes)
            assert [rule.number for rule in one.rules] == [1]
    outbound, inbound = found.hundreds
    assert (outbound.total, outbound.in_period, outbound.months) == (2, 0, (0, 0, 0, 1, 1, 0))
    assert (inbound.total, inbound.left_out) == (1, {WhyNot.CANCELLED.value: 1})
    assert [(unit.counted, unit.rank) for unit in outbound.units if unit.split] == [(1, 1), (1, 2)]
    assert outbound.units[0].rank == 1
    assert not inbound.ranked
    assert len(found.annex.rows) == 4
    number = found.annex.columns.index("场次")
    assert sum(int(row[number] or 0) for row in found.annex.rows) == 3


def test_what_is_kept_reads_back_as_it_was(sessions: Sessions, year: SimpleNamespace) -> None:
    number = issued(sessions, year)
    with sessions.read() as session:
        row = queries.get(session, number)
        assert Content.model_validate(row.content).fingerprint == row.fingerprint
        entry = session.scalars(select(Audit).where(Audit.action == "issue")).one()
        assert (entry.actor, entry.after["fingerprint"]) == (year.city.name, row.fingerprint)
        assert [one.any for one in queries.differences(session, Content.model_validate(row.content))] == [False, False]


def test_an_issued_report_stays_and_tells_what_differs(sessions: Sessions, year: SimpleNamespace) -> None:
    number = issued(sessions, year)

    def kept() -> tuple[object, ...]:
        with sessions.read() as session:
            row = queries.get(session, number)
            files = [blobs.read(session, sha) for sha in (row.xlsx_sha256, row.docx_sha256)]
            return (row.content, row.fingerprint, *files)

    before = kept()
    with sessions.write() as session:
        meeting = session.get_one(Meeting, year.out[1])
        meetings.unverify(session, year.city, meeting, reason="材料有误", clock=CLOCK)
        terms = terms_of(MetricCode.INBOUND, {"evidence": ["photo"]})
        wanted = Proposal(MetricCode.INBOUND, terms, valid_from=date(2026, 5, 1), reason="局长办公会", past=True)
        rules.adopt(session, year.city, wanted, clock=CLOCK)
    assert kept() == before
    with sessions.read() as session:
        said = Content.model_validate(queries.get(session, number).content)
        outbound, inbound = queries.differences(session, said)
        assert (outbound.said.total, outbound.now, [one.meeting.id for one in outbound.lost]) == (2, 1, [year.out[1]])
        assert (inbound.said.total, inbound.now, [one.meeting.id for one in inbound.lost]) == (1, 0, [year.inward])
        assert inbound.lost[0].line is not None
        assert not outbound.gained
        assert [rule.number for rule in said.hundreds[1].rules] == [1]


def test_a_further_edition_needs_a_reason_and_both_stay(sessions: Sessions, year: SimpleNamespace) -> None:
    first = issued(sessions, year)
    with pytest.raises(Invalid) as refusal:
        issued(sessions, year, edition=2)
    assert list(refusal.value.errors) == ["reason"]
    second = issued(sessions, year, edition=2, reason="更正")
    with sessions.read() as session:
        assert [row.id for row in queries.editions(session, MAY)] == [second, first]


@pytest.mark.both_databases
def test_two_people_at_once_issue_one(sessions: Sessions, year: SimpleNamespace) -> None:
    with sessions.read() as session:
        made = reports.draft(session, year.city, MAY, clock=CLOCK)

    def press(actor: Actor) -> str:
        try:
            with sessions.write() as session:
                reports.issue(session, actor, made, seen=made.content.fingerprint, edition=1, clock=CLOCK)
        except Conflict:
            return "refused"
        return "issued"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, (year.city, year.other))) == ["issued", "refused"]
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 1


def test_what_was_not_read_is_not_issued(sessions: Sessions, year: SimpleNamespace) -> None:
    with sessions.read() as session:
        made = reports.draft(session, year.city, MAY, clock=CLOCK)
    with sessions.write() as session, pytest.raises(Conflict, match="变动"):
        reports.issue(session, year.city, made, seen="anything else", edition=1, clock=CLOCK)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, year.out[0])
        exclusions.exclude(session, year.city, meeting, MetricCode.OUTBOUND, reason="重复", clock=CLOCK)
    with sessions.write() as session, pytest.raises(Conflict, match="变动"):
        reports.issue(session, year.city, made, seen=made.content.fingerprint, edition=1, clock=CLOCK)


def test_only_the_city_and_only_what_has_begun(sessions: Sessions, year: SimpleNamespace) -> None:
    with sessions.read() as session:
        for actor in (year.county, year.leader):
            with pytest.raises(Forbidden):
                reports.draft(session, actor, MAY, clock=CLOCK)
        with pytest.raises(Conflict):
            reports.draft(session, year.city, Period(ReportKind.MONTHLY, 2026, 7), clock=CLOCK)


def test_the_draft_is_told_of_once_from_its_day_until_it_is_issued(
    sessions: Sessions, settings: Settings, year: SimpleNamespace
) -> None:
    def told(day: date) -> tuple[str, int]:
        with sessions.write() as session:
            said = reports.tell_due(session, day, settings=settings, clock=FixedDayClock(day))
            sent = select(func.count()).where(OutboxMessage.notice == reports.NOTICE)
            return said, session.scalar(sent) or 0

    due = date(2026, 6, settings.report_day)
    assert told(due - timedelta(days=1)) == ("0 reports due", 0)
    _said, letters = told(due)
    assert letters == 4  # May and the first quarter, to two officers
    assert told(due)[1] == told(due + timedelta(days=3))[1] == letters
    issued(sessions, year)
    assert told(due)[0] == "1 reports due"
    issued(sessions, year, JUNE)  # in the middle of the month
    july = date(2026, 7, settings.report_day)
    assert told(july)[0] == "2 reports due"  # June all the same, and the second quarter
