"""Who has said again that an offer still holds: its owner, on the day of the last confirmation of the profile."""

from datetime import date, time

from matchmaker.clock import Clock
from matchmaker.db.models import Capability
from matchmaker.domain.vocabulary import Noun
from matchmaker.services import confirmations
from matchmaker.services.demo.chance import between
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import months_before

BY_INSTITUTES = (1, 11)  # months ago


def confirm_later(stage: Stage, owner: str, offered: list[Capability], listed: date) -> None:
    """Let `owner` confirm what will be the one capability in `offered`, if the profile was confirmed after `listed`."""
    day = stage.timeline.workday(months_before(stage.timeline.today, _months_ago(stage, owner)))

    def confirm(clock: Clock) -> None:
        keys = [f"{Noun.CAPABILITY.value}:{offered[0].id}"]
        confirmations.confirm(stage.session, stage.owner(owner), keys, clock=clock)

    if listed < day <= stage.timeline.today:
        stage.timeline.at(day, time(16), confirm)


def _months_ago(stage: Stage, owner: str) -> int:
    script = stage.script
    if owner in script.institutes:
        return between(*BY_INSTITUTES, "confirmed", owner)
    person = script.groups[owner]["lead"] if owner in script.groups else owner
    return int(script.experts[person]["last_confirmed_months_ago"])
