"""Lists show exactly what the rule for one record allows: `queries.scopes` against `domain.permissions`."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Invitation, Meeting, Need, NeedRelease, Team
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.vocabulary import Audience, CapabilityStatus, MeetingKind, NeedStatus, Role
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of
from tests.factories import (
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_meeting,
    make_need,
    make_team,
    make_unit,
)

VIEWS = [
    (Need, scopes.needs, Permission.NEED_VIEW),
    (Capability, scopes.capabilities, Permission.CAPABILITY_VIEW),
    (Invitation, scopes.invitations, Permission.INVITATION_VIEW),
    (Meeting, scopes.meetings, Permission.MEETING_VIEW),
    (Team, scopes.teams, Permission.TEAM_VIEW),
]


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
        make_team(session, needs[0], expert)
        make_meeting(session, MeetingKind.INBOUND, [firm], [expert])
        make_meeting(session, MeetingKind.OUTBOUND, [firm], [], institute)
    make_meeting(session, MeetingKind.OUTBOUND, firms, [experts[1]], institutes[0])
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
            if actor.role in {Role.FIRM, Role.COUNTY} or (actor.role is Role.EXPERT and actor.account_id == 3):
                assert 0 < len(listed) < len(rows), actor.name
