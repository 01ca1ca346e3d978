"""发信情况: what was sent, what waits, what did not arrive; sent again, or settled in another way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import OutboxMessage
from matchmaker.delivery.letters import chat, subject
from matchmaker.domain.notices import label_of
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import MailFault, Noun, OutboxState
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import ngettext
from matchmaker.queries import contacts, history
from matchmaker.queries import outbox as queries
from matchmaker.queries.outbox import Holder
from matchmaker.queries.superseded import superseded
from matchmaker.services import dead_letters
from matchmaker.services.outbox import ONCE
from matchmaker.web.auth import guard
from matchmaker.web.bulk import selected_ids, waiting_number
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.filters import label, moment
from matchmaker.web.forms import once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("outbox", __name__, url_prefix="/outbox", enable_openapi=False)
INDEX, SHOW = "pages/outbox/index.html", "pages/outbox/show.html"
seen = guard(Permission.LETTER_RESEND)
INSIDE = ("/needs/", "/invitations/", "/meetings/", "/capabilities/", "/registrations/")  # not behind a signed link
EDITED = {  # where an address is changed, and who may
    Noun.ORGANISATION: ("organisation_forms.edit", "organisation_id", Permission.ORGANISATION_EDIT),
    Noun.EXPERT: ("expert_forms.edit", "expert_id", Permission.EXPERT_EDIT),
    Noun.ACCOUNT: ("account_page.show", "account_id", Permission.ACCOUNT_MANAGE),
}


@dataclass(frozen=True)
class Letter:
    """A letter as this reader may see it; "" for what is not for them."""

    row: OutboxMessage
    kind: str
    name: str
    address: str
    title: str
    page: str
    answer: str


def _letter(actor: Actor, row: OutboxMessage) -> Letter:
    open_ = queries.may_read(actor)
    said = row.payload
    page = "" if said.get(ONCE) else str(said.get("page") or said.get("path", ""))
    return Letter(
        row=row,
        kind=label_of(row.notice),
        name=str(said.get("name", "")) if open_ else "",
        address=contacts.of_letter(actor, row.recipient),
        title=str(said.get("title", "")) if open_ else "",
        page=page if open_ and page.startswith(INSIDE) else "",
        answer=contacts.in_answer(actor, row.recipient, row.last_error),
    )


@bp.get("")
@seen
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        numbers = queries.tally(session)
        return render(
            INDEX,
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            letters=[_letter(actor, row) for row in page.rows],
            may_read=queries.may_read(actor),
            states=[(state.value, label(state)) for state in OutboxState],
            faults=[(fault.value, label(fault)) for fault in MailFault],
            kinds=[(name, label_of(name)) for name in queries.kinds(session)],
            numbers=[(state, numbers.get(state, 0)) for state in OutboxState],
            dead=waiting_number(session, queries.search, actor, asked, OutboxState.DEAD.value),
            no_server=not runtime().settings.smtp_host,
        )


@bp.get("/export.xlsx")
@seen
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        rows = [_row(_letter(actor, row)) for row in queries.search(session, actor, asked).rows]
    return sheet(_("发信情况"), rows)


def _row(letter: Letter) -> dict[str, Any]:
    row = letter.row
    return {
        _("编号"): row.id,
        _("收件人"): letter.name,
        _("邮箱"): letter.address,
        _("种类"): letter.kind,
        _("事由"): letter.title,
        _("状态"): label(row.state),
        _("原因"): label(row.fault) if row.fault else "",
        _("对方服务器的答复"): letter.answer,
        _("已试次数"): row.tries,
        _("写信时间"): moment(row.made_at),
        _("下次尝试"): moment(row.next_try_at) if row.state is OutboxState.QUEUED else "",
        _("送出时间"): moment(row.sent_at) if row.sent_at else "",
        _("通知方式"): row.settled_note,
        _("处理人"): row.settled_by,
    }


def _dead(session: Session, actor: Actor) -> list[int]:
    """The dead letters among those that match the list's filters."""
    asked, dead = all_rows(wanted(queries.FILTERS)), OutboxState.DEAD.value
    if asked.filters.get("state", dead) != dead:
        return []
    narrowed = replace(asked, filters={**asked.filters, "state": dead})
    return [row.id for row in queries.search(session, actor, narrowed).rows]


@bp.post("/resend")
@seen
def resend_many() -> Response:
    actor = current_actor()
    with reading() as session:
        numbers = selected_ids(lambda: _dead(session, actor))

    def again(session: Session) -> str:
        number = dead_letters.resend(session, actor, numbers, clock=clock())
        flash(ngettext("已把 %(num)s 封信重新排队。", "已把 %(num)s 封信重新排队。", number))
        if left := len(numbers) - number:
            told = _("另有 %(number)s 封没有重发：已经发出、处理过，或之后又有新的安排通知。", number=left)
            flash(told, "warn")
        return url_for("outbox.index")

    return once(again)


@bp.get("/<int:number>")
@seen
def show(number: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, queries.get(session, current_actor(), number)))


def _page(session: Session, row: OutboxMessage, note: str = "", error: str = "") -> dict[str, Any]:
    actor = current_actor()
    known = queries.holder(session, row)
    return {
        "letter": _letter(actor, row),
        "subject": subject(row.notice, row.payload) if queries.may_read(actor) else label_of(row.notice),
        "text": _text(actor, row),
        "superseded": bool(superseded(session, [row])),
        "secret": bool(row.payload.get(ONCE)),
        "holder": known,
        "new_address": contacts.of_letter(actor, known.email) if _moved(known, row) and known else "",
        "change": _change(actor, known),
        "timeline": history.timeline(session, Noun.MESSAGE, row.id),
        "note": note,
        "error": error,
    }


def _text(actor: Actor, row: OutboxMessage) -> str:
    """The letter as a message for a chat; never one that opens somebody's account."""
    if not queries.may_read(actor) or row.payload.get(ONCE):
        return ""
    payload: Mapping[str, Any] = row.payload
    return chat(row.notice, payload, runtime().settings.public_url + str(payload.get("path", "/")))


def _moved(known: Holder | None, row: OutboxMessage) -> bool:
    return known is not None and bool(known.email.strip()) and known.email.strip() != row.recipient


def _change(actor: Actor, known: Holder | None) -> str:
    """Where the actor can change the address, "" for who cannot."""
    if known is None:
        return ""
    endpoint, argument, permission = EDITED[known.noun]
    return url_for(endpoint, **dict[str, Any]({argument: known.record_id})) if can(actor, permission) else ""


@bp.post("/<int:number>/resend")
@seen
def resend(number: int) -> Response:
    def again(session: Session) -> str:
        row = queries.get(session, current_actor(), number)
        if superseded(session, [row]):
            raise Conflict(_("这场活动之后又有新的安排，已另发通知，这封旧信不再重发"))
        if not dead_letters.resend(session, current_actor(), [number], clock=clock()):
            raise Conflict(_("这封信已经发出或正在发送，没有重发"))
        flash(_("已重新排队，几十秒内发出。"))
        return url_for("outbox.show", number=number)

    return once(again)


@bp.post("/<int:number>/settle")
@seen
def settle(number: int) -> Response:
    note = request.form.get("note", "")

    def told(session: Session) -> str:
        row = queries.get(session, current_actor(), number)
        dead_letters.settle(session, current_actor(), row, note, clock=clock())
        flash(_("已记下：用其他方式通知了。"))
        return url_for("outbox.show", number=number)

    try:
        return once(told)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get(session, current_actor(), number)
            return refused_form(SHOW, **_page(session, row, note, refusal.errors["note"]))
