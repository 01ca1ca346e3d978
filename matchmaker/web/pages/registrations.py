"""Firms that ask to take part: the bureau's list, one registration, its steps."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Registration
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import Noun, RegistrationStatus
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import choices, history, profiles
from matchmaker.queries import registrations as queries
from matchmaker.queries.choices import named
from matchmaker.services import registrations as services
from matchmaker.web import buttons
from matchmaker.web.bulk import carried_out, number_done, selected_ids, shown_outcomes, waiting_number
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label, moment
from matchmaker.web.forms import once, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("registrations", __name__, url_prefix="/registrations", enable_openapi=False)
KNOWN = [("0", lazy_gettext("新企业")), ("1", lazy_gettext("名录中已有"))]


@bp.before_request
def only_reviewers() -> None:
    actor = current_actor()
    units = frozenset({actor.unit_id}) if actor.unit_id is not None else frozenset()
    if not can(actor, Permission.REGISTRATION_REVIEW, Facts(unit_ids=units)):
        abort(403)


@bp.get("")
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        return render(
            "pages/registrations/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            statuses=[(status.value, label(status)) for status in RegistrationStatus],
            units=choices.units(session),
            known=[(value, str(text)) for value, text in KNOWN],
            ready=waiting_number(session, queries.search, actor, asked, RegistrationStatus.PENDING.value),
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        rows = [_row(registration) for registration in queries.search(session, actor, asked).rows]
    return sheet(_("企业注册"), rows)


def _row(registration: Registration) -> dict[str, Any]:
    claim, unit = registration.claim, registration.organisation.unit
    return {
        _("编号"): registration.id,
        _("企业全称"): claim["name"],
        _("统一社会信用代码"): claim["credit_code"],
        _("责任单位"): named(unit) if unit else "",
        _("名录"): _("已有") if registration.known else _("新"),
        _("联系人"): claim["contact_name"],
        _("联系电话"): claim["contact_phone"],
        _("电子邮箱"): claim["contact_email"],
        _("登录名"): registration.account.login,
        _("状态"): label(registration.status),
        _("提交时间"): moment(registration.created_at),
        _("办理人"): registration.decided_by,
    }


@bp.get("/<int:registration_id>")
def show(registration_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        registration = queries.get_visible(session, actor, registration_id)
        return render(
            "pages/registrations/show.html",
            registration=registration,
            near=queries.near(session, registration),
            rivals=queries.rivals(session, registration),
            units=dict(choices.units(session)),
            buttons=buttons.of(actor, registration),
            timeline=history.timeline(session, Noun.REGISTRATION, registration.id),
        )


@bp.post("/<int:registration_id>/<any(approve, refuse, reconsider, revoke):action>")
def act(registration_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")
    version = row_id(request.form.get("version"))

    def move(session: Session) -> str:
        registration = queries.get_visible(session, actor, registration_id)
        step = services.decide(session, actor, registration, action, clock=clock(), reason=reason, version=version)
        flash(_("已完成：%(action)s", action=_(step.label)))
        return url_for("registrations.show", registration_id=registration_id)

    return once(move)


@bp.post("/<int:registration_id>/attach")
def attach(registration_id: int) -> Response:
    actor, firm_id = current_actor(), row_id(request.form.get("firm")) or 0

    def point(session: Session) -> str:
        registration = queries.get_visible(session, actor, registration_id)
        firm = profiles.organisation(session, actor, firm_id)
        services.attach(session, actor, registration, firm, clock=clock())
        flash(_("已指明：申请人代表名录中的“%(name)s”。核准后生效。", name=firm.name))
        return url_for("registrations.show", registration_id=registration_id)

    return once(point)


@bp.post("/bulk/approve")
def approve_many() -> Response:
    actor = current_actor()
    with reading() as session:
        ids = selected_ids(lambda: _matching(session, actor))

    def approve(session: Session) -> str:
        _done, told = carried_out(session, lambda: services.approve_many(session, actor, ids, clock=clock()))
        return url_for("registrations.approved", **told)

    return once(approve)


def _matching(session: Session, actor: Actor) -> list[int]:
    rows = queries.search(session, actor, all_rows(wanted(queries.FILTERS))).rows
    return [row.id for row in rows if row.status is RegistrationStatus.PENDING]


@bp.get("/bulk/approve")
def approved() -> str:
    """What came of approving many."""
    actor = current_actor()
    with reading() as session:
        failed = shown_outcomes(lambda number: queries.get_visible(session, actor, number), actor, "approve")
        done = number_done(session, actor, Noun.REGISTRATION, "approve")
        return render("pages/registrations/approved.html", done=done, failed=failed)
