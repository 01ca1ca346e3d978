"""A job that is due every second, for `matchmaker scheduler --more-jobs tests.concurrency.ticking:JOBS`."""

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.clock import SystemClock
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import lazy_gettext
from matchmaker.scheduler.jobs import Effect, Job, Turn
from matchmaker.scheduler.schedule import Every
from matchmaker.services import audit

NAME = "tick"
LEASE = timedelta(seconds=15)


def _tick(_runtime: Runtime, turn: Turn) -> Effect:
    time.sleep(0.1)  # long enough to be killed in the middle

    def effect(session: Session) -> str:
        second = round(turn.slot.timestamp())
        audit.write(session, SYSTEM, action=NAME, noun=Noun.JOB, record_id=second, at=SystemClock().now())
        return "ticked"

    return effect


JOBS = (Job(NAME, lazy_gettext("测试"), Every(1), _tick, catch_up=120, lease=LEASE),)
