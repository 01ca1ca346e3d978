"""The time now, and the civil day in China. Everything that needs either is handed a clock."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

# No daylight saving since 1991, so a fixed offset is exact here and needs no zone files on the host.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """What the rest of the product may ask about time."""

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""
        ...

    def today(self) -> date:
        """Return the civil day in China."""
        ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return shanghai_date(self.now())


class FixedDayClock:
    """A clock that stays on one day while its time of day runs on (demonstrations, tests)."""

    def __init__(self, day: date) -> None:
        self.day = day

    def now(self) -> datetime:
        time_of_day = datetime.now(SHANGHAI).timetz()
        return datetime.combine(self.day, time_of_day).astimezone(UTC)

    def today(self) -> date:
        return self.day


def shanghai_date(moment: datetime) -> date:
    """Return the civil day in China of an aware moment.

    Raises:
        ValueError: `moment` has no time zone, so its day is not known.
    """
    if moment.tzinfo is None:
        raise ValueError(f"moment without a time zone: {moment}")
    return moment.astimezone(SHANGHAI).date()
