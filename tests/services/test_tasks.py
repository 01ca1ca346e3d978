"""Rows of minutes become tasks once, officers give some, owners close their own and nobody else's."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Meeting, Notice, OutboxMessage, Task
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.minutes import MinuteRow
from matchmaker.domain.permissions import Actor
from matchmaker.domain.tasks import Given, Owner, meant
from matchmaker.domain.vocabulary import Attendance, MeetingStatus, Noun, TaskStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.queries import tasks as queries
from matchmaker.queries import worklist
from matchmaker.services import meetings, tasks
from tests import factories as make
from tests.support.follow_ups import held

CLOCK = FixedDayClock(make.TODAY)
DUE = make.TODAY + timedelta(days=10)
CAME, AWAY = Presence(Attendance.ATTENDED), Presence(Attendance.ABSENT)


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    return held(sessions, days_ago=0)


def record(sessions: Sessions, world: SimpleNamespace, *rows: MinuteRow) -> None:
    """Enter the record anew with these rows of minutes."""
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        meeting.status = MeetingStatus.PLANNED
        session.flush()
        firms = dict(zip(world.firms, (CAME, CAME, AWAY), strict=True))
        meetings.record(session, world.city, meeting, Record(firms, {world.expert: CAME}, "谈了。", rows), clock=CLOCK)


def items(sessions: Sessions, world: SimpleNamespace) -> list[int]:
    with sessions.read() as session:
        return [item.id for item in session.get_one(Meeting, world.meeting).items]


def all_tasks(sessions: Sessions) -> list[Task]:
    with sessions.read() as session:
        found = list(session.scalars(select(Task).order_by(Task.id)).unique())
        session.expunge_all()
        return found


def step(step_: str, owner: str, due: date = DUE, item_id: int | None = None) -> MinuteRow:
    return MinuteRow(problem="裂纹", next_step=step_, owner=owner, due=due, item_id=item_id)


def move(sessions: Sessions, actor: Actor, task: Task, action: str, reason: str, version: int | None = None) -> None:
    with sessions.write() as session:
        mine = queries.get_visible(session, actor, task.id)
        tasks.move(session, actor, mine, action, reason=reason, clock=CLOCK, version=version)


def test_rows_with_a_next_step_become_tasks_of_whom_they_name(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("看样品", "周教授"), step("送样", "新材料公司"), MinuteRow(problem="只是问题"))
    seen, sent = all_tasks(sessions)
    assert (seen.title, seen.expert_id, seen.due, seen.need_id) == ("看样品", world.expert, DUE, world.need)
    assert (sent.organisation_id, sent.expert_id, sent.account_id, sent.owner) == (None, None, None, "新材料公司")


def test_entered_again_nothing_doubles_and_what_is_gone_is_dropped(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("看样品", "周教授"), step("送样", "企业"), step("出报告", "周教授"))
    first, second, third = items(sessions, world)
    done = next(task for task in all_tasks(sessions) if task.title == "出报告")
    move(sessions, world.person, done, "finish", "报告已交")
    later = DUE + timedelta(days=5)
    record(sessions, world, step("看两种样品", "周教授", later, first), step("出两份报告", "周教授", later, third))
    found = {task.item_id: task for task in all_tasks(sessions)}
    assert set(found) == {first, second, third}
    assert (found[first].title, found[first].due) == ("看两种样品", later)
    assert found[second].status is TaskStatus.DROPPED
    assert (found[third].title, found[third].status) == ("出报告", TaskStatus.DONE)


def test_the_same_record_again_leaves_no_trace_on_its_tasks(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("看样品", "周教授"))
    (item,) = items(sessions, world)
    record(sessions, world, step("看样品", "周教授", item_id=item))
    (task,) = all_tasks(sessions)
    assert task.version == 1
    with sessions.read() as session:
        assert session.scalars(select(Audit.action).where(Audit.noun == Noun.TASK)).all() == ["create"]


def test_owners_close_their_own_and_nobody_elses(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("看样品", "周教授"))
    (task,) = all_tasks(sessions)
    for stranger in (world.firm, world.other, world.far):
        with pytest.raises(NotFound):
            move(sessions, stranger, task, "finish", "办好了")
    with pytest.raises(Forbidden):
        move(sessions, world.leader, task, "finish", "办好了")
    with pytest.raises(Invalid) as refused:
        move(sessions, world.person, task, "finish", " ")
    assert set(refused.value.errors) == {"reason"}
    move(sessions, world.manager, task, "finish", "样品看过", version=1)
    (task,) = all_tasks(sessions)
    assert (task.status, task.result, task.closed_by) == (TaskStatus.DONE, "样品看过", world.manager.name)
    with pytest.raises(Conflict):
        move(sessions, world.person, task, "finish", "又办好了")
    move(sessions, world.county, task, "reopen", "样品换了")
    (task,) = all_tasks(sessions)
    assert (task.status, task.result, task.closed_at) == (TaskStatus.OPEN, "", None)
    with pytest.raises(Conflict):  # looked at before it was reopened
        move(sessions, world.person, task, "drop", "不用了", version=1)


def test_an_officer_gives_a_task_and_its_owner_is_told(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        owner = next(one for one in queries.owners_at(session, meeting) if one.organisation_id == world.firms[0])
        tasks.give(session, world.county, meeting, Given("补交检测报告", DUE, owner), clock=CLOCK)
    with sessions.read() as session:
        told = session.scalars(select(Notice).where(Notice.notice == "task_given")).one()
        assert told.account_id == world.firm.account_id
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        with pytest.raises(Forbidden):
            tasks.give(session, world.far, meeting, Given("补交检测报告", DUE, owner), clock=CLOCK)
        with pytest.raises(Invalid) as refused:
            tasks.give(session, world.city, meeting, Given("", DUE - timedelta(days=20), None), clock=CLOCK)
        assert set(refused.value.errors) == {"title", "due", "owner"}


def test_owners_hear_the_day_before_and_the_day_after_once_each(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("送样", "企业"))
    with sessions.write() as session:
        session.scalars(select(Task)).unique().one().organisation_id = world.firms[0]
    heard = []
    for days in range(-3, 12):
        day = DUE + timedelta(days=days)
        with sessions.write() as session:
            tasks.remind(session, day, clock=FixedDayClock(day))
            before = len(heard)
            heard += [days] * (len(session.scalars(select(Notice).where(Notice.notice == "task_due")).all()) - before)
    assert heard == [-1, 1]
    with sessions.read() as session:  # in the daily letter, unless they choose otherwise
        assert session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "task_due")).all() == []


def test_late_tasks_are_the_officers_heap(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("送样", "某供应商"), step("看样品", "周教授"))
    later = DUE + timedelta(days=1)
    with sessions.read() as session:
        for actor, number in ((world.city, 2), (world.county, 2), (world.far, 0)):
            work = worklist.of(session, actor, later, review_days=5)
            assert (work.late_tasks.number, work.own_tasks.number) == (number, 0)
            assert worklist.of(session, actor, DUE, review_days=5).own_tasks.number == number // 2
        assert [task.title for task in queries.open_tasks(session, world.person)] == ["看样品"]
        assert queries.open_tasks(session, world.firm) == []


FIRMS = (
    Owner(("甲公司", "王厂长"), organisation_id=1, words=frozenset({"企业"})),
    Owner(("乙公司",), organisation_id=2, words=frozenset({"企业"})),
)
PROFESSOR = Owner(("周明", "周明教授", "周教授"), expert_id=3, words=frozenset({"专家"}))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("甲公司", FIRMS[0]),
        ("王厂长", FIRMS[0]),
        ("甲公司技术部", FIRMS[0]),
        ("周 明", PROFESSOR),
        ("周教授", PROFESSOR),
        ("专家", PROFESSOR),
        ("专家组", PROFESSOR),
        ("企业设备部", None),  # whose?
        ("企业", None),  # which?
        ("公司", None),
        ("周", None),
        ("", None),
    ],
)
def test_whom_the_minutes_mean(text: str, wanted: Owner | None) -> None:
    assert meant(text, (*FIRMS, PROFESSOR)) == wanted


def test_what_a_record_sent_back_left_to_do_ends_with_the_meeting(sessions: Sessions, world: SimpleNamespace) -> None:
    record(sessions, world, step("看样品", "周教授"))
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        meetings.reject(session, world.city, meeting, reason="改期", clock=CLOCK)
        meetings.cancel(session, world.city, meeting, reason="没有开成", clock=CLOCK)
    assert [task.status for task in all_tasks(sessions)] == [TaskStatus.DROPPED]
    with sessions.write() as session:
        meetings.restore(session, world.city, session.get_one(Meeting, world.meeting), reason="点错", clock=CLOCK)
    record(sessions, world, step("看样品", "周教授", item_id=items(sessions, world)[0]))
    assert [task.status for task in all_tasks(sessions)] == [TaskStatus.OPEN]
