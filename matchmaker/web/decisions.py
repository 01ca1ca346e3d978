"""What needs a decision today, on the board: goals out of reach first, then the heaps of work, the late ones first."""

from collections.abc import Iterable

from flask import url_for
from sqlalchemy.orm import Session

from matchmaker.db.models import PaceWarning
from matchmaker.domain.pace_warnings import levels
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Role, WarningLevel
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import pace_warnings, worklist
from matchmaker.queries.board import Board, Gauge
from matchmaker.queries.choices import named
from matchmaker.web.context import clock, runtime
from matchmaker.web.filters import day
from matchmaker.web.todo import HEAPS, LATE, SOON, UNRECORDED, WAITING, Task, task_of

MOST = 8
MOST_UNITS = 3
ORDER = (LATE, UNRECORDED, WAITING)
# What a leader may open, and only looks at.
WATCHED = frozenset(
    {"city_review", "county_review", "overdue_invitations", "agreed_invitations", "unrecorded", "to_verify"}
)


def decisions(session: Session, actor: Actor, board: Board) -> list[Task]:
    """At most eight lines; an officer's own to do, for a leader the whole city's, to look at."""
    today, leader, settings = clock().today(), actor.role is Role.LEADER, runtime().settings
    limits = {name: getattr(settings, name) for name in ("review_days", "escalation_days", "report_day")}
    work = worklist.of(session, SYSTEM if leader else actor, today, **limits)
    role = Role.CITY if leader else actor.role
    found = []
    for heap in HEAPS:
        waiting = getattr(work, heap.name)
        if waiting.number and role in heap.roles and heap.group != SOON and (not leader or heap.name in WATCHED):
            task = task_of(heap, waiting)
            if heap.name == UNRECORDED and role is Role.CITY:
                task = Task(task.text, task.url, _with_units(task.detail, board), task.when)
            found.append((LATE if waiting.late else heap.group, task))
    tasks = [task for group in ORDER for at, task in found if at == group]
    plain = [Task(task.text, task.url, task.detail, "") for task in tasks] if leader else tasks
    return [*_goals(session, actor, board), *plain][:MOST]


def _with_units(detail: str, board: Board) -> str:
    """Where most of what is not recorded waits."""
    rows = sorted((row for row in board.units if row.unrecorded), key=lambda row: -row.unrecorded)[:MOST_UNITS]
    return " · ".join(filter(None, (detail, joined(f"{named(row.unit)} {row.unrecorded}" for row in rows))))


def _goals(session: Session, actor: Actor, board: Board) -> Iterable[Task]:
    """The two hundreds that go wrong, for those who answer for the city."""
    if actor.role is Role.COUNTY:
        return
    warned = pace_warnings.standing(session, board.year)
    for gauge in board.gauges:
        pace = gauge.first.pace if gauge.first else None
        found = levels(pace, gauge.forecast) if pace else []
        if pace and found:
            yield Task(
                text=_("%(name)s：%(level)s", name=named(gauge.metric), level=_(found[-1].label)),
                url=url_for("trips.index"),
                detail=_detail(gauge, pace.gap, found, warned),
                when=_("看") if actor.role is Role.LEADER else _("制定计划"),
            )


def _detail(gauge: Gauge, gap: int, found: list[WarningLevel], warned: Iterable[PaceWarning]) -> str:
    mine = (row for row in warned if row.metric_code == gauge.metric.code and row.level in found)
    said = max((row.warned_on for row in mine), default=None)
    missing = _("还差 %(gap)s", gap=gap)
    return " · ".join(filter(None, (missing, _("%(day)s已预警", day=day(said)) if said else "")))
