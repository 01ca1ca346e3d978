"""Published needs that nobody was found for are brought up, discussed, and leave the list with an invitation."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Answer, Audit, Comment, Meeting, MeetingNeed, Need, Notice, Task
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    Audience,
    Decision,
    DeclineReason,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Role,
    Side,
    TalkOutcome,
)
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import escalation as queries
from matchmaker.queries.listing import Wanted
from matchmaker.services import escalation
from matchmaker.services.escalation import Talk
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
DUE = make.TODAY + timedelta(days=14)
LONG_AGO = make.NOW - timedelta(days=60)


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """A need published sixty days ago, its officers, and an institute."""
    with sessions.write() as session:
        unit, far = make.make_unit(session), make.make_unit(session)
        firm = make.make_firm(session, unit)
        need = make.make_need(session, firm, status_since=LONG_AGO, published_at=LONG_AGO)
        make.make_need(session, firm, status_since=LONG_AGO + timedelta(days=1))  # not yet
        institute = make.make_institute(session)
        accounts = {
            "city": make.make_account(session, Role.CITY),
            "county": make.make_account(session, Role.COUNTY, unit_id=unit.id),
            "far": make.make_account(session, Role.COUNTY, unit_id=far.id),
            "firm": make.make_account(session, Role.FIRM, organisation_id=firm.id),
        }
        ids = {"need": need.id, "institute": institute.id, "owner": firm.id}
        return SimpleNamespace(**ids, **{name: make.actor_of(one) for name, one in accounts.items()})


def listed(sessions: Sessions, actor: Actor, days_later: int = 0) -> list[int]:
    with sessions.read() as session:
        day = make.TODAY + timedelta(days=days_later)
        return [need.id for need in queries.search(session, actor, Wanted(), day, days=60).rows]


def agree(sessions: Sessions, actor: Actor, world: SimpleNamespace, talk: Talk) -> None:
    with sessions.write() as session:
        escalation.talk(session, actor, session.get_one(Need, world.need), talk, clock=CLOCK)


def test_only_what_nobody_was_found_for_is_on_the_list(sessions: Sessions, world: SimpleNamespace) -> None:
    assert listed(sessions, world.city) == listed(sessions, world.county) == [world.need]
    assert listed(sessions, world.far) == []


@pytest.mark.parametrize("status", [InvitationStatus.OPEN, InvitationStatus.ACCEPTED])
def test_an_invitation_takes_it_off(sessions: Sessions, world: SimpleNamespace, status: InvitationStatus) -> None:
    with sessions.write() as session:
        make.make_invitation(
            session, session.get_one(Need, world.need), make.make_expert(session), status=status, updated_at=LONG_AGO
        )
    assert listed(sessions, world.city) == []


def test_a_meeting_takes_it_off_unless_it_was_called_off(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        need = session.get_one(Need, world.need)
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [need.firm], [make.make_expert(session)])
        session.add(MeetingNeed(meeting_id=meeting.id, need_id=need.id))
    assert listed(sessions, world.city) == []
    with sessions.write() as session:
        session.get_one(Meeting, meeting.id).status = MeetingStatus.CANCELLED
    assert listed(sessions, world.city) == [world.need]


def test_an_answer_of_no_begins_the_time_anew(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        said = {"status": InvitationStatus.DECLINED, "updated_at": make.NOW - timedelta(days=20)}
        need = session.get_one(Need, world.need)
        invitation = make.make_invitation(session, need, make.make_expert(session), **said)
        why = {"decision": Decision.DECLINE, "reason": DeclineReason.NO_TIME, "given_by": "周教授"}
        session.add(Answer(invitation_id=invitation.id, side=Side.EXPERT, given_at=make.NOW, **why))
    assert world.need not in listed(sessions, world.city, days_later=39)
    assert world.need in listed(sessions, world.city, days_later=40)
    with sessions.read() as session:
        now = queries.situations(session, [session.get_one(Need, world.need)], make.TODAY)[world.need]
        assert (now.days, [one.given_by for one in now.declines]) == (20, ["周教授"])


def test_officers_hear_once_in_each_period(sessions: Sessions, settings: Settings, world: SimpleNamespace) -> None:
    told = []
    for days in (0, 1, 59, 60, 61):
        day = make.TODAY + timedelta(days=days)
        with sessions.write() as session:
            escalation.tell(session, day, settings=settings, clock=FixedDayClock(day))
            mine = Notice.params["path"].as_string() == f"/escalation/{world.need}"
            found = session.scalars(select(Notice.account_id).where(Notice.notice == "need_unmatched", mine)).all()
            told.append(sorted(found))
    both = sorted([world.city.account_id, world.county.account_id])
    assert told == [both, both, both, sorted(both * 2), sorted(both * 2)]


def test_what_was_agreed_is_kept_and_given_to_who_is_to_do_it(sessions: Sessions, world: SimpleNamespace) -> None:
    agree(sessions, world.county, world, Talk(TalkOutcome.REWRITE, "请写清材料牌号", DUE))
    agree(sessions, world.city, world, Talk(TalkOutcome.ASK_INSTITUTES, "请推荐焊接专家", DUE, (world.institute,)))
    agree(sessions, world.city, world, Talk(TalkOutcome.WATCH, "下月再看"))
    with sessions.read() as session:
        remarks = session.scalars(select(Comment.body).order_by(Comment.id)).all()
        assert [text.split("。")[1] for text in remarks] == ["请写清材料牌号", "请推荐焊接专家", "下月再看"]
        owners = session.execute(select(Task.organisation_id, Task.need_id, Task.due).order_by(Task.id)).all()
        assert owners == [(world.owner, world.need, DUE), (world.institute, world.need, DUE)]
        talks = session.scalars(select(Audit.after).where(Audit.action == "talk").order_by(Audit.id)).all()
        assert [said["outcome"] for said in talks] == ["rewrite", "ask_institutes", "watch"]
        assert session.scalars(select(Need.id).where(queries.to_talk_about(world.city, make.TODAY, 60))).all() == []
    assert listed(sessions, world.city) == [world.need]  # still unmatched


@pytest.mark.parametrize(
    ("talk", "fields"),
    [
        (Talk(None, ""), {"outcome", "text"}),
        (Talk(TalkOutcome.WIDEN, "请放宽"), {"due"}),
        (Talk(TalkOutcome.WIDEN, "请放宽", make.TODAY - timedelta(days=1)), {"due"}),
        (Talk(TalkOutcome.ASK_INSTITUTES, "请推荐", DUE), {"institutes"}),
        (Talk(TalkOutcome.ASK_INSTITUTES, "请推荐", DUE, (10**6,)), {"institutes"}),
        (Talk(TalkOutcome.WATCH, "按机密★一年处理"), {"text"}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    sessions: Sessions, world: SimpleNamespace, talk: Talk, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        agree(sessions, world.city, world, talk)
    assert set(refused.value.errors) == fields
    with sessions.read() as session:
        assert session.scalars(select(Comment)).all() == session.scalars(select(Task)).all() == []


def test_only_its_officers_discuss_a_need_while_it_is_published(sessions: Sessions, world: SimpleNamespace) -> None:
    for stranger in (world.far, world.firm):
        with pytest.raises(Forbidden):
            agree(sessions, stranger, world, Talk(TalkOutcome.WATCH, "下月再看"))
    with sessions.write() as session:
        session.get_one(Need, world.need).status = NeedStatus.CLOSED
    with pytest.raises(Conflict):
        agree(sessions, world.city, world, Talk(TalkOutcome.WATCH, "下月再看"))


def test_a_need_for_chosen_institutes_is_shown_to_no_other(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        session.get_one(Need, world.need).audience = Audience.CHOSEN
    with pytest.raises(Invalid) as refused:
        agree(sessions, world.city, world, Talk(TalkOutcome.ASK_INSTITUTES, "请推荐", DUE, (world.institute,)))
    assert set(refused.value.errors) == {"institutes"}
