"""Files of a need, in and out."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.files import MAX_BYTES, upload
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments as queries
from matchmaker.queries import needs
from matchmaker.services import attachments as services
from matchmaker.services import blobs
from matchmaker.services.attachments import Checked
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import once

bp = APIBlueprint("need_files", __name__, url_prefix="/needs/<int:need_id>/files", enable_openapi=False)
AT_ONCE = 3
MOST_READ = (AT_ONCE + 1) * MAX_BYTES


def allow_larger(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A file somewhat too large is read, so that the form can come back with what was typed and name it."""
    request.max_content_length = MOST_READ


bp.url_value_preprocessor(allow_larger)


def sent_files() -> list[Checked]:
    """The files of the form, looked at before any transaction. Raises `Invalid`."""
    sent = [file for file in request.files.getlist(services.FIELD) if file.filename]
    if len(sent) > AT_ONCE:
        raise Invalid({services.FIELD: _("一次最多上传 %(most)s 个文件，请分次上传", most=AT_ONCE)})
    found = [services.check(upload(file.filename or "", file.stream.read())) for file in sent]
    for file in sent:
        file.stream.seek(0)  # the form's fingerprint reads them once more
    return found


@bp.post("")
def attach(need_id: int) -> Response:
    actor = current_actor()
    with reading() as session:
        needs.get_visible(session, actor, need_id)
    files = sent_files()
    if not files:
        raise Invalid({services.FIELD: _("请选择文件")})

    def save(session: Session) -> str:
        need = needs.get_visible(session, actor, need_id)
        for file in files:
            services.attach(session, actor, need, file, clock=clock())
        flash(_("已上传 %(number)s 个附件。", number=len(files)))
        return url_for("needs.show", need_id=need_id, _anchor="files")

    return once(save)


@bp.get("/<int:attachment_id>")
def download(need_id: int, attachment_id: int) -> Answer:
    actor = current_actor()
    with reading() as session:
        row = queries.get(session, actor, needs.get_visible(session, actor, need_id), attachment_id)
        data = blobs.read(session, row.blob_sha256)
        return sent_out(data, row.media_type, row.file_name, plain=f"attachment-{row.id}")


@bp.post("/<int:attachment_id>/void")
def void(need_id: int, attachment_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        need = needs.get_visible(session, actor, need_id)
        row = queries.get(session, actor, need, attachment_id)
        services.void(session, actor, need, row, reason=reason, clock=clock())
        flash(_("已作废：%(name)s", name=row.file_name))
        return url_for("needs.show", need_id=need_id, _anchor="files")

    return once(save)
