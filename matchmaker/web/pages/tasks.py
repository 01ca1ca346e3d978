"""Tasks: the list, one task and what came of it, and giving one to somebody."""

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Task
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.tasks import Given, Owner
from matchmaker.domain.vocabulary import Noun, TaskStatus
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import follow_ups, history, meetings, needs
from matchmaker.queries import tasks as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import tasks as services
from matchmaker.services.tasks import Origin
from matchmaker.web import buttons
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("tasks", __name__, url_prefix="/tasks", enable_openapi=False)
SHOW, FORM = "pages/tasks/show.html", "pages/tasks/form.html"
ACTIONS = frozenset({"finish", "drop", "reopen"})


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        page = queries.search(session, actor, asked, today)
        return render(
            "pages/tasks/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            tally=queries.tally(session, actor, today),
            late={row.id for row in page.rows if queries.is_overdue(row, today)},
            statuses=[(queries.OVERDUE, _("已超期")), *((word.value, _(word.label)) for word in TaskStatus)],
            whose=[(queries.MINE, _("我要办的"))],
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    actor, asked, today = current_actor(), all_rows(wanted(queries.FILTERS)), clock().today()
    with reading() as session:
        rows = [_row(task, today) for task in queries.search(session, actor, asked, today).rows]
    return sheet(_("待办"), rows)


def _row(task: Task, today: date) -> dict[str, Any]:
    return {
        _("编号"): task.id,
        _("要做什么"): task.title,
        _("责任人"): task.owner,
        _("期限"): task.due,
        _("状态"): _(task.status.label),
        _("超期"): _("是") if queries.is_overdue(task, today) else "",
        _("结果或原因"): task.result,
        _("办结人"): task.closed_by,
        _("活动编号"): task.meeting_id,
        _("需求编号"): task.need_id,
    }


@bp.get("/<int:task_id>")
def show(task_id: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, queries.get_visible(session, current_actor(), task_id)))


def _page(session: Session, task: Task, errors: dict[str, str] | None = None) -> dict[str, Any]:
    actor = current_actor()
    return {
        "task": task,
        "late": queries.is_overdue(task, clock().today()),
        "buttons": buttons.of(actor, task),
        "timeline": history.timeline(session, Noun.TASK, task.id) if actor.is_bureau else [],
        "sees_meeting": task.meeting is not None and can(actor, Permission.MEETING_VIEW, facts_of(task.meeting)),
        "sees_need": task.need is not None and can(actor, Permission.NEED_VIEW, facts_of(task.need)),
        "errors": errors or {},
        "typed": request.form.get("reason", ""),
    }


@bp.post("/<int:task_id>/<action>")
def act(task_id: int, action: str) -> Response:
    actor, version = current_actor(), request.form.get("version", type=int)
    if action not in ACTIONS:
        abort(404)

    def move(session: Session) -> str:
        task, reason = queries.get_visible(session, actor, task_id), request.form.get("reason", "")
        services.move(session, actor, task, action, reason=reason, clock=clock(), version=version)
        flash(_("已完成。"))
        return url_for("tasks.show", task_id=task_id)

    try:
        return once(move)
    except Invalid as refused:
        with reading() as session:
            task = queries.get_visible(session, actor, task_id)
            return refused_form(SHOW, **_page(session, task, refused.errors))


@bp.get("/new")
def new() -> str:
    with reading() as session:
        origin, owners = _origin(session, current_actor())
        return render(FORM, origin=origin, noun=_noun(origin), owners=_named(owners), values={}, errors={})


@bp.post("/new")
def give() -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        origin, owners = _origin(session, actor)
        given = Given(values.get("title", ""), _day(values), queries.choice(owners, values.get("owner", "")))
        task = services.give(session, actor, origin, given, clock=clock())
        flash(_("已交办，并通知了责任人。"))
        return url_for("tasks.show", task_id=task.id)

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            origin, owners = _origin(session, actor)
            page = {"origin": origin, "noun": _noun(origin), "owners": _named(owners)}
            return refused_form(FORM, **page, values=values, errors=refused.errors)


def _origin(session: Session, actor: Actor) -> tuple[Origin, list[Owner]]:
    """What the task is to come of, from the address, and whom it may be given to; 404 for what the actor may not."""
    found = {name: row_id(request.args.get(name)) for name in ("follow_up", "meeting", "need")}
    origin: Origin
    if found["follow_up"] is not None:
        origin = follow_ups.get_visible(session, actor, found["follow_up"])
        owners = queries.owners_at(session, origin.meeting)
    elif found["meeting"] is not None:
        origin = meetings.get_visible(session, actor, found["meeting"])
        owners = queries.owners_at(session, origin)
    elif found["need"] is not None:
        origin = needs.get_visible(session, actor, found["need"])
        owners = queries.owners_about(session, origin)
    else:
        abort(404)
    if not can(actor, Permission.TASK_GIVE, facts_of(origin)):
        abort(404)
    return origin, owners


def _noun(origin: Origin) -> str:
    return next(name for name in ("follow_up", "meeting", "need") if request.args.get(name)) if origin else ""


def _named(owners: list[Owner]) -> list[tuple[str, str]]:
    return [(owner.key, owner.names[0]) for owner in owners]


def _day(values: dict[str, Any]) -> date | None:
    try:
        return date.fromisoformat(values.get("due", ""))
    except ValueError:
        return None
