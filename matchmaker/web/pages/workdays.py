"""The year's working days: twelve months, one day corrected, the official list entered."""

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import flash, url_for
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission
from matchmaker.errors import Invalid
from matchmaker.exchange.workday_lists import Listed
from matchmaker.i18n import gettext as _
from matchmaker.queries import targets
from matchmaker.queries import workdays as queries
from matchmaker.services import workdays as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.goals import asked_year, checked_year

bp = APIBlueprint("workdays", __name__, url_prefix="/workdays", enable_openapi=False)
TEMPLATE = "pages/workdays/show.html"


@bp.app_template_global()
def unknown_years() -> list[int]:
    """Years that officers plan in now without knowing their holidays."""
    if not current_user.is_authenticated or not current_actor().is_bureau:
        return []
    with reading() as session:
        return queries.unknown_years(session, clock().today())


@bp.get("")
@guard(Permission.BOARD_VIEW)
def show() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, asked_year()))


@bp.post("/<int:year>/day")
@guard(Permission.WORKDAY_EDIT)
def set_day(year: int) -> Response:
    checked_year(year)
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        wanted = _wanted(values)
        services.set_day(session, actor, wanted, reason=values.get("why", ""), clock=clock())
        flash(_("已更改。进度、预计和期限随之重算。"))
        return url_for("workdays.show", year=wanted.day.year)

    return _carried_out(save, year, values, "day")


@bp.post("/<int:year>/list")
@guard(Permission.WORKDAY_EDIT)
def set_year(year: int) -> Response:
    checked_year(year)
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        text, reason = values.get("text", ""), values.get("reason", "")
        number = services.set_year(session, actor, year, text, reason=reason, clock=clock())
        flash(_("已录入 %(year)s 年的安排，共 %(number)s 天与周一至周五不同。", year=year, number=number))
        return url_for("workdays.show", year=year)

    return _carried_out(save, year, values, "list")


def _wanted(values: dict[str, Any]) -> Listed:
    works, problems = values.get("works", ""), {}
    try:
        day = date.fromisoformat(values.get("day", ""))
        checked_year(day.year)
    except ValueError:
        day, problems = date.min, {"day": _("请选择日期")}
    if works not in {"0", "1"}:
        problems["works"] = _("请选择放假还是上班")
    if problems:
        raise Invalid(problems)
    return Listed(day, works == "1", values.get("note", ""))


def _carried_out(save: Any, year: int, values: dict[str, Any], form: str) -> Response:
    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            names = {"reason": "why"} if form == "day" else {}  # both forms stand on one page
            errors = {names.get(field, field): text for field, text in refusal.errors.items()}
            page = _page(session, year) | {"values": {form: values}, "errors": {form: errors}}
            return refused_form(TEMPLATE, **page)


def _page(session: Session, year: int) -> dict[str, Any]:
    differing = queries.rows(session, year)
    return {
        "year": year,
        "months": queries.months(year, differing),
        "differing": differing,
        "progress": targets.calendar(session, year).progress(year, clock().today()),
        "changes": queries.history(session, year),
        "values": {},
        "errors": {},
    }
