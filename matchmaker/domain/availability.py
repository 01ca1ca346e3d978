"""When people and places are free: half-days as they state them, and the next ones that suit everybody.

Nothing stated is not a refusal: it leaves a half-day open. Days are Asia/Shanghai.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.vocabulary import Word

NOON, AFTER_NOON = time(12), time(13)  # what only reaches into the lunch hour takes nothing of the other half
WEEKDAYS = range(5)
HORIZON = 60  # days ahead in which half-days are looked for
MOST_DATES = 120


class Half(Word):
    """Half of a day."""

    MORNING = "morning", "上午"
    AFTERNOON = "afternoon", "下午"


HOURS = {Half.MORNING: (time(9, 30), time(11, 30)), Half.AFTERNOON: (time(14), time(16))}  # usual times of a meeting


@dataclass(frozen=True)
class HalfDay:
    """A morning or an afternoon of a day."""

    day: date
    half: Half

    @property
    def key(self) -> str:
        """`2026-11-24-morning`, as forms and the table have it."""
        return f"{self.day.isoformat()}-{self.half.value}"

    @classmethod
    def read(cls, key: str) -> "HalfDay":
        """The half-day of a key. Raises `ValueError`."""
        day, _separator, half = key.rpartition("-")
        return cls(date.fromisoformat(day), Half(half))


@dataclass(frozen=True)
class Statement:
    """What one party says: the free halves of every week, single ones (free or not), and an absence.

    Once some halves of the week are named, the others of it are not free.
    """

    weekly: frozenset[tuple[int, Half]] = frozenset()
    dates: Mapping[HalfDay, bool] = field(default_factory=dict)
    away: tuple[date, date] | None = None

    def free(self, when: HalfDay) -> bool | None:
        """Whether the party is free then; None if it has not said."""
        if self.away is not None and self.away[0] <= when.day <= self.away[1]:
            return False
        if when in self.dates:
            return self.dates[when]
        return (when.day.weekday(), when.half) in self.weekly if self.weekly else None

    @property
    def empty(self) -> bool:
        """Whether nothing is stated at all."""
        return not self.weekly and not self.dates


def halves(starts: time, ends: time) -> tuple[Half, ...]:
    """The halves of the day that a meeting takes; at least one."""
    found = ((Half.MORNING, starts < NOON), (Half.AFTERNOON, ends > AFTER_NOON))
    return tuple(half for half, taken in found if taken) or (Half.AFTERNOON,)


def open_half_days(
    statements: Collection[Statement], booked: Collection[HalfDay], works: WorkCalendar, today: date
) -> Iterator[HalfDay]:
    """The half-days after `today` on working days that nobody has ruled out and that are not booked, in order."""
    for ahead in range(1, HORIZON + 1):
        day = today + timedelta(days=ahead)
        if not works.works(day):
            continue
        for half in Half:
            when = HalfDay(day, half)
            if when not in booked and all(one.free(when) is not False for one in statements):
                yield when


def refusing(statements: Mapping[str, Statement], day: date, taken: Iterable[Half]) -> list[str]:
    """The names of those who have said that they are not free in one of the halves."""
    wanted = [HalfDay(day, half) for half in taken]
    return [name for name, said in statements.items() if any(said.free(when) is False for when in wanted)]
