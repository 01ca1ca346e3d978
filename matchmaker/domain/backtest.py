"""How good forecasts would have been: each month's end of past years, beside two plain ways of reckoning."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Self

from matchmaker.domain.calendar import YearProgress

MONTHS = range(1, 12)  # at the end of December there is nothing left to forecast
FORECAST, STRAIGHT, LAST_MONTH = "forecast", "straight", "last_month"
METHODS = (FORECAST, STRAIGHT, LAST_MONTH)


def straight(actual: int, progress: YearProgress) -> int:
    """As many a working day as so far; what is counted, before the first working day. Rounded half up."""
    if not progress.elapsed:
        return actual
    return math.floor(Fraction(actual * progress.total, progress.elapsed) + Fraction(1, 2))


def last_month(actual: int, lately: int, month: int) -> int:
    """As many in each month to come as in the one that ends."""
    return actual + lately * (12 - month)


@dataclass(frozen=True)
class Trial:
    """A forecast at the end of a month of a past year, from what was known that day, and what the year came to."""

    metric: str
    year: int
    month: int
    unit: str  # code; "" for the city
    actual: int
    point: int
    low: int
    high: int
    straight: int
    last_month: int
    truth: int

    @property
    def covered(self) -> bool:
        """Whether the year ended within the interval."""
        return self.low <= self.truth <= self.high

    def error(self, method: str = FORECAST) -> int:
        """Forecast minus truth: positive is too high."""
        return {FORECAST: self.point, STRAIGHT: self.straight, LAST_MONTH: self.last_month}[method] - self.truth


@dataclass(frozen=True)
class Score:
    """Errors of `number` trials. `month` is None for all months together; `absolute` has each method's mean."""

    month: int | None
    number: int
    mean_error: float
    absolute: dict[str, float]
    coverage: float

    @property
    def best(self) -> str:
        """The method that was least far off on the average; the forecast where two are equal."""
        return min(METHODS, key=lambda method: self.absolute[method])


def score(trials: Sequence[Trial], month: int | None = None) -> Score | None:
    """The errors of `trials`, of one month if given; None where there is none."""
    found = [one for one in trials if month is None or one.month == month]
    if not found:
        return None

    number = len(found)
    return Score(
        month=month,
        number=number,
        mean_error=sum(one.error() for one in found) / number,
        absolute={method: sum(abs(one.error(method)) for one in found) / number for method in METHODS},
        coverage=sum(one.covered for one in found) / number,
    )


@dataclass(frozen=True)
class Backtest:
    """The trials of some past years; `level` is how often the interval is meant to hold."""

    level: float
    trials: tuple[Trial, ...]

    @property
    def years(self) -> list[int]:
        """The years tried, early to late."""
        return sorted({one.year for one in self.trials})

    @property
    def city(self) -> list[Trial]:
        """Trials of the city's own numbers."""
        return [one for one in self.trials if not one.unit]

    @property
    def units(self) -> list[Trial]:
        """Trials of units' numbers."""
        return [one for one in self.trials if one.unit]

    @staticmethod
    def by_month(trials: Sequence[Trial]) -> list[Score]:
        """A score for each month that has trials."""
        return [found for month in MONTHS if (found := score(trials, month))]

    def of_years(self, years: Iterable[int]) -> Self:
        """Only the trials of these years."""
        wanted = set(years)
        return type(self)(self.level, tuple(one for one in self.trials if one.year in wanted))

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be stored and printed."""
        return {"level": self.level, "trials": [asdict(one) for one in self.trials]}

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> Self:
        """What `as_json` gave."""
        return cls(values["level"], tuple(Trial(**one) for one in values["trials"]))
