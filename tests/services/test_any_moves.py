"""Whatever officers do one after another, by the real services: the board, the trail alone and a plain reckoning agree.

The reckoning is written apart from the product: what was done to each meeting, and the rules in a line each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock, shanghai_date
from matchmaker.db import chain
from matchmaker.db.models import Expert, Meeting, Organisation
from matchmaker.db.session import Sessions, WritingSession
from matchmaker.domain.meetings import Plan, Presence, Record
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, MeetingKind, Role
from matchmaker.errors import MatchmakerError
from matchmaker.queries import counts, replay
from matchmaker.queries.trail import verify
from matchmaker.services import exclusions, meetings
from tests import factories as make
from tests.support.counting import make_counting

CLOCK = FixedDayClock(date(2026, 1, 5))
DAYS = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2))
METRICS = {MeetingKind.OUTBOUND: MetricCode.OUTBOUND, MeetingKind.INBOUND: MetricCode.INBOUND}
OUTCOMES = st.sampled_from(list(Attendance))


@dataclass
class Known:
    """What was done to one meeting, as somebody would note it on paper."""

    row: Meeting
    kind: MeetingKind
    day: date
    at_home: bool
    status: str = "planned"
    recorder: int | None = None
    firm: Attendance | None = None
    expert: Attendance | None = None
    excluded: bool = False

    def event(self) -> tuple[Any, ...] | None:
        """What it counts as, or None."""
        if self.status != "verified" or self.excluded or self.expert is not Attendance.ATTENDED:
            return None
        if self.kind is MeetingKind.INBOUND:
            return ("inbound", self.day)  # all of them at one firm
        firm_came = self.firm in {Attendance.ATTENDED, Attendance.STAND_IN}
        return ("outbound", self.day) if self.kind is MeetingKind.OUTBOUND and firm_came and self.at_home else None


@dataclass
class City:
    """Two officers, a firm, a university in Beijing with a base beside the firm, and its people."""

    session: Session
    officers: list[Actor] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_counting(self.session)
        self.officers = [make.actor_of(make.make_account(self.session, Role.CITY)) for _ in range(2)]
        self.firm: Organisation = make.make_firm(self.session, make.make_unit(self.session))
        self.host: Organisation = make.make_institute(self.session)
        self.campus, self.base = (
            make.site_of(self.session, self.host),
            make.make_site(self.session, self.host, make.LOCAL),
        )
        self.works = make.site_of(self.session, self.firm)

    def expert(self) -> Expert:
        return make.make_expert(self.session, self.host)

    def plan(self, kind: MeetingKind, day: date, expert: Expert, *, at_home: bool) -> Plan:
        sites = {MeetingKind.OUTBOUND: self.campus if at_home else self.base, MeetingKind.INBOUND: self.works}
        return Plan(
            kind=kind,
            day=day,
            starts=time(9),
            ends=time(23, 59),
            host_id=self.host.id if kind is not MeetingKind.INBOUND else None,
            site_id=sites[kind].id if kind in sites else None,
            firm_ids=(self.firm.id,),
            expert_ids=(expert.id,),
        )


# Each move: what it does by the services, then what it means on paper. A refusal of the services undoes all of it.
def schedule(city: City, _one: int, who: Actor, said: dict[str, Any]) -> None:
    day, kind = said["day"], said["kind"]
    row = meetings.schedule(
        city.session, who, city.plan(kind, day, city.expert(), at_home=said["at_home"]), clock=CLOCK
    )
    city.known.append(Known(row, kind, day, said["at_home"]))


def change(city: City, one: int, who: Actor, said: dict[str, Any]) -> None:
    known = city.known[one]
    plan = city.plan(known.kind, said["day"], known.row.experts[0].expert, at_home=said["at_home"])
    meetings.change(city.session, who, known.row, plan, clock=CLOCK)
    known.day, known.at_home = said["day"], said["at_home"]


def record(city: City, one: int, who: Actor, said: dict[str, Any]) -> None:
    known, row = city.known[one], city.known[one].row
    firms = {city.firm.id: Presence(said["firm"], "某人")}
    experts = {row.experts[0].expert_id: Presence(said["expert"], "某人")}
    meetings.record(city.session, who, row, Record(firms, experts, "纪要"), clock=CLOCK)
    known.status, known.recorder = "held", who.account_id
    known.firm, known.expert = said["firm"], said["expert"]


def verified(city: City, one: int, who: Actor, _said: dict[str, Any]) -> None:
    known = city.known[one]
    meetings.verify(city.session, who, known.row, clock=CLOCK)
    assert known.recorder != who.account_id  # nobody verifies their own record
    known.status = "verified"


def _step(name: str, status: str) -> Any:
    def move(city: City, one: int, who: Actor, _said: dict[str, Any]) -> None:
        known = city.known[one]
        getattr(meetings, name)(city.session, who, known.row, reason="原因", clock=CLOCK)
        known.status = status

    return move


def exclude(city: City, one: int, who: Actor, _said: dict[str, Any]) -> None:
    known = city.known[one]
    metric = METRICS.get(known.kind, MetricCode.OUTBOUND)
    exclusions.exclude(city.session, who, known.row, metric, reason="原因", clock=CLOCK)
    known.excluded = True


def include(city: City, one: int, who: Actor, _said: dict[str, Any]) -> None:
    known = city.known[one]
    metric = METRICS.get(known.kind, MetricCode.OUTBOUND)
    exclusions.take_back(city.session, who, known.row, metric, reason="原因", clock=CLOCK)
    known.excluded = False


MOVES = {
    "schedule": schedule,
    "change": change,
    "record": record,
    "verify": verified,
    "reject": _step("reject", "planned"),
    "unverify": _step("unverify", "held"),
    "cancel": _step("cancel", "cancelled"),
    "restore": _step("restore", "planned"),
    "exclude": exclude,
    "include": include,
}
SAID = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(list(MeetingKind)),
        "day": st.sampled_from(DAYS),
        "at_home": st.booleans(),
        "firm": OUTCOMES,
        "expert": OUTCOMES,
    }
)
USUAL = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([MeetingKind.OUTBOUND, MeetingKind.INBOUND]),
        "day": st.sampled_from(DAYS),
        "at_home": st.just(True),
        "firm": st.just(Attendance.ATTENDED),
        "expert": st.just(Attendance.ATTENDED),
    }
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*MOVES, "record", "verify", "record", "verify"]),
        st.integers(0, 2),
        st.integers(0, 1),
        SAID | USUAL,
    ),
    min_size=1,
    max_size=25,
)


@contextmanager
def city_of(sessions: Sessions) -> Iterator[City]:
    """A city in a transaction that is never committed."""
    engine = sessions.engine.execution_options(matchmaker_write=True)
    with WritingSession(engine, expire_on_commit=False) as session:
        session.begin()
        city = City(session)
        for kind in (MeetingKind.OUTBOUND, MeetingKind.INBOUND, MeetingKind.OUTBOUND):
            said = {"kind": kind, "day": DAYS[0], "at_home": True}
            schedule(city, 0, city.officers[0], said)
        yield city
        session.rollback()


def take(city: City, action: str, one: int, who: int, said: dict[str, Any]) -> None:
    """One move; what the services refuse leaves nothing behind."""
    attempt = city.session.begin_nested()
    try:
        MOVES[action](city, one, city.officers[who], said)
        city.session.flush()
    except MatchmakerError:
        attempt.rollback()
    else:
        attempt.commit()


def check(city: City) -> None:
    chain.seal_now(city.session)
    told = replay.state(city.session)
    for year in (2025, 2026):
        there, alone = counts.tallies(city.session, year), replay.tallies(told, year)
        for code in MetricCode:
            events = {each.event() for each in city.known if each.day.year == year} - {None}
            expected = sum(event[0] == code for event in events if event)
            assert (there[code].total, alone[code].total) == (expected, expected)
            assert alone[code].fingerprint == there[code].fingerprint
    assert verify(city.session).flaws == []


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_any_sequence_of_moves_counts_as_the_trail_alone_says(
    sessions: Sessions, steps: list[tuple[str, int, int, dict[str, Any]]]
) -> None:
    with city_of(sessions) as city:
        for step in steps:
            take(city, *step)
        check(city)


GOOD = {"kind": MeetingKind.OUTBOUND, "day": DAYS[0], "at_home": True}
CAME = {"firm": Attendance.ATTENDED, "expert": Attendance.ATTENDED}
COUNTED = [("record", 0, 0, CAME), ("verify", 0, 1, {})]


@pytest.mark.parametrize(
    ("steps", "counted"),
    [
        (COUNTED, {2025: 1, 2026: 0}),
        ([("change", 0, 0, GOOD | {"day": DAYS[1]}), *COUNTED], {2025: 0, 2026: 1}),
        ([("record", 0, 0, CAME), ("verify", 0, 0, {})], {}),  # the same officer
        ([("record", 0, 0, CAME)], {}),
        ([("record", 0, 0, {**CAME, "expert": Attendance.EXCUSED}), ("verify", 0, 1, {})], {}),
        ([("record", 0, 0, {**CAME, "firm": Attendance.EXCUSED}), ("verify", 0, 1, {})], {}),
        ([("change", 0, 0, GOOD | {"at_home": False}), *COUNTED], {}),
        ([("cancel", 0, 0, {}), *COUNTED], {}),
        ([*COUNTED, ("unverify", 0, 0, {})], {}),
        ([*COUNTED, ("exclude", 0, 0, {})], {}),
        ([*COUNTED, ("exclude", 0, 0, {}), ("include", 0, 1, {})], {2025: 1}),
        ([("schedule", 0, 0, GOOD | {"kind": MeetingKind.ONLINE}), ("record", 3, 0, CAME), ("verify", 3, 1, {})], {}),
    ],
)
def test_what_counts_and_in_which_year(
    sessions: Sessions, steps: list[tuple[str, int, int, dict[str, Any]]], counted: dict[int, int]
) -> None:
    with city_of(sessions) as city:
        for step in steps:
            take(city, *step)
        check(city)
        for year in (2025, 2026):
            assert counts.tallies(city.session, year)[MetricCode.OUTBOUND].total == counted.get(year, 0)


def test_the_last_minute_of_the_year_is_still_that_year_in_shanghai() -> None:
    assert shanghai_date(datetime(2025, 12, 31, 15, 59, tzinfo=UTC)) == date(2025, 12, 31)
    assert shanghai_date(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)) == date(2026, 1, 1)
