"""The reports that the bureau issued: at the end of last year, about the last quarter and the month before today's."""

from datetime import time, timedelta
from functools import partial

from matchmaker.clock import Clock
from matchmaker.domain.reports import Period, ReportKind, last_ended
from matchmaker.services import reports
from matchmaker.services.demo.stage import Stage

DAYS_AFTER = {ReportKind.QUARTERLY: 10, ReportKind.MONTHLY: 8}  # the end of the period, about which it is issued
AT = time(16, 30)


LAST_YEAR = ((ReportKind.QUARTERLY, 4), *((ReportKind.MONTHLY, month) for month in (11, 12)))


def issue(stage: Stage) -> None:
    """Each on its day; a report whose day is still to come is left to whoever tries the demonstration."""
    line = stage.timeline
    lately = [last_ended(kind, line.today) for kind in DAYS_AFTER]
    before = [Period(kind, line.today.year - 1, number) for kind, number in LAST_YEAR]
    for period in dict.fromkeys([*before, *lately]):
        day = line.workday(period.last + timedelta(days=DAYS_AFTER[period.kind]))
        if day < line.today:
            line.at(day, AT, partial(_issue, stage, period))


def _issue(stage: Stage, period: Period, clock: Clock) -> None:
    made = reports.draft(stage.session, stage.officer, period, clock=clock)
    seen = made.content.fingerprint
    reports.issue(stage.session, stage.officer, made, seen=seen, edition=1, clock=clock)
