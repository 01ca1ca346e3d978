"""Trips and routes: a day of several meetings planned, changed and called off together."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting, Organisation, Trip
from matchmaker.domain.journeys import Details, JourneyPlan, Stop
from matchmaker.domain.meetings import LONGEST_TITLE, Plan
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import journeys
from matchmaker.queries.attendees import replaced
from matchmaker.queries.journeys import Journey, kind_of
from matchmaker.services import audit, journey_titles, meeting_notices, meetings, reasons
from matchmaker.services.meeting_plans import plan_of
from matchmaker.services.new_journeys import create

OF_ALL = {MeetingKind.OUTBOUND: "firms", MeetingKind.INBOUND: "experts"}  # a plan's field for those who travel


def plan(session: Session, actor: Actor, wanted: JourneyPlan, *, clock: Clock) -> Journey:
    """Plan a trip or a route with one meeting for each stop, all of them or none.

    Raises `Invalid` with field → message (`stop_0_site` for the first stop's), `Forbidden` and `PersonTaken` as
    `meetings.schedule` does.
    """
    if problems := wanted.problems(clock.today()):
        raise Invalid(problems)
    if wanted.day is None:
        raise ValueError("a checked plan has a day")
    title = wanted.title.strip() or _title(session, wanted, wanted.day)
    journey = create(session, actor, wanted.kind, wanted.day, title=title, details=wanted.details, clock=clock)
    for number, each in enumerate(wanted.plans()):
        _schedule(session, actor, journey, each, number, clock=clock)
    return journey


def change(
    session: Session,
    actor: Actor,
    journey: Journey,
    details: Details,
    *,
    title: str,
    day: date | None,
    clock: Clock,
    version: int | None = None,
    reason: str = "",
) -> None:
    """Write title, day and how people get there; another day moves every meeting, and everybody is told once why.

    Raises `Invalid` by field, also without a `reason` for another day, `StaleEdit` if somebody saved since `version`,
    `Conflict` for another day once a meeting has been recorded, and what `meetings.change` raises.
    """
    _require(session, actor, journey)
    problems = details.problems() | _title_problems(title)
    if day is None:
        problems["day"] = _("请选择日期")
    elif day != journey.day and not reason.strip():
        problems["reason"] = _("改日期请写明原因，会告诉各方")
    if problems:
        raise Invalid(problems)
    before = audit.state_of(journey)
    if version is not None and version != journey.version:
        raise StaleEdit(_("这个行程刚刚被别人改过，请核对后重新提交"), yours=vars(details), theirs=before)
    for name, value in vars(details).items():
        setattr(journey, name, value)
    with journey_titles.kept_true(session, journey):
        if day is not None and day != journey.day:
            _move(session, actor, journey, day, clock=clock, reason=reason.strip())
    if title.strip() != before["title"]:
        journey.title = title.strip() or journey.title
    journey.updated_at = clock.now()
    session.flush()
    after = audit.state_of(journey)
    audit.log(session, actor, "change", journey, clock=clock, before=before, after=after, reason=reason.strip())


def add_stop(session: Session, actor: Actor, journey: Journey, stop: Stop, *, clock: Clock) -> Meeting:
    """One more meeting of the day for those who travel already. Raises as `plan` does, fields as of the first stop."""
    _require(session, actor, journey)
    kind, there = kind_of(journey), journeys.planned(journeys.stops_of(session, journey))
    on_board = tuple(dict.fromkeys(one for meeting in there for one in _travellers(meeting)))
    wanted = JourneyPlan(kind=kind, day=journey.day, travellers=on_board, stops=(stop,))
    if problems := wanted.problems(clock.today()):
        raise Invalid(problems)
    if stop.starts and stop.ends and (at_once := journeys.overlapping(there, stop.starts, stop.ends)):
        titles = joined(meeting.title for meeting in at_once)
        raise Invalid({"stop_0_starts": _("与同一天的“%(titles)s”时间重叠", titles=titles)})
    with journey_titles.kept_true(session, journey):
        found = _schedule(session, actor, journey, next(wanted.plans()), 0, clock=clock)
    journey.updated_at = clock.now()
    audit.log(session, actor, "add_stop", journey, clock=clock, before={}, after={"party": found.title})
    return found


def drop_stop(session: Session, actor: Actor, journey: Journey, meeting: Meeting, *, reason: str, clock: Clock) -> None:
    """Call one meeting of the day off; it stays on file as cancelled. Raises as `meetings.cancel` does."""
    _require(session, actor, journey)
    with journey_titles.kept_true(session, journey):
        meetings.cancel(session, actor, meeting, reason=reason, clock=clock)
    journey.updated_at = clock.now()
    audit.log(
        session, actor, "drop_stop", journey, clock=clock, before={"party": meeting.title}, after={}, reason=reason
    )


def join(session: Session, actor: Actor, journey: Journey, meeting: Meeting, *, clock: Clock) -> None:
    """Take a meeting that was planned by itself into the trip or route of its day.

    Raises `Invalid` for one of another day or direction, that belongs to a journey already, or at the time of another
    stop; and what `meetings.change` raises.
    """
    _require(session, actor, journey)
    if meeting.kind is not kind_of(journey) or meeting.day != journey.day or journeys.journey_of(meeting) is not None:
        raise Invalid({"join": _("只能编入同一天、同一方向、还没有编入行程的活动")})
    there = journeys.planned(journeys.stops_of(session, journey))
    if at_once := journeys.overlapping(there, meeting.starts, meeting.ends):
        titles = joined(each.title for each in at_once)
        raise Invalid({"join": _("与同一天的“%(titles)s”时间重叠", titles=titles)})
    with journey_titles.kept_true(session, journey):
        _put(session, actor, meeting, journey, clock=clock)
    journey.updated_at = clock.now()
    audit.log(session, actor, "add_stop", journey, clock=clock, before={}, after={"party": meeting.title})


def leave(session: Session, actor: Actor, journey: Journey, meeting: Meeting, *, reason: str, clock: Clock) -> None:
    """Take a meeting out of the trip or route; it is held all the same. Raises `Invalid` without a reason."""
    _require(session, actor, journey)
    reason = reasons.given(reason)
    with journey_titles.kept_true(session, journey):
        _put(session, actor, meeting, None, clock=clock, reason=reason)
    journey.updated_at = clock.now()
    gone = {"party": meeting.title}
    audit.log(session, actor, "drop_stop", journey, clock=clock, before=gone, after={}, reason=reason)


def _put(
    session: Session, actor: Actor, meeting: Meeting, journey: Journey | None, *, clock: Clock, reason: str = ""
) -> None:
    plan, number = plan_of(meeting), journey.id if journey else None
    outbound = meeting.kind is MeetingKind.OUTBOUND
    there = replace(plan, trip_id=number) if outbound else replace(plan, route_id=number)
    meetings.change(session, actor, meeting, there, clock=clock, reason=reason)


def add_firm(session: Session, actor: Actor, trip: Trip, firm: Organisation, *, clock: Clock) -> None:
    """One more firm on the bus: it comes to every meeting that is still to be held. Raises `Conflict` if it does."""
    there = _to_come(session, actor, trip)
    if all(firm.id in plan_of(meeting).firm_ids for meeting in there):
        raise Conflict(_("“%(name)s”已经在车上", name=firm.name))
    _change_each(
        session,
        actor,
        there,
        lambda each: replace(each, firm_ids=tuple(dict.fromkeys((*each.firm_ids, firm.id)))),
        clock=clock,
    )
    trip.updated_at = clock.now()
    audit.log(session, actor, "add_firm", trip, clock=clock, before={}, after={"party": firm.name})


def drop_firm(session: Session, actor: Actor, trip: Trip, firm: Organisation, *, reason: str, clock: Clock) -> None:
    """Take a firm off the bus, and its needs off the meetings still to be held; the firm is told why.

    Raises `Invalid` without a reason, `Conflict` for the last firm of a meeting.
    """
    reason = reasons.given(reason)
    there = [meeting for meeting in _to_come(session, actor, trip) if firm.id in plan_of(meeting).firm_ids]
    if any(len(meeting.firms) == 1 for meeting in there):
        raise Conflict(_("“%(name)s”是唯一的企业，请取消这场活动", name=firm.name))
    theirs = {row.need_id for meeting in there for row in meeting.needs if row.need.firm_id == firm.id}

    def without(each: Plan) -> Plan:
        rest = tuple(one for one in each.firm_ids if one != firm.id)
        return replace(each, firm_ids=rest, need_ids=tuple(one for one in each.need_ids if one not in theirs))

    _change_each(session, actor, there, without, clock=clock, reason=reason)
    trip.updated_at = clock.now()
    audit.log(session, actor, "drop_firm", trip, clock=clock, before={"party": firm.name}, after={}, reason=reason)


def _change_each(
    session: Session,
    actor: Actor,
    there: list[Meeting],
    changed: Callable[[Plan], Plan],
    *,
    clock: Clock,
    reason: str = "",
    quiet: bool = False,
) -> None:
    for meeting in there:
        meetings.change(session, actor, meeting, changed(plan_of(meeting)), clock=clock, reason=reason, quiet=quiet)


def _to_come(session: Session, actor: Actor, journey: Journey) -> list[Meeting]:
    _require(session, actor, journey)
    found = journeys.planned(journeys.stops_of(session, journey))
    if not found:
        raise Conflict(_("没有尚未登记的活动可以更改"))
    return found


def _require(session: Session, actor: Actor, journey: Journey) -> None:
    if not journeys.in_reach(actor, journeys.stops_of(session, journey)):
        raise Forbidden(_("您没有权限更改这个行程"))


def _title_problems(title: str) -> dict[str, str]:
    return {"title": _("最多 %(limit)s 个字", limit=LONGEST_TITLE)} if len(title) > LONGEST_TITLE else {}


def _move(session: Session, actor: Actor, journey: Journey, day: date, *, clock: Clock, reason: str) -> None:
    stops = journeys.stops_of(session, journey)
    if any(meeting.status in {MeetingStatus.HELD, MeetingStatus.VERIFIED} for meeting in stops):
        raise Conflict(_("已有活动登记了结果，不能再改日期"))
    to_tell, journey.day = max(day, journey.day) >= clock.today(), day
    session.flush()
    moved = journeys.planned(stops)
    _change_each(session, actor, moved, lambda each: replace(each, day=day), clock=clock, reason=reason, quiet=True)
    if to_tell:
        meeting_notices.tell_together(session, moved, "meeting_changed", clock=clock, reason=reason)


def _travellers(meeting: Meeting) -> tuple[int, ...]:
    if meeting.kind is MeetingKind.OUTBOUND:
        return plan_of(meeting).firm_ids
    away = replaced(meeting)
    return tuple(row.expert_id for row in meeting.experts if row.expert_id not in away)


def _schedule(session: Session, actor: Actor, journey: Journey, each: Plan, number: int, *, clock: Clock) -> Meeting:
    """The meeting of a stop; what is wrong with it is said of the stop's fields."""
    trip = isinstance(journey, Trip)
    each = replace(each, trip_id=journey.id) if trip else replace(each, route_id=journey.id)
    try:
        return meetings.schedule(session, actor, each, clock=clock)
    except Invalid as refused:
        of_all = OF_ALL[each.kind]
        names = {name: "travellers" if name == of_all else f"stop_{number}_{name}" for name in refused.errors}
        raise Invalid({names[name]: text for name, text in refused.errors.items()}) from refused


def _title(session: Session, wanted: JourneyPlan, day: date) -> str:
    places = [session.get(Organisation, stop.organisation_id) for stop in wanted.stops]
    return journey_titles.made(wanted.kind, day, filter(None, places))
