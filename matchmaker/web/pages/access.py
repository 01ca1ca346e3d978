"""开通账号: links for experts, institutes and firms on file (and staff): who waits, whom to invite."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_pgettext
from matchmaker.queries import account_lists as queries
from matchmaker.queries.accounts import may_invite
from matchmaker.queries.listing import Wanted
from matchmaker.services import account_links
from matchmaker.services import invited as services
from matchmaker.web import sent_link
from matchmaker.web.auth import guard
from matchmaker.web.bulk import selected_ids
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label, moment
from matchmaker.web.forms import form_values, once, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("access", __name__, url_prefix="/access", enable_openapi=False)
officers = guard(Permission.ACCOUNT_INVITE)
KINDS = {
    "expert": lazy_pgettext("several", "专家"),
    "institute": lazy_pgettext("several", "院所高校"),
    "firm": lazy_pgettext("several", "企业"),
}
MOST_AT_ONCE = 200


@bp.get("")
@officers
def index() -> str:
    actor, asked = current_actor(), wanted(("role",))
    with reading() as session:
        page = queries.waiting(session, actor, asked)
        return render(
            "pages/access/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            about=queries.about(session, page.rows, clock().now()),
            roles=[(role.value, label(role)) for role in Role if may_invite(actor, role)],
            sent=sent_link.take(),
        )


@bp.get("/export.xlsx")
@officers
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(("role",)))
    with reading() as session:
        accounts = queries.waiting(session, actor, asked).rows
        about = queries.about(session, accounts, clock().now())
        rows: list[dict[str, Any]] = [
            {
                _("姓名"): account.name,
                _("角色"): label(account.role),
                _("所属"): about[account.id].belongs_to,
                _("电子邮箱"): account.email,
                _("链接有效至"): moment(until) if (until := about[account.id].link_until) else "",
                _("建立时间"): moment(account.created_at),
            }
            for account in accounts
        ]
    return sheet(_("待开通账号"), rows)


@bp.get("/people")
@officers
def people() -> str:
    actor, asked = current_actor(), wanted(queries.PEOPLE_FILTERS)
    with reading() as session:
        page = queries.people(session, actor, asked)
        return render(
            "pages/access/people.html",
            listing=Listing(page, asked, "name"),
            kinds=[(value, str(text)) for value, text in KINDS.items()],
            kind=_kind(asked),
            most=MOST_AT_ONCE,
        )


def _kind(asked: Wanted) -> str:
    kind = asked.filters.get("kind", queries.EXPERTS)
    return kind if kind in queries.PEOPLE else "institute"


@bp.post("/people")
@officers
def invite_many() -> Response:
    """Invite all that are checked, or all that match, by what is on file."""
    actor, asked = current_actor(), all_rows(wanted(queries.PEOPLE_FILTERS))
    role = queries.PEOPLE[_kind(asked)]
    with reading() as session:
        ids = selected_ids(lambda: [row.id for row in queries.people(session, actor, asked).rows])
    if len(ids) > MOST_AT_ONCE:
        raise Invalid({"": _("一次最多邀请 %(most)s 位，请先筛选或分几次勾选", most=MOST_AT_ONCE)})

    def send(session: Session) -> str:
        outcomes = services.invite_many(session, actor, role, ids, clock=clock())
        refused = [outcome.message for outcome in outcomes if not outcome.done]
        flash(
            _(
                "已建立 %(number)s 个待开通账号；有邮箱的已发出链接，没有邮箱的请逐个复制。",
                number=len(ids) - len(refused),
            )
        )
        for message in refused[:5]:
            flash(message, "warn")
        return url_for("access.index", role=role.value)

    return once(send)


@bp.post("")
@officers
def invite() -> Response:
    """Invite one, under another name or address than on file where that is given."""
    actor, values = current_actor(), form_values()
    role = queries.PEOPLE.get(values.get("kind", ""), Role.EXPERT)

    def send(session: Session) -> str:
        party = services.party(session, role, row_id(values.get("party")) or 0)
        name, email = values.get("name", ""), values.get("email", "")
        made = services.invite(session, actor, party, name=name, email=email, clock=clock())
        flash(sent_link.keep(*made))
        return url_for("access.index")

    return once(send)


def _back() -> str:
    """The list as it was narrowed."""
    return url_for("access.index", role=request.args.get("role", "")).removesuffix("?role=")


@bp.post("/<int:account_id>/link")
@officers
def send_again(account_id: int) -> Response:
    actor = current_actor()

    def send(session: Session) -> str:
        account = queries.get_waiting(session, actor, account_id)
        flash(sent_link.keep(account, *account_links.send(session, actor, account, clock=clock())))
        return _back()

    return once(send)


@bp.post("/<int:account_id>/revoke")
@officers
def revoke(account_id: int) -> Response:
    actor = current_actor()

    def end(session: Session) -> str:
        account_links.revoke(session, actor, queries.get_waiting(session, actor, account_id), clock=clock())
        flash(_("链接已撤回，需要时可以重新发送。"))
        return _back()

    return once(end)
