"""A meeting's record as the Word template takes it."""

from typing import Any

from matchmaker.db.models import Meeting
from matchmaker.domain.permissions import Actor
from matchmaker.i18n import joined
from matchmaker.queries import meeting_words
from matchmaker.queries.choices import named
from matchmaker.queries.meeting_words import Standing
from matchmaker.queries.meetings import needs_shown
from matchmaker.web.filters import MISSING, day_year, hours, label, moment


def values_of(actor: Actor, meeting: Meeting) -> dict[str, Any]:
    """What `templates/docx/record.docx` shows, in the reader's language."""
    place = f"{meeting.site.organisation.name} · {meeting.site.name} {meeting.site.address}" if meeting.site else ""
    return {
        "title": meeting.title,
        "number": meeting.id,
        "kind": label(meeting.kind),
        "when": f"{day_year(meeting.day)} {hours(meeting)}",
        "place": place.strip() or label(meeting.kind),
        "host": meeting.host.name if meeting.host else MISSING,
        "needs": joined(need.title for need in needs_shown(actor, meeting)) or MISSING,
        "people": _people(meeting),
        "items": [
            {
                "problem": item.problem,
                "advice": item.advice,
                "next_step": item.next_step,
                "owner": item.owner,
                "due": item.due.isoformat() if item.due else "",
            }
            for item in meeting.items
        ],
        "minutes": meeting.minutes,
        "files": [f"{label(file.kind)} {file.file_name}" for file in meeting.filed],
        "words": [_word(standing) for standing in meeting_words.standings(meeting)],
        "recorded": f"{meeting.recorded_by} {moment(meeting.recorded_at)}",
        "verified": f"{meeting.verified_by} {moment(meeting.verified_at)}" if meeting.verified_at else MISSING,
    }


def _people(meeting: Meeting) -> list[dict[str, str]]:
    firms = [
        (row.firm.name, named(row.firm.unit) if row.firm.unit else "", row.attendance, row.people)
        for row in meeting.firms
    ]
    experts = [(row.expert.name, row.expert.institute.name, row.attendance, row.stand_in) for row in meeting.experts]
    return [
        {"name": name, "beside": beside, "attendance": label(attendance), "signed": signed}
        for name, beside, attendance, signed in (*firms, *experts)
    ]


def _word(standing: Standing) -> dict[str, str]:
    said = None if standing.outdated else standing.said
    return {
        "party": standing.party.organisation.name,
        "answer": label(said.answer) if said else MISSING,
        "remark": said.remark if said else "",
        "by": f"{said.given_by} {moment(said.given_at)}" if said else "",
    }
