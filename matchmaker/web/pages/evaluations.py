"""The yearly evaluation of teams: the years, a year's table, its sheets, what is published, the province's results."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import EvaluationRound
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.scoring import Criterion, Sheets, line_text
from matchmaker.domain.vocabulary import Grade, LineTies, Noun, Proof, Role, Rounding, TeamLevel
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import evaluations as queries
from matchmaker.queries import history, service_totals
from matchmaker.services import evaluation_rounds as services
from matchmaker.web import evaluation_rows as lines
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.need_files import allow_larger, sent_files
from matchmaker.web.pages.team_files import keep
from matchmaker.web.sheets import sheet
from matchmaker.web.team_forms import day_of

bp = APIBlueprint("evaluations", __name__, url_prefix="/evaluations", enable_openapi=False)
bp.url_value_preprocessor(allow_larger)
STAFF = frozenset({Role.CITY, Role.COUNTY, Role.LEADER})
SPARE, MOST = 2, 12  # rows of a sheet to fill in, and in all
RULES, PROVINCE = "pages/evaluations/rules.html", "pages/evaluations/province.html"


@bp.get("")
def index() -> str:
    """The years: all for the bureau, the published ones for everybody else."""
    actor, today = current_actor(), clock().today()
    with reading() as session:
        found = [row for row in queries.rounds(session) if actor.role in STAFF or row.published_on]
        known, may_begin = {row.year for row in found}, can(actor, Permission.EVALUATION_MANAGE)
        years = [year for year in (today.year, today.year - 1) if may_begin and year not in known]
        return render(
            "pages/evaluations/index.html",
            rounds=found,
            states={row.id: queries.by_state(session, row) for row in found} if actor.role in STAFF else {},
            years=[(year, _("%(year)s 年", year=year)) for year in years]
            if can(actor, Permission.EVALUATION_MANAGE)
            else [],
            due_on=date(today.year, 12, 20),
            mine=queries.to_report(session, actor),
            waiting=queries.to_handle(session, actor),
            staff=actor.role in STAFF,
        )


@bp.post("")
@guard(Permission.EVALUATION_MANAGE)
def prepare() -> Response:
    values = form_values()

    def save(session: Session) -> str:
        year = row_id(values.get("year")) or 0
        if year not in {clock().today().year, clock().today().year - 1}:
            raise Invalid({"year": _("年度：请选择今年或去年")})
        services.prepare(session, current_actor(), year, due_on=day_of(values, "due_on"), clock=clock())
        flash(_("已建立，请核对考评表后开始。"))
        return url_for("evaluations.rules", year=year)

    return once(save)


@bp.get("/<int:year>")
def show(year: int) -> str | Response:
    actor = current_actor()
    if actor.role not in STAFF:
        return redirect(url_for("evaluations.published", year=year), 302)
    with reading() as session:
        row = queries.round_of(session, year)
        found = _lines(session, row)
        return render(
            "pages/evaluations/show.html",
            round=row,
            rows=found,
            last=lines.last_in_line(found),
            line=line_text(queries.sheets(row).line),
            states=queries.by_state(session, row),
            may_manage=can(actor, Permission.EVALUATION_MANAGE),
            others=queries.other_teams(session, row, TeamLevel.CITY) if row.opened_on else [],
            timeline=history.timeline(session, Noun.EVALUATION_ROUND, row.id) if actor.is_bureau else [],
        )


def _lines(session: Session, row: EvaluationRound) -> list[lines.Row]:
    found = queries.rows(session, current_actor(), row)
    totals = service_totals.of_teams(session, [one.team_id for one in found], row.year)
    return lines.of_round(current_actor(), found, totals, queries.sheets(row).line)


@bp.get("/<int:year>/export.xlsx")
def export(year: int) -> Answer:
    with reading() as session:
        row = queries.round_of(session, year)
        rows = _lines(session, row) if current_actor().role in STAFF else _published(session, row)
        return _sheet(_("%(year)s 年特派团绩效考评", year=year), row, rows)


def _sheet(name: str, row: EvaluationRound, rows: list[lines.Row]) -> Answer:
    """The table and, in a last column, the rule of the line."""
    rule = {_("入线规则"): line_text(queries.sheets(row).line)}
    return sheet(name, [one.cells | rule for one in rows])


def _published(session: Session, row: EvaluationRound) -> list[lines.Row]:
    return lines.published(queries.public_list(session, row))


@bp.get("/<int:year>/published")
def published(year: int) -> str:
    """For everybody who is signed in."""
    with reading() as session:
        row = queries.round_of(session, year)
        found = _published(session, row)
        return render(
            "pages/evaluations/published.html",
            round=row,
            rows=found,
            last=lines.last_in_line(found),
            line=line_text(queries.sheets(row).line),
            staff=current_actor().role in STAFF,
        )


@bp.get("/<int:year>/published/export.xlsx")
def export_published(year: int) -> Answer:
    with reading() as session:
        row = queries.round_of(session, year)
        return _sheet(_("%(year)s 年特派团考评结果", year=year), row, _published(session, row))


# Sheets


@bp.get("/<int:year>/rules")
@guard(Permission.BOARD_VIEW)
def rules(year: int) -> str:
    with reading() as session:
        row = queries.round_of(session, year)
        return render(RULES, **_rules(row, _flat(queries.sheets(row)) | {"due_on": row.due_on}, {}))


@bp.post("/<int:year>/rules")
@guard(Permission.EVALUATION_MANAGE)
def save_rules(year: int) -> Response:
    values = form_values()

    def save(session: Session) -> str:
        row, reason = queries.round_of(session, year), values.get("reason", "")
        version, told = row_id(values.get("version")) or 0, _typed(values)
        due_on = day_of(values, "due_on")
        services.edit(session, current_actor(), row, told, due_on=due_on, reason=reason, version=version, clock=clock())
        flash(_("已保存。"))
        return url_for("evaluations.show", year=year)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(RULES, **_rules(queries.round_of(session, year), values, refusal.errors))


def _rules(row: EvaluationRound, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "round": row,
        "sheets": queries.sheets(row),
        "line": line_text(queries.sheets(row).line),
        "values": values,
        "errors": errors,
        "tables": [(name, text, _numbers(values, name)) for name, text in _tables()],
        "proofs": [(one.value, _(one.label)) for one in Proof],
        "roundings": [(one.value, _(one.label)) for one in Rounding],
        "ties": [(one.value, _(one.label)) for one in LineTies],
        "may_edit": row.opened_on is None and can(current_actor(), Permission.EVALUATION_MANAGE),
    }


def _tables() -> list[tuple[str, str]]:
    return [("team", _("团队考评表")), ("person", _("个人考评表"))]


def _numbers(values: Mapping[str, Any], name: str) -> range:
    filled = [n for n in range(MOST) if values.get(f"{name}_name_{n}")]
    return range(min(MOST, (filled[-1] + 1 if filled else 0) + SPARE))


def _flat(sheets: Sheets) -> dict[str, Any]:
    """Sheets as the fields of the form."""
    found: dict[str, Any] = {"appeal_days": sheets.appeal_days}
    for name, rows in (("team", sheets.team), ("person", sheets.person)):
        for n, one in enumerate(rows):
            found |= {f"{name}_{key}_{n}": value for key, value in one.model_dump(mode="json").items()}
    found |= {f"grade_{n}": number for n, number in enumerate(sheets.grades)}
    return found | sheets.line.model_dump(mode="json")


def _typed(values: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the form as sheets, not checked yet."""
    line = {name: values.get(name, "") for name in ("percent", "rounding", "least", "ties")}
    return {
        "team": _criteria(values, "team"),
        "person": _criteria(values, "person"),
        "grades": [values.get(f"grade_{n}", "") for n in range(3)],
        "line": line,
        "appeal_days": values.get("appeal_days", ""),
        "source": values.get("reason", ""),
    }


