"""What was promised for a year, and the calendar by which it is due."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Metric, Target, Workday
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.vocabulary import TargetStatus

FIRMEST_FIRST = (TargetStatus.FINAL, TargetStatus.DRAFT, TargetStatus.DEMO)


def metrics(session: Session) -> Sequence[Metric]:
    """All metrics in the profile's order."""
    return session.scalars(select(Metric).order_by(Metric.position, Metric.code)).all()


def of_year(session: Session, year: int) -> list[Target]:
    """The targets of `year`, of the city and of units, those officially issued before drafts. None: 未下达."""
    found = session.scalars(select(Target).where(Target.year == year).order_by(Target.id))
    return sorted(found, key=lambda target: FIRMEST_FIRST.index(target.status))


def calendar_since(session: Session, first: date) -> WorkCalendar:
    """The working days from `first` on as the bureau's table has them."""
    return WorkCalendar({row.day: row.works for row in session.scalars(select(Workday).where(Workday.day >= first))})


def calendar(session: Session, year: int) -> WorkCalendar:
    """The working days of `year` as the bureau's table has them."""
    span = Workday.day.between(date(year, 1, 1), date(year, 12, 31))
    return WorkCalendar({row.day: row.works for row in session.scalars(select(Workday).where(span))})
