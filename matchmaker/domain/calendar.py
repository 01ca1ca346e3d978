"""Working days: the weekday rule, corrected by a table of exceptions that the bureau can edit (traps T34)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY = 5


@dataclass(frozen=True)
class YearProgress:
    """Working days of a year: how many there are, and how many have begun by a day (that day included)."""

    elapsed: int
    total: int
    known: bool

    @property
    def remaining(self) -> int:
        """Working days still to come."""
        return self.total - self.elapsed


def _is_weekday(day: date) -> bool:
    return day.weekday() < SATURDAY


def _weekdays_until(day: date) -> int:
    """Mondays to Fridays since the first day of the calendar, a Monday; that of `day` included."""
    weeks, rest = divmod(day.toordinal(), 7)
    return SATURDAY * weeks + min(rest, SATURDAY)


@dataclass(frozen=True)
class WorkCalendar:
    """`exceptions` says of a day that differs from the weekday rule whether people work on it.

    `listed` are the years of which the whole official list is among them, and not only single days corrected.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    listed: frozenset[int] = frozenset()

    def works(self, day: date) -> bool:
        """Whether `day` is a working day."""
        return self.exceptions.get(day, _is_weekday(day))

    def working_days(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; 0 when `last` is earlier."""
        if last < first:
            return 0
        usual = _weekdays_until(last) - _weekdays_until(first - timedelta(days=1))
        return usual + sum(works - _is_weekday(day) for day, works in self.exceptions.items() if first <= day <= last)

    def working_day_after(self, day: date, number: int) -> date:
        """The `number`-th working day after `day`; before it when `number` is negative."""
        step = timedelta(days=1 if number > 0 else -1)
        for _ in range(abs(number)):
            day += step
            while not self.works(day):
                day += step
        return day

    def knows(self, year: int) -> bool:
        """Whether the year's holidays have been entered; without them the weekday rule speaks for most days."""
        return year in self.listed

    def progress(self, year: int, today: date) -> YearProgress:
        """How far `year` has run by the end of `today`: nothing of a future year, all of a past one."""
        first, last = date(year, 1, 1), date(year, 12, 31)
        return YearProgress(
            elapsed=self.working_days(first, min(today, last)),
            total=self.working_days(first, last),
            known=self.knows(year),
        )
