"""From a ledger to where a number stands on a day: for the city or one unit, live or for a day long past."""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.forecast import Coming, Course, Rate, Run, Stage, shares
from matchmaker.domain.rules import MeetingFacts
from matchmaker.domain.tally import Line, Tally
from matchmaker.domain.vocabulary import MeetingStatus

PAST_YEARS = 3  # complete years that are learned from, at most
SETTLED = timedelta(days=30)  # after a meeting's day: whatever became of it is on file by then
QUARTERS = 4
HELD = frozenset({MeetingStatus.HELD, MeetingStatus.VERIFIED})


@dataclass(frozen=True)
class Books:
    """What is known of a metric on a day: the year's ledger, those of earlier years (the last one first)."""

    day: date
    tally: Tally
    past: tuple[Tally, ...]

    @property
    def complete(self) -> list[Tally]:
        """The earlier years in each quarter of which something was counted."""
        return [one for one in self.past if len({(line.facts.day.month - 1) // 3 for line in one.counted}) == QUARTERS]


def courses(books: Books, year: int, calendar: WorkCalendar, units: Iterable[int] = ()) -> dict[int | None, Course]:
    """Where the year stands on the books' day: for the city (None) and for each of `units`, from meetings alone.

    Rates and season are the city's also for a unit, whose own numbers are too few to learn them from.
    """
    elapsed, days = _elapsed(books, year, calendar)
    now, before = _totals(books.tally), [_totals(one) for one in books.complete]
    planned, held = _rates(books)
    each = _each(books)
    waiting = [line.facts for line in books.tally.left_out if line.verdict.pending]
    places: list[int | None] = [None, *units]
    found: dict[int | None, Course] = {}
    for place in places:
        run = Run(elapsed, max(0.0, 1 - elapsed), days, tuple(one.get(place, 0) for one in before))
        stages = [_stage(facts, books.day) for facts in waiting if _of(facts, place)]
        coming = tuple(
            Coming(stage, stages.count(stage), rate, each)
            for stage, rate in ((Stage.HELD, held), (Stage.UNRECORDED, planned), (Stage.PLANNED, planned))
        )
        found[place] = Course(now.get(place, 0), coming, run)
    return found


def _of(facts: MeetingFacts, unit_id: int | None) -> bool:
    return unit_id is None or any(firm.unit_id == unit_id for firm in facts.firms)


def _totals(tally: Tally) -> dict[int | None, int]:
    units: dict[int | None, int] = {unit_id: number for unit_id, number in tally.by_unit().items()}  # noqa: C416
    return units | {None: tally.total}


def _stage(facts: MeetingFacts, day: date) -> Stage:
    if facts.status is MeetingStatus.PLANNED:
        return Stage.UNRECORDED if facts.day < day else Stage.PLANNED
    return Stage.HELD


def _rates(books: Books) -> tuple[Rate, Rate]:
    """How often visits that were planned, and visits that were held, were counted in the end."""
    old = [line for one in (books.tally, *books.past) for line in one.lines if line.facts.day + SETTLED <= books.day]
    kind = books.tally.metric.kind
    visits = [line for line in old if line.facts.kind is kind and not line.facts.from_history]
    return _rate(visits), _rate([line for line in visits if line.facts.status in HELD])


def _rate(lines: Sequence[Line]) -> Rate:
    return Rate(sum(line.verdict.counts for line in lines), len(lines))


def _each(books: Books) -> float:
    """What a meeting that counts adds on the average: 1 unless the rule counts firms."""
    counted = [line.verdict.added for one in (books.tally, *books.past) for line in one.counted]
    return sum(counted) / len(counted) if counted else 1.0


def _elapsed(books: Books, year: int, calendar: WorkCalendar) -> tuple[float, int]:
    """The share of a usual year that has passed by the end of the books' day, and its working days."""
    past = [(_days(one, calendar), _visits(one)) for one in books.complete]
    days = _working_days(year, calendar)
    weights = shares(days, past)
    passed = 0.0
    for month in range(1, 13):
        first, last = date(year, month, 1), end_of_month(year, month)
        if books.day >= first and days[month - 1]:
            worked = calendar.working_days(first, min(last, books.day))
            passed += weights[month - 1] * worked / days[month - 1]
    over = books.day >= date(year, 12, 31) or not sum(weights)
    return (1.0 if over else passed), calendar.progress(year, books.day).elapsed


def _days(tally: Tally, calendar: WorkCalendar) -> list[int]:
    return _working_days(tally.counted[0].facts.day.year, calendar)


def _working_days(year: int, calendar: WorkCalendar) -> list[int]:
    return [calendar.working_days(date(year, month, 1), end_of_month(year, month)) for month in range(1, 13)]


def _visits(tally: Tally) -> list[int]:
    months: Counter[int] = Counter()
    for line in tally.counted:
        months[line.facts.day.month] += line.verdict.added
    return [months[month] for month in range(1, 13)]


def end_of_month(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])
