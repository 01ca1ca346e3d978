"""On which days of a year people meet: working days, few around the Spring Festival and in August."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate

from matchmaker.domain.calendar import WorkCalendar
from matchmaker.services.demo.chance import chance

MONTHS = (0.6, 0.55, 1.15, 1.3, 1.2, 1.05, 0.8, 0.4, 1.25, 1.2, 1.25, 0.95)  # how busy a working day is
NEAR_FESTIVAL = 0.15
BEFORE, AFTER = 10, 7  # days around the Spring Festival in which hardly anybody travels
LONG_HOLIDAY = 6  # days off in a row


def spread(calendar: WorkCalendar, year: int, number: int, what: str) -> list[date]:
    """`number` days of the year, early to late, some of them twice; `what` makes one spread differ from another."""
    days = [day for day in _days(year) if calendar.works(day)]
    heights = list(accumulate(_busy(day, _festival(calendar, year)) for day in days))
    places = [(at + 0.5 + 0.8 * (chance(what, year, at) - 0.5)) / number for at in range(number)]
    return [days[min(bisect_left(heights, place * heights[-1]), len(days) - 1)] for place in places]


def without(days: Iterable[date], taken: Iterable[date]) -> list[date]:
    """The days less one for each that is taken: the nearest one."""
    left = list(days)
    for day in taken:
        if left:
            left.remove(min(left, key=lambda other: abs(other - day)))
    return left


def _days(year: int) -> Sequence[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]


def _festival(calendar: WorkCalendar, year: int) -> tuple[date, date] | None:
    """First and last day of the long holiday that begins between mid-January and late February, if it is on file."""
    run: list[date] = []
    for day in _days(year)[14:70]:
        if calendar.works(day):
            if len(run) >= LONG_HOLIDAY:
                return run[0], run[-1]
            run = []
        else:
            run.append(day)
    return None


def _busy(day: date, festival: tuple[date, date] | None) -> float:
    if festival and festival[0] - timedelta(days=BEFORE) <= day <= festival[1] + timedelta(days=AFTER):
        return NEAR_FESTIVAL
    return MONTHS[day.month - 1]
