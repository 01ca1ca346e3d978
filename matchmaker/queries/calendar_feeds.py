"""What stands in a person's own calendar."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Meeting
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.queries import scopes

ROLES = frozenset({Role.FIRM, Role.EXPERT, Role.INSTITUTE, Role.COUNTY, Role.CITY})
BACK, AHEAD = timedelta(days=180), timedelta(days=400)


def meetings_of(session: Session, actor: Actor, today: date) -> Sequence[Meeting]:
    """The actor's meetings around `today`, called-off ones too; of a city officer those planned or taken on."""
    mine = [scopes.meetings(actor), Meeting.day.between(today - BACK, today + AHEAD)]
    if actor.role is Role.CITY:
        mine.append(or_(Meeting.officer_id == actor.account_id, Meeting.made_by_id == actor.account_id))
    if actor.role not in ROLES:
        return ()
    return session.scalars(select(Meeting).where(*mine).order_by(Meeting.day, Meeting.id)).all()
