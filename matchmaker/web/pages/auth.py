"""Signing in and out."""

from apiflask import APIBlueprint
from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from matchmaker.i18n import gettext as _
from matchmaker.queries.guide import has_accounts
from matchmaker.services import accounts
from matchmaker.web.auth import end, public, safe_next, start
from matchmaker.web.context import clock, reading, writing
from matchmaker.web.forms import refused_form, render

bp = APIBlueprint("auth", __name__, enable_openapi=False)
TEMPLATE = "pages/auth/sign_in.html"


@bp.get("/login")
@public
def sign_in() -> str | Response:
    target = safe_next(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(target, 302)
    with reading() as db:
        return render(TEMPLATE, login="", next=target, error="", has_accounts=has_accounts(db))


@bp.post("/login")
@public
def carry_in() -> Response:
    login, password = request.form.get("login", ""), request.form.get("password", "")
    target, address = safe_next(request.form.get("next", "")), request.remote_addr or ""
    with writing() as session:
        attempt = accounts.begin_attempt(session, login=login, address=address, clock=clock())
    if not accounts.password_matches(attempt, password):
        error = _("账号或密码不正确，请核对后重试。新注册的账号核准之后才能登录；忘记密码可以重新设置。")
        return refused_form(TEMPLATE, login=login, next=target, error=error, has_accounts=True)
    with writing() as session:
        token = accounts.open_session(session, attempt, address=address, clock=clock())
    start(token)
    return redirect(target, 303)


@bp.post("/logout")
def sign_out() -> Response:
    end()
    flash(_("您已安全退出。"))
    return redirect(url_for("public.index"), 303)
