"""Specialists: the list, one visible filing, who is on file on a day, which high-tech firms are covered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session, aliased

from matchmaker.db.models import Expert, Organisation, ServiceLog, Specialist, SpecialistHost, Unit
from matchmaker.domain.drafts.goals import FIRST_YEAR, LAST_YEAR
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.specialists import Filing
from matchmaker.domain.vocabulary import OrganisationKind, Role, SpecialistKind, SpecialistStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes, service_totals
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch

FILTERS = ("kind", "status", "unit", "institute", "year")
DEFAULT_SORT = "-filed"
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
Sender = aliased(Organisation)
SORTS: Sorts = {
    "id": Specialist.id,
    "name": Expert.name,
    "number": Specialist.number,
    "kind": Specialist.kind,
    "institute": Sender.name,
    "filed": Specialist.filed_on,
    "status": Specialist.status,
}
Where = ColumnElement[bool]
HIGH_TECH = frozenset({"高新技术企业", "国家高新技术企业", "高企"})  # how a firm's tags say it


def get_visible(session: Session, actor: Actor, specialist_id: int) -> Specialist:
    """The filing, if the actor may know of it; `NotFound` otherwise."""
    mine = (Specialist.id == specialist_id, scopes.specialists(actor))
    found = session.scalars(select(Specialist).where(*mine)).unique().first()
    if found is None:
        raise NotFound(_("没有找到这位科技特派员"))
    return found


def reads_files(actor: Actor) -> bool:
    """Agreements name other hosts' terms: a firm asks for its own copy."""
    return actor.role is not Role.FIRM


def get_with_files(session: Session, actor: Actor, specialist_id: int) -> Specialist:
    """The filing, if the actor may read the scans of its agreements; `NotFound` otherwise."""
    if not reads_files(actor):
        raise NotFound(_("没有找到这个附件"))
    return get_visible(session, actor, specialist_id)


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Specialist]:
    """The specialists the actor may know of: filtered, sorted, cut."""
    statement = (
        select(Specialist)
        .join(Expert, Expert.id == Specialist.expert_id)
        .join(Sender, Sender.id == Specialist.institute_id)
        .where(scopes.specialists(actor), *_narrowed(session, actor, wanted))
    )
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def _narrowed(session: Session, actor: Actor, wanted: Wanted) -> list[Where]:
    asked = wanted.filters.get
    kind, status, institute = asked("kind", ""), asked("status", ""), row_id(asked("institute", ""))
    year = asked("year", "")
    code = asked("unit") if actor.role is not Role.FIRM else ""  # a firm does not learn whom else they serve
    unit = session.scalar(select(Unit.id).where(Unit.code == code)) if code else None
    served = (SpecialistHost.organisation_id == Organisation.id, contains(wanted.text, Organisation.name))
    hosts = select(SpecialistHost.specialist_id).join(Organisation, served[0]).where(served[1])
    named = contains(wanted.text, Expert.name, Specialist.number, Sender.name)
    found = named if actor.role is Role.FIRM else or_(named, Specialist.id.in_(hosts))
    return [
        found if wanted.text else true(),
        Specialist.kind == kind if kind in set(SpecialistKind) else true(),
        Specialist.status == status if status in set(SpecialistStatus) else true(),
        Specialist.institute_id == institute if institute else true(),
        scopes.serving_at(scopes.host_in_unit(unit, SpecialistHost)) if unit else true(),
        stood_on(date(int(year), 12, 31)) if year in {str(one) for one in YEARS} else true(),
    ]


def stood_on(day: date) -> Where:
    """Filings that count on a day; `domain.specialists.Filing.stands` in SQL."""
    return and_(Specialist.filed_on <= day, or_(Specialist.ended_on.is_(None), Specialist.ended_on > day))


