"""工作交接: an officer's open items pass to another."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Account
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import with_detail
from matchmaker.queries import handover as queries
from matchmaker.services import handover as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("handover", __name__, url_prefix="/handover", enable_openapi=False)
TEMPLATE = "pages/handover/index.html"
officers = guard(Permission.HANDOVER)
PAGES = {
    Noun.NEED: ("needs.show", "need_id"),
    Noun.MEETING: ("meetings.show", "meeting_id"),
    Noun.INVITATION: ("invitations.show", "invitation_id"),
}


@bp.get("")
@officers
def index() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, row_id(request.args.get("from")), {}, {}))


def _page(session: Session, sender_id: int | None, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    numbers = queries.numbers(session)
    known = {officer.id: officer for officer in queries.officers(session)}
    items = queries.open_items(session, sender_id) if sender_id in known else []
    return {
        "senders": [(key, _named(known[key], numbers[key])) for key in known if numbers.get(key)],
        "receivers": [
            (officer.id, with_detail(officer.name, label(officer.role)))
            for officer in queries.officers(session, active=True)
            if officer.id != sender_id
        ],
        "sender": known.get(sender_id or 0),
        "items": items,
        "chosen": set(values.get("items", [item.key for item in items])),
        "address": _address,
        "lately": queries.lately(session),
        "values": values,
        "errors": errors,
    }


def _named(officer: Account, number: int) -> str:
    name = officer.name if officer.active else with_detail(officer.name, _("已停用"))
    return _("%(name)s · %(number)s 项", name=name, number=number)


def _address(item: queries.Item) -> str:
    endpoint, argument = PAGES[item.noun]
    return url_for(endpoint, **{argument: item.id})  # type: ignore[arg-type]


@bp.post("")
@officers
def hand_over() -> Response:
    actor, values = current_actor(), form_values("items")
    sender_id, receiver_id = row_id(values.get("from")), row_id(values.get("to"))
    keys = [key for item in values["items"] for key in item.split(",")]

    def give(session: Session) -> str:
        sender, receiver = _account(session, sender_id, "from"), _account(session, receiver_id, "to")
        number = services.hand_over(
            session, actor, sender, receiver, keys, reason=values.get("reason", ""), clock=clock()
        )
        flash(_("已把 %(number)s 项工作移交给%(name)s。", number=number, name=receiver.name))
        return url_for("handover.index", _anchor="lately")

    try:
        return once(give)
    except Invalid as refused:
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, sender_id, values, refused.errors))


def _account(session: Session, account_id: int | None, field: str) -> Account:
    found = session.get(Account, account_id) if account_id is not None else None
    if found is None and field == "to":
        raise Invalid({"to": _("请选择另一位在用的县级或市级工作人员")})
    if found is None:
        raise NotFound(_("没有这个账号"))
    return found
