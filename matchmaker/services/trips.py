"""A suggested 微对接 taken up: one trip with one planned outbound meeting."""

from collections.abc import Collection
from datetime import date, time

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting
from matchmaker.domain.meetings import Plan
from matchmaker.domain.pairing import future_day
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import trips
from matchmaker.queries.invitations import lead_of
from matchmaker.queries.trips import Option, Stop
from matchmaker.services import meetings
from matchmaker.services.journey_titles import made


def take_up(
    session: Session,
    actor: Actor,
    institute_id: int,
    need_ids: Collection[int],
    *,
    day: date | None,
    starts: time,
    ends: time,
    clock: Clock,
) -> Meeting:
    """Plan the outbound meeting that the chosen stops of a suggested trip make, on a day still to come.

    The leads of all groups are invited. Raises `Conflict` when the trip is no longer suggested (planned meanwhile, a
    need closed), `Invalid` for the day or without a stop, and what `meetings.schedule` raises.
    """
    option = next(
        (each for each in trips.options(session, actor, clock.today()) if each.institute.id == institute_id), None
    )
    if option is None:
        raise Conflict(_("这条建议已不存在：可能刚刚安排过，或需求、推荐有变化"))
    stops = [stop for stop in option.stops if stop.need.id in need_ids]
    if not stops:
        raise Invalid({"needs": _("请至少选择一条需求")})
    if day is None or future_day("day", day, clock.today()):
        raise Invalid({"day": _("请选择今天以后的日期")})
    plan = _plan(session, option, stops, day=day, starts=starts, ends=ends)
    return meetings.schedule(session, actor, plan, clock=clock)


def _plan(session: Session, option: Option, stops: list[Stop], *, day: date, starts: time, ends: time) -> Plan:
    leads = [lead for stop in stops if (lead := lead_of(session, stop.group)) is not None]
    return Plan(
        kind=MeetingKind.OUTBOUND,
        day=day,
        starts=starts,
        ends=ends,
        host_id=option.institute.id,
        site_id=option.site.id if option.site is not None else None,
        group_id=stops[0].group.id,
        trip_title=made(MeetingKind.OUTBOUND, day, [option.institute]),
        firm_ids=tuple(dict.fromkeys(stop.need.firm_id for stop in stops)),
        expert_ids=tuple(dict.fromkeys(lead.id for lead in leads)),
        need_ids=tuple(stop.need.id for stop in stops),
    )
