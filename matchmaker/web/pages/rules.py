"""The counting rules: what holds, what held, a new one from a day on, seen side by side before it takes effect."""

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import abort, flash, make_response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from matchmaker.clock import shanghai_date
from matchmaker.db.models import CountingRule, Metric
from matchmaker.domain import rule_text
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Permission
from matchmaker.domain.rule_terms import PAPERS, UNITS, terms_of
from matchmaker.domain.rules import Rule, rule_on
from matchmaker.domain.vocabulary import InstituteType
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices, counts, rule_changes
from matchmaker.services import rules as services
from matchmaker.services.rules import Proposal
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import once, refused_form, render

bp = APIBlueprint("rules", __name__, url_prefix="/rules", enable_openapi=False)
FORM = "pages/rules/form.html"
LISTS = ("regions", "host_types", "evidence")
YES = ("stand_in_firm", "stand_in_expert", "history")
Values = dict[str, Any]


@bp.get("")
@guard(Permission.BOARD_VIEW)
def index() -> str:
    today = clock().today()
    with reading() as session:
        history = rule_changes.history(session)
        return render(
            "pages/rules/index.html",
            history=history,
            metrics={code: session.get(Metric, code.value) for code in MetricCode},
            late={row.id for rows in history.values() for row in rows if _late(row)},
            holding={code: rule_changes.holding(rows, today) for code, rows in history.items()},
        )


def _late(row: CountingRule) -> bool:
    """Whether it was made after the day it begins."""
    return row.made_at is not None and row.valid_from < shanghai_date(row.made_at)


@bp.get("/<metric>/new")
@guard(Permission.RULE_EDIT)
def new(metric: str) -> str:
    code = _metric(metric)
    with reading() as session:
        values = _values(request.args) if "unit" in request.args else _values_now(session, code)
        return render(FORM, **_form(session, code, values, {}))


def _metric(metric: str) -> MetricCode:
    if metric not in set(MetricCode):
        abort(404)
    return MetricCode(metric)


def _values_now(session: Session, code: MetricCode) -> Values:
    """What holds today, as a start."""
    rule = rule_on(counts.rules(session), code, clock().today())
    terms = rule.how if rule else terms_of(code, {})
    regions = list(rule.regions) if rule else list(counts.host_regions(session))
    return terms.model_dump(mode="json") | {"regions": regions, "valid_from": "", "reason": "", "past": ""}


def _form(session: Session, code: MetricCode, values: Values, errors: dict[str, str]) -> dict[str, Any]:
    return {
        "code": code,
        "metric": session.get(Metric, code.value),
        "values": values,
        "errors": errors,
        "units": [(unit.value, _(unit.label)) for unit in UNITS[code]],
        "regions": choices.provinces(session),
        "host_types": [(kind.value, _(kind.label)) for kind in InstituteType],
        "papers": [(kind.value, _(kind.label)) for kind in PAPERS],
    }


@bp.get("/<metric>/preview")
@guard(Permission.RULE_EDIT)
def preview(metric: str) -> str | Response:
    """Nothing is written: the page's button sends the same values to be adopted."""
    code, values = _metric(metric), _values(request.args)
    with reading() as session:
        try:
            rule = services.drafted(session, current_actor(), _proposal(code, values), clock=clock())
        except Invalid as refusal:
            return make_response(render(FORM, **_form(session, code, values, refusal.errors)), 422)
        return render("pages/rules/preview.html", **_side_by_side(session, rule), values=values, yes=YES)


def _side_by_side(session: Session, rule: Rule) -> dict[str, Any]:
    this = clock().today().year
    years = sorted({this - 1, this, *range(rule.valid_from.year, this - 1)}, reverse=True)
    return {
        "code": rule.metric,
        "metric": session.get(Metric, rule.metric.value),
        "rule": rule,
        "old": rule_on(counts.rules(session), rule.metric, rule.valid_from),
        "title": rule_text.title(rule),
        "text": rule_text.text(rule),
        "years": rule_changes.side_by_side(session, rule, years),
        "text_of": rule_text.text,
    }


@bp.post("/<metric>")
@guard(Permission.RULE_EDIT)
def adopt(metric: str) -> Response:
    code, values, actor = _metric(metric), _values(request.form), current_actor()

    def save(session: Session) -> str:
        row = services.adopt(session, actor, _proposal(code, values), clock=clock())
        flash(_("已制定规则 %(number)s，自 %(day)s 起计数。", number=row.number, day=row.valid_from.isoformat()))
        return url_for("rules.index")

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **_form(session, code, values, refusal.errors))


@bp.post("/<int:rule_id>/withdraw")
@guard(Permission.RULE_EDIT)
def withdraw(rule_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        row = session.get(CountingRule, rule_id, with_for_update=True)
        if row is None:
            raise NotFound(_("没有找到这条规则"))
        services.withdraw(session, actor, row, reason=reason, clock=clock())
        flash(_("已撤回，仍留存备查。"))
        return url_for("rules.index")

    return once(save)


def _values(sent: MultiDict[str, str]) -> Values:
    plain = {name: sent.get(name, "").strip() for name in ("unit", "valid_from", "reason", "past")}
    ticked = {name: sent.get(name) == "1" for name in YES}
    return plain | ticked | {name: sent.getlist(name) for name in LISTS}


def _proposal(code: MetricCode, values: Values) -> Proposal:
    terms = terms_of(code, {name: values[name] for name in ("unit", *LISTS, *YES)})
    return Proposal(code, terms, _day(values["valid_from"]), values["reason"], past=values["past"] == "1")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
