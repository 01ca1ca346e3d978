"""Service logs: the list, one visible log, and where an expert may have served."""

from datetime import date

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Organisation, ServiceLog, Team
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.service_logs import ServiceTotals
from matchmaker.domain.vocabulary import Role, ServiceLogStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes, service_totals, team_life
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch
from matchmaker.queries.service_totals import in_year

FILTERS = ("status", "team", "specialist", "year")
DEFAULT_SORT = "-day"
SORTS: Sorts = {
    "id": ServiceLog.id,
    "day": ServiceLog.day,
    "expert": Expert.name,
    "firm": Organisation.name,
    "status": ServiceLog.status,
    "since": ServiceLog.status_since,
    "rating": ServiceLog.rating,
}


def get_visible(session: Session, actor: Actor, log_id: int) -> ServiceLog:
    """The log, if the actor may know of it; `NotFound` otherwise."""
    found = session.scalars(select(ServiceLog).where(ServiceLog.id == log_id, scopes.service_logs(actor))).first()
    if found is None:
        raise NotFound(_("没有找到这条服务日志"))
    return found


def matching(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What the actor may see of what a list asks for; `Expert` and `Organisation` are joined."""
    status, year = wanted.filters.get("status", ""), wanted.filters.get("year", "")
    team = row_id(wanted.filters.get("team", ""))
    one = row_id(wanted.filters.get("specialist", ""))
    words = contains(wanted.text, Expert.name, Organisation.name, ServiceLog.problem, ServiceLog.result)
    return [
        scopes.service_logs(actor),
        ServiceLog.status == status if status in {each.value for each in ServiceLogStatus} else true(),
        ServiceLog.team_id == team if team else true(),
        ServiceLog.specialist_id == one if one else true(),
        *(in_year(int(year)) if len(year) == 4 and year.isascii() and year.isdigit() and int(year) else []),
        words,
    ]


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[ServiceLog]:
    """The logs the actor may know of: filtered, sorted, cut."""
    statement = (
        select(ServiceLog)
        .join(Expert, Expert.id == ServiceLog.expert_id)
        .join(Organisation, Organisation.id == ServiceLog.firm_id)
        .where(*matching(actor, wanted))
    )
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def total(session: Session, actor: Actor, year: int) -> ServiceTotals:
    """What the approved logs of a year add up to that the actor may see."""
    return service_totals.total(session, scopes.service_logs(actor), *in_year(year))


def teams(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """(id, name) of the teams with logs that the actor may see."""
    logged = select(ServiceLog.team_id).where(scopes.service_logs(actor), ServiceLog.team_id.is_not(None))
    rows = session.execute(select(Team.id, Team.name).where(Team.id.in_(logged)).order_by(Team.name))
    return [(str(number), name) for number, name in rows]


def firms_of(team: Team, day: date) -> list[Organisation]:
    """Where a team's days count: the firms it serves on that day."""
    return sorted(team_life.firms_on(team, day), key=lambda firm: firm.name)


def last_day(session: Session, team: Team, expert_id: int) -> date | None:
    """The last day that a member has logged in a team."""
    mine = (ServiceLog.team_id == team.id, ServiceLog.expert_id == expert_id)
    return session.scalar(select(func.max(ServiceLog.day)).where(*mine, ServiceLog.status != ServiceLogStatus.DROPPED))


def half_days_of(session: Session, expert_id: int, day: date, *, without: int | None = None) -> int:
    """The half-days that an expert has already logged on a day, but for logs that were dropped."""
    mine = (ServiceLog.expert_id == expert_id, ServiceLog.day == day, ServiceLog.id != (without or 0))
    total = select(func.coalesce(func.sum(ServiceLog.half_days), 0))
    return session.scalar(total.where(*mine, ServiceLog.status != ServiceLogStatus.DROPPED)) or 0


def to_rate(session: Session, actor: Actor) -> int:
    """How many approved logs wait for the word of the actor's firm."""
    if actor.role is not Role.FIRM:
        return 0
    waiting = (scopes.service_logs(actor), ServiceLog.status == ServiceLogStatus.APPROVED)
    return session.scalar(select(func.count()).where(*waiting)) or 0
