"""Technical clinics: the list, one visible round and its sheets, whose half-days they take, what counts of them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.orm import Session

from matchmaker.db.models import Clinic, ClinicExpert, ClinicProblem, ClinicVisit, Expert, Need, Organisation
from matchmaker.domain.availability import HOURS, HalfDay, halves
from matchmaker.domain.entries import Diagnosed
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import ClinicStatus, MemberRole, Role
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch
from matchmaker.queries.meetings import Clash

FILTERS = ("status", "year", "sheets")
TO_FILL = "to_fill"  # a value of the filter `sheets`
DEFAULT_SORT = "-day"
FIRST = select(func.min(ClinicVisit.day)).where(ClinicVisit.clinic_id == Clinic.id).scalar_subquery()
SORTS: Sorts = {"id": Clinic.id, "day": FIRST, "title": Clinic.title, "status": Clinic.status}


def get_visible(session: Session, actor: Actor, clinic_id: int) -> Clinic:
    """The clinic, if the actor is one of those who may know of it; `NotFound` otherwise."""
    found = session.scalars(select(Clinic).where(Clinic.id == clinic_id, scopes.clinics(actor))).unique().first()
    if found is None:
        raise NotFound(_("没有找到这次巡诊"))
    return found


def visit_visible(session: Session, actor: Actor, visit_id: int) -> ClinicVisit:
    """A visit whose sheet the actor may read; `NotFound` otherwise."""
    mine = (ClinicVisit.id == visit_id, scopes.clinic_visits(actor))
    found = session.scalars(select(ClinicVisit).where(*mine)).unique().first()
    if found is None:
        raise NotFound(_("没有找到这张诊断单"))
    return found


def readable(session: Session, actor: Actor, clinic: Clinic) -> list[ClinicVisit]:
    """The visits of a clinic whose firm and sheet the actor may read, in their order."""
    ids = readable_ids(session, actor, [clinic.id])
    return [visit for visit in clinic.visits if visit.id in ids]


def readable_ids(session: Session, actor: Actor, clinic_ids: Iterable[int]) -> set[int]:
    """Of the visits of some clinics those whose firm and sheet the actor may read."""
    mine = (ClinicVisit.clinic_id.in_(clinic_ids), scopes.clinic_visits(actor))
    return set(session.scalars(select(ClinicVisit.id).where(*mine)))


def search(session: Session, actor: Actor, wanted: Wanted, today: date) -> Page[Clinic]:
    """The clinics the actor may know of: filtered, sorted, cut."""
    return fetch(session, select(Clinic).where(*_asked(actor, wanted, today)), wanted, SORTS, default=DEFAULT_SORT)


def _asked(actor: Actor, wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    status, year = wanted.filters.get("status", ""), wanted.filters.get("year", "")
    known = status in {each.value for each in ClinicStatus}
    sheets = wanted.filters.get("sheets") == TO_FILL
    return [
        scopes.clinics(actor),
        Clinic.status == status if known else true(),
        _in_year(int(year)) if len(year) == 4 and year.isascii() and year.isdigit() and int(year) else true(),
        Clinic.id.in_(select(ClinicVisit.clinic_id).where(*unfilled(today), scopes.clinic_visits(actor)))
        if sheets
        else true(),
        _named(actor, wanted.text),
    ]


def _in_year(year: int) -> ColumnElement[bool]:
    days = ClinicVisit.day.between(date(year, 1, 1), date(year, 12, 31))
    return Clinic.id.in_(select(ClinicVisit.clinic_id).where(days))


def _named(actor: Actor, text: str) -> ColumnElement[bool]:
    """By the clinic's name, or that of a firm the actor may read of."""
    mine = scopes.clinic_visits(actor)
    firms = (
        select(ClinicVisit.clinic_id)
        .join(Organisation, Organisation.id == ClinicVisit.firm_id)
        .where(mine, contains(text, Organisation.name))
    )
    return contains(text, Clinic.title) | Clinic.id.in_(firms) if text else true()


def unfilled(today: date) -> tuple[ColumnElement[bool], ...]:
    """Visits of planned clinics that should have been made and of which nobody has said anything."""
    planned = exists().where(Clinic.id == ClinicVisit.clinic_id, Clinic.status == ClinicStatus.PLANNED)
    return planned, ClinicVisit.visited.is_(None), ClinicVisit.day <= today


def to_fill(session: Session, actor: Actor, today: date) -> list[ClinicVisit]:
    """The sheets that an expert who leads a round has still to fill in, the oldest first."""
    leads = select(ClinicExpert.clinic_id).where(
        ClinicExpert.expert_id == actor.expert_id, ClinicExpert.role == MemberRole.LEAD
    )
    mine = (*unfilled(today), ClinicVisit.clinic_id.in_(leads))
    return list(session.scalars(select(ClinicVisit).where(*mine).order_by(ClinicVisit.day, ClinicVisit.id)).unique())


