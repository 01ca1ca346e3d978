"""Trips and routes as lists and by themselves, with the meetings they are made of."""

from collections.abc import Collection, Iterable, Sequence
from datetime import time
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker.db.models import Meeting, Route, Trip
from matchmaker.domain.permissions import Actor, Permission, can, plans_meetings
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of
from matchmaker.queries.listing import Page, Wanted, contains, fetch

Journey = Trip | Route
MODELS: dict[MeetingKind, Any] = {MeetingKind.OUTBOUND: Trip, MeetingKind.INBOUND: Route}
DEFAULT_SORT = "-day"


def kind_of(journey: Journey) -> MeetingKind:
    """Of what kind its meetings are."""
    return MeetingKind.OUTBOUND if isinstance(journey, Trip) else MeetingKind.INBOUND


def column_of(kind: MeetingKind) -> InstrumentedAttribute[int | None]:
    """The column by which a meeting belongs to a trip or to a route."""
    return Meeting.trip_id if kind is MeetingKind.OUTBOUND else Meeting.route_id


def journey_of(meeting: Meeting) -> Journey | None:
    """The trip or route a meeting belongs to."""
    return meeting.trip or meeting.route


def _seen(actor: Actor, kind: MeetingKind) -> ColumnElement[bool]:
    """Those with a meeting the actor may know of; the city and its leaders see empty ones too."""
    if actor.is_system or actor.role in {Role.CITY, Role.LEADER}:
        return true()
    column = column_of(kind)
    mine = select(column).where(scopes.meetings(actor), column.is_not(None))
    found: ColumnElement[bool] = MODELS[kind].id.in_(mine)
    return found


def get_visible(session: Session, actor: Actor, kind: MeetingKind, journey_id: int) -> Journey:
    """The trip or route, if the actor may know of one of its meetings; `NotFound` otherwise."""
    model = MODELS[kind]
    found: Journey | None = session.scalar(select(model).where(model.id == journey_id, _seen(actor, kind)))
    if found is None:
        raise NotFound(_("没有找到这个行程或路线"))
    return found


def search(session: Session, actor: Actor, kind: MeetingKind, wanted: Wanted) -> Page[Journey]:
    """Trips or routes the actor may know of, the latest day first."""
    model = MODELS[kind]
    statement = select(model).where(_seen(actor, kind), contains(wanted.text, model.title))
    return fetch(session, statement, wanted, {"id": model.id, "day": model.day}, default=DEFAULT_SORT)


def meetings_of(session: Session, journeys: Sequence[Journey]) -> dict[int, list[Meeting]]:
    """Id → its meetings in the order of the day; of trips or of routes, not of both."""
    if not journeys:
        return {}
    column = column_of(kind_of(journeys[0]))
    rows = select(Meeting).where(column.in_([each.id for each in journeys]))
    found: dict[int, list[Meeting]] = {each.id: [] for each in journeys}
    for meeting in session.scalars(rows.order_by(Meeting.starts, Meeting.id)).unique():
        found[meeting.trip_id or meeting.route_id or 0].append(meeting)
    return found


def stops_of(session: Session, journey: Journey) -> list[Meeting]:
    """The meetings of one trip or route in the order of the day."""
    return meetings_of(session, [journey])[journey.id]


def planned(meetings: Iterable[Meeting]) -> list[Meeting]:
    """Those still to come: neither recorded nor called off."""
    return [meeting for meeting in meetings if meeting.status is MeetingStatus.PLANNED]


def in_reach(actor: Actor, stops: Collection[Meeting]) -> bool:
    """Whether the actor may change a journey of these stops: each that was not called off, else each that was.

    One into which nothing has been put is open to whoever plans meetings.
    """
    standing = [stop for stop in stops if stop.status is not MeetingStatus.CANCELLED] or stops
    return plans_meetings(actor) and all(can(actor, Permission.MEETING_PLAN, facts_of(stop)) for stop in standing)


def overlapping(meetings: Iterable[Meeting], starts: time, ends: time) -> list[Meeting]:
    """Those of the meetings that take place at the same time of the day."""
    return [each for each in planned(meetings) if each.starts < ends and each.ends > starts]


def to_join(session: Session, actor: Actor, journey: Journey) -> list[Meeting]:
    """Meetings of its day and direction that are planned and belong to no journey yet."""
    kind = kind_of(journey)
    alone = (Meeting.kind == kind, Meeting.day == journey.day, column_of(kind).is_(None))
    planned_ones = select(Meeting).where(*alone, Meeting.status == MeetingStatus.PLANNED, scopes.meetings(actor))
    return list(session.scalars(planned_ones.order_by(Meeting.starts, Meeting.id)).unique())
