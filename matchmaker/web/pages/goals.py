"""A year's goals: what every metric reached against each of its targets, where the texts disagree, what was changed."""

from collections.abc import Iterable
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, request, url_for
from sqlalchemy.orm import Session

from matchmaker.domain.drafts import PromiseDraft, fields_of
from matchmaker.domain.drafts.goals import FIRST_YEAR, LAST_YEAR
from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.permissions import Permission
from matchmaker.domain.specialists import METRICS
from matchmaker.domain.vocabulary import ClinicStatus, Noun
from matchmaker.i18n import gettext as _
from matchmaker.queries import changes, targets
from matchmaker.queries import goals as queries
from matchmaker.queries.choices import named
from matchmaker.queries.goals import Goal, MetricYear
from matchmaker.queries.specialists import Coverage, coverage
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import amount, counted_in, label
from matchmaker.web.forms import render
from matchmaker.web.sheets import sheet

bp = APIBlueprint("goals", __name__, url_prefix="/goals", enable_openapi=False)
RECORDS = {
    EntryCode.ABSORPTION.value: "absorptions.index",
    EntryCode.TURNOVER.value: "turnover.index",
    EntryCode.TURNOVER_HOSTS.value: "turnover.index",
    EntryCode.TRAINING.value: "trainings.index",
}


def checked_year(year: int) -> int:
    """The year, if it is one of this century; 404 otherwise."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    return year


def asked_year(name: str = "year") -> int:
    """The year that the address names, today's without one."""
    text = request.args.get(name, "")
    return checked_year(int(text)) if text.isdecimal() and len(text) == 4 else clock().today().year


def rows_behind(one: MetricYear, *, to_date: bool = False) -> str:
    """Address of the records that a metric's value is made of, "" for a figure that was only stated.

    `to_date`: of those of all years; "" where a list shows one year only.
    """
    year = None if to_date else one.year
    if one.metric.code == EntryCode.CLINICS:
        return url_for("clinics.index", status=ClinicStatus.HELD.value, year=year)
    if to_date and (one.from_meetings or one.metric.code == EntryCode.INSTITUTES):
        return ""
    if one.metric.code == EntryCode.INSTITUTES:
        return url_for("profiles.organisations", met=one.year)
    if one.from_meetings:
        return url_for("ledger.show", metric=one.metric.code, year=one.year)
    if one.metric.code in set(METRICS):
        return url_for("specialists.index", kind=METRICS[EntryCode(one.metric.code)].value, year=one.year)
    endpoint = RECORDS.get(one.metric.code)
    return url_for(endpoint, year=year, state="stands") if endpoint else ""


@bp.get("")
@guard(Permission.BOARD_VIEW)
def show() -> str:
    year = asked_year()
    with reading() as session:
        return render(
            "pages/goals/show.html",
            year=year,
            rows=queries.of_year(session, year, clock().today()),
            rows_behind=rows_behind,
            disputed=[one for one in queries.disputed_years(session, clock().today()) if one != year],
            **_changes(session, year),
            coverage=_coverage(session, year),
            withdrawn=targets.withdrawn(session, year),
        )


def _coverage(session: Session, year: int) -> Coverage | None:
    """How far specialists cover the high-tech firms, which is only known of this year."""
    return coverage(session, current_actor(), clock().today()) if year == clock().today().year else None


def _changes(session: Session, year: int) -> dict[str, Any]:
    """What was changed in the city's targets of the year; those of units are told on the page of their split."""
    whose = {row.id: named(row.metric) for row in targets.ever(session, year) if row.unit_id is None}
    return {"whose": whose, "changes": changes.of(session, Noun.TARGET, whose, fields_of(PromiseDraft))}


@bp.get("/export.xlsx")
@guard(Permission.BOARD_VIEW)
def export() -> Answer:
    year = asked_year()
    with reading() as session:
        rows = goal_rows(queries.of_year(session, year, clock().today()))
    return sheet(_("%(year)s 年目标", year=year), rows)


def goal_rows(found: Iterable[MetricYear]) -> list[dict[str, Any]]:
    """A sheet's rows: one per target, and one for a metric's year without any."""
    return [_row(one, goal) for one in found for goal in (one.goals or (None,))]


def _row(one: MetricYear, goal: Goal | None) -> dict[str, Any]:
    value = goal.actual if goal else (one.value.amount if one.value else None)
    target, asks = (goal.target, goal.asked.amount) if goal else (None, None)
    return {
        _("指标"): named(one.metric),
        _("年度"): one.year,
        _("目标"): amount(target.value) if target else _("未下达"),
        _("目标单位"): counted_in(one.metric, target) if target else "",
        _("口径"): label(target.basis) if target else "",
        _("折算目标"): _number(asks),
        _("实际"): _number(value),
        _("计量单位"): counted_in(one.metric),
        _("偏差"): _number(goal.deviation) if goal else None,
        _("偏差率"): round(goal.off_by, 4) if goal and goal.off_by is not None else None,
        _("出处"): target.source if target else "",
        _("状态"): label(target.status) if target else "",
        _("说明"): target.note if target else "",
        _("执行情况说明"): one.assessment.explanation if one.assessment else "",
    }


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)
