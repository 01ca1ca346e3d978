"""What the page of one meeting shows, for everything that answers with it."""

from collections.abc import Mapping
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from matchmaker.db.models import Meeting
from matchmaker.domain import files
from matchmaker.domain.lifecycle import find_step
from matchmaker.domain.meetings import REQUIRED_TO_VERIFY
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, MeetingStatus, Noun
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import counts, history
from matchmaker.queries import meetings as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import transitions
from matchmaker.web import buttons
from matchmaker.web.context import clock, current_actor

TEMPLATE = "pages/meetings/show.html"
TRACK = (MeetingStatus.PLANNED, MeetingStatus.HELD, MeetingStatus.VERIFIED)
Sent = tuple[EvidenceKind, files.Upload] | None
SETTLED = (MeetingStatus.VERIFIED, MeetingStatus.CANCELLED)


def page_of(
    session: Session,
    meeting: Meeting,
    *,
    errors: Mapping[str, str] | None = None,
    sent: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The template's context; `errors` and `sent` are what was refused and what had been typed."""
    actor, today, facts = current_actor(), clock().today(), facts_of(meeting)
    steps = [button for button in buttons.of(actor, meeting) if button.action != "record"]
    gaps = queries.gaps_of(meeting)
    planned, told = meeting.status is MeetingStatus.PLANNED, can(actor, Permission.BOARD_VIEW)
    return {
        "meeting": meeting,
        "steps": _track(meeting),
        "buttons": [button for button in steps if button.action != "verify" or not REQUIRED_TO_VERIFY & set(gaps)],
        "hint": _hint(actor, meeting),
        "unrecorded": queries.is_unrecorded(meeting, today),
        "gaps": gaps,
        "groups": queries.groups_of(session, meeting),
        "lines": counts.lines_of(session, meeting) if told else {},
        "timeline": history.timeline(session, Noun.MEETING, meeting.id) if told else [],
        "may_change": planned and can(actor, Permission.MEETING_PLAN, facts),
        "may_record": planned and meeting.day <= today and can(actor, Permission.MEETING_RECORD, facts),
        "may_attach": meeting.status not in SETTLED and can(actor, Permission.MEETING_RECORD, facts),
        "outcomes": [(word.value, _(word.label)) for word in Attendance],
        "evidence_kinds": [(word.value, _(word.label)) for word in EvidenceKind],
        "pictures": files.PICTURES,
        "errors": errors or {},
        "sent": sent or {},
    }


def _track(meeting: Meeting) -> list[tuple[str, str]]:
    if meeting.status is MeetingStatus.CANCELLED:
        return [(_(MeetingStatus.PLANNED.label), "done"), (_(MeetingStatus.CANCELLED.label), "now")]
    here = TRACK.index(meeting.status)
    done = here + (meeting.status is MeetingStatus.VERIFIED)
    return [
        (_(status.label), "done" if place < done else "now" if place == here else "")
        for place, status in enumerate(TRACK)
    ]


def _hint(actor: Actor, meeting: Meeting) -> str:
    """Why an officer who could verify may not verify this one."""
    step = find_step(Noun.MEETING, meeting.status, "verify")
    if step is None or not can(actor, Permission.MEETING_VERIFY, facts_of(meeting)):
        return ""
    return transitions.refusal(actor, meeting, step, facts_of(meeting)) or ""


def sent_file() -> Sent:
    """The file that came with the form and what it is evidence of; None when none was chosen.

    Raises `Invalid` for what could not be kept, before a transaction opens.
    """
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    kind = next((word for word in EvidenceKind if word.value == request.form.get("kind")), None)
    if kind is None:
        raise Invalid({"kind": _("请选择材料类型")})
    file = _upload(sent)
    file.media_type()
    return kind, file


def _upload(sent: FileStorage) -> files.Upload:
    data = sent.stream.read(files.MAX_BYTES + 1)  # one byte more tells that it is too large
    sent.stream.seek(0)
    return files.upload(sent.filename or "", data)
