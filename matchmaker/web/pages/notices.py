"""The inbox, and how often one wants to be written to; from a letter the latter opens without a password."""

from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Account, Notice
from matchmaker.delivery.letters import chat, subject
from matchmaker.domain.notices import kinds_for
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import notices as queries
from matchmaker.services import links
from matchmaker.services import notices as services
from matchmaker.web.auth import public, safe_next
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, wanted
from matchmaker.web.security import behind_key

bp = APIBlueprint("notices", __name__, enable_openapi=False)
INDEX, PREFERENCES = "pages/notices/index.html", "pages/notices/preferences.html"
STATES = [(queries.UNREAD, lazy_gettext("未读")), (queries.READ, lazy_gettext("已读"))]


@dataclass(frozen=True)
class Line:
    """A notice as its reader sees it; `text` is what they may paste into a chat."""

    row: Notice
    subject: str
    text: str


def _line(notice: Notice) -> Line:
    link = runtime().settings.public_url + str(notice.params["page"])
    return Line(notice, subject(notice.notice, notice.params), chat(notice.notice, notice.params, link))


@bp.get("/notices")
def index() -> str:
    account_id, asked = _account_id(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, account_id, asked)
        return render(
            INDEX,
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            lines=[_line(row) for row in page.rows],
            newest=queries.newest(session, account_id),
            states=[(value, _(label)) for value, label in STATES],
            kinds=[(kind.name, str(kind.label)) for kind in kinds_for(current_actor().role or Role.ADMIN)],
        )


@bp.post("/notices/<int:notice_id>/open")
def open_one(notice_id: int) -> Response:
    """Go to the record; having seen it, the notice is read."""
    account_id = _account_id()

    def mark(session: Session) -> str:
        return safe_next(str(_own(session, account_id, notice_id).params["page"]))

    return once(mark)


@bp.post("/notices/<int:notice_id>/read")
def read(notice_id: int) -> Response:
    account_id = _account_id()

    def mark(session: Session) -> str:
        _own(session, account_id, notice_id)
        return url_for("notices.index")

    return once(mark)


@bp.post("/notices/read")
def read_all() -> Response:
    account_id, until = _account_id(), request.form.get("until", type=int, default=0)

    def mark(session: Session) -> str:
        services.read_all(session, account_id, until=until, clock=clock())
        flash(_("已全部标为已读。"))
        return url_for("notices.index")

    return once(mark)


def _own(session: Session, account_id: int, notice_id: int) -> Notice:
    found = services.read(session, account_id, notice_id, clock=clock())
    if found is None:
        raise NotFound(_("没有找到这条通知"))
    return found


@bp.get("/notices/preferences")
def preferences() -> str:
    with reading() as session:
        account = session.get_one(Account, _account_id())
        return render(PREFERENCES, **_page(session, account, url_for("notices.save")))


@bp.post("/notices/preferences")
def save() -> Response:
    return _save(_account_id(), url_for("notices.save"), url_for("notices.preferences"))


@bp.get("/p/<token>")
@public
def preferences_by_link(token: str) -> Response:
    account_id = _by_link(token)
    with reading() as session:
        action = url_for("notices.save_by_link", token=token)
        return behind_key(render(PREFERENCES, **_page(session, _holder(session, account_id), action)))


@bp.post("/p/<token>")
@public
def save_by_link(token: str) -> Response:
    account_id = _by_link(token)
    action = url_for("notices.save_by_link", token=token)
    return _save(account_id, action, url_for("notices.preferences_by_link", token=token))


def _by_link(token: str) -> int:
    return links.read_preferences_token(runtime().settings.key(), token)


def _save(account_id: int, action: str, back: str) -> Response:
    values = form_values()

    def keep(session: Session) -> str:
        services.prefer(session, _holder(session, account_id), values)
        flash(_("已保存。以后的通知按这里的选择发送。"))
        return back

    try:
        return once(keep, account_id=account_id)
    except Invalid as refused:
        with reading() as session:
            page = _page(session, _holder(session, account_id), action)
            return refused_form(PREFERENCES, **(page | {"errors": refused.errors}))


def _holder(session: Session, account_id: int) -> Account:
    found = session.get(Account, account_id)
    if found is None or not found.active:
        raise NotFound(_("这个账号已停用"))
    return found


def _page(session: Session, account: Account, action: str) -> dict[str, Any]:
    kinds = queries.preferences(session, account)
    return {"account": account, "chosen": kinds, "action": action, "errors": {}}


def _account_id() -> int:
    account_id = current_actor().account_id
    if account_id is None:
        raise NotFound(_("没有找到这条通知"))
    return account_id
