"""Checking in on the spot: who may, once each, and that nothing is counted or recorded by it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, CheckIn, CountingRule, Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.check_ins import Arrival
from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, CheckInHow, EvidenceKind, MeetingKind, MeetingStatus, Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, MatchmakerError, TooMany
from matchmaker.queries import history, replay
from matchmaker.queries.counts import tallies
from matchmaker.services import check_ins, meetings
from tests import factories as make
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)
NET = "192.0.2.0/24"
TAPS = 24


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """An outbound meeting today of two firms with one expert, another meeting, and officers."""
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        firms = [make.make_firm(session, unit), make.make_firm(session, unit)]
        host = make.make_institute(session)
        expert = make.make_expert(session, host, name="周教授")
        meeting = make.make_meeting(session, MeetingKind.OUTBOUND, firms, [expert], host)
        other = make.make_meeting(session, MeetingKind.INBOUND, [make.make_firm(session, unit)], [expert])
        far = make.make_unit(session).id
        return SimpleNamespace(
            meeting=meeting.id,
            other=other.id,
            firms=[firm.id for firm in firms],
            expert=expert.id,
            stranger=other.firms[0].firm_id,
            city=make.actor_of(make.make_account(session, Role.CITY)),
            second=make.actor_of(make.make_account(session, Role.CITY)),
            county=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=unit.id)),
            far=make.actor_of(make.make_account(session, Role.COUNTY, unit_id=far)),
            firm=make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firms[0].id)),
        )


def scan(sessions: Sessions, meeting_id: int, arrival: Arrival, *, network: str = NET) -> int:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        return check_ins.by_code(session, meeting, arrival, network=network, clock=CLOCK).id


def tick(sessions: Sessions, actor: Actor, meeting_id: int, arrival: Arrival) -> int:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        return check_ins.by_officer(session, actor, meeting, arrival, clock=CLOCK).id


def number(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalars(select(func.count(CheckIn.id))).one()


def test_a_second_tap_is_the_same_check_in(sessions: Sessions, world: SimpleNamespace) -> None:
    first = scan(sessions, world.meeting, Arrival("张三", firm_id=world.firms[0]))
    assert scan(sessions, world.meeting, Arrival("张三", firm_id=world.firms[0])) == first
    expert = scan(sessions, world.meeting, Arrival(expert_id=world.expert))
    assert scan(sessions, world.meeting, Arrival("周教授", expert_id=world.expert)) == expert
    stand_in = scan(sessions, world.meeting, Arrival("吴博士", expert_id=world.expert))
    assert len({first, expert, stand_in}) == 3
    with sessions.read() as session:
        trail = session.scalars(select(Audit).where(Audit.action == "check_in").order_by(Audit.id)).all()
        assert [row.actor for row in trail] == [f"现场签到：{name}" for name in ("张三", "周教授", "吴博士")]
        assert {row.how for row in session.get_one(Meeting, world.meeting).check_ins} == {CheckInHow.CODE}


@pytest.mark.both_databases
def test_taps_at_the_same_moment_are_one_check_in(sessions: Sessions, world: SimpleNamespace) -> None:
    arrival = Arrival("张三", firm_id=world.firms[0])
    with ThreadPoolExecutor(TAPS) as pool:
        found = list(pool.map(lambda _tap: scan(sessions, world.meeting, arrival), range(TAPS)))
    assert len(set(found)) == 1
    assert number(sessions) == 1
    with sessions.read() as session:
        assert session.scalars(select(func.count()).where(Audit.action == "check_in")).one() == 1


def test_another_meetings_people_and_strangers_are_refused(sessions: Sessions, world: SimpleNamespace) -> None:
    for arrival in (Arrival("张三", firm_id=world.stranger), Arrival(expert_id=0), Arrival("张三", firm_id=0)):
        with pytest.raises(Invalid) as refused:
            scan(sessions, world.meeting, arrival)
        assert list(refused.value.errors) == ["party"]
    for outsider in (world.far, world.firm):
        with pytest.raises(Forbidden):
            tick(sessions, outsider, world.meeting, Arrival(firm_id=world.firms[0]))
    tick(sessions, world.county, world.meeting, Arrival(firm_id=world.firms[0]))
    assert number(sessions) == 1


def test_only_on_the_day_and_while_the_record_is_open(sessions: Sessions, world: SimpleNamespace) -> None:
    arrival = Arrival(expert_id=world.expert)
    for days, status in ((1, "planned"), (-1, "planned"), (0, "cancelled"), (0, "verified")):
        with sessions.write() as session:
            day = make.TODAY + timedelta(days=days)
            change = text("UPDATE meeting SET day = :day, status = :status WHERE id = :id")
            session.execute(change, {"day": day.isoformat(), "status": status, "id": world.meeting})
        with pytest.raises(Conflict):
            scan(sessions, world.meeting, arrival)
        if days == -1:
            tick(sessions, world.city, world.meeting, arrival)  # the paper list is entered afterwards
        else:
            with pytest.raises(Conflict):
                tick(sessions, world.city, world.meeting, arrival)
    assert number(sessions) == 1


def test_one_network_may_not_fill_the_list(
    sessions: Sessions, world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_ins, "MOST_PER_NETWORK", 3)
    for at in range(3):
        scan(sessions, world.meeting, Arrival(f"来宾{at}", "某院"))
    with pytest.raises(TooMany):
        scan(sessions, world.meeting, Arrival("来宾3", "某院"))
    scan(sessions, world.meeting, Arrival("来宾3", "某院"), network="198.51.100.0/24")
    monkeypatch.setattr(check_ins, "MOST_PER_MEETING", 4)
    with pytest.raises(TooMany):
        scan(sessions, world.meeting, Arrival("来宾4", "某院"), network="203.0.113.0/24")


def test_a_voided_one_stays_on_file_and_may_be_made_again(sessions: Sessions, world: SimpleNamespace) -> None:
    arrival = Arrival("张三", firm_id=world.firms[0])
    first = scan(sessions, world.meeting, arrival)
    with sessions.write() as session:
        meeting, row = session.get_one(Meeting, world.meeting), session.get_one(CheckIn, first)
        with pytest.raises(Invalid):
            check_ins.void(session, world.city, meeting, row, reason=" ", clock=CLOCK)
        check_ins.void(session, world.city, meeting, row, reason="签错企业", clock=CLOCK)
        assert meeting.check_ins == []
        with pytest.raises(Conflict):
            check_ins.void(session, world.city, meeting, row, reason="签错企业", clock=CLOCK)
    assert scan(sessions, world.meeting, arrival) != first
    assert number(sessions) == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["scan", "tick", "void", "record", "verify", "reject", "unverify"]),
        st.sampled_from([0, 1, 2]),
        st.sampled_from(["张三", "李四", ""]),
    ),
    max_size=14,
)


@given(STEPS)
@examples(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_checking_in_changes_no_count_and_no_attendance(
    sessions: Sessions, world: SimpleNamespace, steps: list[tuple[str, int, str]]
) -> None:
    """Between other legal steps: what a check-in or its undoing finds, it leaves."""
    with sessions.write() as session:
        firms = [row.firm for row in session.get_one(Meeting, world.meeting).firms]
        people = [row.expert for row in session.get_one(Meeting, world.meeting).experts]
        host = people[0].institute
        meeting_id = make.make_meeting(session, MeetingKind.OUTBOUND, firms, people, host).id
    for action, party, name in steps:
        before = _facts(sessions, meeting_id)
        with_effect = action in {"record", "verify", "reject", "unverify"}
        try:
            _take(sessions, world, meeting_id, action, party, name)
        except MatchmakerError:
            with_effect = False
        if not with_effect:
            found = _facts(sessions, meeting_id)
            assert found[:-1] == before[:-1]
            assert found[-1] == before[-1] or (action, found[2]) == ("void", MeetingStatus.HELD)


def _facts(sessions: Sessions, meeting_id: int) -> tuple[object, ...]:
    with sessions.read() as session:
        meeting = session.get_one(Meeting, meeting_id)
        rows = [row.attendance for row in (*meeting.firms, *meeting.experts)]
        sums = {code: (tally.total, tally.firm_visits) for code, tally in tallies(session, make.TODAY.year).items()}
        return sums, rows, meeting.status, meeting.minutes, meeting.version


def _take(sessions: Sessions, world: SimpleNamespace, meeting_id: int, action: str, party: int, name: str) -> None:
    arrival = [
        Arrival(name, firm_id=world.firms[0]),
        Arrival(name, firm_id=world.firms[1]),
        Arrival(name, expert_id=world.expert),
    ][party]
    if action == "scan":
        scan(sessions, meeting_id, arrival, network=f"net-{meeting_id}")
        return
    if action == "tick":
        tick(sessions, world.city, meeting_id, arrival)
        return
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        if action == "void" and meeting.check_ins:
            check_ins.void(session, world.city, meeting, meeting.check_ins[0], reason="签错", clock=CLOCK)
        elif action == "record":
            came = Presence(Attendance.ATTENDED)
            firms, experts = dict.fromkeys(world.firms, came), {world.expert: came}
            meetings.record(session, world.city, meeting, Record(firms, experts, "谈了焊接。"), clock=CLOCK)
        elif action == "verify":
            meetings.verify(session, world.second, meeting, clock=CLOCK)
        elif action in {"reject", "unverify"}:
            getattr(meetings, action)(session, world.second, meeting, reason="更正", clock=CLOCK)


def test_a_check_in_proposes_and_the_recorder_decides(sessions: Sessions, world: SimpleNamespace) -> None:
    scan(sessions, world.meeting, Arrival("张三", firm_id=world.firms[0]))
    with sessions.read() as session:
        meeting = session.get_one(Meeting, world.meeting)
        assert meeting.status is MeetingStatus.PLANNED
        assert {row.attendance for row in (*meeting.firms, *meeting.experts)} == {None}


def test_full_check_ins_stand_for_the_sheet_a_rule_asks_for(sessions: Sessions, world: SimpleNamespace) -> None:
    """Counted from the tables and from the trail alone; a voided check-in is none."""
    with sessions.write() as session:
        rule = session.scalars(select(CountingRule).where(CountingRule.metric_code == MetricCode.OUTBOUND.value)).one()
        rule.terms = {**(rule.terms or {}), "evidence": [EvidenceKind.SIGN_IN.value]}
    came = Presence(Attendance.ATTENDED)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        record = Record(dict.fromkeys(world.firms, came), {world.expert: came}, "谈了。")
        meetings.record(session, world.city, meeting, record, clock=CLOCK)
    everybody = [*(Arrival("来人", firm_id=firm) for firm in world.firms), Arrival(expert_id=world.expert)]
    ids = [tick(sessions, world.city, world.meeting, arrival) for arrival in everybody]
    with sessions.write() as session:
        meetings.verify(session, world.second, session.get_one(Meeting, world.meeting), clock=CLOCK)
    assert counted(sessions) == (1, 1)
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        meetings.unverify(session, world.city, meeting, reason="有人没来", clock=CLOCK)
        check_ins.void(session, world.city, meeting, session.get_one(CheckIn, ids[0]), reason="没来", clock=CLOCK)
        meetings.verify(session, world.second, meeting, clock=CLOCK)
    assert counted(sessions) == (0, 0)


def counted(sessions: Sessions) -> tuple[int, int]:
    year, code = make.TODAY.year, MetricCode.OUTBOUND
    with sessions.read() as session:
        return tallies(session, year)[code].total, replay.tallies(replay.state(session), year)[code].total


@pytest.mark.parametrize("typed", ["system", "市科技局工作人员"])
def test_a_name_typed_at_the_door_is_not_taken_for_an_account(
    sessions: Sessions, world: SimpleNamespace, typed: str
) -> None:
    scan(sessions, world.meeting, Arrival(firm_id=world.firms[0], name=typed))
    with sessions.read() as session:
        (entry,) = [
            one for one in history.timeline(session, Noun.MEETING, world.meeting) if one.text.startswith("签到")
        ]
        assert entry.actor == f"现场签到：{typed}"
