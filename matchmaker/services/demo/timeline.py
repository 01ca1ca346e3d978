"""Invented days made real: what is told as "so many days ago" happens in order, each act at its own moment."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from matchmaker.clock import SHANGHAI, Clock, shanghai_date
from matchmaker.domain.calendar import WorkCalendar

Act = Callable[[Clock], object]


@dataclass(frozen=True)
class MomentClock:
    """A clock that stands still, for an act that took place at a known moment."""

    moment: datetime

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.moment.astimezone(UTC)

    def today(self) -> date:
        """The civil day of the moment in China."""
        return shanghai_date(self.moment)


@dataclass
class Timeline:
    """Acts in the order in which they took place; none later than `now`."""

    now: datetime
    calendar: WorkCalendar
    _acts: list[tuple[datetime, Act]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day on which the demonstration is loaded."""
        return shanghai_date(self.now)

    def day(self, days_ago: int) -> date:
        """The day so long ago, or the working day before it; of a day to come (negative), the one after it.

        Two days keep their order, and a past day never becomes a coming one.
        """
        day = self.today - timedelta(days=days_ago)
        away = timedelta(days=-1 if days_ago > 0 else 1)
        while days_ago and not self.calendar.works(day):
            day += away
        return day

    @property
    def opening(self) -> date:
        """The day on which the bureau begins, some weeks before the first of the two years that are told."""
        return self.workday(date(self.today.year - 2, 10, 20))

    def following(self, day: date) -> date:
        """The first working day after `day`."""
        return self.workday(day + timedelta(days=1))

    def preceding(self, day: date) -> date:
        """The last working day before `day`."""
        day -= timedelta(days=1)
        while not self.calendar.works(day):
            day -= timedelta(days=1)
        return day

    def workday(self, day: date) -> date:
        """`day`, or the first working day after it."""
        while not self.calendar.works(day):
            day += timedelta(days=1)
        return day

    def at(self, day: date, clock_time: time, act: Act) -> None:
        """Let `act` take place then, or now if that is still to come."""
        self._acts.append((datetime.combine(day, clock_time, SHANGHAI), act))

    def run(self, until: datetime) -> None:
        """Carry out what was put down for before `until`, the earliest first; at one moment, as it was put down.

        What is still to come keeps its order too, so that the hour of loading changes nothing but the time.
        """
        due = [dated for dated in self._acts if dated[0] < until]
        self._acts = [dated for dated in self._acts if dated[0] >= until]
        for moment, act in sorted(due, key=_moment):
            act(MomentClock(min(moment, self.now)))


def _moment(dated: tuple[datetime, Act]) -> datetime:
    return dated[0]


def minutes_after(clock_time: time, minutes: int) -> time:
    """So many minutes later, but no later than the last minute of the day."""
    total = clock_time.hour * 60 + clock_time.minute + minutes
    return time(*divmod(min(total, 23 * 60 + 59), 60))


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier (later if negative), or that month's 28th."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def last_days(today: date, days: int) -> Iterable[date]:
    """The days before `today`, the earliest first."""
    return [today - timedelta(days=back) for back in range(days, 0, -1)]
