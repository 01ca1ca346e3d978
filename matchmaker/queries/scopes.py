"""Who sees which rows: the list form of the *_VIEW rules of `domain.permissions`.

Each function returns a boolean SQL expression to put into a query's WHERE. `tests/queries` checks, role by role and
row by row, that it agrees with `can(actor, …_VIEW, facts_of(row))`.
"""

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from matchmaker.db.models import (
    Account,
    Capability,
    Certificate,
    Clinic,
    ClinicExpert,
    ClinicVisit,
    Cluster,
    Evaluation,
    EvaluationPerson,
    Expert,
    FollowUp,
    Group,
    GroupMember,
    Invitation,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    MeetingNeed,
    Need,
    NeedRelease,
    Organisation,
    Registration,
    ServiceLog,
    Specialist,
    SpecialistHost,
    Task,
    Team,
    TeamHost,
    TeamMember,
    TeamNeed,
)
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    Audience,
    CapabilityStatus,
    EvaluationStatus,
    InvitationStatus,
    MeetingStatus,
    RegistrationStatus,
    Role,
    Side,
)
from matchmaker.queries.facts import OWN_LOGS, PUBLIC_NEEDS

Clause = ColumnElement[bool]


def _sees_all(actor: Actor) -> bool:
    return actor.is_system or actor.role in {Role.CITY, Role.LEADER}


def _need_of_unit(actor: Actor) -> Clause:
    return Need.firm_id.in_(select(Organisation.id).where(Organisation.unit_id == actor.unit_id))


def _in_group(actor: Actor, column: InstrumentedAttribute[int | None]) -> Clause:
    mine = select(GroupMember.group_id).where(GroupMember.expert_id == actor.expert_id)
    return column.in_(mine)


def _released_to(actor: Actor) -> Clause:
    """Needs released 定向发布 to the institute of a manager, or to one where an expert works or is in a group."""
    if actor.role is Role.INSTITUTE:
        return Need.id.in_(select(NeedRelease.need_id).where(NeedRelease.institute_id == actor.organisation_id))
    if actor.role is not Role.EXPERT:
        return false()
    work = select(Expert.institute_id).where(Expert.id == actor.expert_id)
    groups = select(GroupMember.group_id).where(GroupMember.expert_id == actor.expert_id)
    through = select(Group.institute_id).where(Group.id.in_(groups))
    mine = or_(NeedRelease.institute_id.in_(work), NeedRelease.institute_id.in_(through))
    return Need.id.in_(select(NeedRelease.need_id).where(mine))


def needs(actor: Actor) -> Clause:
    """Needs the actor may see: own and own unit's in any state; others once published, as far as their audience goes.

    Officers read every published need, institutes and experts those that are open or released to them, other firms
    those that are open.
    """
    if _sees_all(actor):
        return true()
    if actor.role is Role.ADMIN:
        return false()
    public: Clause = Need.status.in_(PUBLIC_NEEDS)
    if actor.role is not Role.COUNTY:
        public = and_(public, or_(Need.audience != Audience.CHOSEN, _released_to(actor)))
    own = {Role.FIRM: Need.firm_id == actor.organisation_id, Role.COUNTY: _need_of_unit(actor)}
    return or_(public, own[actor.role]) if actor.role in own else public


def agreed_needs(actor: Actor) -> Clause:
    """Needs about which the actor's side has agreed with the firm to meet, or is booked to receive or visit it.

    A firm that is on the same bus has agreed to nothing.
    """
    accepted = select(Invitation.need_id).where(invitations(actor), Invitation.status == InvitationStatus.ACCEPTED)
    booked = select(MeetingNeed.need_id).join(Meeting, Meeting.id == MeetingNeed.meeting_id)
    held = booked.where(meetings(actor), Meeting.status != MeetingStatus.CANCELLED)
    return Need.id.in_(accepted) if actor.role is Role.FIRM else or_(Need.id.in_(accepted), Need.id.in_(held))


