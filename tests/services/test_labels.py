"""What became of a pair is kept, and "not my field" is said once."""

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Capability, Label, MeetingNeed, Need, RefreshRequest, Suggestion
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.pairing import Reply
from matchmaker.domain.vocabulary import Attendance, Decision, DeclineReason, LabelKind, MeetingKind, Role, Side
from matchmaker.errors import Forbidden
from matchmaker.matching import Index, Posting
from matchmaker.queries import circumstances, matches, suggestions, texts
from matchmaker.services import answers, meetings
from matchmaker.services import labels as services_labels
from matchmaker.services import suggestions as services
from tests import factories as make
from tests.services.test_invitations import NO_TIME, TODAY, Stage
from tests.support.texts import analysed

NOT_MINE = Reply(Decision.DECLINE, DeclineReason.NOT_MY_FIELD)


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Iterator[Stage]:
    with sessions.write() as session:
        yield Stage(session, settings, FixedDayClock(TODAY))


def labels(stage: Stage) -> list[tuple[str, LabelKind, DeclineReason | None, Side | None]]:
    rows = stage.session.scalars(select(Label).order_by(Label.id)).all()
    return [(row.owner_key, row.kind, row.reason, row.side) for row in rows]


def test_an_agreement_and_a_decline_are_kept_and_go_with_the_answer(stage: Stage) -> None:
    key = f"expert:{stage.expert.id}"
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    assert labels(stage) == [(key, LabelKind.DECLINED, DeclineReason.NO_TIME, Side.EXPERT)]
    answers.take_back(
        stage.session, stage.expert_user, invitation, Side.EXPERT, settings=stage.settings, clock=stage.clock
    )
    assert labels(stage) == []
    stage.answer(stage.expert_user, invitation, Side.EXPERT)
    assert labels(stage) == [(key, LabelKind.ACCEPTED, None, None)]


def test_a_reopened_decline_is_no_decline(stage: Stage) -> None:
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.firm_user, invitation, Side.FIRM, NOT_MINE)
    assert labels(stage)[0][3] is Side.FIRM
    stage.reopen(stage.city, invitation, "企业点错")
    assert labels(stage) == []


def test_who_came_to_a_meeting_has_talked_about_its_needs(stage: Stage) -> None:
    absent = make.make_expert(stage.session)
    meeting = make.make_meeting(stage.session, MeetingKind.INBOUND, [stage.firm], [stage.expert, absent])
    stage.session.add(MeetingNeed(meeting_id=meeting.id, need_id=stage.need.id))
    stage.session.flush()
    stage.session.expire(meeting)
    came, not_come = Presence(Attendance.ATTENDED, "王工"), Presence(Attendance.ABSENT, "")
    result = Record(firms={stage.firm.id: came}, experts={stage.expert.id: came, absent.id: not_come}, minutes="谈了。")
    meetings.record(stage.session, stage.city, meeting, result, clock=stage.clock)
    assert [(key, kind) for key, kind, *_rest in labels(stage)] == [(f"expert:{stage.expert.id}", LabelKind.HELD)]
    meetings.reject(stage.session, stage.city, meeting, reason="时间不对", clock=stage.clock)
    assert labels(stage) == []
    assert meeting.starts == time(9)


def test_that_they_have_talked_stands_while_another_meeting_says_so(stage: Stage) -> None:
    came = Presence(Attendance.ATTENDED, "王工")
    held = []
    for hour in (9, 14):
        meeting = make.make_meeting(
            stage.session, MeetingKind.INBOUND, [stage.firm], [stage.expert], starts=time(hour), ends=time(hour + 1)
        )
        stage.session.add(MeetingNeed(meeting_id=meeting.id, need_id=stage.need.id))
        stage.session.flush()
        stage.session.expire(meeting)
        result = Record(firms={stage.firm.id: came}, experts={stage.expert.id: came}, minutes="谈了。")
        meetings.record(stage.session, stage.city, meeting, result, clock=stage.clock)
        held.append(meeting)
    for meeting, left in zip(held, (1, 0), strict=True):
        meetings.reject(stage.session, stage.city, meeting, reason="时间不对", clock=stage.clock)
        assert len(labels(stage)) == left


