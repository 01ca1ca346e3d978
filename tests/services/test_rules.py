"""Rules as data: adopted from a day, seen side by side before, withdrawn before they begin; history is recounted."""

from datetime import date

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, CountingRule
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.rule_terms import terms_of
from matchmaker.domain.vocabulary import MeetingKind, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import counts, recount, rule_changes
from matchmaker.services import exclusions, rules, snapshots
from matchmaker.services.rules import Proposal
from tests import factories as make
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)
LATER = date(2026, 7, 1)


def proposal(**values: object) -> Proposal:
    terms = terms_of(MetricCode.INBOUND, {"unit": "firm_expert_day"})
    found = {"metric": MetricCode.INBOUND, "terms": terms, "valid_from": LATER, "reason": "局长办公会", **values}
    return Proposal(**found)  # type: ignore[arg-type]


def officer(sessions: Sessions, role: Role = Role.CITY) -> Actor:
    with sessions.write() as session:
        unit = {"unit_id": make.make_unit(session).id} if role is Role.COUNTY else {}
        return make.actor_of(make.make_account(session, role, **unit))


@pytest.fixture
def city(sessions: Sessions) -> Actor:
    with sessions.write() as session:
        make_counting(session)
    return officer(sessions)


@pytest.mark.both_databases
def test_a_new_rule_recounts_from_its_day_and_snapshots_stay(sessions: Sessions, city: Actor) -> None:
    with sessions.write() as session:
        early = make_verified(session, MeetingKind.INBOUND, date(2026, 6, 1))
        late = make_verified(session, MeetingKind.INBOUND, date(2026, 6, 10))
        for meeting in (early, late):
            guest = make.make_expert(session, meeting.experts[0].expert.institute)
            session.add(type(meeting.experts[0])(meeting_id=meeting.id, expert_id=guest.id, attendance="attended"))
    with sessions.write() as session:
        (stored, _) = sorted(snapshots.take(session, SYSTEM, make.TODAY, CLOCK), key=lambda row: row.metric_code)
        assert stored.value == 2
    wanted = proposal(valid_from=date(2026, 6, 5), past=True)
    with sessions.read() as session:
        drafted = rules.drafted(session, city, wanted, clock=CLOCK)
        (year,) = rule_changes.side_by_side(session, drafted, [2026])
        assert (year.old.total, year.new.total) == (2, 3)
        assert [(shift.new.facts.id, shift.change) for shift in year.gained] == [(late.id, 1)]
        assert year.lost == []
        assert counts.tallies(session, 2026)[MetricCode.INBOUND].total == 2  # nothing has been written
    with sessions.write() as session:
        row = rules.adopt(session, city, wanted, clock=CLOCK)
        assert (row.number, row.title) == (2, "请进：企业 × 专家 × 日")
    with sessions.read() as session:
        assert counts.tallies(session, 2026)[MetricCode.INBOUND].total == 3
        report = recount.report(session, 2026)
        again = next(one for one in report.snapshots if one.snapshot.metric_code == "inbound")
        assert (again.then, again.value, again.snapshot.value) == (True, 3, 2)
        assert report.sound
        entry = session.scalars(select(Audit).where(Audit.action == "adopt")).one()
        assert (entry.actor, entry.reason, entry.after["number"]) == (city.name, "局长办公会", 2)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"valid_from": None}, "valid_from"),
        ({"valid_from": date(2026, 6, 14)}, "past"),
        ({"reason": " "}, "reason"),
        ({"terms": terms_of(MetricCode.INBOUND, {})}, ""),
    ],
)
def test_what_is_missing_is_named_by_field(
    sessions: Sessions, city: Actor, values: dict[str, object], field: str
) -> None:
    with sessions.write() as session, pytest.raises(Invalid) as refusal:
        rules.adopt(session, city, proposal(**values), clock=CLOCK)
    assert list(refusal.value.errors) == [field]


def test_only_before_its_day_is_a_rule_withdrawn_and_its_number_is_not_used_again(
    sessions: Sessions, city: Actor
) -> None:
    with sessions.write() as session:
        row = rules.adopt(session, city, proposal(), clock=CLOCK)
        with pytest.raises(Invalid):
            rules.withdraw(session, city, row, reason=" ", clock=CLOCK)
        rules.withdraw(session, city, row, reason="未定", clock=CLOCK)
        with pytest.raises(Conflict):
            rules.withdraw(session, city, row, reason="再撤", clock=CLOCK)
        again = rules.adopt(session, city, proposal(valid_from=make.TODAY), clock=CLOCK)
        assert again.number == 3
        with pytest.raises(Conflict):
            rules.withdraw(session, city, again, reason="已起用", clock=CLOCK)
    with sessions.read() as session:
        assert [rule.number for rule in counts.rules(session) if rule.metric is MetricCode.INBOUND] == [1, 3]
        history = rule_changes.history(session)[MetricCode.INBOUND]
        assert [row.number for row in history] == [3, 2, 1]
        assert rule_changes.holding(history, make.TODAY) == 3


@pytest.mark.parametrize("role", [Role.COUNTY, Role.LEADER])
def test_only_the_city_decides(sessions: Sessions, city: Actor, role: Role) -> None:
    other = officer(sessions, role)
    with sessions.write() as session:
        meeting = make_verified(session, MeetingKind.INBOUND)
        with pytest.raises(Forbidden):
            rules.adopt(session, other, proposal(), clock=CLOCK)
        with pytest.raises(Forbidden):
            rules.withdraw(session, other, session.scalars(select(CountingRule)).first(), reason="x", clock=CLOCK)
        with pytest.raises(Forbidden):
            exclusions.exclude(session, other, meeting, MetricCode.INBOUND, reason="x", clock=CLOCK)


@pytest.mark.both_databases
def test_an_exclusion_leaves_the_count_and_comes_back(sessions: Sessions, city: Actor) -> None:
    with sessions.write() as session:
        meeting = make_verified(session, MeetingKind.INBOUND)

    def total() -> int:
        with sessions.read() as session:
            assert recount.report(session, 2026).sound
            return counts.tallies(session, 2026)[MetricCode.INBOUND].total

    assert total() == 1
    with sessions.write() as session:
        with pytest.raises(Invalid):
            exclusions.exclude(session, city, meeting, MetricCode.INBOUND, reason=" ", clock=CLOCK)
        with pytest.raises(Conflict):
            exclusions.exclude(session, city, meeting, MetricCode.OUTBOUND, reason="x", clock=CLOCK)
        exclusions.exclude(session, city, meeting, MetricCode.INBOUND, reason="不属于科技对接", clock=CLOCK)
        with pytest.raises(Conflict):
            exclusions.exclude(session, city, meeting, MetricCode.INBOUND, reason="x", clock=CLOCK)
    assert total() == 0
    with sessions.read() as session:
        (reason,) = counts.lines_of(session, meeting)[MetricCode.INBOUND].verdict.reasons
        assert str(reason.detail).endswith(f"{city.name}：不属于科技对接")
    with sessions.write() as session:
        exclusions.take_back(session, city, meeting, MetricCode.INBOUND, reason="核实属于", clock=CLOCK)
        with pytest.raises(Conflict):
            exclusions.take_back(session, city, meeting, MetricCode.INBOUND, reason="x", clock=CLOCK)
    assert total() == 1
