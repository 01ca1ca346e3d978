"""Both sides are asked 30, 90 and 180 days after a meeting, each once; what they say is theirs and can be put right."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, FollowUp, Label, Meeting, MeetingNeed, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.follow_ups import Said
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, FollowUpStatus, LabelKind, MeetingKind, MeetingStatus, Noun, Side
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.queries import follow_ups as queries
from matchmaker.queries import worklist
from matchmaker.queries.listing import Wanted
from matchmaker.services import follow_ups
from tests import factories as make
from tests.support.follow_ups import held

CLOCK = FixedDayClock(make.TODAY)
S = FollowUpStatus


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    return held(sessions)


def ask(sessions: Sessions, settings: Settings, days: int = 0) -> None:
    day = make.TODAY + timedelta(days=days)
    with sessions.write() as session:
        follow_ups.fall_due(session, day, settings=settings, clock=FixedDayClock(day))


def rows(sessions: Sessions) -> dict[tuple[int, Side, int], FollowUp]:
    with sessions.read() as session:
        found = list(session.scalars(select(FollowUp)).unique())
        session.expunge_all()
        return {(row.firm_id, row.side, row.days): row for row in found}


def say(
    sessions: Sessions, actor: Actor, row: FollowUp, status: FollowUpStatus | None, remark: str = "", amount: str = ""
) -> None:
    with sessions.write() as session:
        mine = queries.get_visible(session, actor, row.id)
        follow_ups.answer(session, actor, mine, Said(status, remark, amount), clock=CLOCK)


@pytest.mark.both_databases
def test_each_firm_that_came_and_the_experts_about_it_are_asked_once(
    sessions: Sessions, settings: Settings, world: SimpleNamespace
) -> None:
    ask(sessions, settings)
    first, second, _absent = world.firms
    wanted = {(firm, side, 30) for firm in (first, second) for side in Side}
    assert set(rows(sessions)) == wanted
    ask(sessions, settings)
    ask(sessions, settings, days=1)
    assert set(rows(sessions)) == wanted
    with sessions.read() as session:
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "follow_up_asked")).all()
        made = select(func.count()).where(Audit.noun == Noun.FOLLOW_UP, Audit.action == "create")
        assert session.scalar(made) == len(wanted)
        session.expunge_all()
    # three letters: the institute has one about both firms
    assert sorted(one.recipient for one in letters) == ["firm0@example.org", "firm1@example.org", "host@example.org"]
    assert all(str(one.payload["path"]).startswith("/f/") for one in letters)


def test_later_rounds_leave_out_the_side_that_stopped(
    sessions: Sessions, settings: Settings, world: SimpleNamespace
) -> None:
    ask(sessions, settings)
    firm = world.firms[0]
    say(sessions, world.firm, rows(sessions)[firm, Side.FIRM, 30], S.STOPPED, "已自行解决")
    ask(sessions, settings, days=60)
    found = set(rows(sessions))
    assert (firm, Side.FIRM, 90) not in found
    assert (firm, Side.EXPERT, 90) in found
    assert (world.firms[1], Side.FIRM, 90) in found


@pytest.mark.parametrize("days_ago", [29, 60])
def test_what_is_not_due_or_long_past_is_not_asked(sessions: Sessions, settings: Settings, days_ago: int) -> None:
    held(sessions, days_ago)
    ask(sessions, settings)
    assert rows(sessions) == {}


@pytest.mark.parametrize("change", [{"status": MeetingStatus.PLANNED}, {"from_history": True}])
def test_only_meetings_that_were_held_here_are_followed_up(
    sessions: Sessions, settings: Settings, world: SimpleNamespace, change: dict[str, object]
) -> None:
    with sessions.write() as session:
        for name, value in change.items():
            setattr(session.get_one(Meeting, world.meeting), name, value)
    ask(sessions, settings)
    assert rows(sessions) == {}


def test_nobody_sees_or_answers_for_another(sessions: Sessions, settings: Settings, world: SimpleNamespace) -> None:
    ask(sessions, settings)
    found = rows(sessions)
    mine, theirs = found[world.firms[0], Side.FIRM, 30], found[world.firms[0], Side.EXPERT, 30]
    for actor, row in ((world.other, mine), (world.person, mine), (world.manager, mine), (world.firm, theirs)):
        with pytest.raises(NotFound):
            say(sessions, actor, row, S.CONTACTED)
    with pytest.raises(NotFound):
        say(sessions, world.far, mine, S.CONTACTED, "来电")
    with pytest.raises(Forbidden):
        say(sessions, world.leader, mine, S.CONTACTED)
    say(sessions, world.person, theirs, S.CONTACTED)
    say(sessions, world.firm, mine, S.PROGRESSING)
    assert [one.status for one in rows(sessions).values()].count(S.DUE) == 2


def test_an_answer_says_what_it_must(sessions: Sessions, settings: Settings, world: SimpleNamespace) -> None:
    ask(sessions, settings)
    row = rows(sessions)[world.firms[0], Side.FIRM, 30]
    for said, field in (
        ((None,), "status"),
        ((S.DUE,), "status"),
        ((S.STOPPED, " "), "remark"),
        ((S.SIGNED, "", "三十"), "amount"),
        ((S.CONTACTED, "长" * 1001), "remark"),
    ):
        with pytest.raises(Invalid) as refused:
            say(sessions, world.firm, row, *said)
        assert set(refused.value.errors) == {field}
    with pytest.raises(Invalid):  # 代录 says when and how
        say(sessions, world.county, row, S.CONTACTED)
    say(sessions, world.county, row, S.CONTACTED, "6 月 15 日电话")
    kept = rows(sessions)[world.firms[0], Side.FIRM, 30]
    assert kept.on_behalf
    with pytest.raises(Invalid):  # a correction says why
        say(sessions, world.city, kept, S.PROGRESSING)


def test_signed_marks_the_pair_until_it_is_corrected(
    sessions: Sessions, settings: Settings, world: SimpleNamespace
) -> None:
    ask(sessions, settings)
    row = rows(sessions)[world.firms[0], Side.FIRM, 30]
    say(sessions, world.firm, row, S.SIGNED)
    say(sessions, world.firm, row, S.SIGNED, amount="30")  # more about the same
    kept = rows(sessions)[world.firms[0], Side.FIRM, 30]
    assert (kept.status, kept.amount_wan) == (S.SIGNED, 30)
    signed = select(Label.need_id, Label.owner_key).where(Label.kind == LabelKind.SIGNED)
    with sessions.read() as session:
        assert session.execute(signed).all() == [(world.need, f"expert:{world.expert}")]
        said = session.scalars(
            select(Audit).where(Audit.noun == Noun.FOLLOW_UP, Audit.record_id == row.id).order_by(Audit.id)
        ).all()
        assert [one.action for one in said] == ["create", "sign", "edit"]
        assert said[-1].after["amount_wan"] == 30
    say(sessions, world.city, row, S.PROGRESSING, "合同还没有签")
    with sessions.read() as session:
        assert session.execute(signed).all() == []
    assert rows(sessions)[world.firms[0], Side.FIRM, 30].amount_wan is None


def test_contradictions_and_silence_reach_the_officers(
    sessions: Sessions, settings: Settings, world: SimpleNamespace
) -> None:
    ask(sessions, settings)
    found = rows(sessions)
    say(sessions, world.firm, found[world.firms[0], Side.FIRM, 30], S.SIGNED)
    say(sessions, world.person, found[world.firms[0], Side.EXPERT, 30], S.STOPPED, "没有下文")
    later = make.TODAY + timedelta(days=8)
    with sessions.read() as session:
        for actor, number in ((world.city, 1), (world.county, 1), (world.far, 0)):
            work = worklist.of(session, actor, later, review_days=5)
            assert (work.disagreeing.number, work.late_follow_ups.number) == (number, 2 * number)
        page = queries.search(session, world.city, Wanted(filters={"status": "disagree"}), later)
        assert {row.firm_id for row in page.rows} == {world.firms[0]}
        assert queries.contradicting(page.rows) == {row.id for row in page.rows}
        assert page.total == 2
    say(sessions, world.city, found[world.firms[0], Side.EXPERT, 30], S.SIGNED, "核实过，已签")
    with sessions.read() as session:
        assert worklist.of(session, world.city, later, review_days=5).disagreeing.number == 0


def test_a_record_sent_back_cannot_be_answered(sessions: Sessions, settings: Settings, world: SimpleNamespace) -> None:
    ask(sessions, settings)
    with sessions.write() as session:
        session.get_one(Meeting, world.meeting).status = MeetingStatus.PLANNED
    with pytest.raises(Conflict):
        say(sessions, world.firm, rows(sessions)[world.firms[0], Side.FIRM, 30], S.CONTACTED)


def open_rows(sessions: Sessions, world: SimpleNamespace) -> tuple[int, int, int, int]:
    """On the firm's first page, in its list, and with the officers: late, and counted."""
    later = make.TODAY + timedelta(days=8)
    with sessions.read() as session:
        return (
            len(queries.to_answer(session, world.firm)),
            queries.search(session, world.firm, Wanted(filters={}), later).total,
            worklist.of(session, world.city, later, review_days=5).late_follow_ups.number,
            queries.tally(session, world.city, later).get(S.DUE.value, 0),
        )