# Not my field: said once, it holds for the need, its like and its topic, until it is taken back.


@pytest.fixture
def index(stage: Stage) -> Index:
    """The expert does two things; of the needs two ask for the first and one for the second."""
    session = stage.session
    stage.need.title = "铝合金薄板激光焊接热裂纹控制"
    analysed(session, stage.need)
    analysed(session, make.make_capability(session, stage.expert))
    scratches = "用线扫相机在线检测电池极片涂布的露箔和划痕。"
    analysed(
        session, make.make_capability(session, stage.expert, title="电池极片涂布检测", text=scratches, keywords=[])
    )
    for text in ("玉米育种", "水稻病害", "桥梁监测"):
        analysed(session, make.make_capability(session, title=text, text=text, keywords=[]))
    stage.again = analysed(  # type: ignore[attr-defined]
        session, make.make_need(session, title="铝合金薄板激光焊接热裂纹", problem="薄板激光焊后出现热裂纹。")
    )
    stage.other = analysed(  # type: ignore[attr-defined]
        session,
        make.make_need(session, title="电池极片露箔划痕检测", problem="涂布后的露箔靠人看。", keywords=["极片"]),
    )
    needs = [_posting(str(need.id), need.terms) for need in stage.session.scalars(select(Need))]
    offers = stage.session.scalars(select(Capability))
    return Index.fit([_posting(str(each.id), each.terms, each.owner_key) for each in offers], needs)


def _posting(key: str, terms: dict[str, Any], owner: str = "") -> Posting:
    return Posting(key, texts.analysed(terms), owner=owner)


def found(stage: Stage, index: Index) -> set[int]:
    shown = matches.for_expert(stage.session, index, stage.expert.id, settings=stage.settings, today=TODAY)
    return {each.need.id for each in shown.needs}


def everything(stage: Stage) -> set[int]:
    return {stage.need.id, stage.again.id, stage.other.id}  # type: ignore[attr-defined]


def test_said_of_an_invitation_it_holds_for_the_like_of_it_only(stage: Stage, index: Index) -> None:
    assert found(stage, index) == everything(stage)
    invitation = stage.invite(stage.firm_user)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NOT_MINE)
    assert found(stage, index) == {stage.other.id}  # type: ignore[attr-defined]
    services.reclaim(stage.session, stage.expert_user, stage.need, stage.expert, clock=stage.clock)
    assert found(stage, index) == everything(stage)


def test_said_of_a_suggestion_it_holds_as_well_and_is_undone_there(stage: Stage, index: Index) -> None:
    item = matches.nearest_item(index, stage.need, f"expert:{stage.expert.id}")
    assert item is not None
    reason = DeclineReason.NOT_MY_FIELD
    row = services.dismiss(
        stage.session, stage.expert_user, stage.need, stage.expert, reason, clock=stage.clock, item=item
    )
    assert found(stage, index) == {stage.other.id}  # type: ignore[attr-defined]
    services.undo_dismissal(stage.session, stage.expert_user, row, clock=stage.clock)
    assert found(stage, index) == everything(stage)


def test_a_conflict_said_of_a_suggestion_holds_for_all_needs_of_the_firm(stage: Stage, index: Index) -> None:
    item = matches.nearest_item(index, stage.need, f"expert:{stage.expert.id}")
    assert item is not None
    also = analysed(stage.session, make.make_need(stage.session, stage.need.firm, title="铝合金薄板焊接"))
    around = circumstances.circumstances(stage.session, settings=stage.settings, today=TODAY)
    assert not around.conflict(also, f"expert:{stage.expert.id}")
    reason = DeclineReason.CONFLICT
    services.dismiss(stage.session, stage.expert_user, stage.need, stage.expert, reason, clock=stage.clock, item=item)
    around = circumstances.circumstances(stage.session, settings=stage.settings, today=TODAY)
    assert around.conflict(also, f"expert:{stage.expert.id}")
    assert not around.conflict(stage.again, f"expert:{stage.expert.id}")  # type: ignore[attr-defined]