def _criteria(values: Mapping[str, str], sheet_name: str) -> list[dict[str, Any]]:
    fields = [name for name in Criterion.model_fields if name not in {"code", "bonus"}]
    found = []
    for n in (n for n in range(MOST) if values.get(f"{sheet_name}_name_{n}")):
        told: dict[str, Any] = {name: values.get(f"{sheet_name}_{name}_{n}", "") for name in fields}
        code, bonus = values.get(f"{sheet_name}_code_{n}") or f"own{n}", bool(values.get(f"{sheet_name}_bonus_{n}"))
        found.append(told | {"code": code, "bonus": bonus})
    return found


# Opening, publishing


@bp.post("/<int:year>/open")
@guard(Permission.EVALUATION_MANAGE)
def begin(year: int) -> Response:
    def save(session: Session) -> str:
        number = services.open_round(session, current_actor(), queries.round_of(session, year), clock=clock())
        flash(_("已开始，%(number)s 个市级团队的团长收到通知。", number=number))
        return url_for("evaluations.show", year=year)

    return once(save)


@bp.post("/<int:year>/teams")
@guard(Permission.EVALUATION_MANAGE)
def add_team(year: int) -> Response:
    """A team that began to serve after the year's evaluation was opened."""
    values = form_values()

    def save(session: Session) -> str:
        row, team_id = queries.round_of(session, year), row_id(values.get("team")) or 0
        found = services.join(session, current_actor(), row, team_id, clock=clock())
        flash(_("已加入，团长收到通知。"))
        return url_for("evaluation_sheets.show", evaluation_id=found.id)

    return once(save)


@bp.post("/<int:year>/publish")
@guard(Permission.EVALUATION_MANAGE)
def publish(year: int) -> Response:
    def save(session: Session) -> str:
        number = services.publish(session, current_actor(), queries.round_of(session, year), clock=clock())
        flash(_("已公布 %(number)s 个团队的结果。", number=number))
        return url_for("evaluations.published", year=year)

    return once(save)


# What the province published


@bp.get("/<int:year>/province")
@guard(Permission.EVALUATION_MANAGE)
def province(year: int) -> str:
    with reading() as session:
        return render(PROVINCE, **_province(session, year, {"day": clock().today(), **request.args}, {}))


@bp.post("/<int:year>/province")
@guard(Permission.EVALUATION_MANAGE)
def record_province(year: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row, team_id = queries.round_of(session, year), row_id(values.get("team")) or 0
        found = services.record_province(session, actor, row, team_id, values, day=day_of(values, "day"), clock=clock())
        keep(session, actor, found, files)
        flash(_("已登记，省级团队不参加市里排名。"))
        return url_for("evaluation_sheets.show", evaluation_id=found.id)

    try:
        files = sent_files()
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(PROVINCE, **_province(session, year, values, refusal.errors))


def _province(session: Session, year: int, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    row = queries.round_of(session, year)
    return {
        "row": None,  # nothing recorded yet that would be corrected
        "round": row,
        "teams": [(str(team.id), team.name) for team in queries.other_teams(session, row, TeamLevel.PROVINCE)],
        "grades": [(one.value, _(one.label)) for one in Grade],
        "values": values,
        "errors": errors,
    }
