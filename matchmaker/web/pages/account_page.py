"""One account, for the administrator: what it is, its link, its locking."""

from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Account, Expert, Organisation, Unit
from matchmaker.domain.ids import row_id
from matchmaker.domain.logins import is_chosen
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import account_lists as queries
from matchmaker.queries import handover, history
from matchmaker.queries.accounts import is_opened
from matchmaker.services import account_links
from matchmaker.services import accounts as services
from matchmaker.services.accounts import NewAccount
from matchmaker.web import sent_link
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.accounts import STATES, form, managers, state_of, typed, typed_person

bp = APIBlueprint("account_page", __name__, url_prefix="/accounts", enable_openapi=False)
TEMPLATE = "pages/accounts/show.html"
MOST_TOLD = 30  # of what happened; sign-ins are many


@bp.get("/<int:account_id>")
@managers
def show(account_id: int) -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, queries.get(session, current_actor(), account_id), {}, {}))


def _page(session: Session, account: Account, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    state = state_of(account)
    return {
        **form(session, values or _values(session, account), errors),
        "account": account,
        "about": queries.about(session, [account], clock().now())[account.id],
        "state": state,
        "state_name": str(STATES[state]),
        "is_opened": is_opened(account),
        "is_chosen": is_chosen(account.login),
        "open_items": handover.number_of(session, account.id),
        "sent": sent_link.take(),
        "timeline": history.timeline(session, Noun.ACCOUNT, account.id)[:MOST_TOLD],
    }


def _values(session: Session, account: Account) -> dict[str, str]:
    """What stands in the form before anything is changed."""
    unit = session.get(Unit, account.unit_id) if account.unit_id is not None else None
    return {
        "login": account.login if is_chosen(account.login) else "",
        "name": account.name,
        "email": account.email,
        "role": account.role.value,
        "belongs": _belongs(session, account),
        "unit": unit.code if unit else "",
    }


def _belongs(session: Session, account: Account) -> str:
    """Expert or organisation as one would type it."""
    if account.expert_id is not None:
        expert = session.get_one(Expert, account.expert_id)
        return f"{expert.name}@{expert.institute.name}"
    return session.get_one(Organisation, account.organisation_id).name if account.organisation_id is not None else ""


@bp.post("/<int:account_id>")
@managers
def update(account_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        account = queries.get(session, actor, account_id)
        version = row_id(values.get("version")) or 0
        services.change(session, actor, account, _changed(session, account, values), clock=clock(), version=version)
        flash(_("已保存。"))
        return url_for("account_page.show", account_id=account_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            account = queries.get(session, actor, account_id)
            return refused_form(TEMPLATE, **_page(session, account, values, refusal.errors))


def _changed(session: Session, account: Account, values: dict[str, Any]) -> NewAccount:
    """What the form says; whose account it is is looked up only where that was changed."""
    standing = _values(session, account)
    if any(values.get(name, "") != standing[name] for name in ("role", "belongs", "unit")):
        return typed(session, values)
    return replace(
        typed_person(values),
        role=account.role,
        organisation_id=account.organisation_id,
        expert_id=account.expert_id,
        unit_id=account.unit_id,
    )


@bp.post("/<int:account_id>/active")
@managers
def switch(account_id: int) -> Response:
    actor, active = current_actor(), request.form.get("active") == "1"

    def save(session: Session) -> str:
        account = queries.get(session, actor, account_id)
        services.set_active(session, actor, account, active=active, clock=clock())
        flash(_("已启用 %(name)s", name=account.name) if active else _("已停用 %(name)s", name=account.name))
        return url_for("account_page.show", account_id=account_id)

    return once(save)


@bp.post("/<int:account_id>/link")
@managers
def send(account_id: int) -> Response:
    """A link to open the account, or to a new password."""
    actor = current_actor()

    def save(session: Session) -> str:
        account = queries.get(session, actor, account_id)
        if account.id == actor.account_id:
            raise Conflict(_("自己的密码请在“我的账号”里修改"))
        flash(sent_link.keep(account, *account_links.send(session, actor, account, clock=clock())))
        return url_for("account_page.show", account_id=account_id)

    return once(save)


@bp.post("/<int:account_id>/revoke")
@managers
def revoke(account_id: int) -> Response:
    actor = current_actor()

    def save(session: Session) -> str:
        account_links.revoke(session, actor, queries.get(session, actor, account_id), clock=clock())
        flash(_("链接已撤回。"))
        return url_for("account_page.show", account_id=account_id)

    return once(save)
