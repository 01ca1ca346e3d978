"""An expert passes an invitation on, or brings colleagues along."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Expert, Invitation, Notice, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.pairing import Reply
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, Decision, DeclineReason, InvitationStatus, Role, Side
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.matching import Index
from matchmaker.queries import colleagues
from matchmaker.queries import invitations as found
from matchmaker.queries.circumstances import circumstances
from matchmaker.services import companions, links, passing
from matchmaker.services.meeting_plans import prefilled
from matchmaker.services.passing import Stranger
from tests import factories as make
from tests.services.test_invitations import LATER, NO_TIME, TODAY, Stage
from tests.services.test_invitations_at_once import at_once


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Iterator[Stage]:
    with sessions.write() as session:
        yield Stage(session, settings, FixedDayClock(TODAY))


@pytest.fixture
def colleague(stage: Stage) -> Expert:
    return make.make_expert(stage.session, stage.expert.institute, name="同事甲")


def pass_on(stage: Stage, invitation: Invitation, to: Expert, actor: Actor | None = None, note: str = "") -> Invitation:
    who = actor or stage.expert_user
    return passing.pass_on(stage.session, who, invitation, to, note, settings=stage.settings, clock=stage.clock)


def user(stage: Stage, expert: Expert) -> Actor:
    return stage._actor(Role.EXPERT, expert_id=expert.id)


def said(invitation: Invitation, side: Side) -> object:
    answer = found.answer_of(invitation, side)
    return answer.reason or answer.decision if answer else None


def test_the_colleague_is_asked_with_the_note_and_the_firm_is_told_and_stays_agreed(
    stage: Stage, colleague: Expert
) -> None:
    first = stage.invite(stage.firm_user)
    onward = pass_on(stage, first, colleague, note="他做这个多年")
    assert (first.status, said(first, Side.EXPERT)) == (InvitationStatus.DECLINED, DeclineReason.PASSED_ON)
    assert (onward.passed_from_id, onward.expert_id, onward.proposed_on) == (first.id, colleague.id, LATER)
    assert found.waiting(onward) == {Side.EXPERT}
    assert stage.notices()[-2:] == [("invitation_sent", colleague.email), ("invitation_passed", "firm@example.org")]
    letters = stage.session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == colleague.email))
    assert letters.one().payload["reason"] == "他做这个多年"
    stage.answer(user(stage, colleague), onward, Side.EXPERT)
    assert onward.status is InvitationStatus.ACCEPTED


def test_a_consent_to_another_day_does_not_go_along(stage: Stage, colleague: Expert) -> None:
    first = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, first, Side.EXPERT, Reply(Decision.ANOTHER_TIME, day=LATER.replace(day=28)))
    onward = pass_on(stage, first, colleague)
    assert (onward.proposed_on, found.waiting(onward)) == (LATER.replace(day=28), {Side.FIRM, Side.EXPERT})


def test_a_day_that_has_passed_is_left_open_and_the_firm_asked_again(stage: Stage, colleague: Expert) -> None:
    first = stage.invite(stage.firm_user)
    stage.clock.day = LATER
    onward = pass_on(stage, first, colleague)
    assert (onward.proposed_on, found.waiting(onward)) == (None, {Side.FIRM, Side.EXPERT})


def test_it_goes_on_in_a_chain_and_never_back(stage: Stage, colleague: Expert) -> None:
    third = make.make_expert(stage.session, stage.expert.institute)
    first = stage.invite(stage.firm_user)
    second = pass_on(stage, first, colleague)
    last = pass_on(stage, second, third, user(stage, colleague))
    for each in (first, second, last):
        assert [one.id for one in colleagues.chain(stage.session, each)] == [first.id, second.id, last.id]
    for back in (stage.expert, colleague, third):
        with pytest.raises(Conflict, match="已经到过"):
            pass_on(stage, last, back, user(stage, third))
    assert last.status is InvitationStatus.OPEN


def test_gates_hold_for_the_colleague(stage: Stage, colleague: Expert) -> None:
    full = make.make_expert(stage.session, stage.expert.institute, capacity=0)
    elsewhere = make.make_expert(stage.session)
    earlier = stage.invite(stage.firm_user, colleague)
    first = stage.invite(stage.firm_user)
    for who, why in ((full, "名额已满"), (elsewhere, "本单位"), (colleague, f"第 {earlier.id} 号")):
        with pytest.raises(Conflict, match=why):
            pass_on(stage, first, who)
    stage.answer(user(stage, colleague), earlier, Side.EXPERT, NO_TIME)
    with pytest.raises(Conflict, match="近期已谢绝"):
        pass_on(stage, first, colleague)
    assert first.status is InvitationStatus.OPEN


def test_a_stale_profile_is_no_reason_against_a_colleague_s_word(stage: Stage) -> None:
    stale = make.make_expert(stage.session, stage.expert.institute, confirmed_on=TODAY.replace(year=2020))
    assert pass_on(stage, stage.invite(stage.firm_user), stale).expert_id == stale.id


def test_others_do_not_pass_it_on_and_an_officer_does_it_marked(stage: Stage, colleague: Expert) -> None:
    first = stage.invite()
    for actor in (stage.firm_user, user(stage, colleague), stage._actor(Role.LEADER)):
        with pytest.raises(Forbidden):
            pass_on(stage, first, colleague, actor)
    pass_on(stage, first, colleague, stage.city, "电话里说转给他")
    answer = found.answer_of(first, Side.EXPERT)
    assert answer is not None
    assert answer.on_behalf


def test_once_passed_on_or_closed_it_is_passed_on_no_more(stage: Stage, colleague: Expert) -> None:
    third = make.make_expert(stage.session, stage.expert.institute)
    first = stage.invite(stage.firm_user)
    pass_on(stage, first, colleague)
    with pytest.raises(Conflict):
        pass_on(stage, first, third)
    other = stage.invite(stage.firm_user, third)
    stage.answer(user(stage, third), other, Side.EXPERT, NO_TIME)
    with pytest.raises(Conflict):
        pass_on(stage, other, make.make_expert(stage.session, stage.expert.institute), user(stage, third))


def test_a_group_s_invitation_goes_to_a_person(stage: Stage, colleague: Expert) -> None:
    group = make.make_group(stage.session, stage.expert)
    first = stage.invite(stage.firm_user, group)
    onward = pass_on(stage, first, colleague)
    assert (onward.group_id, onward.expert_id) == (None, colleague.id)


def test_colleagues_are_found_by_name_with_the_reason_against_them(stage: Stage, colleague: Expert) -> None:
    full = make.make_expert(stage.session, stage.expert.institute, name="同事乙", capacity=0)
    make.make_expert(stage.session, name="同事丙")
    first = stage.invite(stage.firm_user)
    around = circumstances(stage.session, settings=stage.settings, today=TODAY)
    shown = colleagues.find(stage.session, Index.fit([]), first, "同事", around)
    assert [(each.expert.id, bool(each.why_not)) for each in shown] == [(colleague.id, False), (full.id, True)]


def name_stranger(stage: Stage, invitation: Invitation, **values: str) -> None:
    fields = {"name": "新同事", "email": "new@example.org", **values}
    passing.name_stranger(
        stage.session,
        stage.expert_user,
        invitation,
        Stranger(**fields),
        "做过类似项目",
        settings=stage.settings,
        clock=stage.clock,
    )


def test_somebody_not_on_file_is_named_to_those_who_add_people_and_to_nobody_else(stage: Stage) -> None:
    manager = make.make_account(
        stage.session, Role.INSTITUTE, organisation_id=stage.expert.institute_id, email="m@example.org"
    )
    first = stage.invite(stage.firm_user)
    name_stranger(stage, first)
    assert (first.status, said(first, Side.EXPERT)) == (InvitationStatus.DECLINED, DeclineReason.PASSED_ON)
    told = stage.session.scalars(select(Notice).where(Notice.notice == "colleague_named")).all()
    assert manager.id in {row.account_id for row in told}
    assert {row.params["message"] for row in told} == {"新同事 new@example.org 做过类似项目"}
    to_firm = stage.session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == "firm@example.org")).all()
    assert "new@example.org" not in str([row.payload for row in to_firm])
    assert to_firm[-1].notice == "invitation_declined"


def test_an_officer_passes_it_on_once_the_named_person_is_on_file(stage: Stage) -> None:
    first = stage.invite(stage.firm_user)
    name_stranger(stage, first)
    added = make.make_expert(stage.session, stage.expert.institute, name="新同事")
    with pytest.raises(Conflict):
        pass_on(stage, first, added)
    onward = pass_on(stage, first, added, stage.city)
    assert (onward.passed_from_id, found.waiting(onward)) == (first.id, {Side.EXPERT})
    assert said(first, Side.EXPERT) is DeclineReason.PASSED_ON


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("email", ""), ("email", "不是邮箱")])
def test_who_is_named_needs_a_name_and_an_address(stage: Stage, field: str, value: str) -> None:
    first = stage.invite(stage.firm_user)
    with pytest.raises(Invalid) as refused:
        name_stranger(stage, first, **{field: value})
    assert list(refused.value.errors) == [f"colleague_{field}"]
    assert first.status is InvitationStatus.OPEN


@pytest.mark.both_databases
def test_passed_on_twice_at_once_goes_to_one(sessions: Sessions, settings: Settings) -> None:
    clock = FixedDayClock(TODAY)
    with sessions.write() as session:
        stage = Stage(session, settings, clock)
        to = [make.make_expert(session, stage.expert.institute).id for _ in range(3)]
        first_id, actor = stage.invite(stage.firm_user).id, stage.expert_user

    def task(expert_id: int) -> Callable[[], str]:
        def run() -> str:
            with sessions.write() as session:
                first, colleague = session.get_one(Invitation, first_id), session.get_one(Expert, expert_id)
                passing.pass_on(session, actor, first, colleague, "", settings=settings, clock=clock)
            return "passed"

        return run

    assert at_once(*(task(each) for each in to)) == ["passed", "refused", "refused"]
    with sessions.read() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 2


def bring(stage: Stage, invitation: Invitation, *people: Expert, actor: Actor | None = None) -> None:
    companions.bring(
        stage.session,
        actor or stage.expert_user,
        invitation,
        [each.id for each in people],
        settings=stage.settings,
        clock=stage.clock,
    )


def test_colleagues_come_along_are_told_and_planned_for(stage: Stage, colleague: Expert) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    for _ in range(2):
        bring(stage, invitation, colleague)
    assert colleagues.companions_of(invitation) == [colleague.id]
    assert stage.notices()[-1] == ("invitation_companion", colleague.email)
    assert stage.notices().count(("invitation_companion", colleague.email)) == 1
    assert prefilled(stage.session, invitation).expert_ids == (stage.expert.id, colleague.id)


def test_only_colleagues_come_along_and_only_after_agreeing(stage: Stage, colleague: Expert) -> None:
    invitation = stage.invite(stage.firm_user)
    with pytest.raises(Conflict):
        bring(stage, invitation, colleague)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    with pytest.raises(Invalid):
        bring(stage, invitation, make.make_expert(stage.session))
    with pytest.raises(Invalid):
        bring(stage, invitation, stage.expert)
    for actor in (stage.firm_user, user(stage, colleague)):
        with pytest.raises((Conflict, Forbidden)):
            bring(stage, invitation, colleague, actor=actor)
    assert colleagues.companions_of(invitation) == []


def test_a_decline_leaves_nobody_to_come_along(stage: Stage, colleague: Expert) -> None:
    invitation = stage.invite()
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    bring(stage, invitation, colleague)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    assert colleagues.companions_of(invitation) == []


def test_a_companion_who_cannot_come_says_so_once(stage: Stage, colleague: Expert) -> None:
    other = make.make_expert(stage.session, stage.expert.institute)
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    bring(stage, invitation, colleague, other)
    for _ in range(2):
        companions.leave(stage.session, user(stage, colleague), invitation, "出差", clock=stage.clock)
    assert colleagues.companions_of(invitation) == [other.id]
    assert stage.notices()[-1] == ("companion_leaves", stage.expert.email)
    assert stage.notices().count(("companion_leaves", stage.expert.email)) == 1


def test_the_companion_s_link_is_for_that_person_and_invitation(stage: Stage) -> None:
    key = stage.settings.key()
    token = links.companion_path(key, 7, 9, today=TODAY).removeprefix("/a/with/")
    assert links.read_companion_token(key, token)[:2] == (7, 9)


def test_a_masked_firm_stays_masked_in_what_colleagues_are_told(stage: Stage, colleague: Expert) -> None:
    stage.need.audience = Audience.MASKED
    invitation = stage.invite()
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    bring(stage, invitation, colleague)
    pass_on(stage, stage.invite(stage.city, make.make_group(stage.session, stage.expert)), colleague)
    for row in stage.session.scalars(select(OutboxMessage).where(OutboxMessage.recipient == colleague.email)):
        assert stage.firm.name not in str(row.payload)