def institutes(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """(id, name) of who has sent those the actor may see."""
    senders = select(Specialist.institute_id).where(scopes.specialists(actor))
    rows = select(Organisation.id, Organisation.name).where(Organisation.id.in_(senders))
    return [(str(number), name) for number, name in session.execute(rows.order_by(Organisation.name))]


def filings(session: Session) -> list[Filing]:
    """Every filing, as counting sees it."""
    columns = (Specialist.id, Specialist.expert_id, Specialist.kind, Specialist.filed_on, Specialist.ended_on)
    return [Filing(*row) for row in session.execute(select(*columns).order_by(Specialist.id))]


def standing(session: Session, expert_id: int, kind: SpecialistKind, *, but: int | None = None) -> Specialist | None:
    """The filing of this kind that an expert has, `but` one; or None."""
    same = (Specialist.expert_id == expert_id, Specialist.kind == kind, Specialist.status == SpecialistStatus.ACTIVE)
    return session.scalars(select(Specialist).where(*same, Specialist.id != (but or 0))).unique().first()


def by_number(session: Session, number: str) -> Specialist | None:
    """The filing with this number."""
    return session.scalars(select(Specialist).where(Specialist.number == number)).unique().first()


def active_of(session: Session, expert_id: int) -> list[Specialist]:
    """The filings under which an expert may log a day."""
    mine = (Specialist.expert_id == expert_id, Specialist.status == SpecialistStatus.ACTIVE)
    return list(session.scalars(select(Specialist).where(*mine).order_by(Specialist.id)).unique())


def of_expert(session: Session, actor: Actor, expert_id: int) -> list[Specialist]:
    """An expert's filings that the actor may see, the newest first."""
    mine = (Specialist.expert_id == expert_id, scopes.specialists(actor))
    return list(session.scalars(select(Specialist).where(*mine).order_by(Specialist.id.desc())).unique())


def of_firm(session: Session, actor: Actor, firm_id: int, today: date) -> list[Specialist]:
    """Who serves a firm today, as far as the actor may see."""
    here = scopes.serving_at(and_(SpecialistHost.organisation_id == firm_id, current(today)))
    mine = (here, Specialist.status == SpecialistStatus.ACTIVE, scopes.specialists(actor))
    return list(session.scalars(select(Specialist).where(*mine).order_by(Specialist.id)).unique())


def _on(host: SpecialistHost, day: date) -> bool:
    return host.since <= day and (host.until is None or host.until >= day)


def hosts_seen(actor: Actor, one: Specialist) -> list[SpecialistHost]:
    """All hosts for officers and the expert's side; a firm does not learn which others are served."""
    if actor.role is not Role.FIRM:
        return one.hosts
    return [host for host in one.hosts if host.organisation_id == actor.organisation_id]


def hosts_on(actor: Actor, one: Specialist, day: date) -> list[SpecialistHost]:
    """Those whom a specialist serves on a day, as far as the actor may see."""
    return [host for host in hosts_seen(actor, one) if _on(host, day)]


def current(day: date) -> Where:
    """Hosts that are served on a day."""
    return and_(SpecialistHost.since <= day, or_(SpecialistHost.until.is_(None), SpecialistHost.until >= day))


def firms_on(session: Session, one: Specialist, day: date) -> list[Organisation]:
    """Where a specialist's days count: firms they serve, and every local firm of a unit or cluster they serve."""
    hosts = [host for host in one.hosts if _on(host, day)]
    own = {host.organisation_id for host in hosts if host.organisation_id}
    units = {host.unit_id for host in hosts if host.unit_id}
    units |= {host.cluster.unit_id for host in hosts if host.cluster and host.cluster.unit_id}
    firm = (Organisation.kind == OrganisationKind.FIRM, scopes.on_file())
    wanted = or_(Organisation.id.in_(own), and_(Organisation.unit_id.in_(units), *firm))
    return list(session.scalars(select(Organisation).where(wanted).order_by(Organisation.name)))


def told(actor: Actor) -> Where:
    """Logs whose days and rating a reader of a filing is told of: a firm of those at itself."""
    return ServiceLog.firm_id == actor.organisation_id if actor.role is Role.FIRM else true()


def logs(session: Session, one: Specialist, most: int) -> list[ServiceLog]:
    """The latest visits, whatever became of them."""
    mine = select(ServiceLog).where(ServiceLog.specialist_id == one.id)
    return list(session.scalars(mine.order_by(ServiceLog.day.desc(), ServiceLog.id.desc()).limit(most)).unique())


@dataclass(frozen=True)
class Coverage:
    """High-tech firms (ids), and those of them whom an active specialist serves and has visited this year.

    The aim is one specialist for every high-tech firm 高企 (enterprise-service plan 四（五）18).
    """

    firms: tuple[int, ...]
    covered: tuple[int, ...]

    @property
    def left(self) -> tuple[int, ...]:
        """Those without."""
        there = set(self.covered)
        return tuple(number for number in self.firms if number not in there)

    @property
    def share(self) -> float | None:
        """Covered firms among all, 0-1."""
        return len(self.covered) / len(self.firms) if self.firms else None

    def chosen(self, what: str) -> Sequence[int] | None:
        """The firms that a filter's value asks for."""
        return {"all": self.firms, "yes": self.covered, "no": self.left}.get(what)


def is_high_tech(tags: Iterable[str]) -> bool:
    """Whether a firm's tags say that it is a high-tech enterprise 高企."""
    return not HIGH_TECH.isdisjoint(tags)


def coverage(session: Session, actor: Actor, today: date) -> Coverage:
    """Of the local firms in the actor's charge; a visit counts where the same specialist still serves the firm."""
    rows = select(Organisation.id, Organisation.tags).where(scopes.firms_of(actor)).order_by(Organisation.id)
    firms = tuple(number for number, tags in session.execute(rows) if is_high_tech(tags))
    served = (
        select(SpecialistHost.organisation_id)
        .join(Specialist, Specialist.id == SpecialistHost.specialist_id)
        .join(
            ServiceLog,
            and_(ServiceLog.specialist_id == Specialist.id, ServiceLog.firm_id == SpecialistHost.organisation_id),
        )
        .where(Specialist.status == SpecialistStatus.ACTIVE, current(today), service_totals.counted())
        .where(*service_totals.in_year(today.year))
    )
    there = set(session.scalars(served.distinct()))
    return Coverage(firms, tuple(number for number in firms if number in there))
