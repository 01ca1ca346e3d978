"""A side thinks better of its answer: what may be taken back, and until when."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Invitation
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import Plan
from matchmaker.domain.pairing import Proposal, Reply
from matchmaker.domain.vocabulary import Decision, InvitationStatus, MeetingKind, NeedStatus, Side
from matchmaker.errors import Conflict, Forbidden
from matchmaker.queries import invitations as found
from matchmaker.services import answers, meetings, transitions
from tests import factories as make
from tests.services.test_invitations import ACCEPT, LATER, NO_TIME, TODAY, Stage

BOTH = {Side.FIRM, Side.EXPERT}


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Iterator[Stage]:
    with sessions.write() as session:
        yield Stage(session, settings, FixedDayClock(TODAY))


def take_back(stage: Stage, invitation: Invitation, side: Side = Side.EXPERT) -> None:
    actor = stage.expert_user if side is Side.EXPERT else stage.firm_user
    answers.take_back(stage.session, actor, invitation, side, settings=stage.settings, clock=stage.clock)


def test_a_consent_that_waits_is_taken_back(stage: Stage) -> None:
    invitation = stage.invite()
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    take_back(stage, invitation)
    assert (invitation.status, found.waiting(invitation)) == (InvitationStatus.OPEN, BOTH)
    assert invitation.answers == []
    row = stage.session.scalars(select(Audit).where(Audit.action == "take_back_expert")).one()
    assert (row.before["decision"], row.after.get("decision")) == ("accept", None)
    assert stage.notices()[-1] == ("answer_taken_back", "firm@example.org")


def test_an_agreement_is_taken_back_within_the_hour_and_the_other_consent_stands(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    take_back(stage, invitation)
    assert (invitation.status, found.waiting(invitation)) == (InvitationStatus.OPEN, {Side.EXPERT})
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert invitation.status is InvitationStatus.ACCEPTED


def test_after_an_hour_an_agreement_stands(stage: Stage) -> None:
    with time_machine.travel(datetime(2026, 6, 15, 1, tzinfo=UTC), tick=True) as traveller:
        invitation = stage.invite(stage.firm_user)
        stage.answer(stage.expert_user, invitation, Side.EXPERT)
        traveller.shift(timedelta(minutes=61))
        with pytest.raises(Conflict, match="一小时"):
            take_back(stage, invitation)
    assert invitation.status is InvitationStatus.ACCEPTED


def test_a_decline_is_taken_back_on_another_day(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    stage.clock.day = TODAY + timedelta(days=8)
    take_back(stage, invitation)
    assert (invitation.status, found.waiting(invitation)) == (InvitationStatus.OPEN, {Side.EXPERT})
    assert invitation.answer_by > stage.clock.today()


def test_what_lies_past_by_then_is_asked_of_both_again(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    stage.clock.day = LATER
    take_back(stage, invitation)
    assert (invitation.proposed_on, found.waiting(invitation)) == (None, BOTH)


def test_taking_a_decline_back_does_not_agree_to_a_day_of_one_side_only(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    day = LATER + timedelta(days=3)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, Reply(Decision.ANOTHER_TIME, day=day, at=time(14)))
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    take_back(stage, invitation)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert (invitation.status, found.waiting(invitation)) == (InvitationStatus.OPEN, {Side.FIRM})


def test_it_is_too_late_once_the_other_side_has_acted(stage: Stage) -> None:
    invitation = stage.invite()
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    stage.answer(stage.firm_user, invitation, Side.FIRM)
    with pytest.raises(Conflict, match="对方已经在您之后答复"):
        take_back(stage, invitation)
    take_back(stage, invitation, Side.FIRM)
    assert found.waiting(invitation) == {Side.FIRM}


def test_it_is_too_late_once_a_meeting_is_planned(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    plan = Plan(
        kind=MeetingKind.INBOUND,
        day=LATER,
        starts=time(9),
        ends=time(11),
        site_id=make.site_of(stage.session, stage.firm).id,
        firm_ids=(stage.firm.id,),
        expert_ids=(stage.expert.id,),
        need_ids=(stage.need.id,),
    )
    meetings.schedule(stage.session, stage.city, plan, clock=stage.clock, invitation=invitation)
    with pytest.raises(Conflict, match="安排活动"):
        take_back(stage, invitation)


def test_it_is_too_late_once_another_invitation_went_out_or_the_need_is_closed(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    second = stage.invite(stage.firm_user, proposal=Proposal(MeetingKind.ONLINE))
    with pytest.raises(Conflict, match="另发邀请"):
        take_back(stage, invitation)
    stage.answer(stage.expert_user, second, Side.EXPERT, NO_TIME)
    transitions.apply(stage.session, stage.city, stage.need, "close", clock=stage.clock, reason="已转产")
    assert stage.need.status is NeedStatus.CLOSED
    with pytest.raises(Conflict, match="不再征集"):
        take_back(stage, second)


def test_the_sender_withdraws_instead_and_nobody_takes_back_for_another(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    with pytest.raises(Conflict, match="撤回邀请"):
        take_back(stage, invitation, Side.FIRM)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    for actor in (stage.firm_user, stage.city, stage.county):
        with pytest.raises(Forbidden):
            answers.take_back(stage.session, actor, invitation, Side.EXPERT, settings=stage.settings, clock=stage.clock)


def test_a_side_that_has_not_answered_or_named_a_day_has_nothing_to_take_back(stage: Stage) -> None:
    invitation = stage.invite()
    with pytest.raises(Conflict):
        take_back(stage, invitation)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, Reply(Decision.ANOTHER_TIME, day=LATER))
    with pytest.raises(Conflict, match="直接提出新的时间"):
        take_back(stage, invitation)


def test_a_decline_of_the_other_side_is_not_mine_to_take_back(stage: Stage) -> None:
    invitation = stage.invite()
    stage.answer(stage.firm_user, invitation, Side.FIRM)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    with pytest.raises(Conflict):
        take_back(stage, invitation, Side.FIRM)
    assert [each.decision for each in invitation.answers] == [ACCEPT.decision, Decision.DECLINE]
