"""Files of a team at work: scans of agreements and task books, what shows a milestone, photographs of a day."""

from collections.abc import Callable, Sequence

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Agreement, Attachment, Evaluation, Milestone, Specialist, TaskBook
from matchmaker.domain.files import PICTURES
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments as queries
from matchmaker.queries import evaluations, service_logs, specialists, team_life
from matchmaker.services import attachments as services
from matchmaker.services import blobs
from matchmaker.services.attachments import Checked, Work
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import once
from matchmaker.web.pages.need_files import allow_larger, sent_files

AT = "/team-files/<any(agreement, task_book, milestone, service_log, specialist, evaluation):noun>/<int:record_id>"
bp = APIBlueprint("team_files", __name__, url_prefix=AT, enable_openapi=False)
bp.url_value_preprocessor(allow_larger)
RECORDS: dict[str, Callable[[Session, Actor, int], Work]] = {
    "agreement": lambda session, actor, number: team_life.get(session, actor, Agreement, number),
    "task_book": lambda session, actor, number: team_life.get(session, actor, TaskBook, number),
    "milestone": lambda session, actor, number: team_life.get(session, actor, Milestone, number),
    "service_log": service_logs.get_visible,
    "specialist": specialists.get_with_files,
    "evaluation": evaluations.get_visible,
}


def keep(session: Session, actor: Actor, record: Work, files: Sequence[Checked]) -> None:
    """Attach what came with a form."""
    for file in files:
        services.attach(session, actor, record, file, clock=clock())


def page_of(record: Work) -> str:
    """The page on which a record's files stand."""
    if isinstance(record, Agreement):
        return url_for("team_hosts.agreement", agreement_id=record.id)
    if isinstance(record, TaskBook):
        return url_for("task_books.show", team_id=record.team_id, _anchor="files")
    if isinstance(record, Milestone):
        return url_for("milestones.show", milestone_id=record.id)
    if isinstance(record, Evaluation):
        return url_for("evaluation_sheets.show", evaluation_id=record.id, _anchor="files")
    if isinstance(record, Specialist):
        return url_for("specialists.show", specialist_id=record.id, _anchor="files")
    return url_for("service_logs.show", log_id=record.id)


@bp.post("")
def attach(noun: str, record_id: int) -> Response:
    actor = current_actor()
    with reading() as session:
        RECORDS[noun](session, actor, record_id)
    files = sent_files()
    if not files:
        raise Invalid({services.FIELD: _("请选择文件")})

    def save(session: Session) -> str:
        record = RECORDS[noun](session, actor, record_id)
        keep(session, actor, record, files)
        flash(_("已上传 %(number)s 个附件。", number=len(files)))
        return page_of(record)

    return once(save)


@bp.get("/<int:attachment_id>")
def download(noun: str, record_id: int, attachment_id: int) -> Answer:
    return _file(noun, record_id, attachment_id, inline=False)


@bp.get("/<int:attachment_id>/view")
def view(noun: str, record_id: int, attachment_id: int) -> Answer:
    """A photograph to be looked at, shut off from our pages; nothing else is shown."""
    return _file(noun, record_id, attachment_id, inline=True)


def _file(noun: str, record_id: int, attachment_id: int, *, inline: bool) -> Answer:
    with reading() as session:
        record = RECORDS[noun](session, current_actor(), record_id)
        row = _of(session, noun, record, attachment_id)
        if inline and row.media_type not in PICTURES:
            raise NotFound(_("这份材料不是图片，请下载后查看"))
        data = blobs.read(session, row.blob_sha256)
        return sent_out(data, row.media_type, row.file_name, plain=f"attachment-{row.id}", inline=inline)


def _of(session: Session, noun: str, record: Work, attachment_id: int) -> Attachment:
    found = queries.of_record(session, Noun(noun), record.id)
    row = next((one for one in found if one.id == attachment_id), None)
    if row is None:
        raise NotFound(_("没有找到这个附件"))
    return row


@bp.post("/<int:attachment_id>/void")
def void(noun: str, record_id: int, attachment_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        record = RECORDS[noun](session, actor, record_id)
        row = _of(session, noun, record, attachment_id)
        services.void(session, actor, record, row, reason=reason, clock=clock())
        flash(_("已作废：%(name)s", name=row.file_name))
        return page_of(record)

    return once(save)
