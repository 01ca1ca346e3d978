"""Service logs: the list, one log, writing it on a phone, reviewing and rating it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Organisation, ServiceLog, Specialist, Team
from matchmaker.domain.drafts import ServiceLogDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import SERVICE_LOG_STEPS
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.service_logs import BEST_RATING
from matchmaker.domain.vocabulary import DayShare, Noun, Role, ServiceLogStatus
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, history, specialists, team_life
from matchmaker.queries import service_logs as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import service_logs as services
from matchmaker.services.service_logs import Served
from matchmaker.web import buttons
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.need_files import allow_larger, sent_files
from matchmaker.web.pages.team_files import keep
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("service_logs", __name__, url_prefix="/service-logs", enable_openapi=False)
bp.url_value_preprocessor(allow_larger)
SHOW, FORM = "pages/service_logs/show.html", "pages/service_logs/form.html"
ACTIONS = ", ".join(sorted({step.action for step in SERVICE_LOG_STEPS} - {"rate"}))
YEARS_BACK = 4
AS_SPECIALIST = "specialist:"  # before the number, where a form names under which filing


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        return render(
            "pages/service_logs/index.html",
            listing=Listing(queries.search(session, actor, asked), asked, queries.DEFAULT_SORT),
            statuses=[(each.value, _(each.label)) for each in ServiceLogStatus],
            teams=queries.teams(session, actor),
            years=[(str(year), str(year)) for year in range(today.year, today.year - YEARS_BACK, -1)],
            totals=queries.total(session, actor, today.year),
            may_write=bool(_served_by(session, actor, today, "")),
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        rows = [_row(log) for log in queries.search(session, actor, asked).rows]
    return sheet(_("服务日志"), rows)


def _row(log: ServiceLog) -> dict[str, Any]:
    return {
        _("编号"): log.id,
        _("特派团"): log.team.name if log.team else "",
        _("科技特派员备案编号"): log.specialist.number if log.specialist else "",
        _("专家"): log.expert.name,
        _("企业"): log.firm.name,
        _("日期"): log.day,
        _("天数"): log.half_days / 2,
        _("问题"): log.problem,
        _("结果"): log.result,
        _("状态"): _(log.status.label),
        _("评分"): log.rating,
        _("评价"): log.rating_words,
    }


def _served_by(session: Session, actor: Actor, day: date, chosen: str) -> list[Served]:
    """As what the actor may write a log: teams, own filings, for an officer the filing chosen."""
    if actor.role is Role.EXPERT:
        own = actor.expert_id or 0
        return [*team_life.serving(session, own, day), *specialists.active_of(session, own)]
    if not actor.is_bureau:
        return []
    number = row_id(chosen.removeprefix(AS_SPECIALIST)) if chosen.startswith(AS_SPECIALIST) else None
    one = [specialists.get_visible(session, actor, number)] if number else []
    return [*one, *team_life.serving_teams(session, actor)]


def _key(served: Served) -> str:
    return f"{AS_SPECIALIST}{served.id}" if isinstance(served, Specialist) else str(served.id)


def _called(served: Served) -> str:
    if isinstance(served, Team):
        return served.name
    return _(
        "%(kind)s %(name)s（%(number)s）", kind=_(served.kind.label), name=served.expert.name, number=served.number
    )


# Writing


@bp.get("/new")
def new() -> str:
    today = clock().today()
    with reading() as session:
        values = {"day": today, "share": DayShare.HALF.value, "team": request.args.get("team", "")}
        return render(FORM, **_form(session, None, values, {}))


@bp.post("")
def create() -> Response:
    """Keep a log; with the button that says so it goes to review at once."""
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        served = _served(session, actor, values)
        log = services.begin(
            session,
            actor,
            served,
            drafted(ServiceLogDraft, values),
            expert_id=served.expert_id if isinstance(served, Specialist) else row_id(values.get("expert")),
            clock=clock(),
        )
        keep(session, actor, log, files)
        return _sent_on(session, actor, log, values)

    try:
        files = sent_files()
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **_form(session, None, values, refusal.errors))


def _served(session: Session, actor: Actor, values: Mapping[str, Any]) -> Served:
    chosen = str(values.get("team") or "")
    found = {_key(served): served for served in _served_by(session, actor, clock().today(), chosen)}
    one = found.get(chosen) or (next(iter(found.values())) if len(found) == 1 and not chosen else None)
    if one is None:
        raise Invalid({"team": _("请选择以什么身份服务")})
    return one


def _sent_on(session: Session, actor: Actor, log: ServiceLog, values: Mapping[str, Any]) -> str:
    if values.get("then") == "submit":
        services.move(session, actor, log, "submit", clock=clock())
        flash(_("已提交审核。"))
    else:
        flash(_("已保存为草稿，提交后才会审核和计入。"))
    return url_for("service_logs.show", log_id=log.id)


@bp.get("/<int:log_id>/edit")
def edit(log_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        log = queries.get_visible(session, actor, log_id)
        services.require_writable(actor, log)
        values = {name: getattr(log, name) for name in ("day", "problem", "result", "version")}
        values |= {"share": str(log.half_days), "firm": str(log.firm_id), "expert": str(log.expert_id)}
        return render(FORM, **_form(session, log, values, {}))


@bp.post("/<int:log_id>/edit")
def update(log_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        log = queries.get_visible(session, actor, log_id)
        draft, version = drafted(ServiceLogDraft, values), row_id(values.get("version")) or 0
        services.edit(session, actor, log, draft, version=version, clock=clock())
        keep(session, actor, log, files)
        return _sent_on(session, actor, log, values)

    try:
        files = sent_files()
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            log = queries.get_visible(session, actor, log_id)
            return refused_form(FORM, **_form(session, log, values, refusal.errors))


def _form(
    session: Session, log: ServiceLog | None, values: Mapping[str, Any], errors: Mapping[str, str]
) -> dict[str, Any]:
    actor, today = current_actor(), clock().today()
    chosen = str(values.get("team") or "")
    known = (log.team or log.specialist) if log is not None else None
    found: list[Served] = [known] if known is not None else _served_by(session, actor, today, chosen)
    if not found:
        raise Conflict(_("您不是在册的科技特派员，也不在派驻中的特派团里，不能登记服务日志。如有疑问请联系市科技局"))
    team = next((one for one in found if _key(one) == chosen), found[0])
    firms = [(str(firm.id), firm.name) for one in _shown(found, team, actor) for firm in _firms(session, one, today)]
    return {
        "log": log,
        "team": team,
        "called": _called(team),
        "teams": [(_key(one), _called(one)) for one in found] if log is None else [],
        "team_key": _key(team),
        "asks_team": log is None and actor.role is not Role.EXPERT,
        "asks_who": log is None and actor.role is not Role.EXPERT and isinstance(team, Team),
        "who": (_people(team, today), values.get("expert", ""), errors.get("expert", "")),
        "controls": controls(ServiceLogDraft, values, errors, {"firm": list(dict.fromkeys(firms))}),
        "values": values,
        "errors": errors,
    }


def _firms(session: Session, served: Served, day: date) -> list[Organisation]:
    return queries.firms_of(served, day) if isinstance(served, Team) else specialists.firms_on(session, served, day)


def _people(served: Served, day: date) -> list[tuple[str, str]]:
    members = team_life.members_on(served, day) if isinstance(served, Team) else []
    return [(str(one.expert_id), one.expert.name) for one in members]


def _shown(found: list[Served], team: Served, actor: Actor) -> list[Served]:
    """Of all that an expert serves as every firm is offered, of an officer's choice the chosen one's."""
    return found if actor.role is Role.EXPERT else [team]


# One log


@bp.get("/<int:log_id>")
def show(log_id: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, log_id, {}, {}))


def _page(session: Session, log_id: int, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    actor = current_actor()
    log = queries.get_visible(session, actor, log_id)
    found = [button for button in buttons.of(actor, log) if button.action != "rate"]
    may_rate = log.status is ServiceLogStatus.APPROVED and can(actor, Permission.SERVICE_LOG_RATE, facts_of(log))
    return {
        "log": log,
        "files": attachments.of_record(session, Noun.SERVICE_LOG, log.id),
        "buttons": found,
        "may_edit": services.may_write(actor, log),
        "may_rate": may_rate,
        "ratings": range(BEST_RATING, 0, -1),
        "returned": history.reason_of(session, Noun.SERVICE_LOG, log.id, "return"),
        "timeline": history.timeline(session, Noun.SERVICE_LOG, log.id) if actor.is_bureau else [],
        "values": values,
        "errors": errors,
    }


@bp.post(f"/<int:log_id>/<any({ACTIONS}):action>")
def act(log_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def move(session: Session) -> str:
        log = queries.get_visible(session, actor, log_id)
        version = row_id(request.form.get("version", ""))
        services.move(session, actor, log, action, reason=reason, version=version, clock=clock())
        return url_for("service_logs.show", log_id=log_id)

    return once(move)


@bp.post("/<int:log_id>/rate")
def rate(log_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        log = queries.get_visible(session, actor, log_id)
        said = {"rating": values.get("rating", ""), "words": values.get("words", "")}
        services.rate(session, actor, log, **said, clock=clock())
        flash(_("已记下评价，谢谢！"))
        return url_for("service_logs.show", log_id=log_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(SHOW, **_page(session, log_id, values, refusal.errors))
