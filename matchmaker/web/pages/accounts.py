"""Accounts, for the administrator: the list and new ones. One account: `account_page`."""

from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Account
from matchmaker.domain.drafts import ExpertDraft, fields_of, parse
from matchmaker.domain.logins import is_chosen
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import account_lists as queries
from matchmaker.queries import choices, outbox
from matchmaker.queries.account_lists import About
from matchmaker.queries.accounts import is_opened
from matchmaker.queries.new_accounts import attached, role_of
from matchmaker.services import account_links
from matchmaker.services import accounts as services
from matchmaker.services.accounts import NewAccount
from matchmaker.web import sent_link
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label, moment
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("accounts", __name__, url_prefix="/accounts", enable_openapi=False)
TEMPLATE = "pages/accounts/index.html"
FORM = "pages/accounts/form.html"
managers = guard(Permission.ACCOUNT_MANAGE)
STATES = {
    queries.ACTIVE: lazy_gettext("正常"),
    queries.WAITING: lazy_gettext("待开通"),
    queries.LOCKED: lazy_gettext("已停用"),
}


def state_of(account: Account) -> str:
    """Which of the three states an account is in."""
    if not account.active:
        return queries.LOCKED
    return queries.ACTIVE if is_opened(account) else queries.WAITING


@bp.get("")
@managers
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        return render(
            TEMPLATE,
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            about=queries.about(session, page.rows, clock().now()),
            roles=[(role.value, label(role)) for role in Role],
            states=[(value, str(text)) for value, text in STATES.items()],
            state_of=state_of,
            state_names=STATES,
            is_chosen=is_chosen,
            no_officer=queries.without_officer(session),
            dead_letters=outbox.number_dead(session),
        )


@bp.get("/export.xlsx")
@managers
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        accounts = queries.search(session, actor, asked).rows
        about = queries.about(session, accounts, clock().now())
        rows = [_row(account, about[account.id]) for account in accounts]
    return sheet(_("账号"), rows)


def _row(account: Account, about: About) -> dict[str, Any]:
    return {
        _("登录名"): account.login if is_chosen(account.login) else "",
        _("姓名"): account.name,
        _("角色"): label(account.role),
        _("所属"): about.belongs_to,
        _("电子邮箱"): account.email,
        _("状态"): _("注册待核准") if about.awaits else str(STATES[state_of(account)]),
        _("登录中"): about.sessions,
        _("建立时间"): moment(account.created_at),
    }


@bp.get("/new")
@managers
def new() -> str:
    with reading() as session:
        return render(FORM, **form(session, {}, {}))


def form(session: Session, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    """What the form of an account shows."""
    return {
        "roles": [(role.value, label(role)) for role in Role],
        "units": choices.units(session),
        "values": values,
        "errors": errors,
    }


@bp.post("")
@managers
def create() -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        account = services.create(session, actor, typed(session, values), clock=clock())
        flash(sent_link.keep(account, *account_links.send(session, actor, account, clock=clock())))
        return url_for("account_page.show", account_id=account.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **form(session, values, refusal.errors))


def typed(session: Session, values: dict[str, Any]) -> NewAccount:
    """What the form says an account is; `Invalid` by field."""
    role = role_of(values.get("role", ""))
    return replace(typed_person(values), role=role, **attached(session, role, values))


def typed_person(values: dict[str, Any]) -> NewAccount:
    """The same without whose it is."""
    try:
        email = str(parse(fields_of(ExpertDraft)["email"], values.get("email", "")))
    except ValueError as wrong:
        raise Invalid({"email": str(wrong)}) from wrong
    return NewAccount(login=values.get("login", ""), name=values.get("name", ""), role=Role.LEADER, email=email)
