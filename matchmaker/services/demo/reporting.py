"""The reports that the bureau issued lately: the last quarter's, and one about the month before today's."""

from datetime import time, timedelta
from functools import partial

from matchmaker.clock import Clock
from matchmaker.domain.reports import Period, ReportKind, last_ended
from matchmaker.services import reports
from matchmaker.services.demo.stage import Stage

DAYS_AFTER = {ReportKind.QUARTERLY: 10, ReportKind.MONTHLY: 8}  # the end of the period, about which it is issued
AT = time(16, 30)


def issue(stage: Stage) -> None:
    """Each on its day; a report whose day is still to come is left to whoever tries the demonstration."""
    line = stage.timeline
    for kind, days in DAYS_AFTER.items():
        period = last_ended(kind, line.today)
        day = line.workday(period.last + timedelta(days=days))
        if day < line.today:
            line.at(day, AT, partial(_issue, stage, period))


def _issue(stage: Stage, period: Period, clock: Clock) -> None:
    made = reports.draft(stage.session, stage.officer, period, clock=clock)
    seen = made.content.fingerprint
    reports.issue(stage.session, stage.officer, made, seen=seen, edition=1, clock=clock)
