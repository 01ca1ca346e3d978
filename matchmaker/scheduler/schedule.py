"""When a job is due. A slot is a moment of a fixed grid, so every process of every host names it alike."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from matchmaker.clock import SHANGHAI

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Schedule(Protocol):
    """A grid of slots."""

    @property
    def period(self) -> timedelta:
        """The time from one slot to the next."""
        ...

    def due(self, now: datetime, count: int) -> list[datetime]:
        """The last `count` slots that are not after `now`, oldest first, in UTC."""
        ...


@dataclass(frozen=True)
class Every:
    """Every so many seconds, counted from the epoch."""

    seconds: int

    @property
    def period(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def due(self, now: datetime, count: int) -> list[datetime]:
        last = (now - EPOCH) // self.period
        return [EPOCH + index * self.period for index in range(last - count + 1, last + 1)]

    def __str__(self) -> str:
        return f"{self.seconds} s"


@dataclass(frozen=True)
class Daily:
    """Once a day at a time of day in China."""

    at: time

    @property
    def period(self) -> timedelta:
        return DAY

    def due(self, now: datetime, count: int) -> list[datetime]:
        return _days_back(now, self.at, count)

    def __str__(self) -> str:
        return f"{self.at:%H:%M}"


@dataclass(frozen=True)
class Weekly:
    """Once a week on a weekday (Monday is 0) at a time of day in China."""

    weekday: int
    at: time

    @property
    def period(self) -> timedelta:
        return 7 * DAY

    def due(self, now: datetime, count: int) -> list[datetime]:
        days = _days_back(now, self.at, 7)
        last = next(slot for slot in days if slot.astimezone(SHANGHAI).weekday() == self.weekday)
        return [last - index * self.period for index in reversed(range(count))]

    def __str__(self) -> str:
        return f"{'一二三四五六日'[self.weekday]} {self.at:%H:%M}"


def _days_back(now: datetime, at: time, count: int) -> list[datetime]:
    """The last `count` moments with time of day `at`."""
    last = datetime.combine(now.astimezone(SHANGHAI), at, SHANGHAI)
    if last > now:
        last -= DAY
    return [(last - index * DAY).astimezone(UTC) for index in reversed(range(count))]
