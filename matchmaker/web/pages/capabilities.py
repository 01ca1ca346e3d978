"""Capabilities: the list, one capability, and its steps. Writing one: `capability_forms`."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Capability
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import CapabilityKind, CapabilityStatus, Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import with_detail
from matchmaker.queries import boilerplate, confirmations, history, texts
from matchmaker.queries import capabilities as queries
from matchmaker.queries.neighbours import around_capability
from matchmaker.services import capabilities as services
from matchmaker.services.confirmations import limits
from matchmaker.web import buttons
from matchmaker.web.auth import guard
from matchmaker.web.bulk import carried_out, number_done, selected_ids, shown_outcomes, waiting_number
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.filters import label
from matchmaker.web.forms import once, render
from matchmaker.web.matching import capabilities_changed
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("capabilities", __name__, url_prefix="/capabilities", enable_openapi=False)
anybody = guard(Permission.CAPABILITY_VIEW, Facts(public=True))
MATTERS = {CapabilityStatus.LISTED, CapabilityStatus.WITHDRAWN}  # reaching or leaving the list moves suggestions


@bp.get("")
@anybody
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page, tally = queries.search(session, actor, asked), queries.tally(session, actor)
        return render(
            "pages/capabilities/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            tally=tally,
            states=[(status.value, with_detail(label(status), number)) for status, number in tally.items()],
            kinds=[(kind.value, label(kind)) for kind in CapabilityKind],
            may_create=bool(queries.owners_for(session, actor)),
            may_list=can(actor, Permission.CAPABILITY_REVIEW),
            ready=waiting_number(session, queries.search, actor, asked, CapabilityStatus.REVIEW.value),
        )


@bp.get("/export.xlsx")
@anybody
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        rows = [_row(capability) for capability in queries.search(session, actor, asked).rows]
    return sheet(_("能力"), rows)


def _row(capability: Capability) -> dict[str, Any]:
    return {
        _("编号"): capability.external_id or capability.id,
        _("能力名称"): capability.title,
        _("能力类型"): label(capability.kind),
        _("专家"): capability.expert.name if capability.expert else "",
        _("科研项目团队"): capability.group.name if capability.group else "",
        _("所属单位"): capability.source.name,
        _("状态"): label(capability.status),
        _("详细说明"): capability.text,
        _("关键词"): _("；").join(capability.keywords),
        _("成熟度"): label(capability.maturity) if capability.maturity else "",
        _("专利号或登记号"): capability.ip_number,
    }


@bp.get("/<int:capability_id>")
def show(capability_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        capability = queries.get_visible(session, actor, capability_id)
        sees_history = queries.sees_history(actor, capability)
        return render(
            "pages/capabilities/show.html",
            capability=capability,
            buttons=buttons.of(actor, capability),
            may_edit=buttons.may(services.require_editable, actor, capability),
            confirmed=confirmations.confirmed_on(capability),
            due=capability.status is CapabilityStatus.LISTED
            and confirmations.is_due(capability, limits(runtime().settings), clock().today()),
            timeline=history.timeline(session, Noun.CAPABILITY, capability.id) if sees_history else [],
            may_comment=services.may_comment(actor, capability),
            near=around_capability(session, actor, runtime().index.current(session), capability),
            unused=[span[1:] for span in boilerplate.unused(session, texts.analysed(capability.terms))],
        )


@bp.post("/<int:capability_id>/comments")
def comment(capability_id: int) -> Response:
    actor, body = current_actor(), request.form.get("body", "")

    def add(session: Session) -> str:
        capability = queries.get_visible(session, actor, capability_id)
        services.comment(session, actor, capability, body, clock=clock())
        flash(_("已发送，对方会收到通知。"))
        return url_for("capabilities.show", capability_id=capability_id, _anchor="history")

    return once(add)


@bp.post("/<int:capability_id>/<action>")
def act(capability_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")
    owners: set[str] = set()

    def move(session: Session) -> str:
        capability = queries.get_visible(session, actor, capability_id)
        step = services.review(session, actor, capability, action, clock=clock(), reason=reason)
        owners.update({capability.owner_key} if step.target in MATTERS else ())
        flash(_("已完成：%(action)s", action=_(step.label)))
        return url_for("capabilities.show", capability_id=capability_id)

    answer = once(move)
    capabilities_changed(owners)
    return answer


@bp.post("/bulk/list")
@guard(Permission.CAPABILITY_REVIEW)
def list_many() -> Response:
    actor = current_actor()
    owners: set[str] = set()
    with reading() as session:
        ids = selected_ids(lambda: _matching(session, actor))

    def move(session: Session) -> str:
        done, told = carried_out(session, lambda: services.list_many(session, actor, ids, clock=clock()))
        owners.update(queries.owner_keys(session, done))
        return url_for("capabilities.listed", **told)

    answer = once(move)
    capabilities_changed(owners)
    return answer


def _matching(session: Session, actor: Actor) -> list[int]:
    rows = queries.search(session, actor, all_rows(wanted(queries.FILTERS))).rows
    return [row.id for row in rows if row.status is CapabilityStatus.REVIEW]


@bp.get("/bulk/list")
@guard(Permission.CAPABILITY_REVIEW)
def listed() -> str:
    """What came of listing many: how many are done, which were refused and why."""
    actor = current_actor()
    with reading() as session:
        failed = shown_outcomes(lambda record_id: queries.get_visible(session, actor, record_id), actor, "list")
        done = number_done(session, actor, Noun.CAPABILITY, "list")
        return render("pages/capabilities/listed.html", done=done, failed=failed)
