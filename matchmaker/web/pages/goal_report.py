"""The mid-term report 目标执行情况: plan, actual, deviation and explanation, for one year or several together."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.drafts import AssessmentDraft, FigureDraft, fields_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import changes, targets
from matchmaker.queries import goals as queries
from matchmaker.queries.choices import named
from matchmaker.services import targets as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import amount
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.goals import asked_year, checked_year, goal_rows, rows_behind
from matchmaker.web.sheets import sheet

bp = APIBlueprint("goal_report", __name__, url_prefix="/goals/report", enable_openapi=False)
FORM = "pages/goals/explain.html"
MOST_YEARS = 6


def _years() -> list[int]:
    """The years asked for, the current one without any; at most `MOST_YEARS`, the last ones."""
    last = asked_year("last")
    first = asked_year("first") if "first" in request.args else last
    return list(range(max(min(first, last), last - MOST_YEARS + 1), last + 1))


@bp.get("")
@guard(Permission.BOARD_VIEW)
def show() -> str:
    years, today = _years(), clock().today()
    with reading() as session:
        offered = sorted({*targets.years(session), today.year, *years})
        return render(
            "pages/goals/report.html",
            years=years,
            offered=[(str(year), str(year)) for year in offered],
            rows=[one for one in queries.of_years(session, years, today) if one.goals or one.value or one.assessment],
            rows_behind=rows_behind,
        )


@bp.get("/export.xlsx")
@guard(Permission.BOARD_VIEW)
def export() -> Answer:
    years = _years()
    with reading() as session:
        rows = goal_rows(queries.of_years(session, years, clock().today()))
    return sheet(_("目标执行情况%(years)s", years=span(years)), rows)


def span(years: list[int]) -> str:
    """One year, or the first and the last."""
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


@bp.get("/<metric>/<int:year>")
@guard(Permission.TARGET_EDIT)
def explain(metric: str, year: int) -> str:
    with reading() as session:
        return render(FORM, **_form(session, metric, checked_year(year), None, {}))


@bp.post("/<metric>/<int:year>")
@guard(Permission.TARGET_EDIT)
def save(metric: str, year: int) -> Response:
    values = form_values()

    def write(session: Session) -> str:
        row = targets.metric(session, metric)
        draft = drafted(_model(session, metric, checked_year(year)), values)
        version = row_id(values.get("version"))
        services.assess(session, current_actor(), row, year, draft, version=version, clock=clock())
        flash(_("已保存。"))
        return url_for("goal_report.show", first=year, last=year)

    try:
        return once(write)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **_form(session, metric, checked_year(year), values, refusal.errors))


def _model(session: Session, metric: str, year: int) -> type[AssessmentDraft]:
    """A metric that no records of ours count has a figure beside the text."""
    found = next(one for one in queries.of_year(session, year, clock().today()) if one.metric.code == metric)
    return FigureDraft if found.stated else AssessmentDraft


def _form(
    session: Session, code: str, year: int, sent: Mapping[str, Any] | None, errors: Mapping[str, str]
) -> dict[str, Any]:
    metric, row = targets.metric(session, code), queries.assessment(session, code, year)
    model = _model(session, code, year)
    stands: dict[str, Any] = {name: getattr(row, name) for name in model.model_fields} if row else {}
    if stands.get("value") is not None:
        stands["value"] = amount(stands["value"], digits=4)
    values = stands if sent is None else sent
    return {
        "metric": metric,
        "name": named(metric),
        "year": year,
        "controls": controls(model, values, errors),
        "version": (row.version if row else "") if sent is None else sent.get("version", ""),
        "errors": errors,
        "changes": changes.of(session, Noun.ASSESSMENT, [row.id], fields_of(model)) if row else [],
    }
