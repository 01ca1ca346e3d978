"""A firm asks to take part: the form that anybody may fill in. Deciding on it: `registrations`."""

from typing import Any

from apiflask import APIBlueprint
from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.drafts import RegistrationDraft, check
from matchmaker.domain.permissions import Actor
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.services import accounts, throttle
from matchmaker.services import registrations as services
from matchmaker.web.auth import public
from matchmaker.web.context import clock, reading
from matchmaker.web.forms import controls, form_values, once, refused_form, render

bp = APIBlueprint("register", __name__, url_prefix="/register", enable_openapi=False)
TEMPLATE = "pages/register/form.html"
TRAP = "website"  # a field that people do not see and programs fill in
BY_STRANGER = 0  # in place of an account, for forms that are sent twice
NOT_IN_DRAFT = ("consent", TRAP)


@bp.get("")
@public
def new() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, {}, {}))


def _page(session: Session, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    fields = controls(RegistrationDraft, values, errors, {"unit": choices.units(session)})
    return {"fields": {field.name: field for field in fields}, "values": values, "errors": errors}


@bp.post("")
@public
def send() -> Response:
    """Whoever asks gets the same answer, whatever is on file."""
    values, network = form_values(), accounts.network_of(request.remote_addr or "")
    if values.get(TRAP):
        return redirect(url_for("register.done"), 303)
    try:
        draft, password_hash = _sound(values, request.form.get("password", ""), network)
        return once(lambda session: _keep(session, draft, password_hash, network), account_id=BY_STRANGER)
    except Invalid as refused:
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, values, refused.errors))


def _sound(values: dict[str, Any], password: str, network: str) -> tuple[RegistrationDraft, str]:
    """What was sent, if nothing is wrong with it; else `Invalid` with all that is, the password's faults too."""
    with reading() as session:
        throttle.require_free(session, services.ACTION, network, now=clock().now())
    draft, errors = check(RegistrationDraft, {k: v for k, v in values.items() if k not in NOT_IN_DRAFT})
    if not values.get("consent"):
        errors["consent"] = _("请阅读并同意信息使用说明，否则不能注册")
    try:
        password_hash = accounts.hash_chosen(
            password, request.form.get("repeated", ""), names=[values.get("login", ""), values.get("name", "")]
        )
    except Invalid as weak:
        errors |= weak.errors
    if errors or draft is None:
        raise Invalid(errors)
    return draft, password_hash


def _keep(session: Session, draft: RegistrationDraft, password_hash: str, network: str) -> str:
    applicant = Actor(role=None, name=draft.contact_name)
    services.submit(session, applicant, draft, password_hash=password_hash, network=network, clock=clock())
    return url_for("register.done")


@bp.get("/done")
@public
def done() -> str:
    return render("pages/register/done.html")
