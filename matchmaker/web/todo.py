"""Today's work of an officer as heaps under four headings: late, waiting, unrecorded, soon due."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    CapabilityStatus,
    InvitationStatus,
    MeetingStatus,
    NeedStatus,
    OutboxState,
    RegistrationStatus,
    Role,
    ServiceLogStatus,
)
from matchmaker.i18n import LazyString, lazy_gettext
from matchmaker.i18n import gettext as _
from matchmaker.queries import clinics, meeting_words
from matchmaker.queries.edits import EDITED
from matchmaker.queries.invitations import TO_ARRANGE
from matchmaker.queries.meetings import RECEPTION
from matchmaker.queries.worklist import Waiting, Worklist
from matchmaker.web.filters import day_then

LATE, WAITING, UNRECORDED, SOON = "late", "waiting", "unrecorded", "soon"
HEADINGS = {
    LATE: lazy_gettext("已超期"),
    WAITING: lazy_gettext("等您处理"),
    UNRECORDED: lazy_gettext("待登记"),
    SOON: lazy_gettext("即将到期"),
}


@dataclass(frozen=True)
class Task:
    """One line of a to-do list."""

    text: str
    url: str
    detail: str
    when: str


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    name: str
    heading: str
    tasks: list[Task]


@dataclass(frozen=True)
class Heap:
    """How a heap of work reads: `text` with %(number)s, where it is done, what the oldest day means.

    It stands in `group`, or among what is late as soon as some of it is.
    """

    name: str
    text: LazyString
    endpoint: str
    filters: dict[str, str]
    oldest: LazyString
    verb: LazyString
    roles: frozenset[Role] = frozenset({Role.CITY, Role.COUNTY})
    group: str = WAITING


CITY_ONLY = frozenset({Role.CITY})
_SUBMITTED = lazy_gettext("最早 %(day)s 提交")
HEAPS = (
    Heap(
        "registrations",
        lazy_gettext("%(number)s 家待核准企业注册"),
        "registrations.index",
        {"status": RegistrationStatus.PENDING.value},
        _SUBMITTED,
        lazy_gettext("核准"),
    ),
    Heap(
        "city_review",
        lazy_gettext("%(number)s 条需求待市级审核"),
        "needs.index",
        {"status": NeedStatus.CITY_REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
        CITY_ONLY,
    ),
    Heap(
        "county_review",
        lazy_gettext("%(number)s 条需求待县级审核"),
        "needs.index",
        {"status": NeedStatus.COUNTY_REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
    ),
    Heap(
        "edited",
        lazy_gettext("%(number)s 条需求发布后被企业修改"),
        "needs.index",
        {"status": EDITED},
        lazy_gettext("最早 %(day)s 修改"),
        lazy_gettext("复核"),
    ),
    Heap(
        "capabilities",
        lazy_gettext("%(number)s 条能力待审核"),
        "capabilities.index",
        {"status": CapabilityStatus.REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
        CITY_ONLY,
    ),
    Heap(
        "overdue_invitations",
        lazy_gettext("%(number)s 份邀请超过答复期"),
        "invitations.index",
        {"status": "overdue"},
        lazy_gettext("最早应于 %(day)s 答复"),
        lazy_gettext("催办"),
        group=LATE,
    ),
    Heap(
        "agreed_invitations",
        lazy_gettext("%(number)s 份邀请双方已同意，等待安排"),
        "invitations.index",
        {"status": TO_ARRANGE},
        lazy_gettext("最早 %(day)s 同意"),
        lazy_gettext("安排"),
    ),
    Heap(
        "receptions",
        lazy_gettext("%(number)s 场走进活动的接待方还没有确认"),
        "meetings.index",
        {"status": RECEPTION, "sort": "day"},
        lazy_gettext("最近 %(day)s 举行"),
        lazy_gettext("联系"),
    ),
    Heap(
        "unrecorded",
        lazy_gettext("%(number)s 场活动已过期未登记"),
        "meetings.index",
        {"status": "unrecorded"},
        lazy_gettext("最早 %(day)s 举行"),
        lazy_gettext("登记"),
        group=UNRECORDED,
    ),
    Heap(
        "to_verify",
        lazy_gettext("%(number)s 场活动待核验"),
        "meetings.index",
        {"status": MeetingStatus.HELD.value},
        lazy_gettext("最早 %(day)s 举行"),
        lazy_gettext("核验"),
        CITY_ONLY,
    ),
    Heap(
        "differing",
        lazy_gettext("%(number)s 方认为活动记录有出入"),
        "meetings.index",
        {meeting_words.FILTER: meeting_words.DIFFERS},
        lazy_gettext("最早 %(day)s 提出"),
        lazy_gettext("处理"),
    ),
    Heap(
        "reports",
        lazy_gettext("%(number)s 份报告到期待签发"),
        "reports.index",
        {},
        lazy_gettext("最早应于 %(day)s 编制"),
        lazy_gettext("签发"),
        CITY_ONLY,
    ),
    Heap(
        "logs_unit_review",
        lazy_gettext("%(number)s 条服务日志待县级审核"),
        "service_logs.index",
        {"status": ServiceLogStatus.UNIT_REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
    ),
    Heap(
        "logs_city_review",
        lazy_gettext("%(number)s 条服务日志待市级审核"),
        "service_logs.index",
        {"status": ServiceLogStatus.CITY_REVIEW.value, "sort": "since"},
        _SUBMITTED,
        lazy_gettext("审核"),
        CITY_ONLY,
    ),
    Heap(
        "reports_of_teams",
        lazy_gettext("%(number)s 份特派团自评待县级审核"),
        "evaluations.index",
        {},
        _SUBMITTED,
        lazy_gettext("审核"),
    ),
    Heap(
        "to_score",
        lazy_gettext("%(number)s 份特派团自评待评分"),
        "evaluations.index",
        {},
        lazy_gettext("最早 %(day)s 审核通过"),
        lazy_gettext("评分"),
        CITY_ONLY,
    ),
    Heap(
        "appeals",
        lazy_gettext("%(number)s 份考评申诉待答复"),
        "evaluations.index",
        {},
        lazy_gettext("最早 %(day)s 提出"),
        lazy_gettext("答复"),
        CITY_ONLY,
    ),
    Heap(
        "clinic_sheets",
        lazy_gettext("%(number)s 张巡诊诊断单待填"),
        "clinics.index",
        {"sheets": clinics.TO_FILL},
        lazy_gettext("最早 %(day)s 巡诊"),
        lazy_gettext("填写"),
    ),
    Heap(
        "dead_letters",
        lazy_gettext("%(number)s 封信没有送达"),
        "outbox.index",
        {"state": OutboxState.DEAD.value},
        lazy_gettext("最早 %(day)s 写信"),
        lazy_gettext("处理"),
        CITY_ONLY,
    ),
    Heap(
        "late_tasks",
        lazy_gettext("%(number)s 项待办已超期"),
        "tasks.index",
        {"status": "overdue"},
        lazy_gettext("最早 %(day)s 到期"),
        lazy_gettext("催办"),
    ),
    Heap(
        "own_tasks",
        lazy_gettext("%(number)s 项待办由您办理"),
        "tasks.index",
        {"status": "open", "whose": "mine"},
        lazy_gettext("最近 %(day)s 到期"),
        lazy_gettext("去办"),
    ),
    Heap(
        "late_follow_ups",
        lazy_gettext("%(number)s 次跟踪回访一周没有答复"),
        "follow_ups.index",
        {"status": "late", "sort": "due"},
        lazy_gettext("最早 %(day)s 回访"),
        lazy_gettext("打电话问"),
    ),
    Heap(
        "disagreeing",
        lazy_gettext("%(number)s 次跟踪回访双方说法不一"),
        "follow_ups.index",
        {"status": "disagree"},
        lazy_gettext("最早 %(day)s 回访"),
        lazy_gettext("去核实"),
    ),
    Heap(
        "unmatched",
        lazy_gettext("%(number)s 条需求久未对接，需要会商"),
        "escalation.index",
        {"talked": "no"},
        lazy_gettext("最早 %(day)s 发布"),
        lazy_gettext("去会商"),
    ),
    Heap(
        "due_invitations",
        lazy_gettext("%(number)s 份邀请三天内到答复期"),
        "invitations.index",
        {"status": InvitationStatus.OPEN.value, "sort": "answer_by"},
        lazy_gettext("最近 %(day)s 到期"),
        lazy_gettext("提醒"),
        group=SOON,
    ),
    Heap(
        "closing_needs",
        lazy_gettext("%(number)s 条已发布需求一个月内到期"),
        "needs.index",
        {"status": NeedStatus.PUBLISHED.value, "sort": "deadline"},
        lazy_gettext("最近 %(day)s 到期"),
        lazy_gettext("查看"),
        group=SOON,
    ),
    Heap(
        "coming",
        lazy_gettext("%(number)s 场活动三天内举行"),
        "meetings.index",
        {"status": MeetingStatus.PLANNED.value, "sort": "day"},
        lazy_gettext("最近 %(day)s 举行"),
        lazy_gettext("查看"),
        group=SOON,
    ),
)


def groups_of(actor: Actor, work: Worklist) -> list[Group]:
    """The heaps that are not empty and are the actor's to do, under their headings."""
    mine = [(heap, getattr(work, heap.name)) for heap in HEAPS if actor.role in heap.roles]
    found = [(LATE if waiting.late else heap.group, task_of(heap, waiting)) for heap, waiting in mine if waiting.number]
    groups = [Group(name, str(text), [task for at, task in found if at == name]) for name, text in HEADINGS.items()]
    return [group for group in groups if group.tasks]


def task_of(heap: Heap, waiting: Waiting) -> Task:
    """A heap as one line."""
    detail = [_(heap.oldest, day=day_then(waiting.oldest))] if waiting.oldest else []
    if 0 < waiting.late < waiting.number:
        detail.append(_("其中 %(number)s 项已超期", number=waiting.late))
    return Task(
        text=_(heap.text, number=waiting.number),
        url=url_for(heap.endpoint, **dict[str, Any](heap.filters)),
        detail=" · ".join(detail),
        when=str(heap.verb),
    )
