"""Evidence: files of a meeting, in and out."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, make_response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from matchmaker.db.models import Evidence, Meeting
from matchmaker.domain.files import MAX_BYTES, PICTURES, too_large
from matchmaker.domain.permissions import Permission, can
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import meetings as queries
from matchmaker.services import blobs
from matchmaker.services import evidence as services
from matchmaker.web import record_form
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.meeting_page import TEMPLATE, Sent, page_of, sent_files

bp = APIBlueprint("evidence", __name__, url_prefix="/meetings", enable_openapi=False)
MOST_READ = 3 * MAX_BYTES
TYPED = ("firm_", "expert_", "minutes", *(f"{cell}_" for cell in record_form.CELLS))


@bp.url_value_preprocessor
def _allow_larger(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A photo somewhat too large is read, so that the form can come back with what had been typed."""
    request.max_content_length = MOST_READ


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> Response:
    return _again(int((request.view_args or {})["meeting_id"]), {"file": too_large()}, {})


@bp.post("/<int:meeting_id>/evidence")
def attach(meeting_id: int) -> Response:
    """Keep the file; what had been typed of the record beside it is in the page again, whatever became of the file."""
    actor, values = current_actor(), form_values()

    def save(session: Session, files: Sequence[Sent]) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        for kind, file in files:
            services.attach(session, actor, meeting, kind, file, clock=clock())
            flash(_("已上传：%(name)s", name=file.file_name))
        return url_for("meetings.show", meeting_id=meeting_id, _anchor="evidence")

    try:
        files = _chosen()
        done = once(lambda session: save(session, files))
    except Invalid as refusal:
        return _again(meeting_id, refusal.errors, values)
    typed = any(text for name, text in values.items() if name.startswith(TYPED))
    return _again(meeting_id, {}, values) if typed else done


def _chosen() -> list[Sent]:
    chosen = sent_files()
    if not chosen:
        raise Invalid({"file": _("请选择文件")})
    return chosen


def _again(meeting_id: int, errors: dict[str, str], values: dict[str, Any]) -> Response:
    with reading() as session:
        meeting = queries.get_visible(session, current_actor(), meeting_id)
        page = page_of(session, meeting, errors=errors, sent=values)
        return refused_form(TEMPLATE, **page) if errors else make_response(render(TEMPLATE, **page))


@bp.post("/<int:meeting_id>/evidence/<int:evidence_id>/void")
def void(meeting_id: int, evidence_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        file = _of(meeting, evidence_id)
        services.void(session, actor, meeting, file, reason=reason, clock=clock())
        flash(_("已作废：%(name)s", name=file.file_name))
        return url_for("meetings.show", meeting_id=meeting_id, _anchor="evidence")

    return once(save)


def _of(meeting: Meeting, evidence_id: int) -> Evidence:
    found = next((one for one in meeting.evidence if one.id == evidence_id), None)
    if found is None:
        raise NotFound(_("没有找到这份材料"))
    return found


@bp.get("/<int:meeting_id>/evidence/<int:evidence_id>")
def download(meeting_id: int, evidence_id: int) -> Answer:
    """The file under its own name (RFC 6266), to be saved."""
    return _file(meeting_id, evidence_id, inline=False)


@bp.get("/<int:meeting_id>/evidence/<int:evidence_id>/view")
def view(meeting_id: int, evidence_id: int) -> Answer:
    """A photograph to be looked at, shut off from our pages; nothing else is shown."""
    return _file(meeting_id, evidence_id, inline=True)


def _file(meeting_id: int, evidence_id: int, *, inline: bool) -> Answer:
    with reading() as session:
        actor = current_actor()
        found = _of(queries.get_visible(session, actor, meeting_id), evidence_id)
        if found.voided_at is not None and not can(actor, Permission.BOARD_VIEW):
            raise NotFound(_("这份材料已作废"))  # somebody else's, perhaps
        media_type = found.blob.media_type
        if inline and media_type not in PICTURES:
            raise NotFound(_("这份材料不是图片，请下载后查看"))
        data, name = blobs.read(session, found.blob_sha256), found.file_name
    return sent_out(data, media_type, name, plain=f"evidence-{evidence_id}", inline=inline)