def lead_of(clinic: Clinic) -> Expert | None:
    """Who leads the round."""
    return next((row.expert for row in clinic.experts if row.role is MemberRole.LEAD), None)


def may_diagnose(actor: Actor, visit: ClinicVisit) -> bool:
    """Whether the actor fills in the sheet of a visit: who leads the round, or an officer of the firm's unit 代录."""
    if not can(actor, Permission.CLINIC_DIAGNOSE, facts_of(visit.clinic)):
        return False
    if actor.role is Role.COUNTY:
        return visit.firm.unit_id == actor.unit_id
    lead = lead_of(visit.clinic)
    return actor.role is not Role.EXPERT or (lead is not None and lead.id == actor.expert_id)


def may_plan(actor: Actor, clinic: Clinic) -> bool:
    """Whether the actor plans this round: the city, or the unit of all its firms."""
    whole = all(visit.firm.unit_id == actor.unit_id for visit in clinic.visits)
    return can(actor, Permission.CLINIC_PLAN, facts_of(clinic)) and (whole or actor.role is not Role.COUNTY)


def clashes(
    session: Session,
    expert_ids: Iterable[int],
    day: date,
    span: tuple[time, time],
    *,
    except_id: int | None = None,
) -> list[Clash]:
    """Clinics, not cancelled, that take one of the people in a half of the day that the time touches."""
    rows = session.execute(
        select(Expert.name, Clinic.id, Clinic.title, ClinicVisit.day, ClinicVisit.half)
        .join(ClinicExpert, ClinicExpert.expert_id == Expert.id)
        .join(Clinic, Clinic.id == ClinicExpert.clinic_id)
        .join(ClinicVisit, ClinicVisit.clinic_id == Clinic.id)
        .where(
            Expert.id.in_(list(expert_ids)),
            ClinicVisit.day == day,
            ClinicVisit.half.in_(halves(*span)),
            Clinic.status != ClinicStatus.CANCELLED,
            Clinic.id != (except_id or 0),
        )
        .order_by(Clinic.id, Expert.id)
    )
    return [Clash(name, key, title, on, *HOURS[half], clinic=True) for name, key, title, on, half in rows]


def booked(
    session: Session, expert_ids: Collection[int], firm_ids: Collection[int], span: tuple[date, date]
) -> set[HalfDay]:
    """The half-days of a span that planned clinics take of these people and firms."""
    people = select(ClinicExpert.clinic_id).where(ClinicExpert.expert_id.in_(expert_ids))
    rows = session.execute(
        select(ClinicVisit.day, ClinicVisit.half)
        .join(Clinic, Clinic.id == ClinicVisit.clinic_id)
        .where(
            ClinicVisit.day.between(*span),
            Clinic.status == ClinicStatus.PLANNED,
            ClinicVisit.clinic_id.in_(people) | ClinicVisit.firm_id.in_(firm_ids),
        )
    )
    return {HalfDay(day, half) for day, half in rows}


def diagnosed(session: Session) -> list[Diagnosed]:
    """Every firm diagnosed in a held clinic, as counting reads it."""
    rows = session.execute(
        select(ClinicVisit.id, ClinicVisit.firm_id, ClinicVisit.day)
        .join(Clinic, Clinic.id == ClinicVisit.clinic_id)
        .where(Clinic.status == ClinicStatus.HELD, ClinicVisit.visited.is_(True))
        .order_by(ClinicVisit.day, ClinicVisit.id)
    )
    return [Diagnosed(*row) for row in rows]


def behind(session: Session, need_id: int) -> ClinicProblem | None:
    """The problem of a diagnosis sheet that a need was drafted from."""
    return session.scalars(select(ClinicProblem).where(ClinicProblem.need_id == need_id)).unique().first()


def readable_needs(session: Session, actor: Actor, visit: ClinicVisit) -> set[int]:
    """Of the needs drafted from a sheet those that the actor may read."""
    drafted = [row.need_id for row in visit.problems if row.need_id]
    return set(session.scalars(select(Need.id).where(Need.id.in_(drafted), scopes.needs(actor))))


def problem_of(visit: ClinicVisit, problem_id: int | None) -> ClinicProblem:
    """A problem of the sheet; `NotFound` otherwise."""
    found = next((row for row in visit.problems if row.id == problem_id), None)
    if found is None:
        raise NotFound(_("诊断单上没有这个问题，请刷新页面"))
    return found


def seen_of(visit: ClinicVisit) -> str:
    """What a form of the sheet was filled in over, to notice that somebody was faster."""
    moment: datetime | None = visit.filled_at
    return moment.isoformat() if moment else ""