def test_nobody_is_asked_about_a_meeting_that_was_called_off_or_that_the_firm_was_not_at(
    sessions: Sessions, settings: Settings, world: SimpleNamespace
) -> None:
    ask(sessions, settings)
    assert open_rows(sessions, world) == (1, 1, 4, 4)
    with sessions.write() as session:
        session.get_one(Meeting, world.meeting).firms[0].attendance = Attendance.ABSENT
    assert open_rows(sessions, world) == (0, 0, 2, 2)
    with pytest.raises(Conflict, match="没有到场"):
        say(sessions, world.firm, rows(sessions)[world.firms[0], Side.FIRM, 30], S.CONTACTED)
    with sessions.write() as session:
        session.get_one(Meeting, world.meeting).status = MeetingStatus.CANCELLED
    assert open_rows(sessions, world) == (0, 0, 0, 0)


def test_signed_after_one_meeting_stands_whatever_is_said_of_another(
    sessions: Sessions, settings: Settings, world: SimpleNamespace
) -> None:
    with sessions.write() as session:
        first = session.get_one(Meeting, world.meeting)
        firm, expert = first.firms[0].firm, first.experts[0].expert
        more = {"day": first.day, "status": MeetingStatus.VERIFIED}
        again = make.make_meeting(session, MeetingKind.OUTBOUND, [firm], [expert], first.host, **more)
        again.firms[0].attendance = again.experts[0].attendance = Attendance.ATTENDED
        session.add(MeetingNeed(meeting_id=again.id, need_id=world.need))
    ask(sessions, settings)
    with sessions.read() as session:
        mine = (FollowUp.firm_id == world.firms[0], FollowUp.side == Side.FIRM)
        one, other = session.scalars(select(FollowUp).where(*mine).order_by(FollowUp.meeting_id)).unique().all()
        session.expunge_all()
    for row in (one, other):
        say(sessions, world.firm, row, S.SIGNED)
    signed = select(func.count()).where(Label.kind == LabelKind.SIGNED)
    for row, left in ((other, 1), (one, 0)):
        say(sessions, world.firm, row, S.PROGRESSING, "还没有签")
        with sessions.read() as session:
            assert session.scalar(signed) == left


@pytest.mark.both_databases
def test_two_taps_at_once_leave_one_answer(sessions: Sessions, settings: Settings, world: SimpleNamespace) -> None:
    ask(sessions, settings)
    row = rows(sessions)[world.firms[0], Side.FIRM, 30]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _number: say(sessions, world.firm, row, S.CONTACTED), range(4)))
    with sessions.read() as session:
        moved = select(func.count()).where(Audit.noun == Noun.FOLLOW_UP, Audit.action == "contact")
        assert session.scalar(moved) == 1
    assert rows(sessions)[world.firms[0], Side.FIRM, 30].status is S.CONTACTED
