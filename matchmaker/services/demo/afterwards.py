"""After the meetings: both sides are asked how it goes on, officers give tasks, needs without anybody are discussed.

Of the last weeks everything is there as the job makes it; of the time before, a part.
"""

from datetime import date, time, timedelta

from matchmaker.clock import Clock
from matchmaker.db.models import FollowUp, Meeting, Task
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.follow_ups import Said
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.tasks import Given, Owner
from matchmaker.domain.vocabulary import FollowUpStatus, MeetingStatus, Side, TalkOutcome, TaskStatus
from matchmaker.queries import escalation as escalation_queries
from matchmaker.queries import follow_ups as queries
from matchmaker.queries import tasks as task_queries
from matchmaker.services import escalation, follow_ups, tasks
from matchmaker.services.demo.chance import between, chance, chosen
from matchmaker.services.demo.script import Row
from matchmaker.services.demo.stage import Stage
from matchmaker.services.speakers import speaks_for

LAST_WEEKS = 7  # in which the job has run
ASKED, ANSWERED, GIVEN, DONE, TALKED = time(9, 30), time(14, 20), time(16, 10), time(15, 5), time(10, 40)
SAMPLED, SAMPLED_ROUND = 9, 90  # one of so many earlier meetings was followed up after so many days
SILENT, BEHALF, UNSURE = 0.08, 0.12, 0.3  # shares
COURSES = ((0.045, FollowUpStatus.SIGNED), (0.12, FollowUpStatus.STOPPED), (0.6, FollowUpStatus.PROGRESSING))
TASKED, TASK_DAYS = 3, 160  # one of so many meetings of the last days led to a task
UNDONE, DROPPED = 0.15, 0.08  # shares of tasks
TALKS = (TalkOutcome.REWRITE, TalkOutcome.ASK_INSTITUTES, TalkOutcome.WATCH)
TALKED_AGO = 12  # days


def follow(stage: Stage) -> None:
    """Put down all of it."""
    waiting: list[FollowUp] = []
    for ago in range(7 * LAST_WEEKS, 0, -1):
        _run_job(stage, ago, waiting)
    held = [(key, row) for key, row in stage.script.meetings.items() if row["status"] == MeetingStatus.VERIFIED.value]
    for number, (key, row) in enumerate(held):
        if number % SAMPLED == 0 and row["days_ago"] > SAMPLED_ROUND + 7 * (LAST_WEEKS + 4):
            _follow_one(stage, key, row)
        if number % TASKED == 0 and 5 < row["days_ago"] < TASK_DAYS:
            _give_task(stage, key, row)
    _discuss(stage)


def _run_job(stage: Stage, ago: int, waiting: list[FollowUp]) -> None:
    """The answers of a day, and once a week what fell due."""
    line = stage.timeline
    day = line.today - timedelta(days=ago)
    if not line.calendar.works(day):
        return

    def answer(clock: Clock) -> None:
        for row in [one for one in waiting if _answers_on(one) <= day]:
            waiting.remove(row)
            _answer(stage, row, clock)

    def ask(clock: Clock) -> None:
        follow_ups.fall_due(stage.session, day, settings=stage.settings, clock=clock)
        waiting.extend(row for row in _made_on(stage, day) if chance("silent", *_about(row)) > SILENT)

    if line.preceding(day).weekday() > day.weekday():  # the first working day of a week
        line.at(day, ASKED, ask)
    line.at(day, ANSWERED, answer)


def _made_on(stage: Stage, day: date) -> list[FollowUp]:
    return [row for row in queries.asked_on(stage.session, day) if row.status is FollowUpStatus.DUE]


def _about(row: FollowUp) -> tuple[object, ...]:
    return row.meeting.day, row.meeting.title, row.firm.name, row.side, row.days


def _answers_on(row: FollowUp) -> date:
    return (row.asked_on or row.due) + timedelta(days=between(0, 9, "answers", *_about(row)))


def _follow_one(stage: Stage, key: str, row: Row) -> None:
    line = stage.timeline
    due = line.day(row["days_ago"]) + timedelta(days=SAMPLED_ROUND)
    made: list[FollowUp] = []

    def ask(clock: Clock) -> None:
        made.extend(follow_ups.make(stage.session, SYSTEM, stage.meetings[key], (), day=due, clock=clock))

    def answer(clock: Clock) -> None:
        for one in made:
            _answer(stage, one, clock)

    line.at(line.workday(due), ASKED, ask)
    line.at(line.workday(due + timedelta(days=between(1, 6, "sampled", key))), ANSWERED, answer)


