"""Accounts, for the administrator; and everybody's own password."""

import secrets

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import accounts as queries
from matchmaker.queries import choices
from matchmaker.queries.new_accounts import attached, role_of
from matchmaker.services import accounts as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("accounts", __name__, url_prefix="/accounts", enable_openapi=False)
TEMPLATE = "pages/accounts/index.html"
managers = guard(Permission.ACCOUNT_MANAGE)


@bp.get("")
@managers
def index() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, {}, {}))


def _page(session: Session, values: dict[str, str], errors: dict[str, str]) -> dict[str, object]:
    return {
        "rows": queries.every(session, current_actor()),
        "roles": [(role.value, label(role)) for role in Role],
        "units": choices.units(session),
        "values": values,
        "errors": errors,
    }


@bp.post("")
@managers
def create() -> Response:
    actor, values = current_actor(), form_values()
    password = secrets.token_urlsafe(9)
    password_hash = services.hash_password(password)

    def save(session: Session) -> str:
        role = role_of(values.get("role", ""))
        attached_to = attached(session, role, values)
        new = services.NewAccount(login=values.get("login", ""), name=values.get("name", ""), role=role, **attached_to)
        account = services.create(session, actor, new, password_hash=password_hash, clock=clock())
        _tell(account.login, password)
        return url_for("accounts.index")

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, values, refusal.errors))


def _tell(login: str, password: str) -> None:
    """Shown once, never stored."""
    flash(_("账号 %(login)s 的密码：%(password)s（只显示这一次，请转告本人）", login=login, password=password))


@bp.post("/<int:account_id>/active")
@managers
def switch(account_id: int) -> Response:
    actor, active = current_actor(), request.form.get("active") == "1"

    def save(session: Session) -> str:
        account = queries.get(session, actor, account_id)
        services.set_active(session, actor, account, active=active, clock=clock())
        flash(_("已启用 %(login)s", login=account.login) if active else _("已停用 %(login)s", login=account.login))
        return url_for("accounts.index")

    return once(save)


@bp.post("/<int:account_id>/password")
@managers
def reset_password(account_id: int) -> Response:
    actor, password = current_actor(), secrets.token_urlsafe(9)
    password_hash = services.hash_password(password)

    def save(session: Session) -> str:
        account = queries.get(session, actor, account_id)
        services.set_password(session, actor, account, password_hash=password_hash, clock=clock())
        _tell(account.login, password)
        return url_for("accounts.index")

    return once(save)
