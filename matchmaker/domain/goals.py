"""What targets ask for in figures that can be compared, and where the texts contradict one another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from matchmaker.domain.vocabulary import TargetBasis, TargetStatus

SAME = Decimal("0.05")  # amounts that differ by less read alike when printed with one decimal
FIRMEST_FIRST = (TargetStatus.FINAL, TargetStatus.DRAFT, TargetStatus.DEMO)


@dataclass(frozen=True)
class Stated:
    """A target of the city for one metric as a text states it."""

    id: int
    year: int
    value: Decimal
    basis: TargetBasis
    source: str
    status: TargetStatus


@dataclass(frozen=True)
class Asked:
    """The amount a target asks for, in the metric's own unit, and how it follows from what is stated.

    Growth is applied to `base`: a target of the year before (`base_of`) or what was reached then (None). Yearly
    targets are added up over `years` where a cumulative one is to be compared with them. None: it cannot be said.
    """

    stated: Stated
    amount: Decimal | None
    base: Decimal | None = None
    base_of: Stated | None = None
    years: tuple[int, ...] = ()
    growth: Decimal | None = None  # per cent over the same text's target of the year before


@dataclass(frozen=True)
class Dispute:
    """Figures for one thing that are not the same: of a year, or (`to_date`) of all years up to it."""

    year: int
    to_date: bool
    figures: tuple[Asked, ...]

    @property
    def spread(self) -> Decimal:
        """From the lowest to the highest."""
        amounts = [one.amount for one in self.figures if one.amount is not None]
        return max(amounts) - min(amounts)


def asked(target: Stated, others: Iterable[Stated], reached_before: Decimal | None) -> list[Asked]:
    """What `target` asks for, the surest reading first.

    Growth is applied to what was reached the year before (`reached_before`) and to every absolute target of that year,
    since texts count from one or the other; with neither the amount is None. The list is never empty.
    """
    if target.basis is not TargetBasis.GROWTH:
        return [Asked(target, target.value, growth=_growth(target, others))]
    found = []
    if reached_before is not None:
        found.append(Asked(target, _grown(reached_before, target.value), reached_before))
    for other in _yearly(others, target.year - 1):
        if all(other.value != one.base for one in found):
            found.append(Asked(target, _grown(other.value, target.value), other.value, other))
    return found or [Asked(target, None)]


def _grown(base: Decimal, per_cent: Decimal) -> Decimal:
    return base * (100 + per_cent) / 100


def _yearly(targets: Iterable[Stated], year: int) -> list[Stated]:
    return [one for one in targets if one.year == year and one.basis is TargetBasis.ABSOLUTE]


def _growth(target: Stated, others: Iterable[Stated]) -> Decimal | None:
    """By how many per cent a yearly target exceeds that of the same text for the year before."""
    if target.basis is not TargetBasis.ABSOLUTE:
        return None
    before = next((one for one in _yearly(others, target.year - 1) if one.source == target.source and one.value), None)
    return (target.value / before.value - 1) * 100 if before else None


def disputes(targets: Sequence[Stated], year: int, reached_before: Decimal | None) -> list[Dispute]:
    """Where the targets of one metric contradict one another in `year`: at most once for the year, once to date."""
    mine = [one for one in targets if one.year == year]
    of_year = [
        reading
        for one in mine
        if one.basis is not TargetBasis.CUMULATIVE
        for reading in asked(one, targets, reached_before)
    ]
    to_date = [Asked(one, one.value) for one in mine if one.basis is TargetBasis.CUMULATIVE]
    if to_date and (sums := _summed(targets, year)):
        to_date.append(sums)
    return [
        Dispute(year, cumulative, tuple(figures))
        for cumulative, figures in ((False, of_year), (True, to_date))
        if _differ(figures)
    ]


def _summed(targets: Sequence[Stated], year: int) -> Asked | None:
    """The firmest yearly targets of all years up to `year`, added up; None when there is none for the year itself."""
    firm = sorted(targets, key=lambda one: FIRMEST_FIRST.index(one.status))
    first = {one.year: one for past in sorted({t.year for t in firm}) for one in _yearly(firm, past)[:1]}
    years = tuple(past for past in first if past <= year)
    if year not in years:
        return None
    return Asked(first[year], sum((first[past].value for past in years), Decimal(0)), years=years)


def _differ(figures: Iterable[Asked]) -> bool:
    amounts = [one.amount for one in figures if one.amount is not None]
    return len(amounts) > 1 and max(amounts) - min(amounts) >= SAME
