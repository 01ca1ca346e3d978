"""The demonstration as it stands in the database after loading: it counts what its script says and hides nothing."""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.clock import shanghai_date
from matchmaker.config import Settings
from matchmaker.db.models import (
    Account,
    Answer,
    Audit,
    Capability,
    Evidence,
    Expert,
    FollowUp,
    Group,
    Invitation,
    Meeting,
    MeetingNeed,
    Metric,
    Need,
    NeedVersion,
    Organisation,
    OutboxMessage,
    Registration,
    Report,
    Snapshot,
    Suggestion,
    Target,
    Task,
    Team,
)
from matchmaker.domain import credit_code
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.meetings import EvidenceGap
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.reports import ReportKind
from matchmaker.domain.vocabulary import (
    Attendance,
    Audience,
    CapabilityStatus,
    DeclineReason,
    EvidenceKind,
    FollowUpStatus,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    OrganisationKind,
    OutboxState,
    RegistrationStatus,
    Role,
    TargetStatus,
    TaskStatus,
    TeamStatus,
)
from matchmaker.queries import counts, edits, installation, targets, tasks, worklist
from matchmaker.queries import meetings as meeting_queries
from matchmaker.queries.accounts import actor_of
from matchmaker.queries.scopes import on_file
from matchmaker.services import accounts, blobs, profile
from matchmaker.services.demo import load_demo
from matchmaker.services.demo.script import Row, Script, read
from matchmaker.services.demo.timeline import Timeline
from matchmaker.services.demo.year import told
from tests.support.demo import TODAY

SCRIPT = read()
YEARS = (TODAY.year - 1, TODAY.year)
CALENDAR = WorkCalendar({day: works for day, works, _ in profile.workdays()})


@pytest.fixture(scope="module")
def runtime(demo_folder: Path) -> Iterator[Runtime]:
    runtime = Runtime.build(Settings(data_dir=demo_folder, today=TODAY))
    yield runtime
    runtime.close()


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    with runtime.sessions.read() as session:
        yield session


@pytest.fixture
def story(runtime: Runtime, session: Session) -> Script:
    """The script with everything that was made up for this day."""
    return told(SCRIPT, Timeline(runtime.clock.now(), targets.calendar_since(session, date.min)))


def place(line: Timeline, row: Row) -> tuple[Any, ...]:
    """What tells a meeting of the script from the others."""
    firms = frozenset(SCRIPT.firms[key]["name"] for key in row["firms"])
    return line.day(row["days_ago"]), row["start"], firms


def test_each_meeting_counts_as_the_script_says(runtime: Runtime, session: Session, story: Script) -> None:
    verdicts: dict[tuple[Any, ...], list[tuple[bool, str | None]]] = {}
    for each in (line for year in YEARS for sums in counts.tallies(session, year).values() for line in sums.lines):
        facts, reasons = each.facts, each.verdict.reasons
        key = (facts.day, f"{facts.starts:%H:%M}", frozenset(firm.name for firm in facts.firms))
        verdicts.setdefault(key, []).append((each.verdict.counts, reasons[0].why if reasons else None))
    line = Timeline(runtime.clock.now(), targets.calendar_since(session, date.min))
    said = {place(line, row): (row["counts"], row.get("why_not")) for row in story.meetings.values()}
    assert len(said) == len(story.meetings)
    assert verdicts.keys() == said.keys()
    assert {key: found for key, found in verdicts.items() if set(found) != {said[key]}} == {}


def test_totals_of_both_years(session: Session) -> None:
    last, this = ({code: sums.total for code, sums in counts.tallies(session, year).items()} for year in YEARS)
    assert last == {MetricCode.OUTBOUND: 112, MetricCode.INBOUND: 104}
    passed = CALENDAR.progress(TODAY.year, TODAY)
    expected = 100 * passed.elapsed / passed.total
    assert expected + 8 < this[MetricCode.OUTBOUND] < 118
    assert 60 < this[MetricCode.INBOUND] < expected - 8


