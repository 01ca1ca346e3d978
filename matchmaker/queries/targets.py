"""What was promised for a year, and the calendar by which it is due."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Metric, Target, Unit, Workday
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.goals import FIRMEST_FIRST, Stated
from matchmaker.domain.vocabulary import TargetBasis
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.workdays import listed_years


def metrics(session: Session) -> Sequence[Metric]:
    """All metrics in the profile's order."""
    return session.scalars(select(Metric).order_by(Metric.position, Metric.code)).all()


def metric(session: Session, code: str) -> Metric:
    """One metric; `NotFound` when the profile has none of this code."""
    found = session.get(Metric, code)
    if found is None:
        raise NotFound(_("没有这项指标"))
    return found


def stands() -> ColumnElement[bool]:
    """Targets that were not withdrawn."""
    return Target.withdrawn_at.is_(None)


def of_year(session: Session, year: int) -> list[Target]:
    """The targets of `year`, of the city and of units, those officially issued before drafts. None: 未下达."""
    return _firmest_first(session, Target.year == year)


def of_city(session: Session) -> list[Target]:
    """The city's own targets of all years, those officially issued before drafts."""
    return _firmest_first(session, Target.unit_id.is_(None))


def splits(session: Session, metric_code: str, year: int) -> dict[int, Target]:
    """Unit id → its split of the year's total, where the bureau entered one."""
    mine = (Target.metric_code == metric_code, Target.year == year, Target.unit_id.is_not(None))
    rows = _firmest_first(session, *mine, Target.basis == TargetBasis.ABSOLUTE)
    return {row.unit_id: row for row in reversed(rows) if row.unit_id is not None}


def _firmest_first(session: Session, *clauses: ColumnElement[bool]) -> list[Target]:
    found = session.scalars(select(Target).where(stands(), *clauses).order_by(Target.id))
    return sorted(found, key=lambda target: FIRMEST_FIRST.index(target.status))


def stated(target: Target) -> Stated:
    """A target as `domain.goals` reads it."""
    return Stated(target.id, target.year, target.value, target.basis, target.source, target.status)


def get(session: Session, target_id: int) -> Target:
    """One target, withdrawn or not; `NotFound` when there is none."""
    found = session.get(Target, target_id)
    if found is None:
        raise NotFound(_("没有找到这个目标"))
    return found


def withdrawn(session: Session, year: int) -> list[Target]:
    """The city's targets of the year that were taken back."""
    mine = (Target.year == year, Target.unit_id.is_(None), Target.withdrawn_at.is_not(None))
    return list(session.scalars(select(Target).where(*mine).order_by(Target.id)))


def ever(session: Session, year: int) -> list[Target]:
    """All targets of the year, of the city and of units, withdrawn ones too."""
    return list(session.scalars(select(Target).where(Target.year == year).order_by(Target.id)))


def years(session: Session) -> list[int]:
    """The years that have a target, in order."""
    return list(session.scalars(select(Target.year).where(stands()).distinct().order_by(Target.year)))


def units(session: Session) -> list[Unit]:
    """The responsible units in the profile's order."""
    return list(session.scalars(select(Unit).order_by(Unit.position)))


def calendar_since(session: Session, first: date) -> WorkCalendar:
    """The working days from `first` on as the bureau's table has them."""
    return _calendar(session, Workday.day >= first)


def calendar(session: Session, year: int) -> WorkCalendar:
    """The working days of `year` as the bureau's table has them."""
    return _calendar(session, Workday.day.between(date(year, 1, 1), date(year, 12, 31)))


def _calendar(session: Session, span: ColumnElement[bool]) -> WorkCalendar:
    days = {row.day: row.works for row in session.scalars(select(Workday).where(span))}
    return WorkCalendar(days, listed_years(session))
