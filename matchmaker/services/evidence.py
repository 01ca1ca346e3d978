"""Evidence of a meeting: checked files, kept once by their sha256."""

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Evidence, Meeting
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import EvidenceKind, MeetingStatus
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, blobs


def attach(
    session: Session, actor: Actor, meeting: Meeting, kind: EvidenceKind, file: Upload, *, clock: Clock
) -> Evidence:
    """Keep a file as evidence of the meeting; the same file twice is kept once.

    Raises `Forbidden`, `Conflict` for a cancelled meeting, `Invalid` for a file of the wrong kind or size.
    """
    if not can(actor, Permission.MEETING_RECORD, facts_of(meeting)):
        raise Forbidden(_("您没有权限为这场活动上传材料"))
    if meeting.status is MeetingStatus.CANCELLED:
        raise Conflict(_("活动已取消，不能再上传材料"))
    sha256 = blobs.keep(session, file.data, file.media_type())
    known = next((one for one in meeting.evidence if (one.kind, one.blob_sha256) == (kind, sha256)), None)
    if known is not None:
        return known
    evidence = Evidence(
        meeting_id=meeting.id,
        blob_sha256=sha256,
        kind=kind,
        file_name=file.file_name,
        added_by=actor.name,
        added_at=clock.now(),
    )
    meeting.evidence.append(evidence)
    session.flush()
    added = {"kind": kind, "file": file.file_name, "sha256": sha256}
    audit.log(session, actor, "evidence", meeting, clock=clock, after=added)
    return evidence
