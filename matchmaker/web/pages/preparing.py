"""Before a meeting: its particulars, the receiving party's reply, letters as Word, the sheet to be signed."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.preparing import Particulars, typed
from matchmaker.domain.vocabulary import MeetingStatus, ReceptionAnswer
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.exchange import word
from matchmaker.i18n import gettext as _
from matchmaker.queries import attendees
from matchmaker.queries import meetings as queries
from matchmaker.queries.attendees import Attendee
from matchmaker.queries.facts import facts_of
from matchmaker.services import letters
from matchmaker.services import preparing as services
from matchmaker.web import pairing
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.downloads import sent_out
from matchmaker.web.filters import label
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.meeting_page import TEMPLATE, page_of
from matchmaker.web.sheets import sheet

bp = APIBlueprint("preparing", __name__, url_prefix="/meetings", enable_openapi=False)
FORM = "pages/meetings/prepare.html"
SIGN_IN = "pages/meetings/sign_in.html"
BLANK_ROWS = 6  # on a sheet, for who comes unannounced
EXPECTED, RECEPTION = "expected_", "reception_"  # before the names of fields


def _open(session: Session, meeting_id: int, permission: Permission) -> Meeting:
    meeting = queries.get_visible(session, current_actor(), meeting_id)
    if not can(current_actor(), permission, facts_of(meeting)):
        abort(403)
    return meeting


@bp.get("/<int:meeting_id>/prepare")
def form(meeting_id: int) -> str:
    with reading() as session:
        meeting = _open(session, meeting_id, Permission.MEETING_PLAN)
        if meeting.status is not MeetingStatus.PLANNED:
            raise Conflict(_("只有已安排、未登记的活动可以更改"))
        return render(FORM, **_form(meeting, _as_typed(meeting), {}))


def _as_typed(meeting: Meeting) -> dict[str, Any]:
    own = {name: getattr(meeting, name) for name in ("bring", "secrecy", "travel")}
    expected = {f"{EXPECTED}{row.firm_id}": row.expected for row in meeting.firms}
    return own | expected | {"agenda": typed(meeting.agenda), "version": meeting.version}


def _form(meeting: Meeting, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    return {"meeting": meeting, "values": values, "errors": errors}


@bp.post("/<int:meeting_id>/prepare")
def prepare(meeting_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        told = _particulars(meeting, values)
        services.prepare(session, actor, meeting, told, clock=clock(), version=row_id(values.get("version")))
        flash(_("已保存。参加方在活动页面可以看到；要写信告诉各方，请按“告知各方”。"))
        return url_for("meetings.show", meeting_id=meeting_id) + "#preparing"

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            meeting = queries.get_visible(session, actor, meeting_id)
            return refused_form(FORM, **_form(meeting, values, refused.errors))


def _particulars(meeting: Meeting, values: dict[str, Any]) -> Particulars:
    return Particulars(
        agenda=values.get("agenda", ""),
        bring=values.get("bring", ""),
        secrecy=values.get("secrecy", ""),
        travel=values.get("travel", ""),
        expected={row.firm_id: values.get(f"{EXPECTED}{row.firm_id}", row.expected) for row in meeting.firms},
    )


@bp.post("/<int:meeting_id>/tell")
def tell(meeting_id: int) -> Response:
    """One letter to each party with what was changed since the last."""
    actor = current_actor()

    def save(session: Session) -> str:
        services.tell(session, actor, [queries.get_visible(session, actor, meeting_id)], clock=clock())
        flash(_("已告知各方，每方一封信和新的日历。"))
        return url_for("meetings.show", meeting_id=meeting_id) + "#preparing"

    return once(save)


@bp.post("/<int:meeting_id>/reception")
def reply(meeting_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        answer = pairing.word(ReceptionAnswer, values, f"{RECEPTION}answer")
        if answer is None:
            raise Invalid({f"{RECEPTION}answer": _("请选择能否接待")})
        said = {name: values.get(f"{RECEPTION}{name}", "") for name in ("remark", "said_by")}
        try:
            services.reply(session, actor, meeting, answer, **said, clock=clock())
        except Invalid as refused:
            raise Invalid({f"{RECEPTION}{name}": text for name, text in refused.errors.items()}) from refused
        flash(_("已记下接待方的答复：%(answer)s。", answer=label(answer)))
        return url_for("meetings.show", meeting_id=meeting_id) + "#reception"

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            meeting = queries.get_visible(session, actor, meeting_id)
            return refused_form(TEMPLATE, **page_of(session, meeting, errors=refused.errors, sent=values))


@bp.post("/<int:meeting_id>/letters")
def issue(meeting_id: int) -> Response:
    actor = current_actor()

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        letter = letters.issue(session, actor, meeting, clock=clock())
        number = letter.content["number"]
        flash(_("已出函：%(kind)s（%(number)s），请下载、盖章后发出。", kind=label(letter.kind), number=number))
        return url_for("meetings.show", meeting_id=meeting_id) + "#letters"

    return once(save)


@bp.get("/<int:meeting_id>/letters/<int:letter_id>.docx")
def letter(meeting_id: int, letter_id: int) -> Answer:
    with reading() as session:
        meeting = _open(session, meeting_id, Permission.MEETING_PLAN)
        found = next((each for each in letters.of(session, meeting) if each.id == letter_id), None)
        if found is None:
            raise NotFound(_("没有找到这份函"))
        name = f"{label(found.kind)}-{found.year}-{found.number}-{found.content['to']}.docx"
        return sent_out(letters.document(found), word.MEDIA_TYPE, name, plain="letter")


@bp.get("/<int:meeting_id>/sign-in")
def sign_in(meeting_id: int) -> str:
    """The sheet to be signed, for the printer."""
    with reading() as session:
        meeting = _open(session, meeting_id, Permission.MEETING_RECORD)
        people = attendees.at(session, current_actor(), meeting)
        return render(
            SIGN_IN, meeting=meeting, people=people, blank=range(len(people) + 1, len(people) + 1 + BLANK_ROWS)
        )


@bp.get("/<int:meeting_id>/sign-in.xlsx")
def sign_in_sheet(meeting_id: int) -> Answer:
    with reading() as session:
        meeting = _open(session, meeting_id, Permission.MEETING_RECORD)
        rows = [_signing(at, one) for at, one in enumerate(attendees.at(session, current_actor(), meeting), 1)]
        return sheet(_("签到表-%(title)s", title=meeting.title), rows)


def _signing(number: int, one: Attendee) -> dict[str, Any]:
    return {
        _("序号"): number,
        _("单位"): one.organisation,
        _("姓名"): one.name,
        _("职务"): one.title,
        _("联系电话"): one.phone,
        _("签字"): "",
    }
