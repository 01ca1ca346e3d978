"""The one-page record of a meeting 活动记录: entering it, printing it, and the same as a Word file."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, make_response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting
from matchmaker.domain.files import MAX_BYTES, too_large
from matchmaker.errors import Invalid, NotFound
from matchmaker.exchange import word
from matchmaker.i18n import gettext as _
from matchmaker.queries import meeting_words
from matchmaker.queries import meetings as queries
from matchmaker.services import evidence
from matchmaker.services import meeting_words as words
from matchmaker.services import meetings as services
from matchmaker.web import record_form, record_sheet
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.meeting_page import TEMPLATE, Sent, page_of, sent_files

bp = APIBlueprint("meeting_record", __name__, url_prefix="/meetings", enable_openapi=False)
MOST_READ = 3 * MAX_BYTES
PRINTED = "pages/meetings/record.html"


@bp.url_value_preprocessor
def _allow_larger(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Photographs somewhat too large are read, so that the form can come back with what had been typed."""
    request.max_content_length = MOST_READ


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> Response:
    return _again(int((request.view_args or {})["meeting_id"]), {"file": too_large()}, {})


@bp.get("/<int:meeting_id>/record")
def show(meeting_id: int) -> str:
    """The record on one sheet, to be printed."""
    with reading() as session:
        meeting = _recorded(session, meeting_id)
        return render(
            PRINTED,
            meeting=meeting,
            standings=meeting_words.standings(meeting),
            needs_shown=queries.needs_shown(current_actor(), meeting),
        )


@bp.get("/<int:meeting_id>/record.docx")
def as_word(meeting_id: int) -> Answer:
    with reading() as session:
        meeting = _recorded(session, meeting_id)
        data = word.fill("record", record_sheet.values_of(current_actor(), meeting))
        name = f"{_('活动记录')}-{meeting.id}.docx"
    return sent_out(data, word.MEDIA_TYPE, name, plain=f"record-{meeting_id}")


def _recorded(session: Session, meeting_id: int) -> Meeting:
    meeting = queries.get_visible(session, current_actor(), meeting_id)
    if meeting.status not in meeting_words.RECORDED:
        raise NotFound(_("这场活动还没有登记结果，登记后才有活动记录"))
    return meeting


@bp.post("/<int:meeting_id>/record")
def record(meeting_id: int) -> Response:
    """Keep what happened and the files chosen beside it; then every party is asked whether it is true."""
    values = form_values()
    try:
        files = sent_files()
        if "add_row" in values:
            return _with_another_row(meeting_id, files, values)
        return once(lambda session: _save(session, meeting_id, files, values))
    except Invalid as refusal:
        return _again(meeting_id, refusal.errors, values)


def _save(session: Session, meeting_id: int, files: Sequence[Sent], values: dict[str, Any]) -> str:
    actor, run = current_actor(), runtime()
    meeting = queries.get_visible(session, actor, meeting_id)
    for kind, file in files:
        evidence.attach(session, actor, meeting, kind, file, clock=run.clock)
    result = record_form.record_of(meeting, values)
    services.record(session, actor, meeting, result, clock=run.clock, seen=values.get("seen"))
    words.ask(session, meeting, settings=run.settings, clock=run.clock)
    flash(_("已登记。请另一位工作人员核验后计数。"))
    return url_for("meetings.show", meeting_id=meeting_id)


def _with_another_row(meeting_id: int, files: Sequence[Sent], values: dict[str, Any]) -> Response:
    """The form again with more room; files chosen meanwhile are kept at once, for a browser forgets them."""
    if files:
        once(lambda session: _keep(session, meeting_id, files))
    return _again(meeting_id, {}, values)


def _keep(session: Session, meeting_id: int, files: Sequence[Sent]) -> str:
    actor = current_actor()
    meeting = queries.get_visible(session, actor, meeting_id)
    for kind, file in files:
        evidence.attach(session, actor, meeting, kind, file, clock=clock())
    return url_for("meetings.show", meeting_id=meeting_id)


def _again(meeting_id: int, errors: dict[str, str], values: dict[str, Any]) -> Response:
    with reading() as session:
        meeting = queries.get_visible(session, current_actor(), meeting_id)
        page = page_of(session, meeting, errors=errors, sent=values)
        return refused_form(TEMPLATE, **page) if errors else make_response(render(TEMPLATE, **page))
