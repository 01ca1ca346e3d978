"""会商清单: needs for which nobody has been found for long, why, and what was agreed about each."""

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Need
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import TalkOutcome
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, with_detail
from matchmaker.queries import choices, tasks
from matchmaker.queries import escalation as queries
from matchmaker.queries.escalation import Situation
from matchmaker.queries.facts import facts_of
from matchmaker.services import escalation as services
from matchmaker.services.escalation import Talk
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("escalation", __name__, url_prefix="/escalation", enable_openapi=False)
SHOW = "pages/escalation/show.html"


@bp.before_request
def _only_watchers() -> None:
    if not can(current_actor(), Permission.BOARD_VIEW):
        abort(403)


def _days() -> int:
    return runtime().settings.escalation_days


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        page = queries.search(session, actor, asked, today, days=_days())
        return render(
            "pages/escalation/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            situations=queries.situations(session, page.rows, today),
            units=choices.units(session),
            talked=[(queries.NO, _("还没有会商")), (queries.YES, _("已会商"))],
            days=_days(),
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    actor, asked, today = current_actor(), all_rows(wanted(queries.FILTERS)), clock().today()
    with reading() as session:
        needs = queries.search(session, actor, asked, today, days=_days()).rows
        found = queries.situations(session, needs, today)
        rows = [_row(need, found[need.id]) for need in needs]
    return sheet(_("会商清单"), rows)


def _row(need: Need, now: Situation) -> dict[str, Any]:
    gates = joined(with_detail(label, str(number)) for label, number in now.gates.items())
    return {
        _("编号"): need.id,
        _("需求"): need.title,
        _("企业"): need.firm.name,
        _("自何时无人对接"): now.since,
        _("天数"): now.days,
        _("可推荐"): now.suggested,
        _("推荐受限的原因"): gates,
        _("婉拒"): joined(f"{one.given_by} {one.reason}".strip() for one in now.declines),
        _("上次会商"): now.talked_on,
    }


@bp.get("/<int:need_id>")
def show(need_id: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, queries.get(session, current_actor(), need_id)))


def _page(session: Session, need: Need, **more: Any) -> dict[str, Any]:
    actor, today = current_actor(), clock().today()
    found = {
        "need": need,
        "now": queries.situations(session, [need], today)[need.id],
        "stands": queries.is_unmatched(session, need, today, _days()),
        "days": _days(),
        "tasks": tasks.of_need(session, actor, need),
        "late": {one.id for one in tasks.of_need(session, actor, need) if tasks.is_overdue(one, today)},
        "talks": queries.talks(session, need),
        "may_talk": can(actor, Permission.TASK_GIVE, facts_of(need)),
        "outcomes": [(word.value, _(word.label)) for word in TalkOutcome],
        "institutes": [(str(one.id), one.name) for one in queries.may_be_asked(session, need)],
        "errors": {},
        "values": {},
    }
    return found | more


@bp.post("/<int:need_id>")
def talk(need_id: int) -> Response:
    actor, values = current_actor(), form_values("institutes")

    def save(session: Session) -> str:
        need = queries.get(session, actor, need_id)
        services.talk(session, actor, need, _agreed(values), clock=clock())
        flash(_("已记下会商结果。"))
        return url_for("escalation.show", need_id=need_id)

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            need = queries.get(session, actor, need_id)
            return refused_form(SHOW, **_page(session, need, errors=refused.errors, values=values))


def _agreed(values: dict[str, Any]) -> Talk:
    outcome = next((word for word in TalkOutcome if word.value == values.get("outcome")), None)
    ids = tuple(number for text in values["institutes"] if (number := row_id(text)) is not None)
    return Talk(outcome, values.get("text", ""), _day(values.get("due", "")), ids)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
