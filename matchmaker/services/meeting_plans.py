"""A meeting's plan made real: ids become records, and what does not fit together is refused by field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.base import Base
from matchmaker.db.models import (
    Expert,
    Group,
    GroupMember,
    Invitation,
    Meeting,
    Need,
    Organisation,
    Route,
    Site,
    Trip,
)
from matchmaker.domain.meetings import Plan
from matchmaker.domain.permissions import Actor, Facts
from matchmaker.domain.vocabulary import MeetingKind, OrganisationKind
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import LOCALES, joined, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries import journeys
from matchmaker.queries.colleagues import companions_of
from matchmaker.queries.facts import group_expert_ids
from matchmaker.queries.invitations import counterpart_of, lead_of
from matchmaker.services import meeting_needs
from matchmaker.services.new_journeys import create

R = TypeVar("R", bound=Base)


@dataclass(frozen=True)
class Parties:
    """The records a plan names; what its kind has no use for is None."""

    host: Organisation | None
    site: Site | None
    group: Group | None
    trip: Trip | None
    firms: Sequence[Organisation]
    experts: Sequence[Expert]
    needs: Sequence[Need]
    route: Route | None = None

    @property
    def facts(self) -> Facts:
        """What permissions may look at in a meeting that does not exist yet."""
        return Facts(
            firm_ids=frozenset(firm.id for firm in self.firms),
            unit_ids=frozenset(firm.unit_id for firm in self.firms if firm.unit_id is not None),
            expert_ids=frozenset(expert.id for expert in self.experts),
        )


def resolve(session: Session, actor: Actor, plan: Plan, *, clock: Clock, meeting: Meeting | None = None) -> Parties:
    """The records behind `plan`, which may be one for a `meeting` on file; a new trip is made if it names one.

    Raises `Invalid` with field → message, `Forbidden` for a trip or route that the actor may not put it into.
    """
    if problems := plan.problems(clock.today()):
        raise Invalid(problems)
    outbound = plan.kind is MeetingKind.OUTBOUND
    group = None if plan.kind is MeetingKind.INBOUND else _one(session, Group, plan.group_id, "group")
    parties = Parties(
        host=None if plan.kind is MeetingKind.INBOUND else _one(session, Organisation, plan.host_id, "host"),
        site=None if plan.kind is MeetingKind.ONLINE else _one(session, Site, plan.site_id, "site"),
        group=group,
        trip=_one(session, Trip, plan.trip_id, "trip") if outbound else None,
        route=_one(session, Route, plan.route_id, "route") if plan.kind is MeetingKind.INBOUND else None,
        firms=_all(session, Organisation, plan.firm_ids, "firms"),
        experts=_people(session, plan, group),
        needs=_all(session, Need, plan.need_ids, "needs"),
    )
    problems = _misfits(plan, parties)
    said = meeting_needs.problem(actor, meeting, parties.needs, host=parties.host, experts=parties.experts)
    if said:
        problems.setdefault("needs", said)
    if problems:
        raise Invalid(problems)
    _require_journey(session, actor, parties, meeting)
    if outbound and plan.trip_title.strip() and parties.trip is None:
        return _with_new_trip(session, actor, plan, parties, clock)
    return parties


def prefilled(session: Session, invitation: Invitation) -> Plan:
    """The plan that an accepted invitation suggests; its times are for the officer to add."""
    party, firm = counterpart_of(invitation), invitation.need.firm
    lead = lead_of(session, party)
    at_host = party.site_id or _first_site(session, party.institute_id)
    sites = {MeetingKind.OUTBOUND: at_host, MeetingKind.INBOUND: _first_site(session, firm.id, local=True)}
    return Plan(
        kind=invitation.kind,
        day=invitation.proposed_on,
        starts=invitation.proposed_at,
        host_id=party.institute_id,
        site_id=sites.get(invitation.kind),
        group_id=invitation.group_id,
        firm_ids=(firm.id,),
        expert_ids=tuple(dict.fromkeys([*([lead.id] if lead else []), *companions_of(invitation)])),
        need_ids=(invitation.need_id,),
    )


def plan_of(meeting: Meeting) -> Plan:
    """The plan of a meeting on file, to be edited."""
    return Plan(
        kind=meeting.kind,
        day=meeting.day,
        starts=meeting.starts,
        ends=meeting.ends,
        title=meeting.title,
        host_id=meeting.host_id,
        site_id=meeting.site_id,
        group_id=meeting.group_id,
        trip_id=meeting.trip_id,
        route_id=meeting.route_id,
        firm_ids=tuple(row.firm_id for row in meeting.firms),
        expert_ids=tuple(row.expert_id for row in meeting.experts),
        need_ids=tuple(row.need_id for row in meeting.needs),
    )


def parties_of(meeting: Meeting) -> Parties:
    """The records a meeting on file names; of its experts not those who come for somebody else."""
    invited = {row.expert_id for row in meeting.experts}
    return Parties(
        host=meeting.host,
        site=meeting.site,
        group=meeting.group,
        trip=meeting.trip,
        route=meeting.route,
        firms=[row.firm for row in meeting.firms],
        experts=[row.expert for row in meeting.experts if row.instead_of_id not in invited],
        needs=[row.need for row in meeting.needs],
    )


def own_title(meeting: Meeting) -> str:
    """What somebody called the meeting; "" where its title only says who meets whom, in whichever language."""
    plan, parties = replace(plan_of(meeting), title=""), parties_of(meeting)
    for locale in LOCALES:
        with use_locale(locale):
            if title_of(plan, parties) == meeting.title:
                return ""
    return meeting.title


def is_moved(meeting: Meeting, plan: Plan) -> bool:
    """Whether the plan puts a meeting on file on another day, at another time or in another place."""
    now = plan_of(meeting)
    return (now.day, now.starts, now.ends, now.site_id) != (plan.day, plan.starts, plan.ends, plan.site_id)


def title_of(plan: Plan, parties: Parties) -> str:
    """The title given, else one that says who meets whom."""
    if plan.title.strip():
        return plan.title.strip()
    firms, people = _named(firm.name for firm in parties.firms), _named(person.name for person in parties.experts)
    if plan.kind is MeetingKind.OUTBOUND and parties.host:
        title = _("%(firms)s走进%(host)s", firms=firms, host=parties.host.name)
    elif plan.kind is MeetingKind.INBOUND:
        title = _("%(people)s到%(firms)s", people=people, firms=firms)
    else:
        title = _("%(firms)s与%(people)s线上交流", firms=firms, people=people)
    return title[:200]


def _named(names: Iterable[str]) -> str:
    first, *others = list(names)
    if len(others) > 1:
        return _("%(first)s等 %(count)s 方", first=first, count=len(others) + 1)
    return joined([first, *others])


def _one(session: Session, model: type[R], record_id: int | None, field: str) -> R | None:
    found = session.get(model, record_id) if record_id is not None else None
    if record_id is not None and found is None:
        raise Invalid({field: _("没有找到所选的记录，请重新选择")})
    return found


def _all(session: Session, model: type[R], ids: Sequence[int], field: str) -> list[R]:
    return [record for record in (_one(session, model, record_id, field) for record_id in dict.fromkeys(ids)) if record]


def _people(session: Session, plan: Plan, group: Group | None) -> list[Expert]:
    experts = _all(session, Expert, plan.expert_ids, "experts")
    if group is None or group_expert_ids(session, group.id) & {expert.id for expert in experts}:
        return experts
    lead = lead_of(session, group)
    if lead is None:
        raise Invalid({"group": _("这个团队还没有登记成员")})
    return [lead, *experts]


def _misfits(plan: Plan, parties: Parties) -> dict[str, str]:
    found: dict[str, str] = {}
    if any(firm.kind is not OrganisationKind.FIRM for firm in parties.firms):
        found["firms"] = _("这里只能选企业")
    if parties.host and parties.host.kind is not OrganisationKind.INSTITUTE:
        found["host"] = _("接待方应为院所高校")
    if parties.group and parties.host and parties.group.institute_id != parties.host.id:
        found["group"] = _("这个团队不属于所选的接待院所")
    if plan.kind is MeetingKind.INBOUND and parties.site and parties.site.organisation_id != parties.firms[0].id:
        found["site"] = _("请选择该企业的地点")
    if {need.firm_id for need in parties.needs} - {firm.id for firm in parties.firms}:
        found["needs"] = _("所选需求不属于参加的企业")
    for name, journey in (("trip", parties.trip), ("route", parties.route)):
        if journey and journey.day != plan.day:
            found[name] = _("该行程在 %(day)s，与活动日期不同", day=journey.day.isoformat())
    return found


def _require_journey(session: Session, actor: Actor, parties: Parties, meeting: Meeting | None) -> None:
    journey = parties.trip or parties.route
    if journey is None or (meeting is not None and journey is journeys.journey_of(meeting)):
        return
    if not journeys.in_reach(actor, journeys.stops_of(session, journey)):
        raise Forbidden(_("这个行程有别的单位安排的活动，不能编入；请联系市级工作人员"))


def _with_new_trip(session: Session, actor: Actor, plan: Plan, parties: Parties, clock: Clock) -> Parties:
    if plan.day is None:
        raise ValueError("a checked plan has a day")
    trip = create(session, actor, plan.kind, plan.day, title=plan.trip_title.strip(), clock=clock)
    return replace(parties, trip=trip) if isinstance(trip, Trip) else parties


def _first_site(session: Session, organisation_id: int, *, local: bool = False) -> int | None:
    sites = select(Site.id).where(Site.organisation_id == organisation_id).order_by(Site.id)
    return session.scalars(sites.where(Site.unit_id.is_not(None)) if local else sites).first()


def members_of(session: Session, institute_id: int) -> dict[int, list[int]]:
    """Group id → ids of its members, for the groups of an institute."""
    rows = session.execute(
        select(GroupMember.group_id, GroupMember.expert_id)
        .join(Group, Group.id == GroupMember.group_id)
        .where(Group.institute_id == institute_id)
    )
    found: dict[int, list[int]] = {}
    for group_id, expert_id in rows:
        found.setdefault(group_id, []).append(expert_id)
    return found
