"""Whose journey it is, whose needs are read there, and what a day called off and moved looks like afterwards."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit, Meeting, Need, NeedRelease, Organisation, Route, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.journeys import Details, JourneyPlan
from matchmaker.domain.meetings import Plan
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, MeetingKind, MeetingStatus, NeedStatus, Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import journeys as queries
from matchmaker.queries.masking import names_for
from matchmaker.queries.meeting_choices import choices
from matchmaker.queries.meetings import needs_shown
from matchmaker.services import journeys, meetings
from matchmaker.services.meeting_plans import plan_of
from tests import factories as make
from tests.support.journeys import CLOCK, DAY, HOURS, make_journeys, route, trip

LATER = DAY + timedelta(days=1)


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        return make_journeys(session)


def planned(sessions: Sessions, actor: Actor, plan: JourneyPlan) -> int:
    with sessions.write() as session:
        return journeys.plan(session, actor, plan, clock=CLOCK).id


def of(world: SimpleNamespace, firms: Iterable[int], **changed: object) -> JourneyPlan:
    """A trip of these firms to the first institute."""
    chosen = list(firms)
    stop = replace(trip(world).stops[0], need_ids=tuple(world.needs[at].id for at in chosen))
    return replace(trip(world, travellers=tuple(world.firms[at].id for at in chosen), stops=(stop,)), **changed)


def outbound(world: SimpleNamespace, *, at: int = 2, firm: int = 0, **changed: object) -> Plan:
    starts, ends = HOURS[at]
    usual = Plan(
        kind=MeetingKind.OUTBOUND,
        day=DAY,
        starts=starts,
        ends=ends,
        host_id=world.hosts[1].id,
        site_id=world.campuses[1],
        firm_ids=(world.firms[firm].id,),
        expert_ids=(world.experts[1].id,),
    )
    return replace(usual, **changed)


def stop_of(session: Session, journey_id: int, at: int) -> Meeting:
    return queries.stops_of(session, session.get_one(Trip, journey_id))[at]


def test_a_county_does_not_put_itself_into_the_trip_of_others(sessions: Sessions, world: SimpleNamespace) -> None:
    theirs = planned(sessions, world.city, of(world, [1, 2]))
    with pytest.raises(Forbidden, match="行程"), sessions.write() as session:
        meetings.schedule(session, world.county, outbound(world, trip_id=theirs), clock=CLOCK)
    with sessions.write() as session:
        alone = meetings.schedule(session, world.county, outbound(world), clock=CLOCK)
        with pytest.raises(Forbidden, match="行程"):
            meetings.change(session, world.county, alone, outbound(world, trip_id=theirs), clock=CLOCK)
        with pytest.raises(Forbidden):
            journeys.join(session, world.county, session.get_one(Trip, theirs), alone, clock=CLOCK)
        offered = choices(session, world.county, outbound(world)).trips
        assert not offered
        assert [each.id for each in choices(session, world.city, outbound(world)).trips] == [theirs]


def test_a_stop_of_ones_own_gives_no_right_to_the_others(sessions: Sessions, world: SimpleNamespace) -> None:
    theirs = planned(sessions, world.city, of(world, [1, 2]))
    with sessions.write() as session:
        own = meetings.schedule(session, world.city, outbound(world, trip_id=theirs), clock=CLOCK)
        journey, details = session.get_one(Trip, theirs), Details(gathering="别处")
        with pytest.raises(Forbidden):
            journeys.change(session, world.county, journey, details, title="", day=DAY, clock=CLOCK)
        meetings.change(session, world.county, own, replace(plan_of(own), title="我们的一站"), clock=CLOCK)
        assert (own.title, own.trip_id) == ("我们的一站", theirs)
        meetings.cancel(session, world.county, own, reason="停电", clock=CLOCK)
        with pytest.raises(Forbidden):
            journeys.change(session, world.county, journey, details, title="", day=DAY, clock=CLOCK)


def test_who_planned_a_trip_may_go_on_once_its_stops_are_off(sessions: Sessions, world: SimpleNamespace) -> None:
    own = planned(sessions, world.county, of(world, [0]))
    with sessions.write() as session:
        journey = session.get_one(Trip, own)
        journeys.drop_stop(session, world.county, journey, stop_of(session, own, 0), reason="停电", clock=CLOCK)
        assert queries.in_reach(world.county, queries.stops_of(session, journey))
        assert not queries.in_reach(world.firm, queries.stops_of(session, journey))
        journeys.change(session, world.county, journey, Details(gathering="东门"), title="", day=DAY, clock=CLOCK)
        assert journey.gathering == "东门"


def test_a_draft_of_another_unit_is_put_on_no_meeting(sessions: Sessions, world: SimpleNamespace) -> None:
    firms = tuple(firm.id for firm in world.firms[:2])
    with sessions.write() as session:
        session.get_one(Need, world.needs[1].id).status = NeedStatus.DRAFT
    plan = outbound(world, firm_ids=firms, need_ids=(world.needs[1].id,))
    for actor in (world.county, world.city):
        with pytest.raises(Invalid) as refused, sessions.write() as session:
            meetings.schedule(session, actor, plan, clock=CLOCK)
        assert set(refused.value.errors) == {"needs"}


def test_a_need_for_chosen_institutes_is_read_by_those_alone(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        need = session.get_one(Need, world.needs[0].id)
        need.audience = Audience.CHOSEN
        session.add(NeedRelease(need_id=need.id, institute_id=world.hosts[1].id))
        session.flush()
        session.expire(need)
        wanted = outbound(world, need_ids=(need.id,))
        made = meetings.schedule(session, world.city, wanted, clock=CLOCK)
        assert [each.id for each in needs_shown(world.stranger, made)] == [need.id]
        guest = replace(wanted, expert_ids=(*wanted.expert_ids, world.experts[0].id))
        with pytest.raises(Invalid, match="选定的院所"):
            meetings.change(session, world.city, made, guest, clock=CLOCK)
        elsewhere = replace(wanted, host_id=world.hosts[0].id, site_id=world.campuses[0])
        with pytest.raises(Invalid, match="选定的院所"):
            meetings.change(session, world.city, made, elsewhere, clock=CLOCK)
        need.status = NeedStatus.CLOSED
        meetings.change(session, world.city, made, replace(wanted, title="照旧"), clock=CLOCK)


def test_a_firm_on_the_bus_learns_nothing_of_what_others_need(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        session.get_one(Need, world.needs[0].id).audience = Audience.MASKED
        rival = make.actor_of(make.make_account(session, Role.FIRM, organisation_id=world.firms[1].id))
    journey_id = planned(sessions, world.city, of(world, [0, 1]))
    with sessions.read() as session:
        meeting, need = stop_of(session, journey_id, 0), session.get_one(Need, world.needs[0].id)
        assert "A公司" not in names_for(session, rival).firm(need)
        assert names_for(session, world.manager).firm(need) == "A公司"
        assert [each.firm_id for each in needs_shown(rival, meeting)] == [world.firms[1].id]
        assert len(needs_shown(world.manager, meeting)) == len(needs_shown(world.county, meeting)) == 2


@pytest.mark.parametrize("make_plan", [route, trip])
def test_a_stop_comes_back_on_the_day_its_journey_has_now(
    sessions: Sessions, world: SimpleNamespace, make_plan: object
) -> None:
    plan = route(world) if make_plan is route else trip(world)
    journey_id = planned(sessions, world.city, plan)
    with sessions.write() as session:
        journey = session.get_one(Route if make_plan is route else Trip, journey_id)
        stop = queries.stops_of(session, journey)[1]
        journeys.drop_stop(session, world.city, journey, stop, reason="停电", clock=CLOCK)
        journeys.change(session, world.city, journey, Details(), title="", day=LATER, clock=CLOCK, reason="改期")
        meetings.restore(session, world.city, stop, reason="来电了", clock=CLOCK)
        assert (stop.day, stop.status) == (LATER, MeetingStatus.PLANNED)
        if isinstance(journey, Trip):
            firm = make.make_firm(session, name="后来的公司")
            journeys.add_firm(session, world.city, journey, firm, clock=CLOCK)


def test_a_stop_does_not_come_back_at_the_time_of_another(sessions: Sessions, world: SimpleNamespace) -> None:
    journey_id = planned(sessions, world.city, trip(world))
    with sessions.write() as session:
        journey, stop = session.get_one(Trip, journey_id), stop_of(session, journey_id, 1)
        journeys.drop_stop(session, world.city, journey, stop, reason="停电", clock=CLOCK)
        at_once = replace(trip(world).stops[1], expert_ids=(make.make_expert(session, world.hosts[1], name="王五").id,))
        journeys.add_stop(session, world.city, journey, at_once, clock=CLOCK)
        with pytest.raises(Conflict, match="重叠"):
            meetings.restore(session, world.city, stop, reason="来电了", clock=CLOCK)


def test_titles_of_ours_follow_those_of_others_stay(sessions: Sessions, world: SimpleNamespace) -> None:
    journey_id = planned(sessions, world.city, trip(world))
    with sessions.write() as session:
        journey = session.get_one(Trip, journey_id)
        journeys.drop_firm(
            session, world.city, journey, session.get_one(Organisation, world.firms[0].id), reason="忙", clock=CLOCK
        )
        first, second = queries.stops_of(session, journey)
        assert first.title == "B公司、C公司走进甲大学"
        journeys.change(
            session, world.city, journey, Details(), title=journey.title, day=LATER, clock=CLOCK, reason="改"
        )
        assert f"{LATER.day} 日" in journey.title
        journeys.drop_stop(session, world.city, journey, second, reason="停电", clock=CLOCK)
        assert "甲大学" in journey.title
        assert "乙所" not in journey.title
        named = replace(plan_of(first), title="春季走进")
        meetings.change(session, world.city, first, named, clock=CLOCK)
        journeys.add_firm(session, world.city, journey, session.get_one(Organisation, world.firms[0].id), clock=CLOCK)
        journeys.change(session, world.city, journey, Details(), title="春游", day=LATER, clock=CLOCK)
        journeys.change(session, world.city, journey, Details(), title="", day=DAY, clock=CLOCK, reason="改回")
        assert (first.title, journey.title) == ("春季走进", "春游")


def test_every_trip_has_its_beginning_on_file(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        plan = outbound(world, trip_title="6 月走进")
        meeting = meetings.schedule(session, world.county, plan, clock=CLOCK)
        found = session.scalars(select(Audit).where(Audit.noun == Noun.TRIP, Audit.record_id == meeting.trip_id)).all()
        assert [(row.action, row.actor) for row in found] == [("create", world.county.name)]