def test_units_run_ahead_and_behind(session: Session) -> None:
    by_unit = counts.tallies(session, TODAY.year)[MetricCode.OUTBOUND].by_unit()
    assert len(by_unit) == 12
    assert max(by_unit.values()) > 2.5 * min(by_unit.values())


def test_the_funnel_narrows(session: Session) -> None:
    """Posted, published, invited for, met about, solved: fewer at each step."""
    posted = session.scalar(select(func.count(Need.id))) or 0
    published = session.scalar(select(func.count(Need.id)).where(Need.published_at.is_not(None))) or 0
    invited = len(set(session.scalars(select(Invitation.need_id))))
    met = len(set(session.scalars(select(MeetingNeed.need_id))))
    solved = session.scalar(select(func.count(Need.id)).where(Need.status == NeedStatus.SOLVED)) or 0
    assert (posted, published) == (164, 130)
    assert 0.55 * published < met < 0.9 * published
    assert met * 0.75 < invited < published
    assert 0 < solved < 10


def test_nobody_is_in_two_places(session: Session) -> None:
    for meeting in session.scalars(select(Meeting).where(Meeting.status != MeetingStatus.CANCELLED)):
        people = [row.expert_id for row in meeting.experts]
        span = (meeting.starts, meeting.ends)
        assert meeting_queries.clashes(session, people, meeting.day, span, except_id=meeting.id) == []


def test_meetings_are_on_working_days(session: Session) -> None:
    calendar = targets.calendar_since(session, date.min)
    assert calendar.knows(TODAY.year)
    assert [day for day in session.scalars(select(Meeting.day)) if not calendar.works(day)] == []


def test_every_state_is_there(session: Session) -> None:
    assert set(session.scalars(select(Need.status))) == set(NeedStatus)
    assert Counter(session.scalars(select(Need.status))) == Counter(row["status"] for row in SCRIPT.needs.values())
    assert set(session.scalars(select(Invitation.status))) == set(InvitationStatus)
    assert set(session.scalars(select(Meeting.status))) == set(MeetingStatus)
    assert set(session.scalars(select(Capability.status))) >= {CapabilityStatus.LISTED, CapabilityStatus.REVIEW}
    assert set(session.scalars(select(Need.audience))) == set(Audience)


def test_some_things_wait(session: Session) -> None:
    waiting = [row for row in session.scalars(select(Meeting)) if meeting_queries.is_unrecorded(row, TODAY)]
    assert len(waiting) == 2
    assert session.scalar(select(func.count(Meeting.id)).where(Meeting.status == MeetingStatus.HELD)) == 5
    still_open = select(Invitation).where(Invitation.status == InvitationStatus.OPEN)
    assert 8 <= len(session.scalars(still_open).unique().all()) <= 20
    assert len(session.scalars(still_open.where(Invitation.answer_by < TODAY)).unique().all()) == 4


def test_what_follows_from_meetings_is_in_every_state(session: Session) -> None:
    said, tasks = Counter(session.scalars(select(FollowUp.status))), Counter(session.scalars(select(Task.status)))
    assert set(said) == set(FollowUpStatus)
    signed = select(FollowUp.meeting_id, FollowUp.firm_id).where(FollowUp.status == FollowUpStatus.SIGNED).distinct()
    assert 3 <= len(session.execute(signed).all()) <= 6
    assert set(tasks) == set(TaskStatus)
    assert tasks[TaskStatus.DONE] > tasks[TaskStatus.OPEN] / 2
    work = worklist.of(session, SYSTEM, TODAY, review_days=5)
    heaps = (work.late_tasks, work.late_follow_ups, work.disagreeing, work.unmatched)
    assert all(heap.number for heap in heaps)
    assert session.scalar(select(func.count()).where(Audit.action == "talk")) == 3