def test_a_firms_refusal_does_not_wipe_out_what_the_expert_said(stage: Stage) -> None:
    key, session = f"expert:{stage.expert.id}", stage.session
    pair, declined = (stage.need.id, key), LabelKind.DECLINED
    said = {"side": Side.EXPERT, "reason": DeclineReason.NOT_MY_FIELD}
    services_labels.note(session, stage.expert_user, *pair, declined, clock=stage.clock, **said)
    later = {"side": Side.FIRM, "reason": DeclineReason.NO_TIME}
    services_labels.note(session, stage.firm_user, *pair, declined, clock=stage.clock, **later)
    assert labels(stage) == [(key, declined, DeclineReason.NOT_MY_FIELD, Side.EXPERT)]
    services_labels.note(
        session, stage.expert_user, *pair, declined, clock=stage.clock, **later | {"side": Side.EXPERT}
    )
    assert labels(stage) == [(key, declined, DeclineReason.NO_TIME, Side.EXPERT)]


def test_no_time_says_nothing_of_other_needs(stage: Stage, index: Index) -> None:
    stage.answer(stage.expert_user, stage.invite(stage.firm_user), Side.EXPERT, NO_TIME)
    assert found(stage, index) == everything(stage) - {stage.need.id}


def test_officers_see_why_not_with_the_title_and_another_firm_without(stage: Stage, index: Index) -> None:
    stage.answer(stage.expert_user, stage.invite(stage.firm_user), Side.EXPERT, NOT_MINE)
    again = stage.again  # type: ignore[attr-defined]
    services.refresh(stage.session, stage.city, again, index, settings=stage.settings, clock=stage.clock)
    owner = stage._actor(Role.FIRM, organisation_id=again.firm_id)
    said = {}
    for actor in (stage.city, owner):
        panel = suggestions.panel(stage.session, actor, again, today=TODAY)
        assert panel is not None
        said[actor.role] = [each.why_not for each in panel.left_out]
    assert said == {
        Role.CITY: [f"专家说过不是这个方向：{stage.need.title}"],
        Role.FIRM: ["专家说过不是这个方向"],
    }


def test_what_was_suggested_is_ranked_again_soon(stage: Stage, index: Index) -> None:
    again = stage.again  # type: ignore[attr-defined]
    services.refresh(stage.session, stage.city, again, index, settings=stage.settings, clock=stage.clock)
    stage.answer(stage.expert_user, stage.invite(stage.firm_user), Side.EXPERT, NOT_MINE)
    asked = set(stage.session.scalars(select(RefreshRequest.need_id)))
    assert asked == set(stage.session.scalars(select(Suggestion.need_id)))
    assert again.id in asked


def test_a_decline_and_its_withdrawal_rank_the_need_again_soon(stage: Stage, index: Index) -> None:
    services.refresh(stage.session, stage.city, stage.need, index, settings=stage.settings, clock=stage.clock)
    invitation = stage.invite(stage.firm_user)
    asked = select(func.count(RefreshRequest.id)).where(RefreshRequest.need_id == stage.need.id)
    stage.answer(stage.expert_user, invitation, Side.EXPERT, NO_TIME)
    assert stage.session.scalar(asked) == 1
    stage.reopen(stage.city, invitation, "专家又有空了")
    assert stage.session.scalar(asked) == 2


def test_nobody_takes_it_back_for_the_expert(stage: Stage, index: Index) -> None:
    stage.answer(stage.expert_user, stage.invite(stage.firm_user), Side.EXPERT, NOT_MINE)
    for actor in (stage.city, stage.firm_user):
        with pytest.raises(Forbidden):
            services.reclaim(stage.session, actor, stage.need, stage.expert, clock=stage.clock)
    assert len(labels(stage)) == 1
