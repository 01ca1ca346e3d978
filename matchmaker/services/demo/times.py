"""When some people say that they are free, and somebody who sends a colleague to a meeting to come."""

from datetime import time, timedelta

from matchmaker.clock import Clock
from matchmaker.domain.availability import WEEKDAYS, Half
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.services import availability, stand_ins
from matchmaker.services.availability import Party
from matchmaker.services.demo.chance import between, chance
from matchmaker.services.demo.script import word
from matchmaker.services.demo.stage import Stage
from matchmaker.services.stand_ins import StandIn

STATED, NAMED = time(10, 20), time(15, 40)
EXPERTS, INSTITUTES = 12, 4  # the first so many say something
STATED_AGO, AWAY_AHEAD = 20, 9  # days
SENT, WHY = "赵敏，技术部工程师", "经理当天要验收设备"


def state(stage: Stage) -> None:
    """Everything of it, some days ago."""
    line = stage.timeline

    def say(clock: Clock) -> None:
        for key in list(stage.script.experts)[:EXPERTS]:
            _week(stage, stage.expert(key), stage.experts[key], key, clock)
        for key in list(stage.script.institutes)[:INSTITUTES]:
            _week(stage, stage.officer, stage.organisations[key], key, clock)
        for account in [each for each in stage.accounts.values() if each.role is Role.FIRM and each.organisation_id]:
            key = next(name for name, row in stage.organisations.items() if row.id == account.organisation_id)
            _week(stage, stage.firm(key), stage.organisations[key], key, clock)
            day = line.workday(line.today + timedelta(days=AWAY_AHEAD))
            firm = stage.organisations[key]
            availability.state_day(stage.session, stage.firm(key), firm, day, tuple(Half), free=False, clock=clock)

    line.at(line.day(STATED_AGO), STATED, say)
    line.at(line.day(1), NAMED, lambda clock: _send(stage, clock))


def _week(stage: Stage, actor: Actor, party: Party, key: str, clock: Clock) -> None:
    """Five to eight half-days of the week."""
    halves = sorted(((day, half) for day in WEEKDAYS for half in Half), key=lambda one: chance("free", key, *one))
    availability.state_week(stage.session, actor, party, halves[: between(5, 8, "free", key)], clock=clock)


def _send(stage: Stage, clock: Clock) -> None:
    """The first firm that is still to visit somebody."""
    for key, row in stage.script.meetings.items():
        meeting = stage.meetings.get(key)
        if meeting is None or word(MeetingKind, row["kind"]) is not MeetingKind.OUTBOUND:
            continue
        if meeting.status is MeetingStatus.PLANNED and meeting.day > stage.timeline.today:
            actor, sent = stage.firm(row["firms"][0]), StandIn(who=SENT)
            stand_ins.name(stage.session, actor, meeting, meeting.firms[0], sent, reason=WHY, clock=clock)
            return
