"""The meetings of the year: planned, held or called off, recorded with evidence by one person, verified by another."""

from datetime import date, time

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting
from matchmaker.domain.files import Upload, upload
from matchmaker.domain.meetings import Plan, Presence, Record
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, MeetingKind, MeetingStatus
from matchmaker.services import evidence, meetings
from matchmaker.services.demo import papers, recording, visits
from matchmaker.services.demo.postings import PLANNED_BEFORE
from matchmaker.services.demo.script import Row, Script, word
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import Timeline, minutes_after

PLANNED, LATER, VERIFIED = time(8), time(17), time(11, 30)
HERE = frozenset({Attendance.ATTENDED, Attendance.STAND_IN})
WRITTEN_UP = 3  # every third meeting has its minutes as a file too
HELD = frozenset({MeetingStatus.HELD, MeetingStatus.VERIFIED})


def hold(stage: Stage) -> None:
    """Every meeting, as far as the script takes it; before all, what is said beforehand."""
    visits.arrange(stage)
    for number, (key, row) in enumerate(stage.script.meetings.items()):
        status = word(MeetingStatus, row["status"])
        if "route" not in row:
            _plan(stage, key, row)
        if status in HELD:
            recording.check_in(stage, key, row)
            _record(stage, key, row, number)
            recording.confirm(stage, key, row)
        if status is MeetingStatus.VERIFIED:
            _verify(stage, key, row)
        if status is MeetingStatus.CANCELLED:
            _cancel(stage, key, row)


def _plan(stage: Stage, key: str, row: Row) -> None:
    line = stage.timeline

    def act(clock: Clock) -> None:
        invitation = stage.invitations[row["invitation"]] if "invitation" in row else None
        meeting = meetings.schedule(
            stage.session, _recorder(stage, row), _plan_of(stage, row), clock=clock, invitation=invitation
        )
        stage.meetings[key] = meeting
        if meeting.trip is not None:
            stage.trips[row["trip"]] = meeting.trip

    line.at(*planned(line, stage.script, row), act)


def planned(line: Timeline, script: Script, row: Row) -> tuple[date, time]:
    """Some days ahead; after an invitation, on the day of its last answer.

    Long holidays may push both days onto one, so planning comes before the first meeting of a day begins.
    """
    if "invitation" not in row:
        return line.day(row["days_ago"] + PLANNED_BEFORE), PLANNED
    answers = script.invitations[row["invitation"]]["answers"]
    return line.day(min(answer["days_ago"] for answer in answers)), LATER


def _plan_of(stage: Stage, row: Row) -> Plan:
    kind = word(MeetingKind, row["kind"])
    trip = stage.trips.get(row.get("trip", ""))
    host = row.get("institute", "")
    return Plan(
        kind=kind,
        day=stage.timeline.day(row["days_ago"]),
        starts=time.fromisoformat(row["start"]),
        ends=time.fromisoformat(row["end"]),
        host_id=stage.organisations[host].id if host else None,
        site_id=_site_id(stage, row),
        group_id=stage.groups[row["group"]].id if "group" in row else None,
        trip_id=trip.id if trip else None,
        trip_title=stage.script.trips[row["trip"]]["title"] if "trip" in row else "",
        firm_ids=tuple(stage.organisations[one].id for one in row["firms"]),
        expert_ids=tuple(stage.experts[one].id for one in row["experts"]),
        need_ids=tuple(stage.needs[one].id for one in row["needs"]),
    )


def _site_id(stage: Stage, row: Row) -> int | None:
    """Where it takes place: at the host's site, at the firm, or nowhere."""
    if "institute" in row:
        return stage.sites[row["institute"]][row["site"]].id
    return None if row["kind"] == MeetingKind.ONLINE else stage.sites[row["firms"][0]][row.get("at", 0)].id


def _recorder(stage: Stage, row: Row) -> Actor:
    """The county officer looks after visits to the unit's own firms, the city officer after the others."""
    if row["kind"] != MeetingKind.INBOUND:
        return stage.officer
    return stage.reviewer(stage.organisations[row["firms"][0]].unit_id)


