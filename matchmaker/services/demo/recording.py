"""Of the last weeks' meetings: who checked in with a phone, rows of minutes, and what the parties say of the record."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from matchmaker.clock import SHANGHAI, Clock
from matchmaker.db.models import Meeting
from matchmaker.domain.check_ins import HERE, Arrival
from matchmaker.domain.minutes import MinuteRow
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, RecordAnswer, Role
from matchmaker.queries.meeting_words import Party, parties
from matchmaker.services import check_ins, meeting_words
from matchmaker.services.demo.chance import chance
from matchmaker.services.demo.script import Row
from matchmaker.services.demo.stage import Stage

LAST_DAYS = 60
SCANNED, CONFIRMED = 0.6, 0.7  # shares
BEFORE = timedelta(minutes=8)
SAID = time(10, 20)
NETWORK = "demo"


def is_recent(row: Row) -> bool:
    """Whether the meeting is one of the last weeks'."""
    return 0 < int(row["days_ago"]) <= LAST_DAYS


def check_in(stage: Stage, key: str, row: Row) -> None:
    """Those who came, shortly before it began; at some meetings only the sheet went round."""
    scanned = is_recent(row) and row.get("signed", True) and row["kind"] != MeetingKind.ONLINE.value
    if not scanned or chance("scanned", key) > SCANNED:
        return
    day = stage.timeline.day(row["days_ago"])
    at = datetime.combine(day, time.fromisoformat(row["start"]), SHANGHAI) - BEFORE
    absent = {one.get("firm") or one.get("expert") for one in row.get("attendance", [])}

    def act(clock: Clock) -> None:
        for arrival in _arrivals(stage, row, absent):
            check_ins.by_code(stage.session, stage.meetings[key], arrival, network=NETWORK, clock=clock)

    stage.timeline.at(day, at.time(), act)


def _arrivals(stage: Stage, row: Row, absent: set[str | None]) -> Iterator[Arrival]:
    for firm in row["firms"]:
        if firm not in absent:
            organisation = stage.organisations[firm]
            yield Arrival(organisation.contact_name or organisation.name[:16], firm_id=organisation.id)
    for expert in row["experts"]:
        if expert not in absent:
            yield Arrival(expert_id=stage.experts[expert].id)


def items_of(stage: Stage, row: Row) -> tuple[MinuteRow, ...]:
    """The rows of minutes that the story tells; `due_in` counts days from the meeting."""
    day = stage.timeline.day(row["days_ago"])
    return tuple(
        MinuteRow(
            one.get("problem", ""),
            one.get("advice", ""),
            one.get("next_step", ""),
            one.get("owner", ""),
            stage.timeline.workday(day + timedelta(days=one["due_in"])) if "due_in" in one else None,
        )
        for one in row.get("items", [])
    )


def confirm(stage: Stage, key: str, row: Row) -> None:
    """Most of those who were there, on the next working day; the story may let one say what differs."""
    if not is_recent(row):
        return
    recorded = stage.timeline.day(row["days_ago"] - row.get("recorded_after", 0))

    def act(clock: Clock) -> None:
        meeting = stage.meetings[key]
        for party in parties(meeting):
            _say(stage, meeting, party, row, clock)

    stage.timeline.at(stage.timeline.following(recorded), SAID, act)


def _say(stage: Stage, meeting: Meeting, party: Party, row: Row, clock: Clock) -> None:
    organisation = party.organisation
    remark = next(
        (one["remark"] for one in row.get("words", []) if stage.organisations[one["party"]].id == organisation.id), ""
    )
    if not remark and chance("confirmed", meeting.title, organisation.name) > CONFIRMED:
        return
    answer = RecordAnswer.DIFFERS if remark else RecordAnswer.AGREES
    meeting_words.confirm(
        stage.session, _speaker(meeting, party), meeting, organisation.id, answer, remark=remark, clock=clock
    )


def _speaker(meeting: Meeting, party: Party) -> Actor:
    """A firm's contact person; for an institute the expert who was there."""
    there = next(
        (row.expert for row in meeting.experts if row.expert in party.experts and row.attendance in HERE), None
    )
    if there is not None:
        return Actor(Role.EXPERT, there.name, expert_id=there.id)
    role = Role.FIRM if party.organisation.kind.value == Role.FIRM.value else Role.INSTITUTE
    name = party.organisation.contact_name or party.organisation.name
    return Actor(role, name, organisation_id=party.organisation.id)
