"""The demonstration may be loaded on any day: long holidays push days together, never an act before its cause."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from matchmaker.clock import SHANGHAI
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.services import profile
from matchmaker.services.demo.meetings import planned
from matchmaker.services.demo.script import Script, read
from matchmaker.services.demo.timeline import Timeline
from matchmaker.services.demo.year import told

CALENDAR = WorkCalendar({day: works for day, works, _ in profile.workdays()})
FIRST, DAYS = date(2025, 6, 1), 2 * 365


def timelines(*, every: int = 1) -> Iterator[Timeline]:
    for after in range(0, DAYS, every):
        yield Timeline(datetime.combine(FIRST + timedelta(days=after), time(9), SHANGHAI), CALENDAR)


def planned_too_late(line: Timeline, script: Script) -> list[tuple[date, str]]:
    return [
        (line.today, key)
        for key, row in script.meetings.items()
        if planned(line, script, row) >= (line.day(row["days_ago"]), time.fromisoformat(row["start"]))
    ]


def test_no_meeting_begins_before_it_is_planned() -> None:
    script = read()
    assert [found for line in timelines() for found in planned_too_late(line, script)] == []


def test_nor_does_one_that_is_made_up() -> None:
    script = read()
    assert [found for line in timelines(every=29) for found in planned_too_late(line, told(script, line))] == []
