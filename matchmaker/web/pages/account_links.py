"""Without a password: opening one's account, setting a new password, asking for the link to do so."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain import logins
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import LinkPurpose
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import accounts as queries
from matchmaker.services import account_links as services
from matchmaker.services import accounts
from matchmaker.web.auth import public, start
from matchmaker.web.context import clock, reading, writing
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.security import behind_key

bp = APIBlueprint("account_links", __name__, enable_openapi=False)
TEMPLATE = "pages/account_links/set.html"
OVER = "pages/account_links/over.html"
BY_STRANGER = 0  # in place of an account, for forms that are sent twice


@bp.get("/welcome/<token>")
@public
def welcome(token: str) -> Response:
    return _form(token, LinkPurpose.WELCOME)


@bp.get("/reset/<token>")
@public
def reset(token: str) -> Response:
    return _form(token, LinkPurpose.RESET)


def _form(token: str, purpose: LinkPurpose) -> Response:
    with reading() as session:
        page = _page(session, token, purpose, {}, {})
        return behind_key(make_response(render(TEMPLATE, **page) if page else render(OVER), 200 if page else 404))


def _page(
    session: Session, token: str, purpose: LinkPurpose, values: dict[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    """What the form shows; empty when the link works no more."""
    link = queries.open_link(session, token, purpose, now=clock().now())
    if link is None:
        return {}
    account = link.account
    return {
        "token": token,
        "purpose": purpose,
        "account": account,
        "belongs_to": queries.belongs_to(session, account),
        "login": values.get("login", account.login if logins.is_chosen(account.login) else ""),
        "errors": errors,
    }


@bp.post("/welcome/<token>")
@public
def open_account(token: str) -> Response:
    return _carry_out(token, LinkPurpose.WELCOME)


@bp.post("/reset/<token>")
@public
def set_password(token: str) -> Response:
    return _carry_out(token, LinkPurpose.RESET)


def _carry_out(token: str, purpose: LinkPurpose) -> Response:
    values, password = form_values(), request.form.get("password", "")
    try:
        password_hash = accounts.hash_chosen(
            password, request.form.get("repeated", ""), names=_names(token, purpose, values)
        )
        signed_in = _redeem(token, purpose, values.get("login", ""), password_hash)
    except Invalid as refused:
        with reading() as session:
            page = _page(session, token, purpose, values, refused.errors)
            return behind_key(refused_form(TEMPLATE, **page) if page else make_response(render(OVER), 409))
    except Conflict:
        return behind_key(make_response(render(OVER), 409))
    start(signed_in)
    flash(_("账号已开通。") if purpose is LinkPurpose.WELCOME else _("新密码已生效，其他地方的登录已全部退出。"))
    return redirect(url_for("home.index"), 303)


def _names(token: str, purpose: LinkPurpose, values: dict[str, Any]) -> list[str]:
    with reading() as session:
        link = queries.open_link(session, token, purpose, now=clock().now())
        return [values.get("login", ""), link.account.login if link else ""]


def _redeem(token: str, purpose: LinkPurpose, login: str, password_hash: str) -> str:
    """Set the password and begin a session in one transaction; the session's token."""
    with writing() as session:
        account = services.redeem(session, token, purpose, login=login, password_hash=password_hash, clock=clock())
        who, address = queries.actor_of(account), request.remote_addr or ""
        return accounts.begin_session(session, who, account, address=address, clock=clock())


@bp.get("/forgot")
@public
def forgot() -> str:
    return render("pages/account_links/forgot.html", errors={})


@bp.post("/forgot")
@public
def ask() -> Response:
    """Whoever asks gets the same answer, whether there is such a person or not."""
    name, network = form_values().get("name", ""), accounts.network_of(request.remote_addr or "")
    if not name:
        errors = {"name": _("请填写登录名或邮箱")}
        return refused_form("pages/account_links/forgot.html", errors=errors)

    def write(session: Session) -> str:
        services.ask_reset(session, Actor(role=None, name=_("本人")), name, network=network, clock=clock())
        return url_for("account_links.asked")

    return once(write, account_id=BY_STRANGER)


@bp.get("/forgot/sent")
@public
def asked() -> str:
    return render("pages/account_links/asked.html")
