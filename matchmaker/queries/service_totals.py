"""What service logs add up to: approved ones only, per team, person and year. The only place that sums them."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker.db.models import ServiceLog
from matchmaker.domain.service_logs import ServiceTotals
from matchmaker.domain.vocabulary import ServiceLogStatus

APPROVED = frozenset({ServiceLogStatus.APPROVED, ServiceLogStatus.RATED})
NOTHING = ServiceTotals()
_SUMS = (
    func.coalesce(func.sum(ServiceLog.half_days), 0),
    func.count(ServiceLog.id),
    func.count(func.distinct(ServiceLog.firm_id)),
    func.count(ServiceLog.rating),
    func.coalesce(func.sum(ServiceLog.rating), 0),
)


def counted() -> ColumnElement[bool]:
    """Logs that totals count."""
    return ServiceLog.status.in_(APPROVED)


def in_year(year: int | None) -> list[ColumnElement[bool]]:
    """Logs of a civil year, of all years for None."""
    return [] if year is None else [ServiceLog.day.between(date(year, 1, 1), date(year, 12, 31))]


def total(session: Session, *where: ColumnElement[bool]) -> ServiceTotals:
    """The sum of the approved logs that `where` selects."""
    row = session.execute(select(*_SUMS).where(counted(), *where)).one()
    return ServiceTotals(*(int(number) for number in row))


def by(session: Session, column: InstrumentedAttribute[Any], *where: ColumnElement[bool]) -> dict[int, ServiceTotals]:
    """The same for each value of a column, such as `ServiceLog.team_id`."""
    rows = session.execute(select(column, *_SUMS).where(counted(), column.is_not(None), *where).group_by(column))
    return {row[0]: ServiceTotals(*(int(number) for number in row[1:])) for row in rows}


def of_teams(session: Session, ids: Collection[int], year: int | None = None) -> dict[int, ServiceTotals]:
    """Team → its totals, of a civil year or of all its time; teams without any are left out."""
    return by(session, ServiceLog.team_id, ServiceLog.team_id.in_(ids), *in_year(year))


def of_people(session: Session, team_id: int, year: int | None = None) -> dict[int, ServiceTotals]:
    """Expert → their totals within a team."""
    return by(session, ServiceLog.expert_id, ServiceLog.team_id == team_id, *in_year(year))


def of_firms(session: Session, team_id: int, year: int | None = None) -> dict[int, ServiceTotals]:
    """Firm → what a team did for it."""
    return by(session, ServiceLog.firm_id, ServiceLog.team_id == team_id, *in_year(year))
