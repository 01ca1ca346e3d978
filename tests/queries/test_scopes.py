"""Lists show exactly what the rule for one record allows: `queries.scopes` against `domain.permissions`."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    Capability,
    Certificate,
    Clinic,
    Evaluation,
    Expert,
    FollowUp,
    Invitation,
    Meeting,
    Need,
    NeedRelease,
    Organisation,
    ServiceLog,
    Specialist,
    SpecialistHost,
    Task,
    Team,
    TeamHost,
    Unit,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.vocabulary import (
    Attendance,
    Audience,
    CapabilityStatus,
    EvaluationStatus,
    MeetingKind,
    NeedStatus,
    Role,
    ServiceLogStatus,
    Side,
)
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of
from tests.factories import (
    NOW,
    TODAY,
    make_account,
    make_capability,
    make_certificate,
    make_clinic,
    make_evaluation,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_meeting,
    make_need,
    make_service_log,
    make_specialist,
    make_team,
    make_unit,
)

VIEWS = [
    (Need, scopes.needs, Permission.NEED_VIEW),
    (Capability, scopes.capabilities, Permission.CAPABILITY_VIEW),
    (Invitation, scopes.invitations, Permission.INVITATION_VIEW),
    (Meeting, scopes.meetings, Permission.MEETING_VIEW),
    (Team, scopes.teams, Permission.TEAM_VIEW),
    (Task, scopes.tasks, Permission.TASK_VIEW),
    (FollowUp, scopes.follow_ups, Permission.FOLLOW_UP_VIEW),
    (ServiceLog, scopes.service_logs, Permission.SERVICE_LOG_VIEW),
    (Specialist, scopes.specialists, Permission.SPECIALIST_VIEW),
    (Certificate, scopes.certificates, Permission.CERTIFICATE_VIEW),
    (Evaluation, scopes.evaluations, Permission.EVALUATION_VIEW),
    (Clinic, scopes.clinics, Permission.CLINIC_VIEW),
]

# A certificate is shown to them on paper; firms read the published list of evaluations.
UNSEEN: dict[type, set[Role]] = {Certificate: {Role.FIRM, Role.COUNTY}, Evaluation: {Role.FIRM}}


def _world(session: Session) -> list[Actor]:
    """Two units, two firms, two institutes; every record in every visibility; a cast that belongs to one half."""
    units = [make_unit(session, "甲县"), make_unit(session, "乙县")]
    firms = [make_firm(session, unit) for unit in units]
    institutes = [make_institute(session), make_institute(session)]
    experts = [make_expert(session, institute) for institute in institutes]
    groups = [make_group(session, expert, make_expert(session, expert.institute)) for expert in experts]
    for firm, institute, expert, group in zip(firms, institutes, experts, groups, strict=True):
        needs = [make_need(session, firm, status=status) for status in NeedStatus]
        for audience in Audience:
            hidden = make_need(session, firm, audience=audience, status=NeedStatus.PUBLISHED)
            if audience is Audience.CHOSEN:
                hidden.releases = [NeedRelease(institute_id=institute.id)]
        make_need(session, firm, audience=Audience.CHOSEN, status=NeedStatus.CITY_REVIEW)
        make_need(session, firm, audience=Audience.CHOSEN)
        for owner in (expert, group, institute):
            for status in CapabilityStatus:
                make_capability(session, owner, status=status)
        make_invitation(session, needs[0], expert)
        make_invitation(session, needs[0], group)
        _serve(session, make_team(session, needs[0], expert), expert, firm)
        make_specialist(session, expert, firm)
    _meet(session, firms, institutes, experts)
    for hosted in ({"organisation_id": firms[1].id}, {"unit_id": units[1].id}):  # serves others than it was formed for
        team = make_team(session, needs[0], experts[1])
        session.add(TeamHost(team_id=team.id, since=TODAY, added_by="专员", **hosted))
    _host_specialists(session, units)
    _follow(session, units, firms, institutes)
    member = groups[0].id
    return [
        SYSTEM,
        Actor(Role.FIRM, "甲", 1, organisation_id=firms[0].id),
        Actor(Role.COUNTY, "县", 2, unit_id=units[0].id),
        Actor(Role.EXPERT, "专家", 3, expert_id=experts[0].id),
        Actor(Role.EXPERT, "无关专家", 4, expert_id=member + 10_000),
        Actor(Role.INSTITUTE, "院所", 5, organisation_id=institutes[0].id),
        *(Actor(role, role.label, 6) for role in (Role.CITY, Role.LEADER, Role.ADMIN)),
    ]


def _meet(session: Session, firms: list[Organisation], institutes: list[Organisation], experts: list[Expert]) -> None:
    """Meetings and clinics of each half alone, and of both firms with the second half's expert."""
    for firm, institute, expert in zip(firms, institutes, experts, strict=True):
        make_clinic(session, [firm], expert)
        make_meeting(session, MeetingKind.INBOUND, [firm], [expert])
        make_meeting(session, MeetingKind.OUTBOUND, [firm], [], institute)
    make_meeting(session, MeetingKind.OUTBOUND, firms, [experts[1]], institutes[0])
    make_clinic(session, firms, experts[1])


