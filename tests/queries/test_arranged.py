"""An accepted invitation waits for a meeting until one is planned that is about it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Invitation, MeetingNeed, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MeetingStatus, Role
from matchmaker.queries.arranged import meeting_id_of, to_arrange
from tests import factories as make

CITY = Actor(Role.CITY, "专员", 1)
pytestmark = pytest.mark.both_databases


def plan(session: Session, need: Need, expert: Expert, **values: object) -> int:
    meeting = make.make_meeting(session, MeetingKind.INBOUND, [need.firm], [expert], **values)
    session.add(MeetingNeed(meeting_id=meeting.id, need_id=need.id))
    session.flush()
    return meeting.id


def waits(session: Session, invitation: Invitation) -> bool:
    return session.scalar(select(Invitation.id).where(to_arrange(), Invitation.id == invitation.id)) is not None


def test_a_planned_meeting_takes_an_invitation_off_the_heap(sessions: Sessions) -> None:
    with sessions.write() as session:
        need, lead, member = make.make_need(session), make.make_expert(session), make.make_expert(session)
        group = make.make_group(session, lead, member)
        asked = make.make_invitation(session, need, group, status=InvitationStatus.ACCEPTED)
        assert waits(session, asked)
        plan(session, need, lead, created_at=make.NOW - timedelta(days=1))
        plan(session, need, lead, status=MeetingStatus.CANCELLED)
        plan(session, need, make.make_expert(session))
        plan(session, make.make_need(session, need.firm), lead)
        assert waits(session, asked)
        assert meeting_id_of(session, CITY, asked) is None
        meeting_id = plan(session, need, member)
        assert not waits(session, asked)
        assert meeting_id_of(session, CITY, asked) == meeting_id
        stranger = Actor(Role.FIRM, "别家", 2, organisation_id=make.make_firm(session).id)
        assert meeting_id_of(session, stranger, asked) is None


def test_an_invitation_still_open_waits_for_answers_not_for_a_meeting(sessions: Sessions) -> None:
    with sessions.write() as session:
        need, expert = make.make_need(session), make.make_expert(session)
        asked = make.make_invitation(session, need, expert)
        plan(session, need, expert)
        assert not waits(session, asked)
        assert meeting_id_of(session, CITY, asked) is None
