"""Forecasts for each month's end of past years, made from what was known that day."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Setting, Unit
from matchmaker.domain import backtest as domain
from matchmaker.domain.backtest import Backtest, Trial
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.course import PAST_YEARS, Books, courses, end_of_month
from matchmaker.domain.forecast import LEVEL, Course, forecast
from matchmaker.domain.invited import coming, rates
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import Rule
from matchmaker.domain.tally import Tally, tally
from matchmaker.queries import targets
from matchmaker.queries.as_of import Past, past
from matchmaker.queries.counts import METRICS, rules, tallies

STORED = "backtest"  # key of the setting that keeps the last one
MOST_YEARS = 5
Number = tuple[MetricCode, int | None]  # a metric, of a unit or the city


@dataclass(frozen=True)
class Known:
    """Everything a forecast of a past day may use."""

    past: Past
    rules: list[Rule]
    calendar: WorkCalendar
    units: Mapping[int, str]
    truths: Mapping[int, Mapping[MetricCode, Tally]]

    def forecasts(self, day: date) -> dict[MetricCode, dict[int | None, Course]]:
        """Where each number stood when `day` ended, invitations included."""
        meetings = self.past.meetings_on(day)
        years: dict[int, dict[MetricCode, Tally]] = {}
        for year in range(day.year, day.year - PAST_YEARS - 1, -1):
            facts = [one for one in meetings if one.day.year == year]
            years[year] = {code: tally(code, self.rules, facts) for code in METRICS}
        counted = {line.facts.id for sums in years.values() for one in sums.values() for line in one.counted}
        letters = self.past.invitations_on(day, meetings, frozenset(counted))
        known = rates(letters, day)
        found: dict[MetricCode, dict[int | None, Course]] = {}
        for code in METRICS:
            books = Books(
                day, years[day.year][code], tuple(one[code] for year, one in years.items() if year < day.year)
            )
            found[code] = {}
            for place, course in courses(books, day.year, self.calendar, self.units).items():
                theirs = [one for one in letters if place is None or one.unit_id == place]
                more = coming(theirs, known, code.kind, day=day, year=day.year)
                found[code][place] = course.with_more(more)
        return found


def known(session: Session, first_year: int, last_year: int) -> Known:
    """What there is on file for forecasts of days from `first_year` to `last_year`."""
    begin = date(first_year - PAST_YEARS, 1, 1)
    return Known(
        past=past(session, begin, date(last_year + 1, 12, 31)),
        rules=rules(session),
        calendar=targets.calendar_since(session, begin),
        units={row.id: row.code for row in session.scalars(select(Unit).order_by(Unit.position))},
        truths={year: tallies(session, year) for year in range(first_year, last_year + 1)},
    )


def years_to_try(session: Session, today: date) -> list[int]:
    """Past years in which anything was counted, at most the last five."""
    years = range(today.year - MOST_YEARS, today.year)
    return [year for year in years if any(one.total for one in tallies(session, year).values())]


def backtest(session: Session, years: list[int]) -> Backtest:
    """Try each of `years` at each month's end, for the city and every unit that has something counted."""
    if not years:
        return Backtest(LEVEL, ())
    found = known(session, min(years), max(years))
    return Backtest(LEVEL, tuple(trial for year in years for trial in _trials(found, year)))


def _trials(found: Known, year: int) -> Iterator[Trial]:
    before: Mapping[Number, int] = {}
    for month in domain.MONTHS:
        day = end_of_month(year, month)
        stood = {(code, place): one for code, places in found.forecasts(day).items() for place, one in places.items()}
        for (code, place), course in stood.items():
            trial = _trial(found, (code, place), course, day, before.get((code, place), 0))
            if trial is not None:
                yield trial
        before = {key: course.actual for key, course in stood.items()}


def _trial(found: Known, number: Number, course: Course, day: date, before: int) -> Trial | None:
    code, place = number
    predicted, sums = forecast(course), found.truths[day.year][code]
    truth = sums.total if place is None else sums.by_unit()[place]
    if predicted is None or (place is not None and not truth):
        return None
    return Trial(
        metric=code.value,
        year=day.year,
        month=day.month,
        unit=found.units[place] if place is not None else "",
        actual=course.actual,
        point=predicted.point,
        low=predicted.low,
        high=predicted.high,
        straight=domain.straight(course.actual, found.calendar.progress(day.year, day)),
        last_month=domain.last_month(course.actual, course.actual - before, day.month),
        truth=truth,
    )


def stored(session: Session) -> tuple[date, Backtest] | None:
    """The last one that was kept, and its day; None before the first night."""
    setting = session.get(Setting, STORED)
    if setting is None:
        return None
    values = json.loads(setting.value)
    return date.fromisoformat(values["day"]), Backtest.of_json(values["backtest"])
