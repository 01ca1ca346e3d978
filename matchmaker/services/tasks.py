"""Tasks: rows of minutes become some, officers give some, their owners say what came of them."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, FollowUp, Meeting, Need, Task
from matchmaker.domain import tasks as rules
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.tasks import Given, Owner
from matchmaker.domain.vocabulary import TaskStatus
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import reminders, tasks
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, outbox, transitions
from matchmaker.services.notices import Reader

DUE, GIVEN = "task_due", "task_given"
Origin = Meeting | Need | FollowUp


def from_minutes(session: Session, actor: Actor, meeting: Meeting, *, clock: Clock) -> None:
    """Let every row of the minutes with a next step be a task, once.

    Entered again, a row that is on file changes its task while that is still open; the task of a row that was taken
    out is dropped. What was done is left as it is.
    """
    known = {task.item_id: task for task in tasks.of_meeting(session, meeting) if task.item_id is not None}
    owners = tasks.owners_at(session, meeting) if any(item.next_step for item in meeting.items) else []
    for item in meeting.items:
        if item.next_step and item.due is not None:
            task = known.pop(item.id, None) or Task(meeting_id=meeting.id, item_id=item.id, made_by=actor.name)
            if task.status is TaskStatus.DROPPED and task.closed_by == SYSTEM.name:  # with the meeting, now restored
                move(session, SYSTEM, task, "reopen", reason=_("活动重新登记"), clock=clock)
            if task.id is None or task.status is TaskStatus.OPEN:
                before = _state(task)
                task.title, task.owner, task.due = item.next_step, item.owner, item.due
                task.need_id = meeting.needs[0].need_id if len(meeting.needs) == 1 else None
                _assign(task, rules.meant(item.owner, owners))
                _save(session, actor, task, before, clock=clock)
    for task in known.values():
        if task.status is TaskStatus.OPEN:
            move(session, SYSTEM, task, "drop", reason=_("活动纪要里已去掉这一项"), clock=clock)


def of_cancelled(session: Session, meeting: Meeting, *, clock: Clock) -> None:
    """Drop what the minutes of a record sent back had left to do, now that the meeting is called off."""
    for task in tasks.of_meeting(session, meeting):
        if task.item_id is not None and task.status is TaskStatus.OPEN:
            move(session, SYSTEM, task, "drop", reason=_("活动已取消"), clock=clock)


def _state(task: Task) -> dict[str, Any]:
    return {} if task.id is None else audit.state_of(task)


def _assign(task: Task, owner: Owner | None) -> None:
    task.organisation_id = owner.organisation_id if owner else None
    task.expert_id = owner.expert_id if owner else None
    task.account_id = owner.account_id if owner else None


def _save(session: Session, actor: Actor, task: Task, before: dict[str, Any], *, clock: Clock) -> None:
    """Write a new or changed task and say so; one that says what it said before leaves no trace."""
    new = task.id is None
    if not new and audit.changes(before, audit.state_of(task)) == ({}, {}):
        return
    task.created_at, task.updated_at = clock.now() if new else task.created_at, clock.now()
    session.add(task)
    session.flush()
    audit.log(session, actor, "create" if new else "edit", task, clock=clock, before=before)


def give(session: Session, actor: Actor, origin: Origin, given: Given, *, clock: Clock) -> Task:
    """Give somebody something to do that came of a meeting, a need or a follow-up; they are told at once.

    Raises `Forbidden` for another unit's, `Invalid` with field → message.
    """
    if not can(actor, Permission.TASK_GIVE, facts_of(origin)):
        raise Forbidden(_("您没有权限在这里交办待办"))
    problems = given.problems(clock.today())
    if problems or given.owner is None or given.due is None:
        raise Invalid(problems)
    task = Task(title=given.title.strip(), due=given.due, owner=given.owner.names[0][:64], made_by=actor.name)
    _place(task, origin)
    _assign(task, given.owner)
    _save(session, actor, task, {}, clock=clock)
    session.refresh(task)
    _tell(session, task, GIVEN, key=f"{GIVEN}:{task.id}", sender=actor.name, clock=clock)
    return task


def _place(task: Task, origin: Origin) -> None:
    if isinstance(origin, Need):
        task.need_id = origin.id
    elif isinstance(origin, FollowUp):
        task.follow_up_id, task.meeting_id = origin.id, origin.meeting_id
    else:
        task.meeting_id = origin.id


def move(
    session: Session, actor: Actor, task: Task, action: str, *, reason: str, clock: Clock, version: int | None = None
) -> None:
    """Close a task, `finish` with what came of it or `drop` with why not, or `reopen` it: `reason` is that one line.

    Raises `Invalid` without the line, `Conflict` when somebody was faster, `Forbidden` for somebody else's.
    """
    if problems := rules.said(reason):
        raise Invalid(problems)
    transitions.apply(session, actor, task, action, clock=clock, reason=reason, version=version)
    closed = task.status is not TaskStatus.OPEN
    task.result, task.closed_by = (reason.strip(), actor.name) if closed else ("", "")
    task.closed_at = clock.now() if closed else None
    session.flush()


def remind(session: Session, day: date, *, clock: Clock) -> str:
    """Tell the owners of open tasks the day before and the day after their day, once each."""
    found = tasks.unfinished(session, day - rules.LOOK_BACK, day + timedelta(days=1))
    for task in found:
        for letter in rules.letters_on(day, task.due):
            _tell(session, task, DUE, key=f"{DUE}:{task.id}:{task.due}:{letter}", clock=clock)
    return f"{len(found)} tasks near their day"


def _tell(session: Session, task: Task, notice: str, *, key: str, clock: Clock, sender: str = "") -> None:
    payload = {"path": f"/tasks/{task.id}", "title": task.title[:80], "due": task.due.isoformat()}
    payload |= {"sender": sender} if sender else {}
    for who, name, address, reader in _recipients(session, task):
        own = payload | {"name": name}
        outbox.queue(session, notice, address, own, dedup_key=f"{key}:{who}", clock=clock, reader=reader)


def _recipients(session: Session, task: Task) -> list[tuple[str, str, str, Reader]]:
    """The owner; where the minutes name nobody on file, the officers who look after it."""
    if task.organisation is not None:
        one = task.organisation
        reader = Reader(organisation_id=one.id)
        return [(f"organisation-{one.id}", one.contact_name or one.name, one.contact_email, reader)]
    if task.expert is not None:
        person = task.expert
        return [(f"expert-{person.id}", person.name, person.email, Reader(expert_id=person.id))]
    accounts: list[Account] = [task.account] if task.account else reminders.officers(session, facts_of(task).unit_ids)
    return [(f"officer-{one.id}", one.name, one.email, Reader(account_id=one.id)) for one in accounts if one.active]
