"""The form of a meeting's record: what was typed → a record, and what stands in it when it is shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.db.models import Expert, Meeting, MeetingExpert
from matchmaker.domain.check_ins import expert_presence, firm_presence
from matchmaker.domain.ids import row_id
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.minutes import MOST_ROWS, MinuteRow
from matchmaker.domain.vocabulary import Attendance
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.attendees import replaced
from matchmaker.web import pairing

CELLS = ("problem", "advice", "next_step", "owner", "due")
NUMBERED = re.compile(rf"(?:{'|'.join(CELLS)})_(\d{{1,3}})")
BLANK_ROWS = 2  # below what is typed already, so that nobody has to ask for the first ones
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One party on the form: what stands in its fields, and whether that is only what its check-in proposes."""

    name: str
    title: str
    beside: str
    attendance: str
    people: str
    checked_in: bool
    proposed: bool


def record_of(meeting: Meeting, values: Values) -> Record:
    """What was typed. Raises `Invalid` for a day that cannot be read."""
    return Record(
        firms={row.firm_id: _presence(values, f"firm_{row.firm_id}") for row in meeting.firms},
        experts={row.expert_id: _presence(values, f"expert_{row.expert_id}") for row in meeting.experts},
        minutes=values.get("minutes", ""),
        items=tuple(_row(values, number) for number in range(_rows_sent(values))),
    )


def _presence(values: Values, name: str) -> Presence:
    outcome = next((word for word in Attendance if word.value == values.get(name)), None)
    return Presence(outcome, values.get(f"{name}_people", ""))


def _rows_sent(values: Values) -> int:
    """How many rows of minutes the form had."""
    numbers = [int(found[1]) for name in values if (found := NUMBERED.fullmatch(name))]
    return min(max(numbers, default=-1) + 1, MOST_ROWS + 1)


def _row(values: Values, number: int) -> MinuteRow:
    problem, advice, next_step, owner = (values.get(f"{cell}_{number}", "") for cell in CELLS[:-1])
    due = pairing.day(values, f"due_{number}")
    return MinuteRow(problem, advice, next_step, owner, due, row_id(values.get(f"item_{number}")))


def rows_shown(meeting: Meeting, sent: Values) -> list[dict[str, str]]:
    """The rows of minutes as the form shows them, cell → text: what was sent or is on file, and some empty ones."""
    if sent:
        known = [{cell: sent.get(f"{cell}_{at}", "") for cell in (*CELLS, "item")} for at in range(_rows_sent(sent))]
    else:
        known = [_cells(item) for item in meeting.items]
    while known and not any(known[-1].values()) and "add_row" not in sent:
        known.pop()
    return (known + [dict.fromkeys((*CELLS, "item"), "")] * BLANK_ROWS)[: MOST_ROWS + 1]


def _cells(item: Any) -> dict[str, str]:
    shown = {cell: getattr(item, cell) for cell in CELLS}
    return {cell: value.isoformat() if cell == "due" and value else value or "" for cell, value in shown.items()} | {
        "item": str(item.id)
    }


def lines(meeting: Meeting, sent: Values, beside_firms: str) -> list[Line]:
    """Every party with what was sent, is on file, is proposed by its check-ins or was announced, in this order."""
    away = replaced(meeting)
    firms = [
        _line(
            f"firm_{row.firm_id}",
            (row.firm.name, beside_firms),
            Presence(row.attendance, row.people),
            firm_presence(_names(meeting, "firm_id", row.firm_id)),
            sent,
            announced=Presence(Attendance.STAND_IN, row.sends) if row.sends else None,
        )
        for row in meeting.firms
    ]
    experts = [
        _line(
            f"expert_{row.expert_id}",
            (row.expert.name, row.expert.institute.name),
            Presence(row.attendance, row.stand_in),
            expert_presence(row.expert.name, _names(meeting, "expert_id", row.expert_id)),
            sent,
            announced=_announced(row, away.get(row.expert_id)),
        )
        for row in meeting.experts
    ]
    return firms + experts


def _names(meeting: Meeting, column: str, number: int) -> Sequence[str]:
    return [row.name for row in meeting.check_ins if getattr(row, column) == number]


def _announced(row: MeetingExpert, colleague: Expert | None) -> Presence | None:
    """What was said beforehand: a colleague on file is recorded by themselves, so the one invited is excused."""
    if colleague is not None:
        return Presence(Attendance.EXCUSED, _("由%(name)s参加", name=colleague.name))
    return Presence(Attendance.STAND_IN, row.sends) if row.sends else None


def _line(
    name: str,
    said: tuple[str, str],
    filed: Presence,
    proposal: Presence | None,
    sent: Values,
    *,
    announced: Presence | None = None,
) -> Line:
    blank = filed.attendance is None and name not in sent
    shown = (proposal or announced or filed) if blank else filed
    told = (
        _("事先告知：%(what)s", what=joined(filter(None, (_(announced.attendance.label), announced.people))))
        if (announced is not None and announced.attendance is not None)
        else ""
    )
    return Line(
        name=name,
        title=said[0],
        beside=" · ".join(filter(None, (said[1], told))),
        attendance=sent.get(name, shown.attendance.value if shown.attendance else ""),
        people=sent.get(f"{name}_people", shown.people),
        checked_in=proposal is not None,
        proposed=blank and proposal is not None,
    )
