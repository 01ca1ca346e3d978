"""Certificates of service: issued by an officer, printed with a code, checked by anybody who holds the paper."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, make_response, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Certificate
from matchmaker.domain.drafts import CertificateDraft
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.task_books import day_text
from matchmaker.errors import Invalid
from matchmaker.exchange import qr
from matchmaker.i18n import gettext as _
from matchmaker.queries import certificates as queries
from matchmaker.queries import teams
from matchmaker.services import certificates as services
from matchmaker.services import throttle
from matchmaker.services.accounts import network_of
from matchmaker.web.auth import guard, public
from matchmaker.web.context import clock, current_actor, reading, runtime, writing
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.security import behind_key
from matchmaker.web.team_forms import FORM, form_of

bp = APIBlueprint("certificates", __name__, enable_openapi=False)


@bp.get("/teams/<int:team_id>/certificates/new")
@guard(Permission.CERTIFICATE_ISSUE)
def new(team_id: int) -> str:
    today = clock().today()
    values = {"from_day": today.replace(month=1, day=1), "to_day": today, "expert": request.args.get("expert", "")}
    with reading() as session:
        return render(FORM, **_form(session, team_id, values, {}))


@bp.post("/teams/<int:team_id>/certificates")
@guard(Permission.CERTIFICATE_ISSUE)
def issue(team_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        row = services.issue(session, actor, team, drafted(CertificateDraft, values), clock=clock())
        flash(_("服务证明已开具，可以打印。"))
        return url_for("certificates.paper", certificate_id=row.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **_form(session, team_id, values, refusal.errors))


def _form(session: Session, team_id: int, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    team = teams.get_visible(session, current_actor(), team_id)
    people = [(str(one.expert_id), one.expert.name) for one in team.members]
    items = controls(CertificateDraft, values, errors, {"expert": people})
    where = url_for("certificates.issue", team_id=team_id)
    return form_of(team, _("开具服务证明"), where, items) | {"errors": errors}


@bp.get("/certificates/<int:certificate_id>/paper")
def paper(certificate_id: int) -> str:
    """The certificate as it is printed, for the expert, the institute and officers."""
    actor = current_actor()
    with reading() as session:
        row = queries.get_visible(session, actor, certificate_id)
        address = runtime().settings.public_url + url_for("certificates.check", token=row.token)
        return render(
            "pages/certificates/paper.html",
            row=row,
            days=day_text(row.half_days),
            firms=[(firm["name"], day_text(firm["half_days"])) for firm in row.firms],
            address=address,
            code=Markup(qr.svg(address)),  # noqa: S704 -- made by us from our own address
            may_issue=can(actor, Permission.CERTIFICATE_ISSUE),
        )


@bp.post("/certificates/<int:certificate_id>/revoke")
@guard(Permission.CERTIFICATE_ISSUE)
def revoke(certificate_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        services.revoke(session, actor, _visible(session, certificate_id), reason=reason, clock=clock())
        flash(_("已撤销。核验这份证明的人会看到“已撤销”。"))
        return url_for("certificates.paper", certificate_id=certificate_id)

    return once(save)


def _visible(session: Session, number: int) -> Certificate:
    return queries.get_visible(session, current_actor(), number)


@bp.get("/certificates/<token>")
@public
def check(token: str) -> Response:
    """What anybody may check. How often one network asks is limited, so that nobody tries codes."""
    with writing() as session:
        network = network_of(request.remote_addr or "")
        throttle.take(session, services.CHECK, network, now=clock().now(), most=services.MOST_CHECKS)
    with reading() as session:
        row = queries.by_token(session, token)
        found = queries.public(session, row, clock().today()) if row is not None else None
        return behind_key(make_response(render("pages/certificates/check.html", found=found), 200 if found else 404))
