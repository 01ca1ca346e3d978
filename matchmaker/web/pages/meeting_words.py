"""Confirming the record of a meeting with one tap: behind a signed link, signed in, or taken down by an officer."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting, MeetingConfirmation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import RecordAnswer
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import meeting_words as queries
from matchmaker.queries.meetings import get_visible
from matchmaker.services import meeting_links
from matchmaker.services import meeting_words as services
from matchmaker.services.meeting_links import RecordGrant
from matchmaker.web.auth import public
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages import meeting_page
from matchmaker.web.security import behind_key

bp = APIBlueprint("meeting_words", __name__, enable_openapi=False)
TEMPLATE = "pages/meeting_words/letter.html"
BY_LINK = 0  # in place of an account, for forms that are sent twice


@bp.get("/v/<token>")
@public
def letter(token: str) -> Response:
    """What the letter asks about. Opening it changes nothing: mail programs open links by themselves."""
    with reading() as session:
        return behind_key(render(TEMPLATE, **_page(session, token)))


@bp.post("/v/<token>")
@public
def confirm_by_letter(token: str) -> Response:
    grant, values = _grant(token), form_values()
    if _expired(grant):
        raise Conflict(_("这个链接已过期，请登录后在活动页面确认，或联系发给您链接的工作人员。"))

    def save(session: Session) -> str:
        speaker = services.speaker(session, grant)
        party_id = services.party_id(session, grant)
        _say(session, speaker, _meeting(session, grant.meeting_id), party_id, values)
        return url_for("meeting_words.letter", token=token)

    try:
        return once(save, account_id=BY_LINK)
    except Invalid as refused:
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, token) | {"errors": refused.errors, "values": values})


@bp.post("/meetings/<int:meeting_id>/words/<int:organisation_id>")
def confirm(meeting_id: int, organisation_id: int) -> Response:
    """By a party that is signed in, or by an officer whom it has told."""
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        _say(session, actor, get_visible(session, actor, meeting_id), organisation_id, values)
        return url_for("meetings.show", meeting_id=meeting_id, _anchor="words")

    try:
        return once(save)
    except Invalid as refused:
        with reading() as session:
            meeting = get_visible(session, actor, meeting_id)
            page = meeting_page.page_of(session, meeting, errors=refused.errors)
            return refused_form(meeting_page.TEMPLATE, **page)


@bp.post("/meetings/<int:meeting_id>/words/<int:word_id>/settle")
def settle(meeting_id: int, word_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        meeting = get_visible(session, actor, meeting_id)
        services.settle(session, actor, meeting, _word(meeting, word_id), reason=reason, clock=clock())
        flash(_("已记下处理结果。"))
        return url_for("meetings.show", meeting_id=meeting_id, _anchor="words")

    return once(save)


def _say(session: Session, actor: Actor, meeting: Meeting, organisation_id: int, values: dict[str, Any]) -> None:
    answer = next((word for word in RecordAnswer if word.value == values.get("answer")), None)
    said = services.confirm(
        session,
        actor,
        meeting,
        organisation_id,
        answer,
        remark=values.get("remark", ""),
        seen=values.get("seen", ""),
        clock=clock(),
    )
    agrees = said.answer is RecordAnswer.AGREES
    flash(_("已确认属实，谢谢。") if agrees else _("已把您的意见转给科技主管部门。"))


def _word(meeting: Meeting, word_id: int) -> MeetingConfirmation:
    found = next((row for row in meeting.confirmations if row.id == word_id), None)
    if found is None:
        raise NotFound(_("没有找到这条意见"))
    return found


def _meeting(session: Session, meeting_id: int) -> Meeting:
    found = session.get(Meeting, meeting_id)
    if found is None:
        raise NotFound(_("没有找到要确认的活动"))
    return found


def _grant(token: str) -> RecordGrant:
    return meeting_links.read_record_token(runtime().settings.key(), token)


def _expired(grant: RecordGrant) -> bool:
    return clock().today() > grant.until


def _page(session: Session, token: str) -> dict[str, Any]:
    grant = _grant(token)
    meeting, speaker = _meeting(session, grant.meeting_id), services.speaker(session, grant)
    party_id = services.party_id(session, grant)
    standing = next((one for one in queries.standings(meeting) if one.party.organisation.id == party_id), None)
    return {
        "token": token,
        "meeting": meeting,
        "name": speaker.name,
        "expired": _expired(grant),
        "standing": standing,
        "record_id": services.record_id(meeting),
        "errors": {},
        "values": {},
    }
