"""Where each of the two hundreds stands today and what the year will end with, for the city and for units."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.domain.course import PAST_YEARS, Books, courses
from matchmaker.domain.forecast import Course, Forecast, forecast
from matchmaker.domain.invited import Invited, Rates, coming, rates
from matchmaker.domain.metrics import MetricCode
from matchmaker.queries import targets
from matchmaker.queries.counts import METRICS, tallies
from matchmaker.queries.invited import all_invited, waited_for
from matchmaker.queries.kept import Kept

Place = int | None  # a unit's id; None for the city


@dataclass(frozen=True)
class Outlook:
    """Where a number stands, and the year's end; no forecast where there is nothing to learn from."""

    course: Course
    forecast: Forecast | None


@dataclass(frozen=True)
class _Past:
    """What meetings alone say, and how often invitations led to one that counts: costly, and kept."""

    courses: Mapping[MetricCode, Mapping[Place, Course]]
    rates: Rates


_KEPT: Kept[_Past] = Kept()


def outlooks(
    session: Session, today: date, units: Collection[int] = (), *, invited: Sequence[Invited] | None = None
) -> dict[MetricCode, dict[Place, Outlook]]:
    """Both metrics in the year of `today`, for the city (None) and `units`; `invited`: `waited_for`, if known."""
    wanted = tuple(sorted(units))
    known = _KEPT.get(session, (today, wanted), lambda: _past(session, today, wanted))
    waiting = waited_for(session) if invited is None else invited
    found: dict[MetricCode, dict[Place, Outlook]] = {}
    for code in METRICS:
        found[code] = {}
        for place, course in known.courses[code].items():
            theirs = [one for one in waiting if place is None or one.unit_id == place]
            whole = course.with_more(coming(theirs, known.rates, code.kind, day=today, year=today.year))
            found[code][place] = Outlook(whole, forecast(whole))
    return found


def _past(session: Session, today: date, units: Collection[int]) -> _Past:
    years = [tallies(session, today.year - back) for back in range(PAST_YEARS + 1)]
    calendar = targets.calendar_since(session, date(today.year - PAST_YEARS, 1, 1))
    counted = {line.facts.id for sums in years for one in sums.values() for line in one.counted}
    made = {}
    for code in METRICS:
        books = Books(today, years[0][code], tuple(one[code] for one in years[1:]))
        made[code] = courses(books, today.year, calendar, units)
    return _Past(made, rates(all_invited(session, counted), today))