def _answer(stage: Stage, row: FollowUp, clock: Clock) -> None:
    """Both sides mostly say the same; now and then one has not heard of it."""
    status, kind = _course(row), ""
    if status is FollowUpStatus.SIGNED and row.side is Side.EXPERT and chance("unsure", *_about(row)[:3]) < UNSURE:
        status, kind = FollowUpStatus.STOPPED, "unsure"
    remark = chosen(stage.script.phrases[f"after_{kind or status.value}"], "remark", *_about(row))
    actor = _speaker(row)
    if chance("behalf", *_about(row)) < BEHALF:
        actor = stage.reviewer(row.firm.unit_id)
        remark = chosen(stage.script.phrases["after_told"], *_about(row)) + remark
    amount = str(10 * between(2, 18, "amount", *_about(row)[:3])) if status is FollowUpStatus.SIGNED else ""
    follow_ups.answer(stage.session, actor, row, Said(status, remark, amount), clock=clock)


def _course(row: FollowUp) -> FollowUpStatus:
    drawn = chance("course", row.meeting.day, row.meeting.title, row.firm.name)
    return next((status for share, status in COURSES if drawn < share), FollowUpStatus.CONTACTED)


def _speaker(row: FollowUp) -> Actor:
    """Who answers by the link."""
    meeting = row.meeting
    parties = list(follow_ups.addressees(meeting, row.side))
    organisation, expert = next(
        (one[:2] for one in parties if row.side is Side.EXPERT or one[0].id == row.firm_id), (row.firm, None)
    )
    return speaks_for(organisation, expert)


def _give_task(stage: Stage, key: str, row: Row) -> None:
    line = stage.timeline
    day = line.following(line.following(line.day(row["days_ago"] - row.get("recorded_after", 0))))
    due = line.workday(day + timedelta(days=between(6, 24, "task", key)))
    made: list[Task] = []

    def give(clock: Clock) -> None:
        meeting = stage.meetings[key]
        kind, owner = _task_owner(stage, meeting)
        title = chosen(stage.script.phrases[f"after_task_{kind}"], "task", key)
        giver = stage.reviewer(meeting.firms[0].firm.unit_id)
        made.append(tasks.give(stage.session, giver, meeting, Given(title, due, owner), clock=clock))

    def close(clock: Clock) -> None:
        action = "drop" if chance("dropped", key) < DROPPED else "finish"
        word = TaskStatus.DROPPED if action == "drop" else TaskStatus.DONE
        reason = chosen(stage.script.phrases[f"after_task_{word.value}"], "closed", key)
        tasks.move(stage.session, _closer(stage, made[0]), made[0], action, reason=reason, clock=clock)

    line.at(day, GIVEN, give)
    closed = line.workday(due - timedelta(days=between(0, 4, "closed", key)))
    if chance("undone", key) > UNDONE and day < closed < line.today:
        line.at(closed, DONE, close)


def _task_owner(stage: Stage, meeting: Meeting) -> tuple[str, Owner]:
    owners = task_queries.owners_at(stage.session, meeting)
    firms = [one for one in owners if one.organisation_id == meeting.firms[0].firm_id]
    there = {person.expert_id for person in meeting.experts if person.attendance in HERE}
    experts = [one for one in owners if one.expert_id in there]
    officers = [one for one in owners if one.account_id is not None]
    kinds = [("firm", firms), ("expert", experts), ("firm", firms), ("officer", officers)]
    kind, found = chosen([one for one in kinds if one[1]], "owner", meeting.day, meeting.title)
    return kind, found[0]


def _closer(stage: Stage, task: Task) -> Actor:
    if task.expert is not None:
        return speaks_for(task.expert.institute, task.expert)
    return speaks_for(task.organisation, None) if task.organisation else stage.officer


def _discuss(stage: Stage) -> None:
    line = stage.timeline
    day = line.day(TALKED_AGO)

    def act(clock: Clock) -> None:
        found = escalation_queries.found(stage.session, day, stage.settings.escalation_days)
        for outcome, need in zip(TALKS, found, strict=False):
            (text,) = stage.script.phrases[f"after_talk_{outcome.value}"]
            asked = outcome is TalkOutcome.ASK_INSTITUTES
            institutes = [one.id for one in escalation_queries.may_be_asked(stage.session, need)][: 2 if asked else 0]
            due = line.workday(day + timedelta(days=20))
            talk = escalation.Talk(outcome, text, due, tuple(institutes))
            escalation.talk(stage.session, stage.officer, need, talk, clock=clock)

    line.at(day, TALKED, act)