def test_firms_and_experts_with_an_account_have_something_to_do(session: Session, story: Script) -> None:
    told = Account.login.in_([row["login"] for row in story.accounts.values()])  # a newly registered firm met nobody
    for account in session.scalars(select(Account).where(told, Account.role.in_((Role.FIRM, Role.EXPERT)))):
        found = tasks.open_tasks(session, actor_of(account))
        assert [task for task in found if task.due >= TODAY], account.login


def test_the_end_of_last_year_was_reported(session: Session) -> None:
    last = session.scalars(select(Report).where(Report.year == TODAY.year - 1)).all()
    assert {(one.kind, one.number) for one in last} == {
        (ReportKind.QUARTERLY, 4),
        *((ReportKind.MONTHLY, month) for month in (11, 12)),
    }
    assert all(shanghai_date(one.issued_at) <= TODAY - timedelta(days=300) for one in last)


def test_invitations_end_as_the_script_says(session: Session, story: Script) -> None:
    stored = Counter(session.scalars(select(Invitation.status).where(Invitation.passed_from_id.is_(None))))
    assert stored == Counter(row["status"] for row in story.invitations.values())
    assert set(session.scalars(select(Answer.reason))) == {*DeclineReason, None}
    onward = session.scalars(select(Invitation).where(Invitation.passed_from_id.is_not(None))).unique().all()
    assert {row.status for row in onward} == {InvitationStatus.ACCEPTED, InvitationStatus.OPEN}
    assert any(session.scalars(select(Answer.on_behalf)))


def test_half_of_the_meetings_began_with_an_invitation(story: Script) -> None:
    events = [row for key, row in story.meetings.items() if row["counts"] and key not in SCRIPT.meetings]
    assert 0.4 < sum("invitation" in row for row in events) / len(events) < 0.6


def test_records_are_as_late_and_as_full_as_they_are(session: Session) -> None:
    verified = session.scalars(select(Meeting).where(Meeting.status == MeetingStatus.VERIFIED)).all()
    late = [row for row in verified if row.recorded_at and (shanghai_date(row.recorded_at) - row.day).days >= 5]
    visits = [row for row in verified if row.kind is not MeetingKind.ONLINE]
    gaps = Counter(gap for row in visits for gap in meeting_queries.gaps_of(row))
    assert 0.06 < len(late) / len(verified) < 0.2
    assert set(gaps) == {EvidenceGap.SIGN_IN, EvidenceGap.PHOTO}
    assert all(5 < count < 50 for count in gaps.values())
    outcomes = Counter(firm.attendance for row in verified for firm in row.firms)
    outcomes += Counter(person.attendance for row in verified for person in row.experts)
    assert set(outcomes) == set(Attendance)
    assert outcomes[Attendance.ATTENDED] > 0.85 * outcomes.total()


def test_institutes_speak_for_themselves(session: Session) -> None:
    own = session.scalars(select(Capability).where(Capability.organisation_id.is_not(None))).all()
    assert len(own) == len(SCRIPT.organisation_capabilities)
    assert {row.status for row in own} == {CapabilityStatus.LISTED}


def test_all_of_it_is_marked_as_invented(session: Session) -> None:
    assert installation.site(session).demo
    organisations = session.scalars(select(Organisation).where(on_file())).all()
    assert len(organisations) == len(SCRIPT.firms) + len(SCRIPT.institutes)
    assert [each.name for each in organisations if "演示" not in each.tags] == []
    assert all("（演示）" in each.name for each in organisations if each.kind is OrganisationKind.FIRM)
    codes = [each.credit_code for each in organisations if each.kind is OrganisationKind.FIRM]
    assert codes.count(None) == 1, "the duplicate was entered without"
    assert all(credit_code.is_valid(code) for code in codes if code)
    targets = session.scalars(select(Target).where(Target.status == TargetStatus.DEMO)).all()
    of_city = {(row.metric_code, row.year, int(row.value)) for row in targets if row.unit_id is None}
    known = set(session.scalars(select(Metric.code)))  # a city has its own goals
    entered = {(row["metric"], TODAY.year, row["value"]) for row in SCRIPT.goals["targets"] if row["metric"] in known}
    assert of_city == entered | {(metric, year, 100) for metric in ("outbound", "inbound") for year in YEARS}
    splits = Counter((row.metric_code, row.year) for row in targets if row.unit_id is not None)
    assert splits == {("outbound", TODAY.year): 12, ("inbound", TODAY.year): 12}
    assert all("演示" in row.note for row in targets)
    letters = Counter(session.scalars(select(OutboxMessage.state)))
    assert letters == {OutboxState.SENT: 5, OutboxState.DEAD: 2, OutboxState.HANDLED: 1}, "and none waits to be sent"


