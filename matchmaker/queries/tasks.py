"""Reads about tasks: lists, one visible task, and who may be given one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Account, Expert, Meeting, Need, Organisation, Task
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.tasks import Owner
from matchmaker.domain.vocabulary import TaskStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import reminders, scopes
from matchmaker.queries.listing import Page, Wanted, contains, fetch

OVERDUE, MINE = "overdue", "mine"
FILTERS = ("status", "whose", "meeting", "need")
DEFAULT_SORT = "due"
SORTS = {"id": Task.id, "due": Task.due, "title": Task.title, "status": Task.status, "owner": Task.owner}
MOST_SHOWN = 20
# What minutes call a party by its kind.
FIRM_WORDS = frozenset({"企业", "企业方", "公司", "厂方"})
EXPERT_WORDS = frozenset({"专家", "专家方", "教授", "专家团队"})
HOST_WORDS = frozenset({"院所", "院所方", "学校", "高校", "研究所"})
OFFICER_WORDS = frozenset({"科技局", "市科技局", "县科技局", "科技主管部门", "主管部门", "工作人员", "承办人"})
Clause = ColumnElement[bool]


def get_visible(session: Session, actor: Actor, task_id: int) -> Task:
    """The task, if it is the actor's or the actor oversees it; `NotFound` otherwise."""
    found = session.scalars(select(Task).where(Task.id == task_id, scopes.tasks(actor))).one_or_none()
    if found is None:
        raise NotFound(_("没有找到这项待办"))
    return found


def is_overdue(task: Task, today: date) -> bool:
    """Still to be done, and its day has passed."""
    return task.status is TaskStatus.OPEN and task.due < today


def overdue(today: date) -> Clause:
    """The list form of `is_overdue`."""
    return and_(Task.status == TaskStatus.OPEN, Task.due < today)


def not_yet(today: date) -> Clause:
    """Still to be done, and in time."""
    return and_(Task.status == TaskStatus.OPEN, Task.due >= today)


def own(actor: Actor) -> Clause:
    """What the actor has to do in person: for officers their own and what nobody on file was named for."""
    if not actor.is_bureau:
        return scopes.tasks(actor)
    nobodys = and_(Task.organisation_id.is_(None), Task.expert_id.is_(None), Task.account_id.is_(None))
    mine = Task.account_id == actor.account_id
    return and_(scopes.tasks(actor), or_(mine, nobodys))


def open_tasks(session: Session, actor: Actor) -> list[Task]:
    """What the actor has to do, the most urgent first; no more than a first page shows."""
    statement = select(Task).where(own(actor), Task.status == TaskStatus.OPEN).order_by(Task.due, Task.id)
    return list(session.scalars(statement.limit(MOST_SHOWN)).unique())


def of_meeting(session: Session, meeting: Meeting) -> list[Task]:
    """What came of a meeting, by day; who may see the meeting may see what was agreed there."""
    return list(session.scalars(select(Task).where(Task.meeting_id == meeting.id).order_by(Task.due, Task.id)).unique())


def of_need(session: Session, actor: Actor, need: Need) -> list[Task]:
    """What is to be done about a need, as far as the actor may see it."""
    mine = select(Task).where(scopes.tasks(actor), Task.need_id == need.id)
    return list(session.scalars(mine.order_by(Task.due, Task.id)).unique())


def _narrowed(actor: Actor, filters: Mapping[str, str], today: date) -> Iterator[Clause]:
    if filters.get("status") == OVERDUE:
        yield overdue(today)
    elif filters.get("status") in set(TaskStatus):
        yield Task.status == filters["status"]
    if filters.get("whose") == MINE:
        yield own(actor)
    for name, column in (("meeting", Task.meeting_id), ("need", Task.need_id)):
        if (number := row_id(filters.get(name))) is not None:
            yield column == number


def search(session: Session, actor: Actor, wanted: Wanted, today: date) -> Page[Task]:
    """The tasks the actor may see, narrowed by state, owner, origin and words; those still open come first."""
    statement = select(Task).where(scopes.tasks(actor), *_narrowed(actor, wanted.filters, today))
    statement = statement.where(contains(wanted.text, Task.title, Task.owner)).order_by(
        case((Task.status == TaskStatus.OPEN, 0), else_=1)
    )
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def tally(session: Session, actor: Actor, today: date) -> dict[str, int]:
    """How many the actor sees: open, and overdue among them."""
    late = func.count(case((Task.due < today, 1)))
    row = session.execute(select(func.count(), late).where(scopes.tasks(actor), Task.status == TaskStatus.OPEN)).one()
    return {TaskStatus.OPEN.value: row[0], OVERDUE: row[1]}


def unfinished(session: Session, first: date, last: date) -> list[Task]:
    """Open tasks whose day lies from `first` to `last`."""
    statement = select(Task).where(Task.status == TaskStatus.OPEN, Task.due.between(first, last))
    return list(session.scalars(statement.order_by(Task.id)).unique())


def owners_at(session: Session, meeting: Meeting) -> list[Owner]:
    """Whom the minutes of a meeting may make responsible: its firms and experts, the host, the officers."""
    found = [of_organisation(row.firm, FIRM_WORDS) for row in meeting.firms]
    found += [of_expert(row.expert) for row in meeting.experts]
    if meeting.host is not None:
        found.append(of_organisation(meeting.host, HOST_WORDS))
    return found + officers_for(session, {row.firm.unit_id for row in meeting.firms}, meeting.officer_id)


def owners_about(session: Session, need: Need, institutes: Iterable[Organisation] = ()) -> list[Owner]:
    """Whom an officer may give something to do about a need."""
    found = [of_organisation(need.firm, FIRM_WORDS), *(of_organisation(one, HOST_WORDS) for one in institutes)]
    return found + officers_for(session, {need.firm.unit_id}, need.officer_id)


def of_organisation(organisation: Organisation, words: frozenset[str]) -> Owner:
    """A firm or institute; minutes may also name its contact person."""
    names = tuple(filter(None, (organisation.name, organisation.contact_name)))
    return Owner(names, organisation_id=organisation.id, words=words)


def of_expert(expert: Expert) -> Owner:
    """A person, as they are called and with their title."""
    titled = (f"{expert.name}{expert.title}", f"{expert.name[:1]}{expert.title}") if expert.title else ()
    return Owner((expert.name, *titled), expert_id=expert.id, words=EXPERT_WORDS)


def officers_for(session: Session, unit_ids: set[int | None], caretaker_id: int | None) -> list[Owner]:
    """The officers who look after these units and those of the city; the one who looks after the record comes first."""
    people = {one.id: one for one in (*reminders.officers(session, unit_ids), *reminders.city_officers(session))}
    caretaker = session.get(Account, caretaker_id) if caretaker_id else None
    if caretaker is not None and caretaker.active:
        people = {caretaker.id: caretaker} | people
    first = next(iter(people), None)
    return [
        Owner((one.name,), account_id=one.id, words=OFFICER_WORDS if one.id == first else frozenset())
        for one in people.values()
    ]


def choice(owners: Sequence[Owner], key: str) -> Owner | None:
    """The owner that a form names."""
    return next((owner for owner in owners if owner.key == key), None)
