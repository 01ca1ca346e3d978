"""From plan to verified record: what is refused, what is kept, what is said in the audit trail."""

from dataclasses import replace
from datetime import date, time
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Meeting, OutboxMessage, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.files import upload
from matchmaker.domain.meetings import EvidenceGap, Plan, Presence, Record
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    Attendance,
    EvidenceKind,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    Role,
)
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.queries.counts import tallies
from matchmaker.queries.meetings import gaps_of
from matchmaker.services import evidence, meeting_plans, meetings
from tests import factories as make
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)
CAME = Presence(Attendance.ATTENDED)


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """Two firms of two units, a university with a group of two, officers of every kind."""
    with sessions.write() as session:
        make_counting(session)
        units = [make.make_unit(session), make.make_unit(session)]
        firms = [make.make_firm(session, unit, contact_email="firm@example.org") for unit in units]
        host = make.make_institute(session)
        lead, member = make.make_expert(session, host), make.make_expert(session, host)
        return SimpleNamespace(
            firms=firms,
            host=host,
            lead=lead,
            member=member,
            group=make.make_group(session, lead, member),
            campus=make.site_of(session, host),
            base=make.make_site(session, host, make.LOCAL, units[0]),
            works=make.site_of(session, firms[0]),
            need=make.make_need(session, firms[0]),
            city=make.actor_of(make.make_account(session, Role.CITY)),
            other=make.actor_of(make.make_account(session, Role.CITY)),
            county=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=units[0].id)),
            far=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=make.make_unit(session).id)),
            firm=make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firms[0].id)),
        )


def outbound(world: SimpleNamespace, **changed: Any) -> Plan:
    plan = Plan(
        kind=MeetingKind.OUTBOUND,
        day=make.TODAY,
        starts=time(9),
        ends=time(11),
        host_id=world.host.id,
        site_id=world.campus.id,
        firm_ids=(world.firms[0].id, world.firms[1].id),
        expert_ids=(world.lead.id,),
        need_ids=(world.need.id,),
    )
    return replace(plan, **changed)


def inbound(world: SimpleNamespace, **changed: Any) -> Plan:
    changed = {"kind": MeetingKind.INBOUND, "site_id": world.works.id, "firm_ids": (world.firms[0].id,)} | changed
    return outbound(world, **changed)


def everybody_came(meeting: Meeting, minutes: str = "谈了焊接。") -> Record:
    return Record(
        firms={row.firm_id: CAME for row in meeting.firms},
        experts={row.expert_id: CAME for row in meeting.experts},
        minutes=minutes,
    )


def planned(sessions: Sessions, actor: Actor, plan: Plan) -> int:
    with sessions.write() as session:
        return meetings.schedule(session, actor, plan, clock=CLOCK).id


def held(sessions: Sessions, world: SimpleNamespace, plan: Plan) -> int:
    meeting_id = planned(sessions, world.city, plan)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        meetings.record(session, world.city, meeting, everybody_came(meeting), clock=CLOCK)
    return meeting_id


def total(sessions: Sessions, code: MetricCode = MetricCode.OUTBOUND) -> int:
    with sessions.read() as session:
        return tallies(session, make.TODAY.year)[code].total


@pytest.mark.both_databases
@pytest.mark.parametrize("code", list(MetricCode))
def test_from_plan_to_the_count_and_back(sessions: Sessions, world: SimpleNamespace, code: MetricCode) -> None:
    plan = outbound(world) if code is MetricCode.OUTBOUND else inbound(world)
    meeting_id = held(sessions, world, plan)
    assert total(sessions, code) == 0
    with sessions.write() as session:
        meetings.verify(session, world.other, session.get_one(Meeting, meeting_id), clock=CLOCK)
    assert total(sessions, code) == 1
    with sessions.write() as session:
        meetings.unverify(session, world.city, session.get_one(Meeting, meeting_id), reason="签到表有误", clock=CLOCK)
    assert total(sessions, code) == 0
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        assert (meeting.verified_by_id, meeting.verified_by, meeting.verified_at) == (None, "", None)
        meetings.verify(session, world.other, meeting, clock=CLOCK)
    assert total(sessions, code) == 1
    with sessions.read() as session:
        trail = session.scalars(select(Audit).where(Audit.record_id == meeting_id).order_by(Audit.id)).all()
        assert [row.action for row in trail] == ["schedule", "record", "attendance", "verify", "unverify", "verify"]
        assert trail[2].after[world.lead.name] == ["attended", ""]
        assert trail[4].reason == "签到表有误"


