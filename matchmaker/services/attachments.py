"""Files of a need, an entered record or a team at work 附件: kept once by their sha256; a void one stays on file."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Agreement, Attachment, Evaluation, Milestone, Need, ServiceLog, Specialist, TaskBook
from matchmaker.db.nouns import Entry, noun_of
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.exchange.plain_text import plain_text
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, blobs, entries, reasons
from matchmaker.services.evaluations import require_files
from matchmaker.services.needs import require_editable
from matchmaker.services.service_logs import require_writable

MOST = 10  # files of one record that are not void
Work = Agreement | Evaluation | TaskBook | Milestone | ServiceLog | Specialist
Holder = Need | Entry | Work
_WRITES: dict[type[Work], Permission] = {
    Agreement: Permission.TEAM_MANAGE,
    TaskBook: Permission.TEAM_MANAGE,
    Milestone: Permission.MILESTONE_REPORT,
    Specialist: Permission.SPECIALIST_EDIT,
}
FIELD = "files"


@dataclass(frozen=True)
class Checked:
    """A file that may be kept."""

    upload: Upload
    media_type: str


def check(upload: Upload, *, field: str = FIELD) -> Checked:
    """Look at a file, chosen in `field` of a form, before any transaction.

    Raises `Invalid` for a file of the wrong kind or size, and for one whose name or text has a mark of classification:
    nothing of it is kept. The text is read as far as that is cheap (`exchange.plain_text`).
    """
    if mark := secrecy_mark(upload.file_name):
        raise Invalid({field: refusal(_("附件的文件名"), mark)})
    try:
        media_type = upload.media_type()
    except Invalid as refused:
        why = "；".join(refused.errors.values())
        raise Invalid({field: _("附件“%(name)s”：%(why)s", name=upload.file_name, why=why)}) from None
    if mark := secrecy_mark(plain_text(upload.extension, upload.data)):
        raise Invalid({field: refusal(_("附件“%(name)s”的内容", name=upload.file_name), mark)})
    return Checked(upload, media_type)


def _require_editable(actor: Actor, record: Holder) -> None:
    if isinstance(record, Need):
        require_editable(actor, record)
    elif isinstance(record, ServiceLog):
        require_writable(actor, record)
    elif isinstance(record, Evaluation):
        require_files(actor, record)
    elif isinstance(record, Work):
        if not can(actor, _WRITES[type(record)], facts_of(record)):
            raise Forbidden(_("您没有权限在这里上传或作废附件"))
    else:
        entries.require(actor)


def attach(session: Session, actor: Actor, record: Holder, file: Checked, *, clock: Clock) -> Attachment:
    """Keep a file with the record; the same file twice is kept once.

    Raises `Forbidden` or `Conflict` where the record may not be edited, `Invalid` for one file too many.
    """
    _require_editable(actor, record)
    mine = (Attachment.noun == noun_of(record), Attachment.record_id == record.id, Attachment.voided_at.is_(None))
    sha256 = blobs.keep(session, file.upload.data, file.media_type)
    known = session.scalars(select(Attachment).where(*mine, Attachment.blob_sha256 == sha256)).first()
    if known is not None:
        return known
    if (session.scalar(select(func.count()).where(*mine)) or 0) >= MOST:
        raise Invalid({FIELD: _("附件最多 %(most)s 个，请先作废不用的", most=MOST)})
    row = Attachment(
        noun=noun_of(record),
        record_id=record.id,
        blob_sha256=sha256,
        file_name=file.upload.file_name,
        media_type=file.media_type,
        size=len(file.upload.data),
        added_by=actor.name,
        added_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.log(session, actor, "attach", record, clock=clock, after=_said(row))
    return row


def void(session: Session, actor: Actor, record: Holder, row: Attachment, *, reason: str, clock: Clock) -> None:
    """Take a file away from the record; it stays on file. Raises as `attach`, and `Invalid` without a reason."""
    _require_editable(actor, record)
    if row.voided_at is not None:
        raise Conflict(_("这个附件已经作废"))
    if isinstance(record, TaskBook) and record.signed_on and len(queries.standing(session, record)) == 1:
        raise Conflict(_("任务书已签，要留一份扫描件：请先上传更正的一份，再作废这一份"))
    if isinstance(record, Specialist) and actor.role is Role.COUNTY and row.added_by != actor.name:
        raise Forbidden(_("协议扫描件由上传人或市科技局作废"))  # it may be another unit's
    reason = reasons.given(reason)
    row.voided_by, row.voided_at = actor.name, clock.now()
    session.flush()
    before, after = _said(row), {"voided_by": actor.name}
    audit.log(
        session,
        actor,
        "void_attachment",
        record,
        clock=clock,
        before=before,
        after=before | after,
        reason=reason,
    )


def _said(row: Attachment) -> dict[str, str]:
    return {"file": row.file_name, "sha256": row.blob_sha256}
