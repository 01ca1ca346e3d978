"""From an invitation to an agreement, and every way it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Invitation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.pairing import Proposal, Reply
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    Decision,
    DeclineReason,
    InvitationStatus,
    MeetingKind,
    NeedStatus,
    Role,
    Side,
)
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.queries import invitations as found
from matchmaker.services import invitations, links
from tests import factories as make

TODAY = make.TODAY
LATER = TODAY + timedelta(days=10)
INBOUND = Proposal(MeetingKind.INBOUND, LATER, time(9))
ACCEPT = Reply(Decision.ACCEPT)
NO_TIME = Reply(Decision.DECLINE, DeclineReason.NO_TIME)


@dataclass
class Stage:
    """A need and a counterpart with everybody who might act, in one open transaction."""

    session: Session
    settings: Settings
    clock: FixedDayClock

    def __post_init__(self) -> None:
        session = self.session
        self.unit = make.make_unit(session)
        self.firm = make.make_firm(session, self.unit, contact_name="王厂长", contact_email="firm@example.org")
        self.need = make.make_need(session, self.firm)
        self.expert = make.make_expert(session)
        self.firm_user = self._actor(Role.FIRM, organisation_id=self.firm.id)
        self.expert_user = self._actor(Role.EXPERT, expert_id=self.expert.id)
        self.county = self._actor(Role.COUNTY, unit_id=self.unit.id)
        self.city = self._actor(Role.CITY)

    def _actor(self, role: Role, **values: int) -> Actor:
        return make.actor_of(make.make_account(self.session, role, **values))

    def invite(self, actor: Actor | None = None, party: found.Counterpart | None = None, **more: object) -> Invitation:
        proposal = more.pop("proposal", INBOUND)
        assert isinstance(proposal, Proposal)
        return invitations.invite(
            self.session,
            actor or self.city,
            self.need,
            party or self.expert,
            proposal,
            settings=self.settings,
            clock=self.clock,
            **more,  # type: ignore[arg-type]
        )

    def answer(self, actor: Actor, invitation: Invitation, side: Side, reply: Reply = ACCEPT, **more: bool) -> None:
        invitations.answer(
            self.session, actor, invitation, side, reply, settings=self.settings, clock=self.clock, **more
        )

    def withdraw(self, actor: Actor, invitation: Invitation, reason: str) -> None:
        invitations.withdraw(self.session, actor, invitation, reason, settings=self.settings, clock=self.clock)

    def reopen(self, actor: Actor, invitation: Invitation, reason: str) -> None:
        invitations.reopen(self.session, actor, invitation, reason, settings=self.settings, clock=self.clock)

    def notices(self) -> list[tuple[str, str]]:
        rows = self.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [(row.notice, row.recipient) for row in rows]

    def audited(self) -> list[tuple[str, bool]]:
        rows = self.session.scalars(select(Audit).where(Audit.noun == "invitation").order_by(Audit.id))
        return [(row.action, row.on_behalf) for row in rows]


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Iterator[Stage]:
    with sessions.write() as session:
        yield Stage(session, settings, FixedDayClock(TODAY))


def test_an_officer_asks_both_sides_and_agrees_for_none(stage: Stage) -> None:
    invitation = stage.invite()
    assert found.waiting(invitation) == {Side.FIRM, Side.EXPERT}
    assert stage.notices() == [("invitation_sent", stage.expert.email), ("invitation_sent", "firm@example.org")]
    assert invitation.answer_by == TODAY + timedelta(days=7)
    assert stage.audited() == [("invite", False)]


def test_the_sender_has_agreed_already(stage: Stage) -> None:
    by_firm = stage.invite(stage.firm_user)
    assert (by_firm.sent_side, found.waiting(by_firm)) == (Side.FIRM, {Side.EXPERT})
    assert stage.notices() == [("invitation_sent", stage.expert.email)]


def test_an_expert_may_ask(stage: Stage) -> None:
    by_expert = stage.invite(stage.expert_user)
    assert (by_expert.sent_side, found.waiting(by_expert)) == (Side.EXPERT, {Side.FIRM})


def test_both_accept(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert invitation.status is InvitationStatus.ACCEPTED
    assert stage.notices()[-2:] == [
        ("invitation_accepted", stage.expert.email),
        ("invitation_accepted", "firm@example.org"),
    ]
    assert stage.audited() == [("invite", False), ("answer_firm", False), ("answer_expert", False), ("accept", False)]


def test_one_declines(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    assert invitation.status is InvitationStatus.DECLINED
    assert stage.notices()[-1][0] == "invitation_declined"


def test_another_time_becomes_the_proposal_and_goes_to_the_other_side(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    day = LATER + timedelta(days=3)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, Reply(Decision.ANOTHER_TIME, day=day, at=time(14)))
    assert (invitation.proposed_on, invitation.proposed_at) == (day, time(14))
    assert found.waiting(invitation) == {Side.FIRM}
    assert stage.notices()[-1] == ("invitation_sent", "firm@example.org")
    stage.answer(stage.firm_user, invitation, Side.FIRM)
    assert invitation.status is InvitationStatus.ACCEPTED


def test_a_newer_answer_replaces_the_older_one_and_the_trail_keeps_both(stage: Stage) -> None:
    invitation = stage.invite()
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    assert [(each.side, each.decision) for each in invitation.answers] == [(Side.EXPERT, Decision.DECLINE)]
    row = stage.session.scalars(select(Audit).where(Audit.action == "answer_expert").order_by(Audit.id.desc())).first()
    assert row is not None
    assert (row.before["decision"], row.after["decision"]) == ("accept", "decline")


def test_the_same_answer_twice_changes_nothing(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    for _ in range(2):
        stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert len(stage.notices()) == 3
    assert len(invitation.answers) == 2


def test_a_closed_invitation_takes_no_other_answer(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    with pytest.raises(Conflict, match="已婉拒"):
        stage.answer(stage.expert_user, invitation, Side.EXPERT)


def test_an_answer_taken_down_by_an_officer_is_marked_and_says_how(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    with pytest.raises(Invalid) as refused:
        stage.answer(stage.county, invitation, Side.EXPERT, on_behalf=True)
    assert list(refused.value.errors) == ["note"]
    said = Reply(Decision.ACCEPT, note="6 月 15 日电话，专家本人")
    stage.answer(stage.county, invitation, Side.EXPERT, said, on_behalf=True)
    kept = next(each for each in invitation.answers if each.side is Side.EXPERT)
    assert (kept.on_behalf, kept.given_by) == (True, stage.county.name)
    assert ("answer_expert", True) in stage.audited()
    assert ("accept", True) in stage.audited()


def test_only_the_side_itself_or_an_officer_on_behalf_answers(stage: Stage) -> None:
    invitation = stage.invite()
    other_firm = stage._actor(Role.FIRM, organisation_id=make.make_firm(stage.session).id)
    other_county = stage._actor(Role.COUNTY, unit_id=make.make_unit(stage.session).id)
    for actor, on_behalf in [(stage.firm_user, False), (other_firm, False), (stage.city, False), (other_county, True)]:
        with pytest.raises(Forbidden):
            stage.answer(actor, invitation, Side.EXPERT, Reply(Decision.ACCEPT, note="电话"), on_behalf=on_behalf)
    assert invitation.answers == []


def test_no_second_open_invitation_for_a_pair(stage: Stage) -> None:
    first = stage.invite(stage.firm_user)
    with pytest.raises(Conflict, match=f"第 {first.id} 号"):
        stage.invite(stage.city)
    stage.answer(stage.expert_user, first, Side.EXPERT, NO_TIME)
    assert stage.invite(stage.city).id != first.id


def test_nobody_is_invited_to_the_own_house(stage: Stage) -> None:
    firm_site = make.site_of(stage.session, stage.firm)
    insider = make.make_expert(stage.session, stage.firm, site_id=firm_site.id)
    with pytest.raises(Conflict, match="本单位"):
        stage.invite(stage.city, insider)


def test_only_a_published_need_invites(stage: Stage) -> None:
    stage.need = make.make_need(stage.session, stage.firm, status=NeedStatus.CITY_REVIEW)
    with pytest.raises(Conflict, match="没有发布"):
        stage.invite()


def test_strangers_and_watchers_do_not_invite(stage: Stage) -> None:
    other_expert = make.make_expert(stage.session)
    strangers = [
        stage._actor(Role.FIRM, organisation_id=make.make_firm(stage.session).id),
        stage._actor(Role.EXPERT, expert_id=other_expert.id),
        stage._actor(Role.COUNTY, unit_id=make.make_unit(stage.session).id),
        stage._actor(Role.LEADER),
        stage._actor(Role.INSTITUTE, organisation_id=stage.expert.institute_id),
    ]
    for actor in strangers:
        with pytest.raises(Forbidden):
            stage.invite(actor)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=1)])
def test_the_proposed_day_lies_ahead(stage: Stage, day: date) -> None:
    with pytest.raises(Invalid) as refused:
        stage.invite(proposal=Proposal(MeetingKind.INBOUND, day))
    assert list(refused.value.errors) == ["day"]


def test_the_answer_is_wanted_before_the_day_itself(stage: Stage) -> None:
    soon = TODAY + timedelta(days=2)
    assert stage.invite(proposal=Proposal(MeetingKind.ONLINE, soon)).answer_by == soon


def test_the_sender_withdraws_with_a_reason_and_nobody_else(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    with pytest.raises(Forbidden):
        stage.withdraw(stage.expert_user, invitation, "x")
    with pytest.raises(Invalid):
        stage.withdraw(stage.firm_user, invitation, " ")
    stage.withdraw(stage.firm_user, invitation, "发错了")
    assert invitation.status is InvitationStatus.WITHDRAWN
    assert stage.notices()[-1][0] == "invitation_withdrawn"


def test_a_declined_invitation_is_reopened_and_both_sides_are_asked_again(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    with pytest.raises(Forbidden):
        stage.reopen(stage.firm_user, invitation, "请再考虑")
    stage.reopen(stage.city, invitation, "专家改了主意")
    assert (invitation.status, found.waiting(invitation)) == (InvitationStatus.OPEN, {Side.EXPERT, Side.FIRM})
    assert stage.notices()[-2:] == [("invitation_sent", stage.expert.email), ("invitation_sent", "firm@example.org")]
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert invitation.status is InvitationStatus.OPEN
    stage.answer(stage.firm_user, invitation, Side.FIRM)
    assert invitation.status is InvitationStatus.ACCEPTED


def test_a_reopened_invitation_does_not_close_on_a_day_one_side_never_agreed_to(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    day = LATER + timedelta(days=3)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, Reply(Decision.ANOTHER_TIME, day=day))
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    stage.reopen(stage.city, invitation, "专家又有时间了")
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert (invitation.status, invitation.proposed_on) == (InvitationStatus.OPEN, day)
    assert found.waiting(invitation) == {Side.FIRM}


def test_a_day_that_has_passed_is_not_restored_with_the_agreement(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    stage.withdraw(stage.city, invitation, "点错")
    stage.clock.day = LATER
    stage.reopen(stage.city, invitation, "点错")
    assert (invitation.status, invitation.proposed_on) == (InvitationStatus.OPEN, None)
    assert found.waiting(invitation) == {Side.FIRM, Side.EXPERT}


def test_an_agreement_taken_back_by_mistake_is_restored_whole(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    stage.withdraw(stage.city, invitation, "点错")
    stage.reopen(stage.city, invitation, "点错")
    assert invitation.status is InvitationStatus.ACCEPTED


def test_a_group_is_asked_through_its_lead_and_any_member_answers(stage: Stage) -> None:
    lead = make.make_expert(stage.session)
    member = make.make_expert(stage.session, lead.institute)
    group = make.make_group(stage.session, lead, member)
    invitation = stage.invite(stage.firm_user, group, proposal=Proposal(MeetingKind.OUTBOUND))
    assert stage.notices() == [("invitation_sent", lead.email)]
    stage.answer(stage._actor(Role.EXPERT, expert_id=member.id), invitation, Side.EXPERT)
    assert invitation.status is InvitationStatus.ACCEPTED


def test_a_capability_of_somebody_else_is_not_kept(stage: Stage) -> None:
    own = make.make_capability(stage.session, stage.expert)
    strange = make.make_capability(stage.session)
    first = stage.invite(stage.city, capability_id=own.id)
    assert first.capability_id == own.id
    stage.answer(stage.expert_user, first, Side.EXPERT, NO_TIME)
    assert stage.invite(stage.city, capability_id=strange.id).capability_id is None


def test_strangers_do_not_know_of_it(stage: Stage) -> None:
    invitation = stage.invite()
    stranger = stage._actor(Role.FIRM, organisation_id=make.make_firm(stage.session).id)
    assert found.get_visible(stage.session, stage.firm_user, invitation.id) is invitation
    with pytest.raises(NotFound):
        found.get_visible(stage.session, stranger, invitation.id)


@pytest.mark.parametrize("key", ["expert:0", "expert:x", "organisation:1", "group:", "", "expert"])
def test_an_unknown_counterpart_is_not_found(stage: Stage, key: str) -> None:
    with pytest.raises(NotFound):
        found.counterpart(stage.session, key)


def test_the_link_in_the_message_opens_this_invitation_for_its_side(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    [message] = stage.session.scalars(select(OutboxMessage))
    grant = links.read_answer_token(stage.settings.key(), message.payload["path"].removeprefix("/a/"))
    assert (grant.invitation_id, grant.side) == (invitation.id, Side.EXPERT)
