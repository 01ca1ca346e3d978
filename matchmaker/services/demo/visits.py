"""Before the meetings: routes planned as one, cars, what the parties were told, what the receiving ones said."""

from datetime import time, timedelta

from matchmaker.clock import Clock
from matchmaker.domain.journeys import Details, JourneyPlan, Stop
from matchmaker.domain.preparing import Particulars
from matchmaker.domain.vocabulary import MeetingKind, ReceptionAnswer
from matchmaker.queries.journeys import stops_of
from matchmaker.services import journeys, letters, preparing
from matchmaker.services.demo.postings import PLANNED_BEFORE
from matchmaker.services.demo.script import Row, word
from matchmaker.services.demo.stage import Stage

PLANNED, DRIVEN, TOLD = time(8), time(17, 10), time(17, 20)
CAR = ("gathering", "transport", "contact", "note")
SETTLED = 2  # days ago, by which every route still to come was planned
SPOKE = "联系人，电话"  # by whom the answer came


def arrange(stage: Stage) -> None:
    """Everything of it, each act on the day the meeting was planned."""
    for key in stage.script.routes:
        _plan_route(stage, key)
    for key, row in stage.script.trips.items():
        if "transport" in row:
            _drive(stage, key, row)
    for key in stage.script.preparations:
        _prepare(stage, key)


def _plan_route(stage: Stage, key: str) -> None:
    rows = {name: row for name, row in stage.script.meetings.items() if row.get("route") == key}
    first = next(iter(rows.values()))
    line, about = stage.timeline, stage.script.routes[key]

    def act(clock: Clock) -> None:
        plan = JourneyPlan(
            kind=MeetingKind.INBOUND,
            day=line.day(first["days_ago"]),
            travellers=tuple(stage.experts[one].id for one in first["experts"]),
            stops=tuple(_stop(stage, row) for row in rows.values()),
            title=about["title"],
            details=_details(about),
        )
        route = journeys.plan(stage.session, stage.officer, plan, clock=clock)
        made = stops_of(stage.session, route)
        stage.meetings |= dict(zip(rows, made, strict=True))

    line.at(line.day(max(first["days_ago"] + PLANNED_BEFORE, SETTLED)), PLANNED, act)


def _stop(stage: Stage, row: Row) -> Stop:
    (firm,) = row["firms"]
    return Stop(
        organisation_id=stage.organisations[firm].id,
        site_id=stage.sites[firm][0].id,
        starts=time.fromisoformat(row["start"]),
        ends=time.fromisoformat(row["end"]),
        need_ids=tuple(stage.needs[one].id for one in row["needs"]),
    )


def _details(row: Row) -> Details:
    texts = {name: row.get(name, "") for name in CAR}
    return Details(departs=time.fromisoformat(row["departs"]), seats=row["seats"], **texts)


def _drive(stage: Stage, key: str, row: Row) -> None:
    """The car of a trip, once its meetings have been planned."""
    ago = max(each["days_ago"] for each in stage.script.meetings.values() if each.get("trip") == key)

    def act(clock: Clock) -> None:
        trip = stage.trips[key]
        journeys.change(stage.session, stage.officer, trip, _details(row), title=trip.title, day=trip.day, clock=clock)

    stage.timeline.at(stage.timeline.day(ago + PLANNED_BEFORE), DRIVEN, act)


def _prepare(stage: Stage, key: str) -> None:
    line, row = stage.timeline, stage.script.preparations[key]
    day = min(line.day(stage.script.meetings[key]["days_ago"]), line.today) - timedelta(days=1)

    def act(clock: Clock) -> None:
        meeting, texts = stage.meetings[key], {name: row.get(name, "") for name in ("bring", "secrecy", "travel")}
        told = Particulars(agenda=row["agenda"], **texts)
        preparing.prepare(stage.session, stage.officer, meeting, told, clock=clock)
        if row.get("letter"):
            letters.issue(stage.session, stage.officer, meeting, clock=clock)
        if "reception" in row:
            answer = word(ReceptionAnswer, row["reception"])
            said = {"remark": row.get("remark", ""), "said_by": SPOKE}
            preparing.reply(stage.session, stage.officer, meeting, answer, **said, clock=clock)

    line.at(day, TOLD, act)
