"""What the holders of accounts have to do themselves, as their first pages show it: from the last meeting of each."""

from datetime import time, timedelta

from matchmaker.clock import Clock
from matchmaker.domain.tasks import Given, Owner
from matchmaker.domain.vocabulary import MeetingStatus
from matchmaker.queries import tasks as queries
from matchmaker.services import tasks
from matchmaker.services.demo.chance import chosen
from matchmaker.services.demo.script import Row
from matchmaker.services.demo.stage import Stage

GIVEN, DUE = time(16, 20), 6  # on the last working day, due so many days after today
SIDES = (("firm", "firms"), ("expert", "experts"))  # of an account, and of a meeting


def give(stage: Stage) -> None:
    """A task for each firm and expert with an account that was at a meeting which is verified."""
    verified = [(key, row) for key, row in stage.script.meetings.items() if row["status"] == MeetingStatus.VERIFIED]
    for account in stage.script.accounts.values():
        for kind, side in SIDES:
            there = [(row["days_ago"], key) for key, row in verified if account.get(kind) in row[side]]
            if there:
                _give(stage, account, kind, min(there)[1])


def _give(stage: Stage, account: Row, kind: str, key: str) -> None:
    line = stage.timeline
    due = line.workday(line.today + timedelta(days=DUE))

    def act(clock: Clock) -> None:
        meeting = stage.meetings[key]
        owner = next(one for one in queries.owners_at(stage.session, meeting) if _is(stage, one, account))
        title = chosen(stage.script.phrases[f"after_task_{kind}"], "own", account["key"])
        tasks.give(stage.session, stage.officer, meeting, Given(title, due, owner), clock=clock)

    line.at(line.preceding(line.today), GIVEN, act)


def _is(stage: Stage, owner: Owner, account: Row) -> bool:
    if "firm" in account:
        return owner.organisation_id == stage.organisations[account["firm"]].id
    return owner.expert_id == stage.experts[account["expert"]].id
