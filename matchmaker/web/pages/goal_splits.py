"""The split of a year's total among the responsible units: a grid saved together, its sum beside the city's value."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Metric, Target, Unit
from matchmaker.domain.drafts import About, PromiseDraft, Shape, SplitsDraft, fields_of, parse
from matchmaker.domain.ids import row_id
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Noun, TargetBasis
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import changes
from matchmaker.queries import targets as queries
from matchmaker.queries.choices import named
from matchmaker.queries.counts import tallies
from matchmaker.services import targets as services
from matchmaker.services.targets import Cell
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import amount, label
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.goals import checked_year
from matchmaker.web.sheets import sheet

bp = APIBlueprint("goal_splits", __name__, url_prefix="/goals/<metric>/<int:year>/splits", enable_openapi=False)
TEMPLATE = "pages/goals/splits.html"
VALUE, VERSION = "unit-", "version-"
TOLD = {name: about for name, about in fields_of(PromiseDraft).items() if name in {"value", "source", "status"}}


@dataclass(frozen=True)
class Line:
    """One unit in the grid: what stands in its field, what is on file, what it has reached of a counted metric."""

    unit: Unit
    text: str
    target: Target | None
    reached: int | None
    error: str


@bp.get("")
@guard(Permission.BOARD_VIEW)
def show(metric: str, year: int) -> str:
    with reading() as session:
        row = queries.metric(session, metric)
        return render(TEMPLATE, **_page(session, row, checked_year(year), {}, {}))


@bp.post("")
@guard(Permission.TARGET_EDIT)
def save(metric: str, year: int) -> Response:
    values = form_values()

    def write(session: Session) -> str:
        row = queries.metric(session, metric)
        cells, draft = _cells(session, values), drafted(SplitsDraft, values)
        reason = values.get("reason", "")
        number = services.split(
            session, current_actor(), row, checked_year(year), cells=cells, draft=draft, reason=reason, clock=clock()
        )
        flash(_("已保存，改动 %(number)s 个单位。", number=number))
        return url_for("goal_splits.show", metric=metric, year=year)

    try:
        return once(write)
    except Invalid as refusal:
        with reading() as session:
            row = queries.metric(session, metric)
            return refused_form(TEMPLATE, **_page(session, row, checked_year(year), values, refusal.errors))


def _cells(session: Session, values: Mapping[str, Any]) -> dict[int, Cell]:
    """Unit id → what was sent for it. Raises `Invalid` naming the units whose value cannot be read."""
    cells, errors = {}, {}
    for unit in queries.units(session):
        try:
            value = parse(About(named(unit), Shape.NUMBER), values.get(f"{VALUE}{unit.id}", ""))
        except ValueError as wrong:
            errors[f"{VALUE}{unit.id}"] = str(wrong)
        else:
            number = value if isinstance(value, Decimal) else None
            cells[unit.id] = Cell(number, row_id(values.get(f"{VERSION}{unit.id}", "")))
    if errors:
        raise Invalid(errors)
    return cells


def _page(
    session: Session, metric: Metric, year: int, sent: Mapping[str, Any], errors: Mapping[str, str]
) -> dict[str, Any]:
    found = queries.splits(session, metric.code, year)
    lines = _lines(session, metric, year, found, sent=sent, errors=errors)
    said = next(iter(found.values()), None)
    values = {"source": said.source, "status": said.status} if said else {}
    total = sum((row.value for row in found.values()), Decimal(0))
    cities = [one for one in queries.of_year(session, year) if one.unit_id is None and one.metric_code == metric.code]
    units = {line.unit.id: named(line.unit) for line in lines}
    ever = [one for one in queries.ever(session, year) if one.metric_code == metric.code]
    whose = {one.id: units[one.unit_id] for one in ever if one.unit_id is not None}
    return {
        "metric": metric,
        "year": year,
        "lines": lines,
        "total": total if found else None,
        "cities": [one for one in cities if one.basis is TargetBasis.ABSOLUTE],
        "controls": controls(SplitsDraft, sent or values, errors),
        "values": sent,
        "errors": errors,
        "whose": whose,
        "changes": changes.of(session, Noun.TARGET, whose, TOLD),
    }


def _lines(
    session: Session,
    metric: Metric,
    year: int,
    found: Mapping[int, Target],
    *,
    sent: Mapping[str, Any],
    errors: Mapping[str, str],
) -> list[Line]:
    counted = metric.code in set(MetricCode)
    reached = tallies(session, year)[MetricCode(metric.code)].by_unit() if counted else None
    lines = []
    for unit in queries.units(session):
        row, name = found.get(unit.id), f"{VALUE}{unit.id}"
        text = str(sent[name]) if name in sent else (amount(row.value, digits=4) if row else "")
        lines.append(Line(unit, text, row, reached[unit.id] if reached is not None else None, errors.get(name, "")))
    return lines


@bp.get("/export.xlsx")
@guard(Permission.BOARD_VIEW)
def export(metric: str, year: int) -> Answer:
    with reading() as session:
        row = queries.metric(session, metric)
        found = queries.splits(session, row.code, checked_year(year))
        lines = _lines(session, row, year, found, sent={}, errors={})
        name = _("%(year)s 年%(metric)s单位分解", year=year, metric=named(row))
        rows = [_sheet_row(line) for line in lines]
    return sheet(name, rows)


def _sheet_row(line: Line) -> dict[str, Any]:
    target = line.target
    return {
        _("责任单位"): named(line.unit),
        _("目标"): float(target.value) if target else None,
        _("已计"): line.reached,
        _("出处"): target.source if target else "",
        _("状态"): label(target.status) if target else "",
    }