def named_needs(actor: Actor) -> Clause:
    """Needs whose firm the actor may know: all for officers and leaders, others' masked ones once both sides agreed."""
    if _sees_all(actor) or actor.role is Role.COUNTY:
        return true()
    own = Need.firm_id == actor.organisation_id if actor.role is Role.FIRM else false()
    return or_(Need.audience != Audience.MASKED, own, agreed_needs(actor))


def reviewed_needs(actor: Actor) -> Clause:
    """Needs in an officer's charge: the own unit's for a county, all for the city."""
    if actor.is_system or actor.role is Role.CITY:
        return true()
    return _need_of_unit(actor) if actor.role is Role.COUNTY else false()


def capabilities(actor: Actor) -> Clause:
    """Capabilities the actor may see: own in any state, everybody's once listed."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.ADMIN:
        return false()
    listed = Capability.status == CapabilityStatus.LISTED
    if actor.role is Role.EXPERT:
        return or_(listed, Capability.expert_id == actor.expert_id, _in_group(actor, Capability.group_id))
    if actor.role is Role.INSTITUTE:
        return or_(listed, Capability.source_id == actor.organisation_id)
    return listed


def _invitation_of_institute(actor: Actor) -> Clause:
    return or_(
        Invitation.expert_id.in_(select(Expert.id).where(Expert.institute_id == actor.organisation_id)),
        Invitation.group_id.in_(select(Group.id).where(Group.institute_id == actor.organisation_id)),
    )


def invitations(actor: Actor) -> Clause:
    """Invitations the actor is a party to, or whose unit's firm is."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.FIRM:
        return Invitation.need_id.in_(select(Need.id).where(Need.firm_id == actor.organisation_id))
    if actor.role is Role.COUNTY:
        return Invitation.need_id.in_(select(Need.id).where(_need_of_unit(actor)))
    if actor.role is Role.EXPERT:
        return or_(Invitation.expert_id == actor.expert_id, _in_group(actor, Invitation.group_id))
    return _invitation_of_institute(actor) if actor.role is Role.INSTITUTE else false()


def _meeting_of_institute(actor: Actor) -> Clause:
    people = select(Expert.id).where(Expert.institute_id == actor.organisation_id)
    return or_(
        Meeting.host_id == actor.organisation_id,
        Meeting.id.in_(select(MeetingExpert.meeting_id).where(MeetingExpert.expert_id.in_(people))),
    )


def meetings(actor: Actor) -> Clause:
    """Meetings the actor takes part in, hosts, or whose unit's firm does."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.FIRM:
        return Meeting.id.in_(select(MeetingFirm.meeting_id).where(MeetingFirm.firm_id == actor.organisation_id))
    if actor.role is Role.COUNTY:
        firms = select(Organisation.id).where(Organisation.unit_id == actor.unit_id)
        return Meeting.id.in_(select(MeetingFirm.meeting_id).where(MeetingFirm.firm_id.in_(firms)))
    if actor.role is Role.EXPERT:
        return Meeting.id.in_(select(MeetingExpert.meeting_id).where(MeetingExpert.expert_id == actor.expert_id))
    return _meeting_of_institute(actor) if actor.role is Role.INSTITUTE else false()


def _their_experts(actor: Actor) -> Select[int]:
    return select(Expert.id).where(Expert.institute_id == actor.organisation_id)


def _task_of_unit(actor: Actor) -> Clause:
    officers = select(Account.id).where(Account.unit_id == actor.unit_id)
    about = and_(Task.meeting_id.is_(None), Task.need_id.in_(select(Need.id).where(_need_of_unit(actor))))
    return or_(Task.meeting_id.in_(select(Meeting.id).where(meetings(actor))), about, Task.account_id.in_(officers))


def tasks(actor: Actor) -> Clause:
    """Tasks that are the actor's own, or come from what is in the actor's unit."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.COUNTY:
        return _task_of_unit(actor)
    if actor.role is Role.FIRM:
        return Task.organisation_id == actor.organisation_id
    if actor.role is Role.EXPERT:
        return Task.expert_id == actor.expert_id
    if actor.role is not Role.INSTITUTE:
        return false()
    return or_(Task.organisation_id == actor.organisation_id, Task.expert_id.in_(_their_experts(actor)))


