"""Evidence: files of a meeting, in and out."""

from urllib.parse import quote

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, make_response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain import files
from matchmaker.domain.vocabulary import EvidenceKind
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import meetings as queries
from matchmaker.services import blobs
from matchmaker.services import evidence as services
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import once

bp = APIBlueprint("evidence", __name__, url_prefix="/meetings", enable_openapi=False)


@bp.post("/<int:meeting_id>/evidence")
def attach(meeting_id: int) -> Response:
    actor, sent = current_actor(), request.files.get("file")
    kind = next((word for word in EvidenceKind if word.value == request.form.get("kind")), None)
    if sent is None or not sent.filename:
        raise Invalid({"file": _("请选择文件")})
    if kind is None:
        raise Invalid({"kind": _("请选择材料类型")})
    file = files.upload(sent.filename, sent.stream.read())
    sent.stream.seek(0)
    file.media_type()  # what is not acceptable is refused before a transaction opens

    def save(session: Session) -> str:
        services.attach(session, actor, queries.get_visible(session, actor, meeting_id), kind, file, clock=clock())
        flash(_("已上传：%(name)s", name=file.file_name))
        return url_for("meetings.show", meeting_id=meeting_id, _anchor="evidence")

    return once(save)


@bp.get("/<int:meeting_id>/evidence/<int:evidence_id>")
def download(meeting_id: int, evidence_id: int) -> Answer:
    """The file under its own name (RFC 6266), never shown inside our page."""
    with reading() as session:
        meeting = queries.get_visible(session, current_actor(), meeting_id)
        found = next((one for one in meeting.evidence if one.id == evidence_id), None)
        if found is None:
            raise NotFound(_("没有找到这份材料"))
        answer = make_response(blobs.read(session, found.blob_sha256))
        extension = found.file_name.rpartition(".")[2].lower()
        name, media_type = quote(found.file_name, safe=""), found.blob.media_type
    plain = f"evidence-{evidence_id}.{extension}"
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{name}"
    return answer
