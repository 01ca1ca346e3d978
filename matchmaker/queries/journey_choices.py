"""Whom a trip or a route can be made of: firms, experts and institutes looked for by name, and what a stop offers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Organisation
from matchmaker.domain.journeys import JourneyPlan, Stop
from matchmaker.domain.meetings import Plan
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, OrganisationKind
from matchmaker.queries import scopes
from matchmaker.queries.choices import named
from matchmaker.queries.listing import contains
from matchmaker.queries.meeting_choices import Choices, choices

MOST_FOUND = 30


@dataclass(frozen=True)
class Choice:
    """Somebody to tick."""

    id: int
    name: str
    detail: str


@dataclass(frozen=True)
class StopChoices:
    """A stop of the form with what fits it."""

    organisation: Organisation
    offered: Choices


def travellers(session: Session, kind: MeetingKind, text: str, chosen: Collection[int]) -> list[Choice]:
    """Those already chosen, then those whose name the words are in: firms for a trip, experts for a route."""
    if kind is MeetingKind.OUTBOUND:
        return _organisations(session, OrganisationKind.FIRM, text, chosen)
    institute = select(Organisation.id).where(contains(text, Organisation.name))
    wanted = or_(contains(text, Expert.name), Expert.institute_id.in_(institute))
    statement = select(Expert).where(scopes.known_experts()).order_by(Expert.name, Expert.id)
    mine = list(session.scalars(statement.where(Expert.id.in_(chosen))).unique())
    more = session.scalars(statement.where(wanted, Expert.id.not_in(chosen)).limit(MOST_FOUND)).unique() if text else ()
    return [Choice(one.id, one.name, f"{one.title} {one.institute.name}".strip()) for one in (*mine, *more)]


def places(session: Session, kind: MeetingKind, text: str, chosen: Collection[int]) -> list[Choice]:
    """Those already chosen, then those found: institutes for a trip, firms for a route."""
    trip = kind is MeetingKind.OUTBOUND
    return _organisations(session, OrganisationKind.INSTITUTE if trip else OrganisationKind.FIRM, text, chosen)


def _organisations(session: Session, kind: OrganisationKind, text: str, chosen: Collection[int]) -> list[Choice]:
    local = Organisation.unit_id.is_not(None) if kind is OrganisationKind.FIRM else Organisation.id.is_not(None)
    statement = select(Organisation).where(Organisation.kind == kind, scopes.on_file(), local)
    statement = statement.order_by(Organisation.name, Organisation.id)
    mine = list(session.scalars(statement.where(Organisation.id.in_(chosen))))
    found = statement.where(contains(text, Organisation.name), Organisation.id.not_in(chosen)).limit(MOST_FOUND)
    more = session.scalars(found) if text else ()
    return [Choice(one.id, one.name, named(one.unit) if one.unit else "") for one in (*mine, *more)]


def stops(session: Session, actor: Actor, wanted: JourneyPlan) -> list[StopChoices]:
    """What each stop of the plan offers; one at an organisation that is not on file is left out."""
    found: Sequence[tuple[Organisation | None, Plan]] = [
        (session.get(Organisation, stop.organisation_id), plan)
        for stop, plan in zip(wanted.stops, wanted.plans(), strict=True)
    ]
    return [StopChoices(place, choices(session, actor, plan)) for place, plan in found if place is not None]


def blank(organisation_ids: Collection[int]) -> tuple[Stop, ...]:
    """Stops of which only the place is known."""
    return tuple(Stop(organisation_id=each) for each in organisation_ids)
