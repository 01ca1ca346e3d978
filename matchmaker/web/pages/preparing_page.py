"""What the page of a meeting shows of its preparation: particulars, car, the receiving party's word, letters, texts."""

from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Meeting
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import MeetingStatus, Noun, ReceptionAnswer
from matchmaker.i18n import gettext as _
from matchmaker.queries import receptions
from matchmaker.queries.attendees import replaced
from matchmaker.queries.facts import facts_of
from matchmaker.queries.history import reason_of
from matchmaker.queries.journeys import journey_of
from matchmaker.queries.untold import untold
from matchmaker.services import letters, preparing, stand_ins
from matchmaker.services.meeting_texts import chat_texts
from matchmaker.web.context import clock, current_actor, runtime


def shown(session: Session, meeting: Meeting) -> dict[str, Any]:
    """The part of the template's context that is about the time before the meeting."""
    actor = current_actor()
    reception = receptions.of(session, [meeting.id]).get(meeting.id)
    officer = can(actor, Permission.MEETING_PLAN, facts_of(meeting))
    return {
        "journey": journey_of(meeting),
        "receiver": receptions.receiver_of(meeting),
        "reception": reception,
        "reception_current": reception is not None and receptions.is_current(reception, meeting),
        "may_reply": preparing.may_reply(actor, meeting),
        "replies_itself": can(actor, Permission.MEETING_RECEIVE, receptions.facts_of_receiver(meeting)),
        "reception_answers": [(word.value, _(word.label)) for word in ReceptionAnswer],
        "may_prepare": officer and meeting.status is MeetingStatus.PLANNED,
        "untold": _untold(session, meeting) if officer else [],
        **_stand_ins(session, meeting),
        "may_issue": letters.may_issue(actor, meeting),
        "letters": letters.of(session, meeting) if officer else [],
        "texts": _texts(session, meeting) if officer else [],
    }


def _stand_ins(session: Session, meeting: Meeting) -> dict[str, Any]:
    """Who comes for whom, and whom the reader may send: party → colleagues to choose from."""
    actor, coming = current_actor(), meeting.day >= clock().today()
    firms = [row for row in meeting.firms if coming and stand_ins.may_name(actor, meeting, row)]
    experts = [row for row in meeting.experts if coming and stand_ins.may_name(actor, meeting, row)]
    sent: dict[str, list[Expert]] = {f"firm:{row.firm_id}": [] for row in firms}
    sent |= {f"expert:{row.expert_id}": stand_ins.colleagues(session, meeting, row) for row in experts}
    names = {row.expert_id: row.expert.name for row in meeting.experts}
    return {"replaced": replaced(meeting), "expert_names": names, "may_send": sent}


def _untold(session: Session, meeting: Meeting) -> list[str]:
    return list(untold(session, meeting).values()) if preparing.is_to_come(meeting, clock()) else []


def _texts(session: Session, meeting: Meeting) -> list[tuple[str, str, str]]:
    link = f"{runtime().settings.public_url}/meetings/{meeting.id}"
    reason = ""
    if meeting.status is MeetingStatus.CANCELLED:
        reason = reason_of(session, Noun.MEETING, meeting.id, "cancel")
    return chat_texts(meeting, link, reason=reason, clock=clock())
