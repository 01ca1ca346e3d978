"""A forecast of a past day uses what was known that day: what happens later does not change it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI, FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Expert, Invitation, Meeting, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.forecast import Course, Stage, forecast
from matchmaker.domain.meetings import Plan, Presence, Record
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role
from matchmaker.queries.backtest import known
from matchmaker.queries.forecasts import outlooks
from matchmaker.services import invitations, meetings
from tests import factories as make
from tests.support.counting import make_counting

DAY = date(2026, 3, 31)
CAME, MISSING = Presence(Attendance.ATTENDED), Presence(Attendance.EXCUSED)
Told = dict[MetricCode, dict[int | None, Course]]


class Bureau:
    """Two officers, three firms of two units, and the visits they arrange."""

    def __init__(self, session: Session) -> None:
        self.held: list[int] = []
        make_counting(session)
        self.session = session
        self.city, self.other = (make.actor_of(make.make_account(session, Role.CITY)) for _ in range(2))
        units = [make.make_unit(session), make.make_unit(session)]
        self.units = [unit.id for unit in units]
        self.firms = [make.make_firm(session, unit) for unit in (*units, units[0])]
        self.experts = [make.make_expert(session) for _ in range(3)]

    def plan(self, day: date, number: int, *, made: date) -> Meeting:
        firm, expert = self.firms[number % 3], self.experts[number % 3]
        return meetings.schedule(self.session, self.city, self._plan(firm, expert, day), clock=FixedDayClock(made))

    def _plan(self, firm: Organisation, expert: Expert, day: date) -> Plan:
        site = make.site_of(self.session, firm).id
        people = {"firm_ids": (firm.id,), "expert_ids": (expert.id,)}
        return Plan(kind=MeetingKind.INBOUND, day=day, starts=time(9), ends=time(11), site_id=site, **people)

    def record(self, meeting: Meeting, on: date, *, came: bool = True) -> None:
        who = {row.expert_id: CAME if came else MISSING for row in meeting.experts}
        result = Record({row.firm_id: CAME for row in meeting.firms}, who, "纪要")
        meetings.record(self.session, self.city, meeting, result, clock=FixedDayClock(on))

    def verify(self, meeting: Meeting, on: date, by: Actor | None = None) -> None:
        meetings.verify(self.session, by or self.other, meeting, clock=FixedDayClock(on))

    def move(self, meeting: Meeting, to: date, on: date) -> None:
        firm, expert = meeting.firms[0].firm, meeting.experts[0].expert
        meetings.change(self.session, self.city, meeting, self._plan(firm, expert, to), clock=FixedDayClock(on))

    def invite(self, number: int, on: date) -> Invitation:
        need = make.make_need(self.session, self.firms[number % 3])
        made = datetime.combine(on, time(10), SHANGHAI)
        answer = {"answer_by": on + timedelta(days=60), "created_at": made, "updated_at": made}
        return make.make_invitation(self.session, need, self.experts[number % 3], **answer)


@pytest.fixture
def bureau(sessions: Sessions) -> Iterator[Bureau]:
    """After March, in a transaction of its own."""
    with sessions.write() as session:
        bureau = Bureau(session)
        bureau.held = [meeting.id for meeting in _until_the_end_of_march(bureau)]
    with sessions.write() as session:
        bureau.session = session
        yield bureau


@pytest.fixture
def held(bureau: Bureau) -> list[Meeting]:
    return [bureau.session.get_one(Meeting, number) for number in bureau.held]


def _until_the_end_of_march(bureau: Bureau) -> list[Meeting]:
    """Fourteen visits, all but the last two verified, three to come, and one that nobody recorded."""
    found = []
    for number in range(14):
        day = date(2026, 1, 12) + timedelta(days=5 * number)
        meeting = bureau.plan(day, number, made=day - timedelta(days=6))
        bureau.record(meeting, day)
        if number < 12:
            bureau.verify(meeting, day + timedelta(days=1))
        found.append(meeting)
    found += [bureau.plan(DAY + timedelta(days=9 + number), number, made=DAY) for number in range(3)]
    found.append(bureau.plan(DAY - timedelta(days=4), 2, made=DAY - timedelta(days=9)))
    return found


def later(bureau: Bureau) -> Told:
    return known(bureau.session, 2026, 2026).forecasts(DAY)


def live(bureau: Bureau) -> Told:
    found = outlooks(bureau.session, DAY, bureau.units)
    return {code: {place: one.course for place, one in places.items()} for code, places in found.items()}


def numbers(told: Told, place: int | None = None) -> dict[Stage, int]:
    return {one.stage: one.number for one in told[MetricCode.INBOUND][place].coming}


def test_looking_back_sees_what_was_seen_that_day(bureau: Bureau, held: list[Meeting]) -> None:
    bureau.invite(0, on=DAY - timedelta(days=3))
    then = live(bureau)
    assert later(bureau) == then
    assert then[MetricCode.INBOUND][None].actual == 12
    assert numbers(then) == {
        Stage.HELD: 2,
        Stage.UNRECORDED: 1,
        Stage.PLANNED: 3,
        Stage.AGREED: 0,
        Stage.INVITED: 1,
    }
    assert sum(numbers(then, unit)[Stage.PLANNED] for unit in bureau.units) == 3
    assert forecast(then[MetricCode.INBOUND][None]) is not None


def _verified_late(bureau: Bureau, held: list[Meeting]) -> None:
    bureau.verify(held[12], DAY + timedelta(days=1))


def _verification_taken_back(bureau: Bureau, held: list[Meeting]) -> None:
    meetings.unverify(
        bureau.session, bureau.other, held[3], reason="核对", clock=FixedDayClock(DAY + timedelta(days=2))
    )


def _recorded_anew(bureau: Bureau, held: list[Meeting]) -> None:
    """It turns out that the expert was not there."""
    clock = FixedDayClock(DAY + timedelta(days=3))
    meetings.unverify(bureau.session, bureau.other, held[5], reason="核对", clock=clock)
    meetings.reject(bureau.session, bureau.other, held[5], reason="签到不符", clock=clock)
    bureau.record(held[5], DAY + timedelta(days=3), came=False)
    bureau.verify(held[5], DAY + timedelta(days=4))


def _recorded_late(bureau: Bureau, held: list[Meeting]) -> None:
    bureau.record(held[17], DAY + timedelta(days=1))


def _called_off(bureau: Bureau, held: list[Meeting]) -> None:
    meetings.cancel(bureau.session, bureau.city, held[14], reason="出差", clock=FixedDayClock(DAY + timedelta(days=5)))


def _moved(bureau: Bureau, held: list[Meeting]) -> None:
    bureau.move(held[15], DAY + timedelta(days=300), on=DAY + timedelta(days=5))  # into the next year


def _planned_later(bureau: Bureau, held: list[Meeting]) -> None:
    meeting = bureau.plan(DAY + timedelta(days=20), 1, made=DAY + timedelta(days=1))
    bureau.record(meeting, meeting.day)
    bureau.verify(meeting, meeting.day)


def _written_down_later(bureau: Bureau, held: list[Meeting]) -> None:
    """A visit of March that somebody enters in April."""
    meeting = bureau.plan(DAY - timedelta(days=6), 0, made=DAY + timedelta(days=10))
    bureau.record(meeting, DAY + timedelta(days=10))
    bureau.verify(meeting, DAY + timedelta(days=11))


def _invited_later(bureau: Bureau, held: list[Meeting]) -> None:
    bureau.invite(1, on=DAY + timedelta(days=1))


LATER = (
    *(_verified_late, _verification_taken_back, _recorded_anew, _recorded_late, _called_off, _moved),
    *(_planned_later, _written_down_later, _invited_later),
)


@pytest.mark.parametrize("fact", LATER, ids=lambda fact: fact.__name__.strip("_"))
def test_what_happens_later_does_not_show(
    bureau: Bureau, held: list[Meeting], fact: Callable[[Bureau, list[Meeting]], None]
) -> None:
    then = live(bureau)
    fact(bureau, held)
    bureau.session.flush()
    assert later(bureau) == then
    assert live(bureau) != then or fact is _invited_later  # that list is read as it stands, by its own day


def test_an_invitation_withdrawn_later_was_waited_for(bureau: Bureau, held: list[Meeting], settings: Settings) -> None:
    invitation = bureau.invite(0, on=DAY - timedelta(days=3))
    then = live(bureau)
    clock = FixedDayClock(DAY + timedelta(days=2))
    invitations.withdraw(bureau.session, bureau.city, invitation, "另约", settings=settings, clock=clock)
    assert later(bureau) == then
    assert numbers(live(bureau))[Stage.INVITED] == 0


def test_rows_without_a_trail_are_read_by_their_own_moments(bureau: Bureau) -> None:
    """Brought in past the services: recorded on the day, verified a week later."""
    day = DAY - timedelta(days=3)
    made = {"created_at": moment(day - timedelta(days=9)), "updated_at": moment(day)}
    meeting = make.make_meeting(
        bureau.session,
        MeetingKind.INBOUND,
        [bureau.firms[0]],
        [bureau.experts[0]],
        day=day,
        status=MeetingStatus.VERIFIED,
        recorded_by_id=bureau.city.account_id,
        recorded_at=moment(day),
        verified_by_id=bureau.other.account_id,
        verified_at=moment(DAY + timedelta(days=4)),
        **made,
    )
    for row in [*meeting.firms, *meeting.experts]:
        row.attendance = Attendance.ATTENDED
    bureau.session.flush()
    past = known(bureau.session, 2026, 2026).past
    seen = {}
    for back in (-20, -9, -4, 0, 5):
        seen[back] = [one for one in past.meetings_on(DAY + timedelta(days=back)) if one.id == meeting.id]
    states = {back: [one.status for one in found] for back, found in seen.items()}
    held, planned, verified = MeetingStatus.HELD, MeetingStatus.PLANNED, MeetingStatus.VERIFIED
    assert states == {-20: [], -9: [planned], -4: [planned], 0: [held], 5: [verified]}
    assert [one.firms[0].attendance for one in seen[-4]] == [None]
    assert [one.firms[0].attendance for one in seen[0]] == [Attendance.ATTENDED]


def moment(day: date) -> datetime:
    return datetime.combine(day, time(16), SHANGHAI)
