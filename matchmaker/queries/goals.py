"""A year's goals: what every metric reached, what each target asks for, and where the targets disagree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Assessment, Meeting, Metric, Target
from matchmaker.domain.goals import Asked, Dispute, Stated, asked, disputes
from matchmaker.domain.metrics import COUNTED_FROM_MEETINGS, EntryCode, MetricCode
from matchmaker.domain.vocabulary import TargetBasis
from matchmaker.queries import entries, targets
from matchmaker.queries.counts import tallies
from matchmaker.queries.entries import Value


@dataclass(frozen=True)
class Goal:
    """A target and what was reached against it; `actual` None: nobody has entered anything."""

    target: Target
    asked: Asked
    actual: Decimal | None

    @property
    def deviation(self) -> Decimal | None:
        """Actual minus what is asked, in the metric's unit."""
        return None if self.actual is None or self.asked.amount is None else self.actual - self.asked.amount

    @property
    def share(self) -> float | None:
        """Actual as a share of what is asked, 1.0 being all of it."""
        if self.actual is None or not self.asked.amount:
            return None
        return float(self.actual / self.asked.amount)

    @property
    def off_by(self) -> float | None:
        """The deviation as a share of what is asked."""
        return None if self.share is None else self.share - 1


@dataclass(frozen=True)
class MetricYear:
    """One metric in one year."""

    metric: Metric
    year: int
    value: Value | None
    goals: list[Goal]
    disputes: list[Dispute]
    assessment: Assessment | None
    split: bool

    @property
    def from_meetings(self) -> bool:
        """Whether meetings are counted for it, by the rules."""
        return self.metric.counted_from == COUNTED_FROM_MEETINGS

    @property
    def stated(self) -> bool:
        """Whether its figure is only stated: no records of ours are counted for it."""
        return not self.from_meetings and self.metric.code not in set(EntryCode)

    @property
    def beside(self) -> Decimal | None:
        """A figure that was stated of a metric whose records are counted by now: shown apart, never added."""
        return self.assessment.value if self.assessment and not self.stated else None


def of_year(session: Session, year: int, today: date) -> list[MetricYear]:
    """Every metric in `year`, in the profile's order."""
    return of_years(session, [year], today)


def of_years(session: Session, years: Sequence[int], today: date) -> list[MetricYear]:
    """Every metric in each of `years`, metric by metric. Past meetings are tallied only where a target asks for it."""
    book = _Book(session, today)
    said = session.scalars(select(Assessment).where(Assessment.year.in_(years)))
    assessments = {(row.metric_code, row.year): row for row in said}
    split = _split(session, years)
    return [
        _metric_year(book, metric, year, assessments.get((metric.code, year)), split=(metric.code, year) in split)
        for metric in targets.metrics(session)
        for year in years
    ]


def _split(session: Session, years: Sequence[int]) -> set[tuple[str, int]]:
    mine = (targets.stands(), Target.unit_id.is_not(None), Target.year.in_(years))
    rows = session.execute(select(Target.metric_code, Target.year).where(*mine).distinct())
    return {(code, year) for code, year in rows}


class _Book:
    """What targets are held against, read once."""

    def __init__(self, session: Session, today: date) -> None:
        self._session, self._today = session, today
        self.city = targets.of_city(session)
        self._entries = entries.load(session, today)

    def value(self, metric: Metric, year: int) -> Value | None:
        """What the metric reached in the year."""
        if metric.counted_from == COUNTED_FROM_MEETINGS:
            counted = tallies(self._session, year)[MetricCode(metric.code)]
            return Value(Decimal(counted.total), tuple(line.facts.id for line in counted.counted))
        return self._entries.values(year).get(metric.code)

    def stated(self, metric: Metric) -> list[Stated]:
        """The city's targets of the metric in all years."""
        return [targets.stated(target) for target in self.city if target.metric_code == metric.code]

    def reached_before(self, metric: Metric, year: int) -> Decimal | None:
        """What the whole year before came to, where a target of this year grows from it; None before it is over."""
        grows = any(one.year == year and one.basis is TargetBasis.GROWTH for one in self.stated(metric))
        grows = grows and year <= self._today.year
        before = self.value(metric, year - 1) if grows else None
        return before.amount if before and not _unfinished(before) else None

    def to_date(self, metric: Metric, year: int) -> Decimal | None:
        """What it reached in all years up to this one."""
        if metric.counted_from != COUNTED_FROM_MEETINGS:
            return self._entries.to_date(metric.code, year)
        past = (self.value(metric, one) for one in range(self._first_year, year + 1))
        return sum((one.amount for one in past if one), Decimal(0))

    @cached_property
    def _first_year(self) -> int:
        day: date | None = self._session.scalar(select(func.min(Meeting.day)))
        return day.year if day else date.max.year


def _metric_year(book: _Book, metric: Metric, year: int, said: Assessment | None, *, split: bool) -> MetricYear:
    known = book.stated(metric)
    before = book.reached_before(metric, year)
    mine = [one for one in book.city if one.metric_code == metric.code and one.year == year]
    return MetricYear(
        metric=metric,
        year=year,
        value=book.value(metric, year),
        goals=[_goal(book, metric, target, known, before) for target in mine],
        disputes=disputes(known, year, before),
        assessment=said,
        split=split,
    )


def _unfinished(value: Value) -> bool:
    """Whether figures stop before the year's end, so that nothing can grow from them."""
    return value.through is not None and (value.through < 12 or bool(value.gaps))


def _goal(book: _Book, metric: Metric, target: Target, known: Iterable[Stated], before: Decimal | None) -> Goal:
    reading = asked(targets.stated(target), known, before)[0]
    if target.basis is TargetBasis.CUMULATIVE:
        return Goal(target, reading, book.to_date(metric, target.year))
    value = book.value(metric, target.year)
    return Goal(target, reading, value.amount if value else None)


def disputed_years(session: Session, today: date) -> list[int]:
    """The years for which targets on file contradict one another, in order."""
    book, years = _Book(session, today), targets.years(session)
    found = [
        year
        for metric in targets.metrics(session)
        for year in years
        if disputes(book.stated(metric), year, book.reached_before(metric, year))
    ]
    return sorted(set(found))


def assessment(session: Session, metric_code: str, year: int) -> Assessment | None:
    """What was said of a metric's year."""
    mine = (Assessment.metric_code == metric_code, Assessment.year == year)
    return session.scalars(select(Assessment).where(*mine)).one_or_none()
