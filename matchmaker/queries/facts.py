"""The facts that `domain.permissions` judges a record by, read from the record itself."""

from dataclasses import replace
from datetime import date
from functools import singledispatch

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from matchmaker.db.models import (
    Agreement,
    Appeal,
    Capability,
    Certificate,
    Clinic,
    Evaluation,
    Expert,
    FollowUp,
    Group,
    GroupMember,
    Invitation,
    Meeting,
    Milestone,
    Need,
    Organisation,
    Registration,
    ServiceLog,
    Specialist,
    Task,
    TaskBook,
    Team,
    TeamHost,
)
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.permissions import Facts
from matchmaker.domain.vocabulary import (
    Audience,
    CapabilityStatus,
    EvaluationStatus,
    MemberRole,
    NeedStatus,
    OrganisationKind,
    ServiceLogStatus,
    Side,
)

PUBLIC_NEEDS = frozenset({NeedStatus.PUBLISHED, NeedStatus.SOLVED, NeedStatus.CLOSED})


OWN_LOGS = frozenset({ServiceLogStatus.DRAFT, ServiceLogStatus.DROPPED})  # read by whoever writes them


def _ids(*values: int | None) -> frozenset[int]:
    return frozenset(value for value in values if value is not None)


def group_expert_ids(session: Session, group_id: int | None) -> frozenset[int]:
    """The experts who belong to a group; empty for None."""
    if group_id is None:
        return frozenset()
    return frozenset(session.scalars(select(GroupMember.expert_id).where(GroupMember.group_id == group_id)))


def _people_of(session: Session, institute_ids: frozenset[int]) -> frozenset[int]:
    """The experts who work at these institutes or belong to one of their groups."""
    members = select(GroupMember.expert_id).join(Group, Group.id == GroupMember.group_id)
    work = select(Expert.id).where(Expert.institute_id.in_(institute_ids))
    return frozenset(session.scalars(work.union(members.where(Group.institute_id.in_(institute_ids)))))


def _session(record: object) -> Session:
    session = object_session(record)
    if session is None:
        raise ValueError("facts are read from a record that a session holds")
    return session


@singledispatch
def facts_of(record: object) -> Facts:
    """What permissions may look at in `record`. Raises `TypeError` for a kind of record without rules."""
    raise TypeError(f"no facts for {type(record).__name__}")


@facts_of.register
def _(need: Need) -> Facts:
    published, chosen = need.status in PUBLIC_NEEDS, need.audience is Audience.CHOSEN
    readers = _ids(*(row.institute_id for row in need.releases)) if published and chosen else frozenset()
    return Facts(
        firm_ids=_ids(need.firm_id),
        unit_ids=_ids(need.firm.unit_id),
        public=published and not chosen,
        bureau=published,
        reader_institute_ids=readers,
        reader_ids=_people_of(_session(need), readers) if readers else frozenset(),
    )


@facts_of.register
def _(organisation: Organisation) -> Facts:
    if organisation.kind is OrganisationKind.FIRM:
        return Facts(firm_ids=_ids(organisation.id), unit_ids=_ids(organisation.unit_id))
    return Facts(institute_ids=_ids(organisation.id))


@facts_of.register
def _(expert: Expert) -> Facts:
    return Facts(expert_ids=_ids(expert.id), institute_ids=_ids(expert.institute_id), public=True)


@facts_of.register
def _(group: Group) -> Facts:
    return Facts(institute_ids=_ids(group.institute_id), public=True)


@facts_of.register
def _(capability: Capability) -> Facts:
    people = _ids(capability.expert_id) | group_expert_ids(_session(capability), capability.group_id)
    listed = capability.status is CapabilityStatus.LISTED
    return Facts(institute_ids=_ids(capability.source_id), expert_ids=people, public=listed)


@facts_of.register
def _(invitation: Invitation) -> Facts:
    need = invitation.need
    people = _ids(invitation.expert_id) | group_expert_ids(_session(invitation), invitation.group_id)
    party = invitation.expert or invitation.group
    return Facts(
        firm_ids=_ids(need.firm_id),
        unit_ids=_ids(need.firm.unit_id),
        expert_ids=people,
        institute_ids=_ids(party.institute_id if party else None),
    )


@facts_of.register
def _(meeting: Meeting) -> Facts:
    return Facts(
        firm_ids=frozenset(row.firm_id for row in meeting.firms),
        unit_ids=_ids(*(row.firm.unit_id for row in meeting.firms)),
        expert_ids=frozenset(row.expert_id for row in meeting.experts),
        institute_ids=_ids(meeting.host_id, *(row.expert.institute_id for row in meeting.experts)),
    )


@facts_of.register
def _(team: Team) -> Facts:
    """Whoever has left is no longer of it."""
    served = at_work(team)
    return replace(served, firm_ids=served.firm_ids | _of_needs(team).firm_ids)


def _of_needs(team: Team) -> Facts:
    firms = [row.need.firm for row in team.needs]
    return Facts(firm_ids=_ids(*(firm.id for firm in firms)), unit_ids=_ids(*(firm.unit_id for firm in firms)))