def follow_ups(actor: Actor) -> Clause:
    """What the actor's side is asked after meetings, and all that the firms of an officer's unit and theirs are."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.COUNTY:
        firms = select(Organisation.id).where(Organisation.unit_id == actor.unit_id)
        return FollowUp.firm_id.in_(firms)
    if actor.role is Role.FIRM:
        return and_(FollowUp.side == Side.FIRM, FollowUp.firm_id == actor.organisation_id)
    there = select(MeetingExpert.meeting_id).where(MeetingExpert.attendance.in_(HERE))
    if actor.role is Role.EXPERT:
        asked: Clause = FollowUp.meeting_id.in_(there.where(MeetingExpert.expert_id == actor.expert_id))
    elif actor.role is Role.INSTITUTE:
        host = select(Meeting.id).where(Meeting.host_id == actor.organisation_id)
        guests = select(Meeting.id).where(Meeting.host_id.is_(None))
        theirs = there.where(MeetingExpert.expert_id.in_(_their_experts(actor)), MeetingExpert.meeting_id.in_(guests))
        asked = or_(FollowUp.meeting_id.in_(host), FollowUp.meeting_id.in_(theirs))
    else:
        return false()
    return and_(FollowUp.side == Side.EXPERT, asked)


def _team_of(needs: Clause) -> Clause:
    """Teams that answer one of these needs."""
    return Team.id.in_(select(TeamNeed.team_id).where(TeamNeed.need_id.in_(select(Need.id).where(needs))))


def _team_at(hosts: Clause) -> Clause:
    """Teams that serve one of these hosts."""
    return Team.id.in_(select(TeamHost.team_id).where(hosts))


def host_in_unit(unit_id: int | None, host: type[TeamHost | SpecialistHost]) -> Clause:
    """Hosts that are the unit, a cluster of it, or a firm there."""
    firms = select(Organisation.id).where(Organisation.unit_id == unit_id)
    clusters = select(Cluster.id).where(Cluster.unit_id == unit_id)
    return or_(host.unit_id == unit_id, host.organisation_id.in_(firms), host.cluster_id.in_(clusters))


def teams(actor: Actor) -> Clause:
    """Teams the actor is in, and has not left, or that serve the actor's firm or unit."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.FIRM:
        hosted: Clause = TeamHost.organisation_id == actor.organisation_id
        return or_(_team_of(Need.firm_id == actor.organisation_id), _team_at(hosted))
    if actor.role is Role.COUNTY:
        return or_(_team_of(_need_of_unit(actor)), _team_at(host_in_unit(actor.unit_id, TeamHost)))
    if actor.role is Role.EXPERT:
        there = and_(TeamMember.expert_id == actor.expert_id, TeamMember.left_on.is_(None))
        return Team.id.in_(select(TeamMember.team_id).where(there))
    return false()


def serving_at(hosts: Clause) -> Clause:
    """Specialists with one of these hosts."""
    return Specialist.id.in_(select(SpecialistHost.specialist_id).where(hosts))


def specialists(actor: Actor) -> Clause:
    """Specialists: the actor, those the actor's institute sends, and who serves or has served the firm or unit."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.FIRM:
        return serving_at(SpecialistHost.organisation_id == actor.organisation_id)
    if actor.role is Role.COUNTY:
        return serving_at(host_in_unit(actor.unit_id, SpecialistHost))
    if actor.role is Role.EXPERT:
        return Specialist.expert_id == actor.expert_id
    return Specialist.institute_id == actor.organisation_id if actor.role is Role.INSTITUTE else false()


def service_logs(actor: Actor) -> Clause:
    """Service logs the actor wrote or the actor's institute's experts did, those of the actor's unit, or firm."""
    if _sees_all(actor):
        return true()
    sent = ServiceLog.status.not_in(OWN_LOGS)
    if actor.role is Role.FIRM:
        return and_(ServiceLog.firm_id == actor.organisation_id, sent)
    if actor.role is Role.COUNTY:
        firms = select(Organisation.id).where(Organisation.unit_id == actor.unit_id)
        return and_(ServiceLog.firm_id.in_(firms), or_(sent, ServiceLog.on_behalf))
    if actor.role is Role.EXPERT:
        return ServiceLog.expert_id == actor.expert_id
    return ServiceLog.expert_id.in_(_their_experts(actor)) if actor.role is Role.INSTITUTE else false()


