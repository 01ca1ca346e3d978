"""The demonstration may be loaded on any day: long holidays push days together, never an act before its cause."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from matchmaker.clock import SHANGHAI
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.services import profile
from matchmaker.services.demo.meetings import planned
from matchmaker.services.demo.script import read
from matchmaker.services.demo.timeline import Timeline

CALENDAR = WorkCalendar({day: works for day, works, _ in profile.workdays()})
FIRST, DAYS = date(2025, 6, 1), 2 * 365


def timelines() -> Iterator[Timeline]:
    for after in range(DAYS):
        yield Timeline(datetime.combine(FIRST + timedelta(days=after), time(9), SHANGHAI), CALENDAR)


def test_no_meeting_begins_before_it_is_planned() -> None:
    script = read()
    late = [
        (line.today, key)
        for line in timelines()
        for key, row in script.meetings.items()
        if planned(line, script, row) >= (line.day(row["days_ago"]), time.fromisoformat(row["start"]))
    ]
    assert late == []