def _record(stage: Stage, key: str, row: Row, number: int) -> None:
    """Half an hour after the end, on the day itself or when somebody gets to it: first files, then who came."""
    line = stage.timeline
    at = minutes_after(time.fromisoformat(row["end"]), 30)

    def act(clock: Clock) -> None:
        meeting, actor = stage.meetings[key], _recorder(stage, row)
        result = _result(stage, row)
        for kind, file in _files(stage, row, meeting, with_minutes=number % WRITTEN_UP == 0).items():
            evidence.attach(stage.session, actor, meeting, kind, file, clock=clock)
        meetings.record(stage.session, actor, meeting, result, clock=clock)

    line.at(_recorded(line, row), at, act)


def _recorded(line: Timeline, row: Row) -> date:
    return line.day(row["days_ago"] - row.get("recorded_after", 0))


def _result(stage: Stage, row: Row) -> Record:
    outcomes = _outcomes(row)
    firms = {stage.organisations[key].id: Presence(outcomes[key], _came(stage, row, key)) for key in row["firms"]}
    experts = {
        stage.experts[key].id: Presence(outcomes[key], _said(row, key).get("people", "")) for key in row["experts"]
    }
    return Record(firms, experts, row["minutes"], recording.items_of(stage, row))


def _said(row: Row, party: str) -> Row:
    """What the script says of the attendance of one party."""
    return next((one for one in row.get("attendance", []) if party in {one.get("firm"), one.get("expert")}), {})


def _outcomes(row: Row) -> dict[str, Attendance]:
    """Everybody listed attended unless the script says otherwise."""
    parties = (*row["firms"], *row["experts"])
    return {key: word(Attendance, _said(row, key).get("outcome", Attendance.ATTENDED)) for key in parties}


def _came(stage: Stage, row: Row, firm: str) -> str:
    """Who signed for a firm."""
    usual = stage.organisations[firm].contact_name if _outcomes(row)[firm] in HERE else ""
    signed: str = _said(row, firm).get("people", usual)
    return signed


def _files(stage: Stage, row: Row, meeting: Meeting, *, with_minutes: bool) -> dict[EvidenceKind, Upload]:
    """What proves the meeting. Where the script says so, sheet or photo never came; of a call there is only minutes."""
    outcomes = _outcomes(row)
    firms = [_came(stage, row, key) for key in row["firms"] if outcomes[key] in HERE]
    people = [stage.experts[key].name for key in row["experts"] if outcomes[key] in HERE]
    day, names = meeting.day.isoformat(), [*firms, *people]
    found: dict[EvidenceKind, Upload] = {}
    if meeting.kind is not MeetingKind.ONLINE:
        if row.get("signed", True):
            found[EvidenceKind.SIGN_IN] = _named(EvidenceKind.SIGN_IN, "png", papers.sign_in_sheet(day, names))
        if row.get("photo", True):
            found[EvidenceKind.PHOTO] = _named(EvidenceKind.PHOTO, "png", papers.group_photo(day, names))
    if with_minutes or meeting.kind is MeetingKind.ONLINE:
        page = papers.minutes_sheet([f"DEMO {day}", meeting.title, "、".join(names), "", row["minutes"]])
        found[EvidenceKind.MINUTES] = _named(EvidenceKind.MINUTES, "pdf", page)
    return found


def _named(kind: EvidenceKind, ending: str, data: bytes) -> Upload:
    return upload(f"{kind.label}.{ending}", data)


def _verify(stage: Stage, key: str, row: Row) -> None:
    line = stage.timeline

    def act(clock: Clock) -> None:
        recorded_by_city = _recorder(stage, row) == stage.officer
        actor = stage.verifier if recorded_by_city else stage.officer
        meetings.verify(stage.session, actor, stage.meetings[key], clock=clock)

    line.at(line.following(_recorded(line, row)), VERIFIED, act)


def _cancel(stage: Stage, key: str, row: Row) -> None:
    line, reason = stage.timeline, row["cancel_reason"]

    def act(clock: Clock) -> None:
        meetings.cancel(stage.session, _recorder(stage, row), stage.meetings[key], reason=reason, clock=clock)

    line.at(line.day(row["days_ago"] + 1), LATER, act)