def clinics(actor: Actor) -> Clause:
    """Clinics the actor goes round with, or that come to the actor's firm or unit."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.EXPERT:
        return Clinic.id.in_(select(ClinicExpert.clinic_id).where(ClinicExpert.expert_id == actor.expert_id))
    return Clinic.id.in_(select(ClinicVisit.clinic_id).where(clinic_visits(actor)))


def clinic_visits(actor: Actor) -> Clause:
    """Visits whose diagnosis the actor reads: a firm its own, an expert all of the round, an officer the unit's."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.FIRM:
        return ClinicVisit.firm_id == actor.organisation_id
    if actor.role is Role.COUNTY:
        return ClinicVisit.firm_id.in_(select(Organisation.id).where(Organisation.unit_id == actor.unit_id))
    if actor.role is not Role.EXPERT:
        return false()
    return ClinicVisit.clinic_id.in_(select(ClinicExpert.clinic_id).where(ClinicExpert.expert_id == actor.expert_id))


def evaluations(actor: Actor) -> Clause:
    """Evaluations of the unit's teams, of those the actor leads, and published ones in which the actor is judged."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.COUNTY:
        return Evaluation.team_id.in_(select(Team.id).where(teams(actor)))
    if actor.role is not Role.EXPERT:
        return false()
    mine = select(EvaluationPerson.evaluation_id).where(EvaluationPerson.expert_id == actor.expert_id)
    published = and_(Evaluation.status == EvaluationStatus.PUBLISHED, Evaluation.id.in_(mine))
    return or_(Evaluation.lead_id == actor.expert_id, published)


def reviewed_evaluations(actor: Actor) -> Clause:
    """Evaluations whose reports wait for the actor's word: a unit's officer speaks for teams that serve in the unit."""
    if actor.role is not Role.COUNTY:
        return evaluations(actor)
    return Evaluation.team_id.in_(select(TeamHost.team_id).where(host_in_unit(actor.unit_id, TeamHost)))


def certificates(actor: Actor) -> Clause:
    """Certificates of the actor, or of the actor's institute's experts; all for the city and leaders."""
    if _sees_all(actor):
        return true()
    if actor.role is Role.EXPERT:
        return Certificate.expert_id == actor.expert_id
    return Certificate.expert_id.in_(_their_experts(actor)) if actor.role is Role.INSTITUTE else false()


def on_file() -> Clause:
    """Organisations that take part: not those whose registration still waits or was refused, nor duplicates."""
    return and_(Organisation.status == RegistrationStatus.ACTIVE, Organisation.merged_into_id.is_(None))


def known_experts() -> Clause:
    """Experts, each once: not the records that were merged into another."""
    return Expert.merged_into_id.is_(None)


def registrations(actor: Actor) -> Clause:
    """Registrations the actor reviews: the own unit's for a county, all for the city."""
    if actor.is_system or actor.role is Role.CITY:
        return true()
    firms = select(Organisation.id).where(Organisation.unit_id == actor.unit_id)
    return Registration.organisation_id.in_(firms) if actor.role is Role.COUNTY else false()


def firms_of(actor: Actor) -> Clause:
    """Firms the actor may act for or oversee."""
    local = and_(on_file(), Organisation.kind == "firm", Organisation.unit_id.is_not(None))
    if _sees_all(actor):
        return local
    if actor.role is Role.COUNTY:
        return and_(local, Organisation.unit_id == actor.unit_id)
    return Organisation.id == actor.organisation_id if actor.role is Role.FIRM else false()
