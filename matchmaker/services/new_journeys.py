"""The one place where a trip or a route comes to be."""

from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.domain.journeys import Details
from matchmaker.domain.meetings import LONGEST_TITLE
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.queries.journeys import MODELS, Journey
from matchmaker.services import audit


def create(
    session: Session,
    actor: Actor,
    kind: MeetingKind,
    day: date,
    *,
    title: str,
    details: Details | None = None,
    clock: Clock,
) -> Journey:
    """A journey without meetings yet; whoever makes it has checked the day and the details."""
    now = clock.now()
    stamps = {"made_by": actor.name, "created_at": now, "updated_at": now}
    journey: Journey = MODELS[kind](title=title[:LONGEST_TITLE], day=day, **vars(details or Details()), **stamps)
    session.add(journey)
    session.flush()
    audit.log(session, actor, "create", journey, clock=clock, after=audit.state_of(journey))
    return journey
