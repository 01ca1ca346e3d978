"""How many a year will end with: what is counted, what is on its way, and the run of the year; with an interval.

The run is a Poisson process whose rate is learned from the year so far and shrunk towards complete past years (a gamma
prior). How busy a month is, past years say; as far as they cannot, months differ at random, and a quiet month has quiet
neighbours, as around the Spring Festival and in summer. So the months gone by say less about those to come than their
number promises, and a slow start leaves more room above than below: the interval is that of a gamma distribution with
the mean and the variance of all that is to come. What is on its way is taken at the rate at which such things were
counted in the past (a beta prior). A visit that is arranged is one of those that the run expects, so only what the run
expects beyond it is added: nothing stands for itself twice. DESIGN §6.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from matchmaker.domain.vocabulary import Word

LEVEL = 0.8  # how often the year is to end within the interval
ENOUGH_DAYS = 40  # working days after which a year without past ones speaks for itself: two months, past the festival
PRIOR_YEARS = 1 / 6  # past years weigh as much as two months of this one
UNEVEN, SEASONED = 0.35, 0.2  # by how much months differ (coefficient of variation), unknown season and known one
NEIGHBOURS = 0.5  # correlation of one month with the next, beyond what is known of the season: half of it lasts
SMOOTHING = 5  # visits of an ordinary month, mixed into how busy each month was


class Stage(Word):
    """How far something has come that may still be counted this year; derived, never stored."""

    HELD = "held", "待核验"
    UNRECORDED = "unrecorded", "待登记"
    PLANNED = "planned", "已安排"
    AGREED = "agreed", "双方已同意待安排"
    INVITED = "invited", "待答复"


PAST = frozenset({Stage.HELD, Stage.UNRECORDED})  # took place already: the rest of the year's run is beside them


@dataclass(frozen=True)
class Rate:
    """Of so many in the past, so many were counted in the end."""

    counted: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """The share to expect, with a uniform beta prior: a half before anything is known (Laplace)."""
        return (self.counted + 1) / (self.of + 2)


@dataclass(frozen=True)
class Coming:
    """Things at one stage on their way to being counted, and how often such things were.

    `each` is what one adds when it counts: more than 1 where the rule counts firms, not visits.
    """

    stage: Stage
    number: int
    rate: Rate
    each: float = 1.0

    @property
    def expected(self) -> float:
        """How much they will add."""
        return self.number * self.rate.share * self.each

    @property
    def variance(self) -> float:
        """Beta-binomial: chance, and not knowing the rate."""
        share, known = self.rate.share, self.rate.of + 2
        return self.each**2 * self.number * share * (1 - share) * (known + self.number) / (known + 1)


@dataclass(frozen=True)
class Run:
    """How far a year has run.

    `elapsed` and `remaining` are shares of a usual year's visits, by working days and season. `past` holds what
    complete past years came to, `days` is how many working days have passed.
    """

    elapsed: float
    remaining: float
    days: int
    past: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is anything to learn a rate from."""
        return bool(self.past) or self.days >= ENOUGH_DAYS or self.remaining == 0


@dataclass(frozen=True)
class Course:
    """Where a number stands on a day: what is counted, what is on its way, how far the year has run."""

    actual: int
    coming: tuple[Coming, ...]
    run: Run

    def with_more(self, more: Iterable[Coming]) -> "Course":
        """The same with more on its way: invitations."""
        return Course(self.actual, (*self.coming, *more), self.run)


@dataclass(frozen=True)
class Forecast:
    """The year's end in whole visits. `arranged` and `unarranged` are the expected parts beside the actual number."""

    point: int
    low: int
    high: int
    arranged: float
    unarranged: float


def forecast(course: Course, level: float = LEVEL) -> Forecast | None:
    """The year's end with an interval that is to hold in `level` (0–1) of all cases; None while nothing is known.

    Never below what is counted; exactly that once the year is over and nothing waits.
    """
    if not course.run.known:
        return None
    coming, (rest, spread) = course.coming, _unarranged(course)
    arranged = sum(one.expected for one in coming)
    mean = course.actual + arranged + rest
    variance = sum(one.variance for one in coming) + spread
    fewest, most = _between(arranged + rest, variance, level)
    point, high = math.ceil(mean - 0.5), course.actual + math.ceil(most)
    if not rest:  # nothing can be counted that is not on file
        high = min(high, course.actual + math.ceil(sum(one.number * max(1.0, one.each) for one in coming)))
    low = course.actual + math.floor(fewest)
    return Forecast(point, min(low, point), max(high, point), arranged, rest)


def _between(mean: float, variance: float, level: float) -> tuple[float, float]:
    """The two quantiles that hold `level` of a gamma distribution between them (Wilson and Hilferty 1931)."""
    if not mean or not variance:
        return mean, mean
    shape, away = mean**2 / variance, NormalDist().inv_cdf((1 + level) / 2)
    low, high = (max(0.0, 1 - 1 / (9 * shape) + at / (3 * math.sqrt(shape))) for at in (-away, away))
    return mean * low**3, mean * high**3


def _unarranged(course: Course) -> tuple[float, float]:
    """Mean and variance of the visits to come that nobody has arranged yet: gamma-Poisson, thinned by what is."""
    run = course.run
    took_place = course.actual + sum(one.expected for one in course.coming if one.stage in PAST)
    visits, years = _prior(run.past)
    visits, years = visits + took_place, years + run.elapsed
    if years <= 0 or run.remaining <= 0:
        return 0.0, 0.0
    to_come = visits / years * run.remaining
    rest = max(0.0, to_come - sum(one.expected for one in course.coming if one.stage not in PAST))
    chance = rest * (1 + run.remaining * rest / to_come / years)
    uneven = rest * (SEASONED if run.past else UNEVEN)
    return rest, chance + uneven**2 * _apart(12 * years, 12 * run.remaining)


def _apart(seen: float, left: float) -> float:
    """By how much the average of the next `left` months differs from that of the last `seen`, months having variance 1.

    Months follow an Ornstein-Uhlenbeck process, in which what differs fades to NEIGHBOURS within a month.
    """
    lasts = -1 / math.log(NEIGHBOURS)
    first, second = 1 - math.exp(-seen / lasts), 1 - math.exp(-left / lasts)
    alone = sum(2 * lasts / span * (1 - lasts / span * gone) for span, gone in ((seen, first), (left, second)))
    return alone - 2 * lasts**2 * first * second / (seen * left)


def _prior(past: Sequence[int]) -> tuple[float, float]:
    """What past years weigh: (visits, years). Half a visit where there are none (Jeffreys)."""
    if not past:
        return 0.5, 0.0
    return max(0.5, PRIOR_YEARS * sum(past) / len(past)), PRIOR_YEARS


def shares(days: Sequence[int], past: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[float]:
    """What share of a year's visits falls on each month; they add up to 1, or to 0 in a year without working days.

    `days` are the working days of its months; `past` holds (working days, visits) by month of complete past years. A
    month is as busy as it was by working day, mixed with SMOOTHING visits of an ordinary month.
    """
    usual, seen = [0.0] * 12, [0.0] * 12
    for past_days, visits in past:
        whole = sum(past_days) or 1
        for month in range(12):
            usual[month] += sum(visits) * past_days[month] / whole
            seen[month] += visits[month]
    busy = [(seen[month] + SMOOTHING) / (usual[month] + SMOOTHING) for month in range(12)]
    weights = [number * how for number, how in zip(days, busy, strict=True)]
    total = sum(weights)
    return [weight / total for weight in weights] if total else weights
