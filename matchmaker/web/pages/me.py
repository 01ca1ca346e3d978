"""我的账号: one's own name, address, language, password and open sign-ins."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Account
from matchmaker.domain.drafts import ExpertDraft, fields_of, parse
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Invalid
from matchmaker.i18n import LOCALES, lazy_gettext
from matchmaker.i18n import gettext as _
from matchmaker.queries import accounts as queries
from matchmaker.services import accounts as services
from matchmaker.services.accounts import Attempt
from matchmaker.web.context import clock, current_actor, reading, writing
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("me", __name__, url_prefix="/me", enable_openapi=False)
TEMPLATE = "pages/me/show.html"
LANGUAGES = {"zh_CN": lazy_gettext("中文"), "en": lazy_gettext("English")}


@bp.get("")
def show() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, {}, {}))


def _page(session: Session, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    account = _own(session)
    return {
        "account": account,
        "belongs_to": queries.belongs_to(session, account),
        "sessions": queries.sessions_of(session, account.id),
        "here": queries.token_hash(current_user.token),
        "languages": [(code, str(LANGUAGES[code])) for code in LOCALES],
        "times_url": _times_url(account),
        "values": values,
        "errors": errors,
    }


def _times_url(account: Account) -> str:
    """Where somebody says when they, or their firm or institute, are free."""
    if account.expert_id is not None:
        return url_for("availability.show", noun="experts", party_id=account.expert_id)
    if account.role in {Role.FIRM, Role.INSTITUTE}:
        return url_for("availability.show", noun="organisations", party_id=account.organisation_id)
    return ""


def _own(session: Session) -> Account:
    return session.get_one(Account, current_actor().account_id)


@bp.post("")
def update() -> Response:
    values = form_values()
    try:
        email = str(parse(fields_of(ExpertDraft)["email"], values.get("email", "")))
    except ValueError as wrong:
        return _refused(values, {"email": str(wrong)})
    proof = _proof() if email != current_user.account.email else None

    def save(session: Session) -> str:
        chosen = {"name": values.get("name", ""), "email": email, "locale": values.get("locale", "")}
        services.edit_own(session, current_actor(), _own(session), **chosen, clock=clock())
        if proof is not None:
            services.forget_failures(session, proof)
        flash(_("已保存。"))
        return url_for("me.show", lang=values["locale"])  # the browser's own choice would stand before it

    return _carried_out(save, values, proof)


def _proof() -> Attempt:
    """An attempt to prove that it is still the holder who sits there; it counts as failed until it succeeds."""
    with writing() as session:
        login, address = current_user.account.login, request.remote_addr or ""
        return services.begin_attempt(session, login=login, address=address, clock=clock())


def _carried_out(save: Any, values: dict[str, Any], proof: Attempt | None) -> Response:
    if proof is not None and not services.password_matches(proof, request.form.get("old", "")):
        return _refused(values, {"old": _("现在的密码不正确，请重新填写")})
    try:
        return once(save)
    except Invalid as refused:
        return _refused(values, refused.errors)


def _refused(values: dict[str, Any], errors: dict[str, str]) -> Response:
    with reading() as session:
        return refused_form(TEMPLATE, **_page(session, values, errors))


@bp.post("/password")
def change_password() -> Response:
    proof = _proof()
    try:
        hashed = services.hash_chosen(
            request.form.get("password", ""), request.form.get("repeated", ""), names=[current_user.account.login]
        )
    except Invalid as refused:
        return _refused({}, refused.errors)

    def save(session: Session) -> str:
        keep = current_user.token
        services.set_password(session, current_actor(), _own(session), password_hash=hashed, clock=clock(), keep=keep)
        services.forget_failures(session, proof)
        flash(_("密码已修改，其他地方的登录已全部退出。"))
        return url_for("me.show")

    return _carried_out(save, {}, proof)


@bp.post("/sessions/end")
def end_others() -> Response:
    def end(session: Session) -> str:
        services.end_others(session, current_actor(), keep=current_user.token, clock=clock())
        flash(_("其他地方的登录已全部退出。"))
        return url_for("me.show")

    return once(end)