def at_work(team: Team) -> Facts:
    """Who may read of a team's work: firms it serves or has served, not those that only have a need; units of both."""
    served = [_of_host(host) for host in team.hosts]
    needed = _of_needs(team)
    return Facts(
        firm_ids=frozenset[int]().union(*(facts.firm_ids for facts in served)),
        unit_ids=needed.unit_ids.union(*(facts.unit_ids for facts in served)),
        expert_ids=_ids(*(member.expert_id for member in team.members if member.left_on is None)),
    )


def _of_host(host: TeamHost) -> Facts:
    firm, cluster = host.organisation, host.cluster
    units = _ids(host.unit_id, firm.unit_id if firm else None, cluster.unit_id if cluster else None)
    return Facts(firm_ids=_ids(host.organisation_id), unit_ids=units)


def units_served(team: Team, year: int) -> frozenset[int]:
    """The units of the hosts that a team served in a year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    served = [host for host in team.hosts if host.since <= last and (host.until is None or host.until >= first)]
    return frozenset[int]().union(*(_of_host(host).unit_ids for host in served))


@facts_of.register
def _(record: TaskBook | Milestone) -> Facts:
    return at_work(record.team)


@facts_of.register
def _(agreement: Agreement) -> Facts:
    """Between one host and the team, for which its leader stands; no other host reads it."""
    of_host = _of_host(agreement.host)
    leads = [one.expert_id for one in agreement.team.members if one.role is MemberRole.LEAD and one.left_on is None]
    return Facts(firm_ids=of_host.firm_ids, unit_ids=of_host.unit_ids, expert_ids=_ids(*leads))


@facts_of.register
def _(log: ServiceLog) -> Facts:
    """The firm reads it once it is submitted, and the unit's officers unless they took it down."""
    own = log.status in OWN_LOGS
    return Facts(
        firm_ids=_ids(None if own else log.firm_id),
        unit_ids=_ids(None if own and not log.on_behalf else log.firm.unit_id),
        expert_ids=_ids(log.expert_id),
        institute_ids=_ids(log.expert.institute_id),
    )


@facts_of.register
def _(one: Specialist) -> Facts:
    """Whoever they serve or have served knows of them."""
    firms = [host.organisation for host in one.hosts if host.organisation is not None]
    units = [host.unit_id for host in one.hosts] + [host.cluster.unit_id for host in one.hosts if host.cluster]
    return Facts(
        firm_ids=_ids(*(firm.id for firm in firms)),
        unit_ids=_ids(*(firm.unit_id for firm in firms), *units),
        expert_ids=_ids(one.expert_id),
        institute_ids=_ids(one.institute_id),
    )


@facts_of.register
def _(certificate: Certificate) -> Facts:
    return Facts(expert_ids=_ids(certificate.expert_id), institute_ids=_ids(certificate.expert.institute_id))


@facts_of.register
def _(clinic: Clinic) -> Facts:
    return Facts(
        firm_ids=_ids(*(visit.firm_id for visit in clinic.visits)),
        unit_ids=_ids(*(visit.firm.unit_id for visit in clinic.visits)),
        expert_ids=_ids(*(one.expert_id for one in clinic.experts)),
    )


@facts_of.register
def _(evaluation: Evaluation) -> Facts:
    """The lead's to report; whoever is judged in it reads it once it is published."""
    published = evaluation.status is EvaluationStatus.PUBLISHED
    return Facts(
        unit_ids=facts_of(evaluation.team).unit_ids,
        expert_ids=_ids(evaluation.lead_id),
        reader_ids=_ids(*(one.expert_id for one in evaluation.people)) if published else frozenset(),
    )


@facts_of.register
def _(appeal: Appeal) -> Facts:
    return facts_of(appeal.evaluation)


@facts_of.register
def _(registration: Registration) -> Facts:
    return Facts(unit_ids=_ids(registration.organisation.unit_id))


@facts_of.register
def _(follow_up: FollowUp) -> Facts:
    meeting, firm = follow_up.meeting, follow_up.firm
    if follow_up.side is Side.FIRM:
        return Facts(firm_ids=_ids(firm.id), unit_ids=_ids(firm.unit_id))
    people = [row.expert for row in meeting.experts if row.attendance in HERE]
    institutes = [meeting.host_id] if meeting.host_id else [person.institute_id for person in people]
    return Facts(
        unit_ids=_ids(firm.unit_id), expert_ids=_ids(*(one.id for one in people)), institute_ids=_ids(*institutes)
    )


@facts_of.register
def _(task: Task) -> Facts:
    source = facts_of(task.meeting or task.need)
    owner, expert = task.organisation, task.expert
    firm = owner is not None and owner.kind is OrganisationKind.FIRM
    return Facts(
        unit_ids=source.unit_ids | _ids(task.account.unit_id if task.account else None),
        firm_ids=_ids(task.organisation_id) if firm else frozenset(),
        institute_ids=_ids(None if firm else task.organisation_id, expert.institute_id if expert else None),
        expert_ids=_ids(task.expert_id),
    )
