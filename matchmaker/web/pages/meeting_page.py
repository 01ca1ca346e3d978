"""What the page of one meeting shows, for everything that answers with it."""

from collections.abc import Iterable, Mapping
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
from matchmaker.queries import counts, follow_ups, history, tasks
from matchmaker.queries import meeting_words as queries_words
from matchmaker.queries import meetings as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.meeting_words import Standing
from matchmaker.services import check_ins, transitions
from matchmaker.services import meeting_words as words
from matchmaker.services.attachments import check
from matchmaker.web import buttons, record_form
from matchmaker.web.context import clock, current_actor, runtime
from matchmaker.web.pages import preparing_page

TEMPLATE = "pages/meetings/show.html"
TRACK = (MeetingStatus.PLANNED, MeetingStatus.HELD, MeetingStatus.VERIFIED)
Sent = tuple[EvidenceKind, files.Upload]
CAMERA = {"sheet_photo": EvidenceKind.SIGN_IN, "scene_photo": EvidenceKind.PHOTO}  # fields that say what they are of
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
        "needs_shown": queries.needs_shown(actor, meeting),
        "lines": counts.lines_of(session, meeting) if told else {},
        "timeline": history.timeline(session, Noun.MEETING, meeting.id) if told else [],
        "may_change": planned and can(actor, Permission.MEETING_PLAN, facts),
        "may_record": planned and meeting.day <= today and can(actor, Permission.MEETING_RECORD, facts),
        "may_attach": meeting.status not in SETTLED and can(actor, Permission.MEETING_RECORD, facts),
        **_recording(session, meeting, sent or {}),
        **preparing_page.shown(session, meeting),
        **_after(session, meeting),
        "outcomes": [(word.value, _(word.label)) for word in Attendance],
        "evidence_kinds": [(word.value, _(word.label)) for word in EvidenceKind],
        "pictures": files.PICTURES,
        "errors": errors or {},
        "sent": sent or {},
    }


def _recording(session: Session, meeting: Meeting, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the parties were asked and said, the lines of the form, and what verifying would make of the record."""
    actor, facts = current_actor(), facts_of(meeting)
    standings, own = queries_words.standings(meeting), queries_words.spoken_for(actor, meeting)
    officer = actor.is_bureau and can(actor, Permission.MEETING_RECORD, facts)
    judged = meeting.status is MeetingStatus.HELD and can(actor, Permission.MEETING_VERIFY, facts)
    return {
        "party_lines": record_form.lines(meeting, sent, _("企业")),
        "rows": record_form.rows_shown(meeting, sent),
        "may_check_in": officer and meeting.status in check_ins.OPEN,
        "standings": standings,
        "own_party": own.organisation.id if own else None,
        "may_take_down": officer,
        "word_links": _word_links(meeting, standings) if officer else {},
        "record_id": words.record_id(meeting),
        "public_url": runtime().settings.public_url,
        "after": counts.lines_if_verified(session, [meeting], actor.account_id).get(meeting.id, {}) if judged else {},
    }


def _after(session: Session, meeting: Meeting) -> dict[str, Any]:
    """What is to be done since, and what the sides say of how it goes on."""
    actor, found = current_actor(), tasks.of_meeting(session, meeting)
    return {
        "tasks": [task for task in found if can(actor, Permission.TASK_VIEW, facts_of(task))],
        "late_tasks": [task.id for task in found if tasks.is_overdue(task, clock().today())],
        "follow_ups": follow_ups.of_meeting(session, actor, meeting.id),
        "may_give": actor.is_bureau and can(actor, Permission.TASK_GIVE, facts_of(meeting)),
        "owners": [owner.names[0] for owner in tasks.owners_at(session, meeting)],
    }


def _word_links(meeting: Meeting, standings: Iterable[Standing]) -> dict[int, str]:
    """Organisation → where it confirms without a password, for who has not confirmed; officers pass it on."""
    run = runtime()
    return {
        standing.party.organisation.id: words.path_for(
            meeting, standing.party, None, settings=run.settings, clock=run.clock
        )
        for standing in standings
        if standing.said is None or standing.outdated
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


def sent_files() -> list[Sent]:
    """The files that came with the form and what each is evidence of.

    Raises `Invalid` for what could not be kept, before a transaction opens.
    """
    found = [(kind, sent) for name, kind in CAMERA.items() if (sent := _chosen(name)) is not None]
    if (sent := _chosen("file")) is not None:
        found.append((_kind(), sent))
    uploads = [(kind, _upload(sent)) for kind, sent in found]
    for _kind_of, file in uploads:
        check(file, field="file")
    return uploads


def _chosen(name: str) -> FileStorage | None:
    sent = request.files.get(name)
    return sent if sent is not None and sent.filename else None


def _kind() -> EvidenceKind:
    kind = next((word for word in EvidenceKind if word.value == request.form.get("kind")), None)
    if kind is None:
        raise Invalid({"kind": _("请选择材料类型")})
    return kind


def _upload(sent: FileStorage) -> files.Upload:
    data = sent.stream.read(files.MAX_BYTES + 1)  # one byte more tells that it is too large
    sent.stream.seek(0)
    return files.upload(sent.filename or "", data)
