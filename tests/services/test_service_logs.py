"""Service logs: who writes, reviews and rates, what totals count, and what a certificate says."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker.db.models import OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import CertificateDraft, ServiceLogDraft, check
from matchmaker.domain.vocabulary import Role, ServiceLogStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import certificates as certificate_queries
from matchmaker.queries import service_totals
from matchmaker.services import certificates, service_logs
from tests import factories as make
from tests.support.teams import CLOCK, FIRM, Work

YESTERDAY = make.TODAY - timedelta(days=1)


@pytest.fixture
def work(sessions: Sessions) -> Iterator[Work]:
    with sessions.write() as session:
        yield Work(session).serving()


@pytest.mark.both_databases
def test_only_approved_logs_count_and_the_firm_rates_them(work: Work) -> None:
    for status, steps in (
        (ServiceLogStatus.UNIT_REVIEW, ("submit",)),
        (ServiceLogStatus.CITY_REVIEW, ("submit", "unit_pass")),
    ):
        log = work.log(day=YESTERDAY, share="1")
        work.step(log, *((work.lead if step == "submit" else work.county, step) for step in steps))
        assert log.status is status
    assert service_totals.of_teams(work.session, [work.team.id]) == {}
    log = work.approved()
    half = work.approved(actor=None, day=YESTERDAY - timedelta(days=1), share="1")
    service_logs.rate(work.session, work.owner, log, rating="4", words="好", clock=CLOCK)
    totals = service_totals.of_teams(work.session, [work.team.id])[work.team.id]
    assert (totals.days, totals.times, totals.firms, totals.problems, totals.rating) == (1.5, 2, 1, 2, 4)
    assert service_totals.of_people(work.session, work.team.id).keys() == {work.experts[0].id}
    assert service_totals.of_teams(work.session, [work.team.id], make.TODAY.year - 1) == {}
    work.step(half, (work.city, "unapprove"), reason="重复")
    assert service_totals.of_teams(work.session, [work.team.id])[work.team.id].days == 1


def test_a_day_holds_one_day(work: Work) -> None:
    work.log(share="1")
    work.log(share="1")
    with pytest.raises(Invalid, match="不能超过一天"):
        work.log(share="1")
    work.log(actor=work.member, share="2")  # another person's day


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"day": make.TODAY + timedelta(days=1)}, "day"),
        ({"day": make.TODAY - timedelta(days=400)}, "day"),
        ({"firm": 10_000}, "firm"),
    ],
)
def test_what_cannot_be_is_refused_by_field(work: Work, more: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        work.log(**more)
    assert set(refused.value.errors) == {field}


def test_who_may_write_and_what_stays_as_it_was(work: Work) -> None:
    with pytest.raises(Invalid):
        work.log(actor=work.outsider)
    with pytest.raises(Forbidden):
        work.log(actor=work.owner)
    taken_down = work.log(actor=work.county)
    assert (taken_down.expert_id, taken_down.on_behalf) == (work.experts[0].id, True)
    log = work.log(actor=work.member)
    work.step(log, (work.member, "submit"))
    typed = {"firm": work.firm.id, "day": make.TODAY, "share": "2", "problem": "裂", "result": "改"}
    draft, _errors = check(ServiceLogDraft, typed)
    said = {"clock": CLOCK}
    with pytest.raises(Conflict, match="已提交"):
        service_logs.edit(work.session, work.member, log, draft, version=log.version, **said)
    work.step(log, (work.county, "return"), reason="写清楚")
    [letter] = work.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "log_returned")).all()
    assert letter.payload["reason"] == "写清楚"
    with pytest.raises(Conflict, match="又被改过"):
        service_logs.edit(work.session, work.member, log, draft, version=log.version - 1, **said)
    service_logs.edit(work.session, work.member, log, draft, version=log.version, **said)
    assert log.result == "改"


def test_a_rating_is_one_to_five_once_and_an_officer_says_how_it_was_told(work: Work) -> None:
    log = work.approved()
    for rating in ("0", "6", "", "五"):
        with pytest.raises(Invalid) as refused:
            service_logs.rate(work.session, work.owner, log, rating=rating, words="", clock=CLOCK)
        assert set(refused.value.errors) == {"rating"}
    with pytest.raises(Invalid, match="何时"):
        service_logs.rate(work.session, work.city, log, rating="5", words="", clock=CLOCK)
    with pytest.raises(Forbidden):
        service_logs.rate(work.session, work.lead, log, rating="5", words="", clock=CLOCK)
    service_logs.rate(work.session, work.owner, log, rating="5", words="", clock=CLOCK)
    with pytest.raises(Conflict):
        service_logs.rate(work.session, work.owner, log, rating="1", words="", clock=CLOCK)
    work.step(log, (work.city, "unrate"), reason="企业点错")
    assert (log.status, log.rating) == (ServiceLogStatus.APPROVED, None)


def test_a_certificate_says_what_was_approved_and_hides_the_firms_from_strangers(work: Work) -> None:
    span = {"from_day": make.TODAY - timedelta(days=30), "to_day": make.TODAY}
    draft, _errors = check(CertificateDraft, span | {"expert": work.experts[0].id, "contracts_wan": "30"})
    with pytest.raises(Invalid, match="没有审核通过"):
        certificates.issue(work.session, work.city, work.team, draft, clock=CLOCK)
    work.approved()
    work.log(day=YESTERDAY)  # not approved
    with pytest.raises(Forbidden):
        certificates.issue(work.session, work.lead, work.team, draft, clock=CLOCK)
    row = certificates.issue(work.session, work.city, work.team, draft, clock=CLOCK)
    assert (row.half_days, row.times, row.contracts_wan) == (2, 1, 30)
    seen = certificate_queries.public(work.session, row, make.TODAY)
    assert (seen.name, seen.days, seen.revoked) == (work.experts[0].name, "1", False)
    assert [days for _name, days in seen.firms] == ["1"]
    assert FIRM not in str(seen)
    certificates.revoke(work.session, work.city, row, reason="算错", clock=CLOCK)
    assert certificate_queries.public(work.session, row, make.TODAY).revoked
    with pytest.raises(Conflict):
        certificates.revoke(work.session, work.city, row, reason="算错", clock=CLOCK)


def test_what_was_issued_stays_as_it_was(work: Work) -> None:
    work.approved()
    days = {"from_day": make.TODAY, "to_day": make.TODAY}
    draft, _errors = check(CertificateDraft, {"expert": work.experts[0].id} | days)
    row = certificates.issue(work.session, work.city, work.team, draft, clock=CLOCK)
    name = work.experts[0].name
    work.firm.name, work.experts[0].name = "改名后的公司", "改名后的人"
    work.session.flush()
    work.session.expire(row)
    assert (row.half_days, row.name, row.firms[0]["name"]) == (2, name, FIRM)
    with pytest.raises(Invalid, match="已包含"):
        certificates.issue(work.session, work.city, work.team, draft, clock=CLOCK)


def test_whoever_handled_a_log_does_not_pass_it_next(work: Work) -> None:
    log = work.log(actor=work.county)
    work.step(log, (work.county, "submit"))
    with pytest.raises(Forbidden, match="由不同的人"):
        work.step(log, (work.county, "unit_pass"))
    work.step(log, (work.city, "unit_pass"))
    with pytest.raises(Forbidden, match="由不同的人"):
        work.step(log, (work.city, "approve"))
    other = make.actor_of(make.make_account(work.session, Role.CITY))
    work.step(log, (other, "approve"))
    taken_down = work.log(actor=other, day=YESTERDAY)
    work.step(taken_down, (other, "submit"), (work.county, "unit_pass"))
    with pytest.raises(Forbidden, match="由不同的人"):
        work.step(taken_down, (other, "approve"))
    work.step(taken_down, (work.city, "return"), reason="写明数据")
    work.step(taken_down, (other, "submit"), (work.county, "unit_pass"), (work.city, "approve"))
    assert log.status is ServiceLogStatus.APPROVED


def test_officers_write_in_no_log_but_those_they_took_down(work: Work) -> None:
    log = work.log(share="1")
    typed = {"firm": work.firm.id, "day": YESTERDAY, "share": "2", "problem": "改", "result": "改"}
    draft, errors = check(ServiceLogDraft, typed)
    assert draft is not None, errors
    for actor in (work.county, work.city):
        with pytest.raises(Forbidden, match="专家本人"):
            service_logs.edit(work.session, actor, log, draft, version=log.version, clock=CLOCK)
        with pytest.raises(Forbidden):
            work.step(log, (actor, "submit"))
    service_logs.edit(work.session, work.lead, log, draft, version=log.version, clock=CLOCK)
    assert (log.half_days, log.on_behalf) == (2, False)


def test_a_log_entered_by_mistake_is_dropped_and_frees_the_day(work: Work) -> None:
    wrong = work.log(actor=work.city)
    with pytest.raises(Invalid, match="不能超过一天"):
        work.log()
    work.step(wrong, (work.city, "drop"), reason="选错了专家")
    work.log()
    with pytest.raises(Invalid, match="不能超过一天"):
        work.step(wrong, (work.city, "restore"), reason="没有选错")
