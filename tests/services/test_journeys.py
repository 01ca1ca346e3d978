"""Trips and routes: planned as one, changed and called off as one, and counted meeting by meeting."""

from dataclasses import replace
from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit, Meeting, Organisation, OutboxMessage, Route, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.journeys import Details, JourneyPlan, Stop
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.preparing import Particulars
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Noun
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound, StaleEdit
from matchmaker.queries import attendees
from matchmaker.queries import journeys as queries
from matchmaker.queries.counts import tallies
from matchmaker.queries.journeys import Journey
from matchmaker.services import journeys, meetings, preparing
from matchmaker.services.meetings import PersonTaken
from tests import factories as make
from tests.support.journeys import CLOCK, DAY, HOURS, make_journeys, route, trip

CAME = Presence(Attendance.ATTENDED)


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        return make_journeys(session)


def planned(sessions: Sessions, world: SimpleNamespace, plan: JourneyPlan) -> int:
    with sessions.write() as session:
        return journeys.plan(session, world.city, plan, clock=CLOCK).id


def get(session: Session, plan: JourneyPlan, journey_id: int) -> Journey:
    found: Journey = session.get_one(Trip if plan.kind is MeetingKind.OUTBOUND else Route, journey_id)
    return found


def change(
    sessions: Sessions, actor: Actor, plan: JourneyPlan, journey_id: int, *, day: date = DAY, version: int | None = None
) -> None:
    with sessions.write() as session:
        journey = get(session, plan, journey_id)
        why = {"clock": CLOCK, "version": version, "reason": "停电"}
        journeys.change(session, actor, journey, Details(), title="", day=day, **why)


def drop(sessions: Sessions, actor: Actor, trip_id: int, firm: Organisation, reason: str = "临时有事") -> None:
    with sessions.write() as session:
        found = session.get_one(Organisation, firm.id)
        journeys.drop_firm(session, actor, session.get_one(Trip, trip_id), found, reason=reason, clock=CLOCK)


def trail(session: Session, noun: Noun) -> list[str]:
    return list(session.scalars(select(Audit.action).where(Audit.noun == noun).order_by(Audit.id)))


@pytest.mark.both_databases
def test_a_route_of_three_firms_counts_three_times_once_verified(sessions: Sessions, world: SimpleNamespace) -> None:
    route_id = planned(sessions, world, route(world, make.TODAY, details=Details(departs=time(8), seats=7)))
    with sessions.read() as session:
        made = session.get_one(Route, route_id)
        stops = queries.stops_of(session, made)
        assert [(each.kind, each.route_id, len(each.firms), each.starts) for each in stops] == [
            (MeetingKind.INBOUND, route_id, 1, starts) for starts, _ends in HOURS
        ]
        assert (made.departs, made.seats, made.made_by) == (time(8), 7, world.city.name)
        assert "A公司" in made.title
        assert trail(session, Noun.ROUTE) == ["create"]
        assert tallies(session, make.TODAY.year)[MetricCode.INBOUND].total == 0
    with sessions.write() as session:
        for meeting in queries.stops_of(session, session.get_one(Route, route_id)):
            firms, people = {meeting.firms[0].firm_id: CAME}, {world.experts[0].id: CAME}
            meetings.record(session, world.city, meeting, Record(firms, people, "谈了。"), clock=CLOCK)
            meetings.verify(session, world.other, meeting, clock=CLOCK)
    with sessions.read() as session:
        assert tallies(session, make.TODAY.year)[MetricCode.INBOUND].total == 3


def test_a_trip_takes_all_firms_to_each_institute_and_asks_the_hosts(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    trip_id = planned(sessions, world, trip(world))
    with sessions.read() as session:
        stops = queries.stops_of(session, session.get_one(Trip, trip_id))
        assert [(each.host_id, len(each.firms), each.trip_id) for each in stops] == [
            (host.id, 3, trip_id) for host in world.hosts
        ]
        asked = select(OutboxMessage.recipient).where(OutboxMessage.notice == "reception_asked")
        assert set(session.scalars(asked)) == {host.contact_email for host in world.hosts}


@pytest.mark.both_databases
def test_all_or_nothing_and_what_is_wrong_is_said_of_its_stop(sessions: Sessions, world: SimpleNamespace) -> None:
    stops = list(route(world).stops)
    stops[2] = replace(stops[2], site_id=world.works[0])
    with pytest.raises(Invalid) as refused:
        planned(sessions, world, route(world, stops=tuple(stops)))
    assert set(refused.value.errors) == {"stop_2_site"}
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Meeting)) == 0
        assert session.scalar(select(func.count()).select_from(Route)) == 0