def test_the_trail_runs_in_order_and_ends_today(runtime: Runtime, session: Session) -> None:
    trail = session.scalars(select(Audit).where(Audit.noun.in_(["need", "meeting", "invitation"])).order_by(Audit.id))
    moments = [row.at for row in trail]
    assert len(moments) > 2000
    assert all(earlier <= later for earlier, later in pairwise(moments))
    assert moments[-1] <= runtime.clock.now()
    assert moments[0] < runtime.clock.now() - timedelta(days=365 + TODAY.timetuple().tm_yday)


def test_nobody_verified_their_own_record(session: Session, story: Script) -> None:
    verified = session.scalars(select(Meeting).where(Meeting.status == MeetingStatus.VERIFIED)).all()
    assert len(verified) == sum(row["status"] == "verified" for row in story.meetings.values())
    for meeting in verified:
        assert None not in {meeting.recorded_by_id, meeting.verified_by_id}
        assert meeting.recorded_by_id != meeting.verified_by_id
        assert meeting.made_by_id is not None
    assert {meeting.recorded_by for meeting in verified} == {"陈立新", "高春华"}


def test_two_firms_wait_for_approval(session: Session) -> None:
    waiting = session.scalars(select(Registration).order_by(Registration.id)).all()
    assert [(row.status, row.known) for row in waiting] == [
        (RegistrationStatus.PENDING, False),
        (RegistrationStatus.PENDING, True),
    ]
    assert all("（演示）" in row.claim["name"] for row in waiting)
    assert not any(row.account.active for row in waiting)


def test_a_published_need_was_edited_and_waits_to_be_looked_at(session: Session) -> None:
    version = session.scalars(select(NeedVersion)).one()
    need = session.get_one(Need, version.need_id)
    assert need.firm_id == session.scalars(select(Account).where(Account.login == "firm")).one().organisation_id
    assert version.content["indicators"] != need.indicators
    city = session.scalars(select(Account).where(Account.login == "city")).one()
    assert session.scalars(select(Need.id).where(edits.waiting(actor_of(city)))).all() == [need.id]


def test_evidence_can_be_opened(session: Session) -> None:
    kinds: Counter[EvidenceKind] = Counter()
    for file in session.scalars(select(Evidence)):
        kinds[file.kind] += 1
        data = blobs.read(session, file.blob_sha256)
        assert hashlib.sha256(data).hexdigest() == file.blob_sha256
        meeting = session.get_one(Meeting, file.meeting_id)
        if file.file_name.endswith(".png"):
            assert_picture(data)
        else:
            assert re.sub(r"\s", "", meeting.minutes)[:20] in re.sub(r"\s", "", text_of(data))
    assert set(kinds) == {EvidenceKind.SIGN_IN, EvidenceKind.PHOTO, EvidenceKind.MINUTES}
    assert min(kinds.values()) >= 15


def assert_picture(data: bytes) -> None:
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data.endswith(b"IEND\xaeB`\x82")
    start = data.index(b"IDAT")
    length = int.from_bytes(data[start - 4 : start], "big")
    dots = zlib.decompress(data[start + 4 : start + 4 + length])
    assert len(dots) == height * (width + 1)
    assert len(set(dots)) > 2
    assert int.from_bytes(data[start + 4 + length : start + 8 + length], "big") == zlib.crc32(
        data[start : start + 4 + length]
    )


