"""Specialists: who files them, one filing at a time, visits, coverage, what counts on which day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, ServiceLog, Specialist, SpecialistHost
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import FilingDraft, ServiceLogDraft, TripartiteDraft, check
from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.specialists import Filing, on_file
from matchmaker.domain.vocabulary import Noun, Role, SpecialistKind, SpecialistStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import entries, service_totals
from matchmaker.queries import specialists as queries
from matchmaker.services import merging, service_logs
from matchmaker.services import specialists as services
from tests import factories as make
from tests.support.teams import CLOCK, Work

TODAY = make.TODAY
FILED = TODAY - timedelta(days=400)


@pytest.fixture
def work(sessions: Sessions) -> Iterator[Work]:
    with sessions.write() as session:
        work = Work(session)
        work.firm.tags = ["高新技术企业"]
        session.flush()
        yield work


def filing(number: str = "T-1", kind: str = "enterprise", filed_on: date = FILED) -> FilingDraft:
    draft, errors = check(FilingDraft, {"number": number, "kind": kind, "filed_on": filed_on.isoformat()})
    assert draft is not None, errors
    return draft


def put(work: Work, draft: FilingDraft | None = None, *hosts: str, actor: Actor | None = None) -> Specialist:
    keys = list(hosts) or [f"firm:{work.firm.id}"]
    who = work.experts[0]
    return services.file(work.session, actor or work.city, draft or filing(), who, None, hosts=keys, clock=CLOCK)


def visit(work: Work, one: Specialist, *, day: date = TODAY, actor: Actor | None = None) -> ServiceLog:
    typed: dict[str, Any] = {"firm": work.firm.id, "day": day, "share": "2", "problem": "热裂纹", "result": "调参"}
    draft, errors = check(ServiceLogDraft, typed)
    assert draft is not None, errors
    return service_logs.begin(work.session, actor or work.lead, one, draft, expert_id=one.expert_id, clock=CLOCK)


def counted(work: Work, year: int) -> tuple[int, int]:
    values = entries.values(work.session, year)
    return int(values["specialists"].amount), int(values["agricultural_specialists"].amount)


@pytest.mark.both_databases
def test_a_person_counts_once_from_the_day_of_filing_to_the_day_of_its_end(work: Work) -> None:
    assert counted(work, TODAY.year) == (0, 0)
    one = put(work)
    assert counted(work, FILED.year - 1) == (0, 0)
    assert counted(work, FILED.year) == counted(work, TODAY.year) == (1, 0)
    with pytest.raises(Invalid, match="已是在册"):
        put(work, filing("T-2"))
    put(work, filing("T-3", "agricultural"))
    assert counted(work, TODAY.year) == (1, 1)
    loaded = entries.load(work.session)
    assert loaded.to_date("specialists", TODAY.year) == 1  # years are not added up
    services.move(work.session, work.city, one, "end", reason="调离", clock=CLOCK)
    assert (one.status, one.ended_on) == (SpecialistStatus.ENDED, TODAY)
    assert counted(work, TODAY.year) == (0, 1)
    again = put(work, filing("T-4"))
    with pytest.raises(Conflict, match="已另有"):
        services.move(work.session, work.city, one, "resume", reason="误操作", clock=CLOCK)
    services.move(work.session, work.city, again, "end", reason="误录", clock=CLOCK)
    services.move(work.session, work.city, one, "resume", reason="误操作", clock=CLOCK)
    assert (one.ended_on, counted(work, TODAY.year)) == (None, (1, 1))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4), st.sampled_from(SpecialistKind), st.integers(0, 900), st.none() | st.integers(0, 900)
        ),
        max_size=8,
    ),
    st.integers(0, 1000),
)
def test_on_file_is_what_a_plain_reckoning_finds(
    rows: list[tuple[int, SpecialistKind, int, int | None]], at: int
) -> None:
    start = date(2024, 1, 1)
    day = start + timedelta(days=at)
    filings = [
        Filing(n, who, kind, start + timedelta(days=filed), None if end is None else start + timedelta(days=end))
        for n, (who, kind, filed, end) in enumerate(rows)
    ]
    for code, kind in (
        (EntryCode.SPECIALISTS, SpecialistKind.ENTERPRISE),
        (EntryCode.AGRICULTURAL, SpecialistKind.AGRICULTURAL),
    ):
        people = {who for who, of, filed, end in rows if of is kind and filed <= at and (end is None or end > at)}
        assert set(on_file(filings, code, day)) == people


def test_who_may_keep_a_filing(work: Work) -> None:
    other_unit = make.make_unit(work.session, "乙县")
    neighbour = make.actor_of(make.make_account(work.session, Role.COUNTY, unit_id=other_unit.id))
    with pytest.raises(Forbidden):
        services.file(work.session, work.county, filing(), work.experts[0], None, hosts=[], clock=CLOCK)
    with pytest.raises(Forbidden):
        put(work, actor=neighbour)
    one = put(work, actor=work.county)
    for actor in (neighbour, work.owner, work.lead):
        with pytest.raises(Forbidden):
            services.add_host(work.session, actor, one, f"unit:{other_unit.id}", since=TODAY, clock=CLOCK)
    with pytest.raises(Forbidden):
        services.add_host(work.session, work.county, one, f"unit:{other_unit.id}", since=TODAY, clock=CLOCK)
    services.add_host(work.session, work.city, one, f"unit:{other_unit.id}", since=TODAY, clock=CLOCK)
    services.add_host(work.session, work.city, one, f"unit:{other_unit.id}", since=TODAY, clock=CLOCK)
    assert len(one.hosts) == 2  # twice is once
    with pytest.raises(Forbidden):  # a unit's officer does not take another unit's specialist off file
        services.move(work.session, work.county, one, "end", reason="不来", clock=CLOCK)
    with pytest.raises(Invalid):
        services.end_host(work.session, work.county, one, one.hosts[0].id, reason=" ", clock=CLOCK)
    services.end_host(work.session, work.county, one, one.hosts[0].id, reason="到期", clock=CLOCK)
    assert one.hosts[0].until == TODAY


def test_what_is_wrong_with_a_filing_is_said(work: Work) -> None:
    put(work)
    with pytest.raises(Invalid, match="已登记给"):
        services.file(work.session, work.city, filing(), work.experts[1], None, hosts=[], clock=CLOCK)
    late = filing("T-9", filed_on=TODAY + timedelta(days=1))
    with pytest.raises(Invalid, match="晚于今天"):
        services.file(work.session, work.city, late, work.experts[1], None, hosts=[], clock=CLOCK)
    with pytest.raises(Invalid):
        services.file(work.session, work.city, filing("T-8"), work.experts[1], None, hosts=["firm:x"], clock=CLOCK)


def test_an_agreement_is_entered_and_corrected_on_the_trail(work: Work) -> None:
    one = put(work)
    for day in (TODAY - timedelta(days=9), TODAY - timedelta(days=8)):
        draft = TripartiteDraft(host=str(one.hosts[0].id), agreed_on=day)
        services.agree(work.session, work.county, one, draft, clock=CLOCK)
    assert one.hosts[0].agreed_on == TODAY - timedelta(days=8)
    mine = (Audit.noun == Noun.SPECIALIST, Audit.action == "agree")
    said = work.session.scalars(select(Audit).where(*mine).order_by(Audit.id)).all()
    assert [row.before.get("signed_on") for row in said] == [None, (TODAY - timedelta(days=9)).isoformat()]


@pytest.mark.both_databases
def test_a_firm_is_covered_by_an_approved_visit_of_whoever_still_serves_it(work: Work) -> None:
    one = put(work)
    look = lambda: queries.coverage(work.session, work.city, TODAY)  # noqa: E731
    assert (look().firms, look().covered) == ((work.firm.id,), ())
    log = visit(work, one)
    assert look().covered == ()
    work.step(log, (work.lead, "submit"), (work.county, "unit_pass"), (work.city, "approve"))
    assert (look().covered, look().share, look().left) == ((work.firm.id,), 1.0, ())
    assert service_totals.by(work.session, ServiceLog.specialist_id)[one.id].days == 1
    assert queries.coverage(work.session, work.city, TODAY.replace(year=TODAY.year + 1)).covered == ()
    services.move(work.session, work.city, one, "end", reason="调离", clock=CLOCK)
    assert look().left == (work.firm.id,)
    with pytest.raises(Conflict, match="已终止"):
        visit(work, one)


def test_days_are_logged_only_where_and_while_the_specialist_serves(work: Work) -> None:
    one = put(work)
    with pytest.raises(Invalid):
        visit(work, one, day=FILED - timedelta(days=1))
    with pytest.raises(Forbidden):
        visit(work, one, actor=work.owner)
    with pytest.raises(Invalid):
        visit(work, one, actor=work.outsider)
    elsewhere = make.make_firm(work.session, work.unit)
    typed: dict[str, Any] = {"firm": elsewhere.id, "day": TODAY, "share": "1", "problem": "a", "result": "b"}
    draft, _errors = check(ServiceLogDraft, typed)
    assert draft is not None
    with pytest.raises(Invalid, match="当天服务的企业"):
        service_logs.begin(work.session, work.lead, one, draft, expert_id=None, clock=CLOCK)
    services.add_host(work.session, work.city, one, f"unit:{work.unit.id}", since=TODAY, clock=CLOCK)
    assert service_logs.begin(work.session, work.lead, one, draft, expert_id=None, clock=CLOCK).specialist_id == one.id


def test_a_specialist_who_comes_back_is_filed_anew_and_next_year_is_empty(work: Work) -> None:
    one = put(work)
    assert int(entries.values(work.session, TODAY.year + 1, TODAY)["specialists"].amount) == 0
    then = FixedDayClock(TODAY.replace(year=TODAY.year - 1, month=8))
    services.move(work.session, work.city, one, "end", reason="离任", clock=then)
    with pytest.raises(Conflict, match="往年的在册人数"):
        services.move(work.session, work.city, one, "resume", reason="回来", clock=CLOCK)
    assert (counted(work, TODAY.year - 1), counted(work, TODAY.year)) == ((0, 0), (0, 0))
    put(work, filing("T-2", filed_on=TODAY))
    assert (counted(work, TODAY.year - 1), counted(work, TODAY.year)) == ((0, 0), (1, 0))


def test_a_filing_is_corrected_by_the_city_and_with_a_reason(work: Work) -> None:
    one = put(work)
    change = filing("T-1", "agricultural")
    for actor, reason, refusal in ((work.county, "写错", Forbidden), (work.city, " ", Invalid)):
        with pytest.raises(refusal):
            services.edit(work.session, actor, one, change, None, version=one.version, clock=CLOCK, reason=reason)
    assert counted(work, TODAY.year) == (1, 0)
    services.edit(work.session, work.city, one, change, None, version=one.version, clock=CLOCK, reason="写错")
    assert counted(work, TODAY.year) == (0, 1)


def test_a_host_is_served_once_at_a_time_from_its_first_day_on(work: Work) -> None:
    one, second = put(work), make.make_firm(work.session, work.unit)
    key, later = f"firm:{work.firm.id}", TODAY + timedelta(days=30)
    services.end_host(work.session, work.city, one, one.hosts[0].id, reason="到期", clock=CLOCK)
    services.add_host(work.session, work.city, one, key, since=TODAY, clock=CLOCK)
    assert [(row.since, row.until) for row in one.hosts] == [(FILED, None)]
    with pytest.raises(Invalid):
        services.add_host(work.session, work.city, one, f"firm:{one.institute_id}", since=TODAY, clock=CLOCK)
    services.add_host(work.session, work.city, one, f"firm:{second.id}", since=later, clock=CLOCK)
    merging.merge(work.session, work.city, work.firm, second, reason="同一家", clock=CLOCK)
    [host] = work.session.scalars(select(SpecialistHost)).unique()
    assert (host.organisation_id, host.since, host.until) == (work.firm.id, FILED, None)
    services.end_host(work.session, work.city, one, host.id, reason="到期", clock=CLOCK)
    services.add_host(work.session, work.city, one, f"unit:{work.unit.id}", since=later, clock=CLOCK)
    services.end_host(work.session, work.city, one, one.hosts[-1].id, reason="不去了", clock=CLOCK)
    assert one.hosts[-1].until == later


def test_a_merged_person_counts_once(work: Work) -> None:
    one = put(work)
    other = work.experts[1]
    services.file(work.session, work.city, filing("T-2"), other, None, hosts=[], clock=CLOCK)
    assert counted(work, TODAY.year) == (2, 0)
    with pytest.raises(Conflict, match="先终止其中一份"):
        merging.merge(work.session, work.city, other, work.experts[0], reason="同一人", clock=CLOCK)
    services.move(work.session, work.city, one, "end", reason="重复", clock=CLOCK)
    merging.merge(work.session, work.city, other, work.experts[0], reason="同一人", clock=CLOCK)
    assert counted(work, TODAY.year) == (1, 0)