def test_an_expert_is_not_at_two_places_at_one_time(sessions: Sessions, world: SimpleNamespace) -> None:
    planned(sessions, world, route(world))
    with pytest.raises(PersonTaken) as taken:
        planned(sessions, world, route(world))
    assert taken.value.clashes[0].expert == "张三"


def test_a_county_plans_routes_of_its_own_firms_alone(sessions: Sessions, world: SimpleNamespace) -> None:
    own = replace(route(world), stops=route(world).stops[:1])
    with sessions.write() as session:
        journeys.plan(session, world.county, own, clock=CLOCK)
    with pytest.raises(Forbidden), sessions.write() as session:
        journeys.plan(session, world.county, route(world, DAY + timedelta(days=1)), clock=CLOCK)


@pytest.mark.parametrize("make_plan", [route, trip])
def test_another_day_moves_every_meeting(sessions: Sessions, world: SimpleNamespace, make_plan: object) -> None:
    plan = route(world) if make_plan is route else trip(world)
    with sessions.write() as session:
        for firm in world.firms:
            session.get_one(Organisation, firm.id).contact_email = f"firm{firm.id}@example.org"
    journey_id, later = planned(sessions, world, plan), DAY + timedelta(days=1)
    with sessions.write() as session:
        journey = get(session, plan, journey_id)
        details = Details(gathering="东门", transport="中巴", contact="陈 0316-1")
        with pytest.raises(Invalid, match="原因"):
            journeys.change(session, world.city, journey, details, title="", day=later, clock=CLOCK)
        journeys.change(session, world.city, journey, details, title="", day=later, clock=CLOCK, reason="停电")
    with sessions.read() as session:
        journey = get(session, plan, journey_id)
        assert (journey.day, journey.gathering, journey.contact) == (later, "东门", "陈 0316-1")
        assert {each.day for each in queries.stops_of(session, journey)} == {later}
        assert journey.title
        moved = select(OutboxMessage).where(OutboxMessage.notice.in_(("meeting_changed", "reception_asked")))
        told = [row for row in session.scalars(moved) if row.payload.get("reason") == "停电"]
        firms, experts = len(world.firms), len(plan.stops) if make_plan is trip else 1
        assert len(told) == firms + experts + (len(plan.stops) if make_plan is trip else 0)
        assert len({row.recipient for row in told} - {""}) == len([row for row in told if row.recipient])
        calendars = sum(1 + len(row.payload.get("entries", ())) for row in told)
        assert calendars == (firms + 1 + 1) * 2 if make_plan is trip else firms * 2


@pytest.mark.both_databases
def test_a_firm_is_on_one_bus_in_half_a_day(sessions: Sessions, world: SimpleNamespace) -> None:
    plan = trip(world)
    planned(sessions, world, replace(plan, stops=plan.stops[:1]))
    other = replace(plan.stops[1], starts=time(10, 45), ends=time(11, 30))
    with pytest.raises(PersonTaken, match=r"A公司 在 .* 已有安排"):
        planned(sessions, world, replace(plan, stops=(other,)))
    planned(sessions, world, replace(plan, stops=(replace(other, starts=time(14), ends=time(15)),)))


def test_a_day_is_kept_once_something_was_recorded(sessions: Sessions, world: SimpleNamespace) -> None:
    route_id = planned(sessions, world, route(world, make.TODAY))
    with sessions.write() as session:
        made = session.get_one(Route, route_id)
        first = queries.stops_of(session, made)[0]
        result = Record({first.firms[0].firm_id: CAME}, {world.experts[0].id: CAME}, "谈了。")
        meetings.record(session, world.city, first, result, clock=CLOCK)
    with pytest.raises(Conflict, match="不能再改日期"):
        change(sessions, world.city, route(world), route_id)


def test_an_edit_that_began_earlier_is_refused(sessions: Sessions, world: SimpleNamespace) -> None:
    trip_id = planned(sessions, world, trip(world))
    with sessions.write() as session:
        made = session.get_one(Trip, trip_id)
        seen = made.version
        journeys.change(session, world.city, made, Details(note="甲"), title="", day=DAY, clock=CLOCK)
    with pytest.raises(StaleEdit):
        change(sessions, world.other, trip(world), trip_id, version=seen)