def _host_specialists(session: Session, units: list[Unit]) -> None:
    """One in each unit, for the unit as a whole."""
    for unit in units:
        one = make_specialist(session, make_expert(session))
        session.add(SpecialistHost(specialist_id=one.id, since=TODAY, added_by="专员", unit_id=unit.id))


def _serve(session: Session, team: Team, expert: Expert, firm: Organisation) -> None:
    """A log in every state, and a certificate."""
    for status in ServiceLogStatus:
        make_service_log(session, team, expert, firm, status=status)
    make_certificate(session, team, expert)
    make_evaluation(session, team)
    for status in (EvaluationStatus.SCORED, EvaluationStatus.PUBLISHED):  # led by somebody else
        other = make_team(session, team.need, make_expert(session), expert)
        make_evaluation(session, other, status=status)


def _follow(session: Session, units: list[Unit], firms: list[Organisation], institutes: list[Organisation]) -> None:
    """After every meeting, where half of the people came: every side asked, and a task for each kind of owner."""
    stamps = {"created_at": NOW, "updated_at": NOW}
    officers = [make_account(session, Role.COUNTY, unit_id=unit.id).id for unit in units]
    task = {"title": "送样", "owner": "谁", "due": TODAY, "made_by": "专员", **stamps}
    for meeting in session.scalars(select(Meeting)).unique().all():
        for row in meeting.experts:
            row.attendance = Attendance.ATTENDED if meeting.id % 3 else Attendance.ABSENT
        for row in meeting.firms:
            asked = {"meeting_id": meeting.id, "firm_id": row.firm_id, "days": 30, "due": TODAY, **stamps}
            session.add_all(FollowUp(side=side, **asked) for side in Side)
        owners = [{"organisation_id": one.id} for one in (*firms, *institutes)]
        owners += [{"expert_id": row.expert_id} for row in meeting.experts]
        owners += [{"account_id": number} for number in officers]
        session.add_all(Task(meeting_id=meeting.id, **owner, **task) for owner in (*owners, {}))
    session.add_all(Task(need_id=need.id, **task) for need in session.scalars(select(Need)).unique())
    session.flush()
    session.expire_all()


@pytest.mark.both_databases
@pytest.mark.parametrize(("model", "scope", "permission"), VIEWS)
def test_lists_agree_with_the_rule_for_one(
    sessions: Sessions, model: type, scope: Callable[[Actor], scopes.Clause], permission: Permission
) -> None:
    with sessions.write() as session:
        cast = _world(session)
        rows = session.scalars(select(model)).all()
        for actor in cast:
            listed = set(session.scalars(select(model.id).where(scope(actor))))
            allowed = {row.id for row in rows if can(actor, permission, facts_of(row))}
            assert listed == allowed, actor.name
            if actor.role in UNSEEN.get(model, ()):
                assert listed == set()
            elif actor.role in {Role.FIRM, Role.COUNTY} or (actor.role is Role.EXPERT and actor.account_id == 3):
                assert 0 < len(listed) < len(rows), actor.name
