"""Specialists 科技特派员: the list, its sheet, one filing with hosts, visits and history, ending it."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import request, url_for
from sqlalchemy import and_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Organisation, ServiceLog, Specialist, SpecialistHost
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import SPECIALIST_STEPS
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.service_logs import ServiceTotals
from matchmaker.domain.vocabulary import Noun, SpecialistKind, SpecialistStatus
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, choices, history, service_totals, team_life
from matchmaker.queries import specialists as queries
from matchmaker.queries.choices import named
from matchmaker.queries.facts import facts_of
from matchmaker.services import specialists as services
from matchmaker.web import buttons
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import once, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("specialists", __name__, url_prefix="/specialists", enable_openapi=False)
ACTIONS = ", ".join(sorted({step.action for step in SPECIALIST_STEPS}))
YEARS_BACK = 4
MOST_LOGS = 10


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        page = queries.search(session, actor, asked)
        ids = [row.id for row in page.rows]
        return render(
            "pages/specialists/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            kinds=[(each.value, label(each)) for each in SpecialistKind],
            statuses=[(each.value, label(each)) for each in SpecialistStatus],
            units=choices.units(session),
            institutes=queries.institutes(session, actor),
            years=[(str(year), str(year)) for year in range(today.year, today.year - YEARS_BACK, -1)],
            hosts={
                row.id: [team_life.host_name(host) for host in queries.hosts_on(actor, row, today)] for row in page.rows
            },
            totals=totals_of(session, actor, ids, today.year),
            nothing=service_totals.NOTHING,
            coverage=queries.coverage(session, actor, today) if can(actor, Permission.BOARD_VIEW) else None,
        )


def totals_of(session: Session, actor: Actor, ids: list[int], year: int) -> dict[int, ServiceTotals]:
    """Specialist → what the year's approved visits come to, for a firm those at itself."""
    mine = (ServiceLog.specialist_id.in_(ids), queries.told(actor), *service_totals.in_year(year))
    return service_totals.by(session, ServiceLog.specialist_id, *mine)


@bp.get("/export.xlsx")
def export() -> Answer:
    """The list with a row for each host, as a filing elsewhere may be made from it; its columns are ours."""
    actor, asked, today = current_actor(), all_rows(wanted(queries.FILTERS)), clock().today()
    with reading() as session:
        found = queries.search(session, actor, asked).rows
        totals = totals_of(session, actor, [one.id for one in found], today.year)
        rows = [
            _row(one, host, totals.get(one.id, service_totals.NOTHING))
            for one in found
            for host in _or_none(queries.hosts_on(actor, one, today))
        ]
    return sheet(_("科技特派员备案"), rows)


def _or_none(hosts: list[SpecialistHost]) -> Sequence[SpecialistHost | None]:
    return hosts or [None]


def _row(one: Specialist, host: SpecialistHost | None, totals: ServiceTotals) -> dict[str, Any]:
    firm = host.organisation if host else None
    return {
        _("备案编号"): one.number,
        _("姓名"): one.expert.name,
        _("类别"): label(one.kind),
        _("职称"): one.expert.title,
        _("派出单位"): one.institute.name,
        _("派出单位统一社会信用代码"): one.institute.credit_code or "",
        _("备案日期"): one.filed_on,
        _("状态"): label(one.status),
        _("终止日期"): one.ended_on,
        _("服务对象"): team_life.host_name(host) if host else "",
        _("服务对象统一社会信用代码"): (firm.credit_code or "") if firm else "",
        _("责任单位"): _unit_name(host, firm),
        _("服务开始日期"): host.since if host else None,
        _("三方协议日期"): host.agreed_on if host else None,
        _("协议有效期至"): host.agreed_until if host else None,
        _("本年服务天数"): totals.days,
        _("本年服务次数"): totals.times,
    }


def _unit_name(host: SpecialistHost | None, firm: Organisation | None) -> str:
    unit = firm.unit if firm else host.unit if host else None
    return named(unit) if unit else ""


# One filing


@bp.get("/<int:specialist_id>")
def show(specialist_id: int) -> str:
    actor, today = current_actor(), clock().today()
    with reading() as session:
        one = queries.get_visible(session, actor, specialist_id)
        mine = and_(ServiceLog.specialist_id == one.id, queries.told(actor))
        return render(
            "pages/specialists/show.html",
            one=one,
            hosts=[(host, team_life.host_name(host)) for host in queries.hosts_seen(actor, one)],
            files=attachments.of_record(session, Noun.SPECIALIST, one.id) if queries.reads_files(actor) else [],
            logs=_seen(session, actor, one),
            totals=service_totals.total(session, mine),
            year_totals=service_totals.total(session, mine, *service_totals.in_year(today.year)),
            buttons=buttons.of(actor, one),
            may_edit=one.status is SpecialistStatus.ACTIVE and can(actor, Permission.SPECIALIST_EDIT, facts_of(one)),
            may_correct=one.status is SpecialistStatus.ACTIVE and can(actor, Permission.SPECIALIST_CORRECT),
            may_log=one.status is SpecialistStatus.ACTIVE and (actor.is_bureau or actor.expert_id == one.expert_id),
            ended=history.reason_of(session, Noun.SPECIALIST, one.id, "end"),
            timeline=history.timeline(session, Noun.SPECIALIST, one.id) if actor.is_bureau else [],
        )


def _seen(session: Session, actor: Actor, one: Specialist) -> list[ServiceLog]:
    return [
        log for log in queries.logs(session, one, MOST_LOGS) if can(actor, Permission.SERVICE_LOG_VIEW, facts_of(log))
    ]


@bp.post(f"/<int:specialist_id>/<any({ACTIONS}):action>")
def act(specialist_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def move(session: Session) -> str:
        one = queries.get_visible(session, actor, specialist_id)
        version = row_id(request.form.get("version", ""))
        services.move(session, actor, one, action, reason=reason, version=version, clock=clock())
        return url_for("specialists.show", specialist_id=specialist_id)

    return once(move)