def test_whoever_recorded_may_not_verify(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = held(sessions, world, outbound(world))
    with pytest.raises(Forbidden, match="不能是同一人"), sessions.write() as session:
        meetings.verify(session, world.city, session.get_one(Meeting, meeting_id), clock=CLOCK)
    with sessions.read() as session:
        assert session.get_one(Meeting, meeting_id).status is MeetingStatus.HELD


@pytest.mark.both_databases
def test_the_database_refuses_self_verification_too(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = held(sessions, world, outbound(world))
    statement = text("UPDATE meeting SET status = 'verified', verified_by_id = recorded_by_id WHERE id = :id")
    with pytest.raises(IntegrityError, match="verified_by_another"), sessions.write() as session:
        session.execute(statement, {"id": meeting_id})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"day": None}, "day"),
        ({"day": date(2062, 1, 1)}, "day"),
        ({"day": date(make.TODAY.year - 2, 12, 31)}, "day"),
        ({"day": date(1, 1, 1)}, "day"),
        ({"starts": None}, "starts"),
        ({"ends": None}, "ends"),
        ({"ends": time(9)}, "ends"),
        ({"host_id": None}, "host"),
        ({"site_id": None}, "site"),
        ({"site_id": 999}, "site"),
        ({"firm_ids": ()}, "firms"),
        ({"firm_ids": (999,)}, "firms"),
        ({"expert_ids": ()}, "experts"),
        ({"expert_ids": (999,)}, "experts"),
        ({"trip_id": 999}, "trip"),
        ({"title": "长" * 201}, "title"),
    ],
)
def test_a_plan_is_refused_by_field(
    sessions: Sessions, world: SimpleNamespace, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused, sessions.write() as session:
        meetings.schedule(session, world.city, outbound(world, **changed), clock=CLOCK)
    assert set(refused.value.errors) == {field}


def test_last_year_may_still_be_entered(sessions: Sessions, world: SimpleNamespace) -> None:
    assert planned(sessions, world.city, outbound(world, day=date(make.TODAY.year - 1, 1, 1)))


def test_records_that_do_not_fit_together_are_refused(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        stranger = make.make_expert(session)
        group = make.make_group(session, stranger)
        need = make.make_need(session)
        trip = Trip(title="别的日子", day=date(2026, 7, 1), made_by="x", created_at=make.NOW, updated_at=make.NOW)
        session.add(trip)
    wrong = [
        (outbound(world, host_id=world.firms[0].id), "host"),
        (outbound(world, firm_ids=(world.host.id,), need_ids=()), "firms"),
        (outbound(world, group_id=group.id), "group"),
        (outbound(world, need_ids=(need.id,)), "needs"),
        (outbound(world, trip_id=trip.id), "trip"),
        (inbound(world, site_id=world.campus.id), "site"),
        (inbound(world, firm_ids=(world.firms[0].id, world.firms[1].id)), "firms"),
    ]
    for plan, field in wrong:
        with pytest.raises(Invalid) as refused, sessions.write() as session:
            meetings.schedule(session, world.city, plan, clock=CLOCK)
        assert field in refused.value.errors


def test_a_group_stands_for_its_lead_unless_a_member_is_named(sessions: Sessions, world: SimpleNamespace) -> None:
    first = planned(sessions, world.city, outbound(world, group_id=world.group.id, expert_ids=()))
    plan = outbound(world, group_id=world.group.id, expert_ids=(world.member.id,))
    second = planned(sessions, world.city, plan)
    with sessions.read() as session:
        invited = [[row.expert_id for row in session.get_one(Meeting, one).experts] for one in (first, second)]
    assert invited == [[world.lead.id], [world.member.id]]


def test_a_trip_is_made_on_the_way(sessions: Sessions, world: SimpleNamespace) -> None:
    first = planned(sessions, world.city, outbound(world, trip_title="6 月走进某大学"))
    with sessions.read() as session:
        trip = session.get_one(Meeting, first).trip
        assert trip is not None
        assert (trip.title, trip.day) == ("6 月走进某大学", make.TODAY)
        plan = outbound(world, trip_id=trip.id, expert_ids=(world.member.id,))
    planned(sessions, world.city, plan)
    with sessions.read() as session:
        assert len(session.scalars(select(Trip)).all()) == 1


def test_officers_plan_for_their_own_unit(sessions: Sessions, world: SimpleNamespace) -> None:
    for actor in (world.far, world.firm):
        with pytest.raises(Forbidden), sessions.write() as session:
            meetings.schedule(session, actor, outbound(world), clock=CLOCK)
    planned(sessions, world.county, outbound(world))


def test_a_person_cannot_be_in_two_places(sessions: Sessions, world: SimpleNamespace) -> None:
    first = planned(sessions, world.city, outbound(world, title="走进某大学谈焊接"))
    overlapping = inbound(world, starts=time(10, 59), ends=time(12))
    with pytest.raises(meetings.PersonTaken) as refused, sessions.write() as session:
        meetings.schedule(session, world.city, overlapping, clock=CLOCK)
    assert f"第 {first} 号活动“走进某大学谈焊接”" in str(refused.value)
    assert world.lead.name in str(refused.value)
    assert [clash.meeting_id for clash in refused.value.clashes] == [first]
    planned(sessions, world.city, replace(overlapping, starts=time(11)))
    planned(sessions, world.city, replace(overlapping, day=date(2026, 6, 16)))


def test_a_cancelled_meeting_frees_its_people_until_it_is_restored(sessions: Sessions, world: SimpleNamespace) -> None:
    first = planned(sessions, world.city, outbound(world))
    with sessions.write() as session:
        meetings.cancel(session, world.city, session.get_one(Meeting, first), reason="校方临时有事", clock=CLOCK)
    second = planned(sessions, world.city, outbound(world))
    with pytest.raises(meetings.PersonTaken), sessions.write() as session:
        meetings.restore(session, world.city, session.get_one(Meeting, first), reason="恢复", clock=CLOCK)
    with sessions.write() as session:
        meetings.cancel(session, world.city, session.get_one(Meeting, second), reason="重复", clock=CLOCK)
    with sessions.write() as session:
        meetings.restore(session, world.city, session.get_one(Meeting, first), reason="恢复", clock=CLOCK)
        assert session.get_one(Meeting, first).status is MeetingStatus.PLANNED


def test_a_move_checks_people_and_keeps_who_stays(sessions: Sessions, world: SimpleNamespace) -> None:
    first = planned(sessions, world.city, outbound(world))
    planned(sessions, world.city, inbound(world, starts=time(14), ends=time(16)))
    taken = outbound(world, starts=time(15), ends=time(17))
    with pytest.raises(meetings.PersonTaken), sessions.write() as session:
        meetings.change(session, world.city, session.get_one(Meeting, first), taken, clock=CLOCK)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, first)
        plan = outbound(world, starts=time(10), ends=time(12), expert_ids=(world.lead.id, world.member.id))
        plan = replace(plan, firm_ids=(world.firms[0].id,))
        kept = meeting.firms[0].id
        meetings.change(session, world.city, meeting, plan, clock=CLOCK, version=meeting.version)
        assert [row.id for row in meeting.firms] == [kept]
        assert [row.expert_id for row in meeting.experts] == [world.lead.id, world.member.id]
        assert meeting.starts == time(10)
    with pytest.raises(StaleEdit), sessions.write() as session:
        meetings.change(session, world.city, session.get_one(Meeting, first), plan, clock=CLOCK, version=1)


def test_attendance_is_asked_for_everybody_and_never_filled_in(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = planned(sessions, world.city, outbound(world))
    with sessions.read() as session:
        meeting = session.get_one(Meeting, meeting_id)
        assert {row.attendance for row in [*meeting.firms, *meeting.experts]} == {None}
        assert gaps_of(meeting) == [gap for gap in EvidenceGap if gap is not EvidenceGap.HISTORY]
    one_only = Record(firms={world.firms[0].id: Presence(Attendance.STAND_IN)})
    with pytest.raises(Invalid) as refused, sessions.write() as session:
        meetings.record(session, world.city, session.get_one(Meeting, meeting_id), one_only, clock=CLOCK)
    assert set(refused.value.errors) == {
        f"firm_{world.firms[0].id}_people",
        f"firm_{world.firms[1].id}",
        f"expert_{world.lead.id}",
        "minutes",
    }
    with sessions.read() as session:
        assert session.get_one(Meeting, meeting_id).status is MeetingStatus.PLANNED


def test_nothing_is_recorded_before_the_day(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = planned(sessions, world.city, outbound(world, day=date(2026, 6, 16)))
    with sessions.read() as session:
        result = everybody_came(session.get_one(Meeting, meeting_id))
    with pytest.raises(Invalid, match="当天起才能登记"), sessions.write() as session:
        meetings.record(session, world.city, session.get_one(Meeting, meeting_id), result, clock=CLOCK)


def test_a_filed_document_stands_for_typed_minutes(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = planned(sessions, world.city, outbound(world))
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        file = upload("纪要.pdf", b"%PDF-1.7")
        evidence.attach(session, world.city, meeting, EvidenceKind.MINUTES, file, clock=CLOCK)
        meetings.record(session, world.city, meeting, everybody_came(meeting, minutes=""), clock=CLOCK)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        assert gaps_of(meeting) == [EvidenceGap.SIGN_IN, EvidenceGap.PHOTO]
        meetings.verify(session, world.other, meeting, clock=CLOCK)


def test_a_record_without_minutes_is_not_verified(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = held(sessions, world, outbound(world))
    with sessions.write() as session:
        session.get_one(Meeting, meeting_id).minutes = " "
    with pytest.raises(Conflict, match="缺纪要"), sessions.write() as session:
        meetings.verify(session, world.other, session.get_one(Meeting, meeting_id), clock=CLOCK)


def test_a_rejected_record_is_entered_again(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = held(sessions, world, outbound(world))
    with pytest.raises(Invalid), sessions.write() as session:
        meetings.reject(session, world.other, session.get_one(Meeting, meeting_id), reason=" ", clock=CLOCK)
    with sessions.write() as session:
        meetings.reject(session, world.other, session.get_one(Meeting, meeting_id), reason="人数不符", clock=CLOCK)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        meetings.record(session, world.other, meeting, everybody_came(meeting), clock=CLOCK)
    with sessions.write() as session:
        meetings.verify(session, world.city, session.get_one(Meeting, meeting_id), clock=CLOCK)
    assert total(sessions) == 1


def test_cancelling_takes_back_what_was_said_of_attendance(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = held(sessions, world, outbound(world))
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        meetings.reject(session, world.other, meeting, reason="没有举行", clock=CLOCK)
        meetings.cancel(session, world.city, meeting, reason="没有举行", clock=CLOCK)
    with sessions.read() as session:
        meeting = session.get_one(Meeting, meeting_id)
        assert {row.attendance for row in [*meeting.firms, *meeting.experts]} == {None}


def test_an_accepted_invitation_fills_the_plan_in(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        values: dict[str, Any] = {"proposed_on": make.TODAY, "proposed_at": time(14), "kind": MeetingKind.OUTBOUND}
        invitation = make.make_invitation(session, world.need, world.group, **values)
        plan = meeting_plans.prefilled(session, invitation)
        inward = make.make_invitation(session, world.need, world.lead)
        inward_plan = meeting_plans.prefilled(session, inward)
        with pytest.raises(Conflict, match="双方都同意"):
            meetings.schedule(session, world.city, plan, clock=CLOCK, invitation=invitation)
    assert plan == Plan(
        kind=MeetingKind.OUTBOUND,
        day=make.TODAY,
        starts=time(14),
        host_id=world.host.id,
        site_id=world.campus.id,
        group_id=world.group.id,
        firm_ids=(world.firms[0].id,),
        expert_ids=(world.lead.id,),
        need_ids=(world.need.id,),
    )
    assert inward_plan.site_id == world.works.id
    with sessions.write() as session:
        values = {"status": InvitationStatus.ACCEPTED, "kind": MeetingKind.ONLINE}
        accepted = make.make_invitation(session, world.need, world.lead, **values)
        online = replace(meeting_plans.prefilled(session, accepted), day=make.TODAY, starts=time(9), ends=time(10))
        meeting = meetings.schedule(session, world.city, online, clock=CLOCK, invitation=accepted)
        assert meeting.site is None


def test_everybody_with_an_address_is_told_except_of_the_past(sessions: Sessions, world: SimpleNamespace) -> None:
    meeting_id = planned(sessions, world.city, inbound(world))
    planned(sessions, world.city, inbound(world, day=date(2026, 5, 4)))
    with sessions.write() as session:
        meetings.cancel(session, world.city, session.get_one(Meeting, meeting_id), reason="停产", clock=CLOCK)
    with sessions.read() as session:
        queued = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        told = [(message.notice, message.recipient) for message in queued]
        assert queued[-1].payload["reason"] == "停产"
    people = ["firm@example.org", world.lead.email]
    assert told == [(notice, who) for notice in ("meeting_planned", "meeting_cancelled") for who in people]
