"""Evidence of a meeting: checked files, kept once by their sha256."""

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matchmaker.clock import Clock
from matchmaker.db.models import Evidence, Meeting
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import EvidenceKind, MeetingStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, blobs, reasons


def attach(
    session: Session, actor: Actor, meeting: Meeting, kind: EvidenceKind, file: Upload, *, clock: Clock
) -> Evidence:
    """Keep a file as evidence of the meeting; the same file twice is kept once.

    Raises `Forbidden`, `Conflict` for a verified or cancelled meeting, `Invalid` for a file of the wrong kind or size,
    or one that is there as evidence of another kind.
    """
    _check_open(actor, meeting)
    sha256 = blobs.keep(session, file.data, file.media_type())
    known = next((one for one in meeting.filed if one.blob_sha256 == sha256), None)
    if known is not None and known.kind is not kind:
        raise Invalid({"file": _twice(known)})
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
    renew(session, meeting, clock)
    audit.log(session, actor, "evidence", meeting, clock=clock, after=_state(evidence))
    return evidence


def void(session: Session, actor: Actor, meeting: Meeting, evidence: Evidence, *, reason: str, clock: Clock) -> None:
    """Say that a file is no evidence of the meeting after all; it stays on file.

    Raises `Forbidden`, `Conflict` for a verified or cancelled meeting or a file voided before, `Invalid` without a
    reason.
    """
    _check_open(actor, meeting)
    if evidence.voided_at is not None:
        raise Conflict(_("这份材料已经作废"))
    reason = reasons.given(reason)
    evidence.voided_by, evidence.voided_at = actor.name, clock.now()
    renew(session, meeting, clock)
    before, after = _state(evidence), {"voided_by": actor.name}
    audit.log(
        session,
        actor,
        "void_evidence",
        meeting,
        clock=clock,
        before=before,
        after=before | after,
        reason=reason,
    )


def _check_open(actor: Actor, meeting: Meeting) -> None:
    if not can(actor, Permission.MEETING_RECORD, facts_of(meeting)):
        raise Forbidden(_("您没有权限为这场活动上传或作废材料"))
    if meeting.status is MeetingStatus.CANCELLED:
        raise Conflict(_("活动已取消，材料不能再变动"))
    if meeting.status is MeetingStatus.VERIFIED:
        raise Conflict(_("活动已核验，材料不能再变动。确需变动的，请先撤销核验，改好后重新核验"))


def _twice(known: Evidence) -> str:
    return _(
        "这个文件已作为“%(kind)s”上传（%(name)s），一个文件只能作一种材料。如果当时选错了类型，请先作废那一份",
        kind=_(known.kind.label),
        name=known.file_name,
    )


def renew(session: Session, meeting: Meeting, clock: Clock) -> None:
    """Make it another version of the meeting: who looked at it without this must look again before verifying."""
    meeting.updated_at = clock.now()
    flag_modified(meeting, "updated_at")
    session.flush()


def _state(evidence: Evidence) -> dict[str, str]:
    return {"kind": evidence.kind, "file": evidence.file_name, "sha256": evidence.blob_sha256}