def text_of(data: bytes) -> str:
    """The text of our own simple PDF, after following its table to each object."""
    assert data.startswith(b"%PDF-")
    table = int(data.rsplit(b"startxref\n", 1)[1].split(b"\n", 1)[0])
    places = [int(line.split()[0]) for line in data[table:].split(b"\n") if line.endswith(b" n ")]
    assert all(data[place:].startswith(b"%d 0 obj" % number) for number, place in enumerate(places, 1))
    return "".join(
        bytes.fromhex(found.decode()).decode("utf-16-be") for found in re.findall(rb"<([0-9a-f]+)> Tj", data)
    )


def test_who_fits_is_found(session: Session) -> None:
    """Suggested by texts alone, somebody who really fits is among the first ten for at least four needs of five."""
    keys = {f"expert:{row.id}": row.external_id for row in session.scalars(select(Expert))}
    keys |= {f"group:{row.id}": row.external_id for row in session.scalars(select(Group))}
    found, asked = 0, 0
    for need in session.scalars(select(Need).where(Need.status == NeedStatus.PUBLISHED)):
        rows = select(Suggestion).where(Suggestion.need_id == need.id, Suggestion.gate.is_(None))
        best = session.scalars(rows.order_by(Suggestion.rank).limit(10)).all()
        assert all(row.reasons and row.score > 0 for row in best)
        row = next(row for row in SCRIPT.needs.values() if row["title"] == need.title)
        fits = {SCRIPT.numbers[key] for key in row["fits"]}
        asked += bool(fits)
        found += bool(fits & {keys.get(row.owner_key) for row in best})
    assert asked == 117
    assert found >= 0.8 * asked


def test_the_officer_has_steered(session: Session) -> None:
    steered = session.scalars(select(Suggestion).where(Suggestion.steered_by != "")).all()
    assert {(row.pinned, row.excluded, bool(row.steer_reason)) for row in steered} == {
        (True, False, False),
        (False, True, True),
    }


def test_candidates_are_left_out_for_several_reasons(session: Session) -> None:
    assert {"capacity", "stale", "keyword", "declined"} <= set(session.scalars(select(Suggestion.gate)))


def test_everybody_can_sign_in(runtime: Runtime, session: Session) -> None:
    people = load_demo(runtime)
    assert {person.role for person in people} == set(Role)
    for person in people:
        account = session.scalars(select(Account).where(Account.login == person.login)).one()
        attempt = accounts.Attempt(person.login, "127.0.0.0/24", account)
        assert account.name == person.name
        assert accounts.password_matches(attempt, person.password)


def test_snapshots_show_the_last_days(session: Session) -> None:
    rows = session.scalars(select(Snapshot).where(Snapshot.metric_code == MetricCode.OUTBOUND).order_by(Snapshot.day))
    found = [(row.day, row.value) for row in rows]
    assert [day for day, _ in found] == [TODAY - timedelta(days=back) for back in range(30, 0, -1)]
    assert all(earlier <= later for (_, earlier), (_, later) in pairwise(found))
    assert found[-1][1] == counts.tallies(session, TODAY.year)[MetricCode.OUTBOUND].total


def test_teams_stand_at_every_stage(session: Session) -> None:
    everyone = session.scalars(select(Team).order_by(Team.id)).all()
    teams = [team for team in everyone if team.status is not TeamStatus.ENDED]
    wanted = [[SCRIPT.numbers[key] for key in row["needs"]] for row in SCRIPT.teams.values()]
    assert [[row.need.external_id for row in team.needs] for team in teams] == wanted
    people = [member.expert_id for team in teams for member in team.members]
    assert len(people) == len(set(people))
    assert {team.status for team in everyone} == set(TeamStatus)
    assert all(0 < team.coverage <= 1 and len(team.members) >= 2 for team in teams)
