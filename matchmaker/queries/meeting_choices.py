"""What the form of a meeting offers to choose from, and whom the names typed into it mean."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, defer

from matchmaker.db.models import Expert, Group, Need, Organisation, Site, Trip
from matchmaker.domain.meetings import Plan
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, NeedStatus, OrganisationKind
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import journeys, scopes
from matchmaker.queries.facts import PUBLIC_NEEDS

MOST_OFFERED = 300
_BETWEEN = re.compile(r"[，,、\s（(]+")


@dataclass(frozen=True)
class Choices:
    """Records to offer beside each field. Lists are cut at `MOST_OFFERED`; whoever is not listed can be typed in."""

    host: Organisation | None
    sites: Sequence[Site]
    groups: Sequence[Group]
    experts: Sequence[Expert]
    firms: Sequence[Organisation]
    needs: Sequence[Need]
    trips: Sequence[Trip]


def choices(session: Session, actor: Actor, plan: Plan) -> Choices:
    """What fits the plan so far: the host's or the firm's sites, the host's people, the firms' open needs."""
    host = session.get(Organisation, plan.host_id) if plan.host_id and plan.kind is not MeetingKind.INBOUND else None
    place = plan.firm_ids[0] if plan.kind is MeetingKind.INBOUND and plan.firm_ids else plan.host_id
    own_people = Expert.institute_id == plan.host_id if host else Expert.id.in_(plan.expert_ids)
    return Choices(
        host=host,
        sites=session.scalars(select(Site).where(Site.organisation_id == place).order_by(Site.id)).all(),
        groups=session.scalars(select(Group).where(Group.institute_id == plan.host_id).order_by(Group.name)).all()
        if host
        else [],
        experts=_experts(session, or_(own_people, Expert.id.in_(plan.expert_ids))),
        firms=session.scalars(select(Organisation).where(Organisation.id.in_(plan.firm_ids))).all(),
        needs=_needs(session, plan),
        trips=_trips(session, actor, plan) if plan.kind is MeetingKind.OUTBOUND else [],
    )


def _experts(session: Session, condition: ColumnElement[bool]) -> Sequence[Expert]:
    offered = select(Expert).where(condition, scopes.known_experts())
    return session.scalars(offered.order_by(Expert.name, Expert.id).limit(MOST_OFFERED)).all()


def _needs(session: Session, plan: Plan) -> Sequence[Need]:
    open_ones = (Need.firm_id.in_(plan.firm_ids)) & (Need.status == NeedStatus.PUBLISHED)
    chosen = Need.id.in_(plan.need_ids) & Need.status.in_(PUBLIC_NEEDS)
    statement = select(Need).where(or_(open_ones, chosen)).order_by(Need.firm_id, Need.id).limit(MOST_OFFERED)
    return session.scalars(statement.options(defer(Need.terms))).all()


def _trips(session: Session, actor: Actor, plan: Plan) -> Sequence[Trip]:
    """Those of the day, or the latest, that the actor may put a meeting into, and the one it is in."""
    latest = select(Trip).order_by(Trip.day.desc(), Trip.id.desc()).limit(MOST_OFFERED)
    found = session.scalars(latest.where(Trip.day == plan.day) if plan.day else latest).all()
    stops = journeys.meetings_of(session, found)
    return [trip for trip in found if trip.id == plan.trip_id or journeys.in_reach(actor, stops[trip.id])]


def institutes(session: Session) -> list[str]:
    """Names of all institutes, for a field that suggests them."""
    hosts = select(Organisation.name).where(Organisation.kind == OrganisationKind.INSTITUTE, scopes.on_file())
    return list(session.scalars(hosts.order_by(Organisation.name)))


def institute_named(session: Session, name: str) -> int:
    """The institute of this name. Raises `Invalid` for none or several."""
    kind = (Organisation.kind == OrganisationKind.INSTITUTE) & scopes.on_file()
    found = session.scalars(select(Organisation.id).where(Organisation.name == name.strip(), kind)).all()
    if len(found) != 1:
        raise Invalid({"host": _("没有名为“%(name)s”的院所，请从列表中选择", name=name.strip()[:40])})
    return found[0]


def firms_named(session: Session, actor: Actor, names: str) -> list[int]:
    """The firms named, one a line, among those the actor may act for. Raises `Invalid` naming who was not found.

    An officer of a unit plans for own firms, but others may share the bus: those are found by full name as well.
    """
    kind = (Organisation.kind == OrganisationKind.FIRM) & scopes.on_file()
    local = kind & (Organisation.unit_id.is_not(None) if actor.is_bureau else scopes.firms_of(actor))
    found: list[int] = []
    for name in _lines(names):
        either = or_(Organisation.name == name, Organisation.credit_code == name, Organisation.external_id == name)
        matching = session.scalars(select(Organisation.id).where(local, either)).all()
        if len(matching) != 1:
            raise Invalid({"firms": _("没有名为“%(name)s”的本市企业，请写全称或统一社会信用代码", name=name[:40])})
        found.append(matching[0])
    return found


def experts_named(session: Session, names: str) -> list[int]:
    """The people named, one a line as `张三` or `张三，某某大学`. Raises `Invalid` for nobody or several."""
    found: list[int] = []
    for line in _lines(names):
        name, _separator, institute = _split(line)
        people = select(Expert.id).join(Organisation, Organisation.id == Expert.institute_id).where(Expert.name == name)
        people = people.where(scopes.known_experts())
        if institute:
            people = people.where(Organisation.name.icontains(institute, autoescape=True))
        matching = session.scalars(people).all()
        if not matching:
            raise Invalid({"experts": _("没有找到专家“%(name)s”，请核对姓名和单位", name=line[:60])})
        if len(matching) > 1:
            message = _("叫“%(name)s”的专家有 %(count)s 位，请写成“姓名，单位”", name=line[:60], count=len(matching))
            raise Invalid({"experts": message})
        found.append(matching[0])
    return found


def _split(line: str) -> tuple[str, str, str]:
    name, *rest = _BETWEEN.split(line, maxsplit=1)
    return name, "，", rest[0].rstrip("）)") if rest else ""


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
