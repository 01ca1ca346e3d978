"""Evidence of a meeting: checked files, kept once by their sha256."""

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Blob, Evidence, Meeting
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import EvidenceKind, MeetingStatus, Noun
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit


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
    sha256 = _keep(session, file)
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
    _log(session, actor, evidence, clock)
    return evidence


def bytes_of(session: Session, evidence: Evidence) -> bytes:
    """The file's content."""
    return session.scalars(select(Blob.data).where(Blob.sha256 == evidence.blob_sha256)).one()


def _keep(session: Session, file: Upload) -> str:
    """Store the bytes unless they are there; two uploads at once do not disturb one another."""
    values = {"size": len(file.data), "media_type": file.media_type(), "data": file.data}
    sha256 = hashlib.sha256(file.data).hexdigest()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert: sqlite.Insert | postgresql.Insert = dialect.insert(Blob).values(sha256=sha256, **values)
    session.execute(insert.on_conflict_do_nothing(index_elements=["sha256"]))
    return sha256


def _log(session: Session, actor: Actor, evidence: Evidence, clock: Clock) -> None:
    audit.write(
        session,
        actor,
        action="evidence",
        noun=Noun.MEETING,
        record_id=evidence.meeting_id,
        at=clock.now(),
        after={"kind": evidence.kind, "file": evidence.file_name, "sha256": evidence.blob_sha256},
    )