def test_stops_are_added_and_called_off(sessions: Sessions, world: SimpleNamespace) -> None:
    plan = route(world)
    route_id = planned(sessions, world, replace(plan, stops=plan.stops[:2]))
    with sessions.write() as session:
        made = session.get_one(Route, route_id)
        with pytest.raises(Invalid) as refused:
            journeys.add_stop(session, world.city, made, replace(plan.stops[2], starts=time(9, 30)), clock=CLOCK)
        assert set(refused.value.errors) == {"stop_0_starts"}
        journeys.add_stop(session, world.city, made, plan.stops[2], clock=CLOCK)
        stops = queries.stops_of(session, made)
        assert [row.expert_id for row in stops[2].experts] == [world.experts[0].id]
        journeys.drop_stop(session, world.city, made, stops[0], reason="停产检修", clock=CLOCK)
    with sessions.read() as session:
        made = session.get_one(Route, route_id)
        assert [each.status for each in queries.stops_of(session, made)] == [
            MeetingStatus.CANCELLED,
            MeetingStatus.PLANNED,
            MeetingStatus.PLANNED,
        ]
        assert trail(session, Noun.ROUTE) == ["create", "add_stop", "drop_stop"]


def test_firms_get_on_and_off_the_bus(sessions: Sessions, world: SimpleNamespace) -> None:
    two = tuple(firm.id for firm in world.firms[:2])
    stops = tuple(replace(stop, need_ids=(world.needs[1].id,)) for stop in trip(world).stops)
    trip_id = planned(sessions, world, trip(world, travellers=two, stops=stops))
    second, third = world.firms[1], world.firms[2]
    with sessions.write() as session:
        made = session.get_one(Trip, trip_id)
        journeys.add_firm(session, world.city, made, session.get_one(Organisation, third.id), clock=CLOCK)
        with pytest.raises(Conflict, match="已经在车上"):
            journeys.add_firm(session, world.city, made, session.get_one(Organisation, third.id), clock=CLOCK)
    with pytest.raises(Invalid, match="原因"):
        drop(sessions, world.city, trip_id, second, reason=" ")
    drop(sessions, world.city, trip_id, second)
    with sessions.read() as session:
        stops_now = queries.stops_of(session, session.get_one(Trip, trip_id))
        assert [{row.firm_id for row in each.firms} for each in stops_now] == [{world.firms[0].id, third.id}] * 2
        assert [each.needs for each in stops_now] == [[], []]
        assert trail(session, Noun.TRIP) == ["create", "add_firm", "drop_firm"]


def test_the_last_firm_does_not_get_off(sessions: Sessions, world: SimpleNamespace) -> None:
    trip_id = planned(sessions, world, trip(world, travellers=(world.firms[0].id,), stops=_without_needs(trip(world))))
    with pytest.raises(Conflict, match="唯一的企业"):
        drop(sessions, world.city, trip_id, world.firms[0])


def _without_needs(plan: JourneyPlan) -> tuple[Stop, ...]:
    return tuple(replace(stop, need_ids=()) for stop in plan.stops)


def test_strangers_neither_see_nor_change(sessions: Sessions, world: SimpleNamespace) -> None:
    plan = trip(world, travellers=(world.firms[1].id,), stops=_without_needs(trip(world)))
    trip_id = planned(sessions, world, plan)
    with pytest.raises(NotFound), sessions.read() as session:
        queries.get_visible(session, world.county, MeetingKind.OUTBOUND, trip_id)
    for actor in (world.county, world.leader, world.firm, world.manager):
        with pytest.raises(Forbidden):
            change(sessions, actor, plan, trip_id)


def test_the_bus_list_has_everybody_once_and_phones_for_who_may_know(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    trip_id = planned(sessions, world, trip(world))
    with sessions.write() as session:
        first, second = queries.stops_of(session, session.get_one(Trip, trip_id))
        for meeting, people in ((first, "A经理、小王"), (second, "小王、老李")):
            told = Particulars(expected={world.firms[0].id: people})
            preparing.prepare(session, world.city, meeting, told, clock=CLOCK)
    with sessions.read() as session:
        stops = queries.stops_of(session, session.get_one(Trip, trip_id))
        listed = [(one.organisation, one.name, one.phone) for one in attendees.on_the_bus(session, world.city, stops)]
        assert listed == [
            ("A公司", "A经理", "0316-0"),
            ("A公司", "小王", ""),
            ("A公司", "老李", ""),
            ("B公司", "B经理", "0316-1"),
            ("C公司", "C经理", "0316-2"),
        ]
        assert {one.phone for one in attendees.on_the_bus(session, world.leader, stops)} == {""}
        assert {one.phone for one in attendees.on_the_bus(session, world.county, stops)} == {"0316-0", ""}
