"""The board: actual, target, pace and gap of the two hundreds, by unit, with the way down to the records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from matchmaker.db.models import (
    CountingRule,
    Meeting,
    MeetingFirm,
    Metric,
    Organisation,
    Snapshot,
    Target,
    Unit,
)
from matchmaker.domain.calendar import WorkCalendar, YearProgress
from matchmaker.domain.metrics import COUNTED_FROM_MEETINGS, MetricCode
from matchmaker.domain.pace import Pace, expected_by, pace
from matchmaker.domain.permissions import Actor
from matchmaker.domain.tally import Line, Tally
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, TargetBasis
from matchmaker.queries import scopes, targets
from matchmaker.queries.counts import in_year, tallies
from matchmaker.queries.meetings import unrecorded

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Promise:
    """A target and how the year stands against it; a target that is not a year's total has no pace."""

    target: Target
    pace: Pace | None


@dataclass(frozen=True)
class Month:
    """What was counted by the end of a month (None: still to come), and what the first target expects by then."""

    number: int
    end: date
    actual: int | None
    expected: int | None


@dataclass(frozen=True)
class Gauge:
    """One of the two hundreds."""

    metric: Metric
    tally: Tally
    promises: list[Promise]
    months: list[Month]
    rules: list[CountingRule]

    @property
    def rule(self) -> CountingRule | None:
        """The rule that holds last in the year."""
        return self.rules[-1] if self.rules else None

    def waiting(self, status: MeetingStatus) -> int:
        """How many visits, online ones aside, are in a state on the way to being counted."""
        facts = (line.facts for line in self.tally.lines)
        return sum(one.status is status and one.kind is not MeetingKind.ONLINE for one in facts)


@dataclass(frozen=True)
class UnitRow:
    """A responsible unit: events, split targets where the bureau entered them, meetings waiting to be recorded."""

    unit: Unit
    actual: dict[MetricCode, int]
    promises: dict[MetricCode, Promise | None]
    unrecorded: int


@dataclass(frozen=True)
class Board:
    """Everything on the board of a year."""

    year: int
    progress: YearProgress
    gauges: list[Gauge]
    units: list[UnitRow]
    others: list[tuple[Metric, list[Target]]]

    @property
    def split(self) -> bool:
        """Whether any unit has a target of its own."""
        return any(promise for row in self.units for promise in row.promises.values())

    @property
    def exceeds(self) -> bool:
        """Whether the units' sums exceed a total, because an event may count in several units."""
        return any(sum(row.actual[one.tally.metric] for row in self.units) > one.tally.total for one in self.gauges)


def board(session: Session, year: int, today: date) -> Board:
    """The board of `year` as it stands on `today`; the number of queries does not depend on that of meetings."""
    calendar, promised = targets.calendar(session, year), targets.of_year(session, year)
    progress, sums = calendar.progress(year, today), tallies(session, year)
    metrics = targets.metrics(session)
    counted = [metric for metric in metrics if metric.counted_from == COUNTED_FROM_MEETINGS]
    dated = rules_of_year(session, year)
    gauges = [
        _gauge(
            metric, sums[MetricCode(metric.code)], _of(promised, metric.code), dated, calendar, today=today, year=year
        )
        for metric in counted
    ]
    others = [(metric, _of(promised, metric.code)) for metric in metrics if metric not in counted]
    return Board(
        year=year,
        progress=progress,
        gauges=gauges,
        units=_units(session, gauges, promised, progress, year=year, today=today),
        others=[(metric, found) for metric, found in others if found],
    )


def rules_of_year(session: Session, year: int) -> list[CountingRule]:
    """The rules that hold on some day of `year`, by metric and beginning."""
    begun = select(CountingRule).where(CountingRule.valid_from <= date(year, 12, 31))
    rows = session.scalars(begun.order_by(CountingRule.metric_code, CountingRule.valid_from)).all()
    return [row for index, row in enumerate(rows) if not _replaced(row, rows[index + 1 :], year)]


def _replaced(rule: CountingRule, later: Sequence[CountingRule], year: int) -> bool:
    """Whether another rule took its place before the year began."""
    first = date(year, 1, 1)
    return any(other.metric_code == rule.metric_code and other.valid_from <= first for other in later)


def _of(promised: Iterable[Target], code: str, unit_id: int | None = None) -> list[Target]:
    return [target for target in promised if target.metric_code == code and target.unit_id == unit_id]


def _promise(target: Target, actual: int, progress: YearProgress) -> Promise:
    absolute = target.basis is TargetBasis.ABSOLUTE
    return Promise(target, pace(actual, target.value, progress) if absolute else None)


def _gauge(
    metric: Metric,
    sums: Tally,
    promised: list[Target],
    rules: list[CountingRule],
    calendar: WorkCalendar,
    *,
    today: date,
    year: int,
) -> Gauge:
    progress = calendar.progress(year, today)
    promises = [_promise(target, sums.total, progress) for target in promised]
    first = next((promise.target for promise in promises if promise.pace), None)
    ends = [_end_of_month(year, number) for number in range(1, 13)]
    return Gauge(
        metric=metric,
        tally=sums,
        promises=promises,
        months=[_month(end, sums, first, calendar, today=today) for end in ends],
        rules=[rule for rule in rules if rule.metric_code == metric.code],
    )


def _end_of_month(year: int, number: int) -> date:
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _month(end: date, sums: Tally, target: Target | None, calendar: WorkCalendar, *, today: date) -> Month:
    return Month(
        number=end.month,
        end=end,
        actual=sum(line.facts.day <= end for line in sums.counted) if end.replace(day=1) <= today else None,
        expected=expected_by(target.value, calendar.progress(end.year, end)) if target else None,
    )


def _units(
    session: Session, gauges: list[Gauge], promised: list[Target], progress: YearProgress, *, year: int, today: date
) -> list[UnitRow]:
    by_unit = {gauge.tally.metric: gauge.tally.by_unit() for gauge in gauges}
    waiting = _unrecorded_by_unit(session, year, today)
    found = []
    for unit in session.scalars(select(Unit).order_by(Unit.position)):
        actual = {code: counts[unit.id] for code, counts in by_unit.items()}
        own = {code: next(iter(_of(promised, code, unit.id)), None) for code in by_unit}
        promises = {code: _promise(one, actual[code], progress) if one else None for code, one in own.items()}
        found.append(UnitRow(unit, actual, promises, waiting.get(unit.id, 0)))
    return found


def _unrecorded_by_unit(session: Session, year: int, today: date) -> dict[int, int]:
    rows = session.execute(
        select(Organisation.unit_id, func.count(Meeting.id.distinct()))
        .join(MeetingFirm, MeetingFirm.firm_id == Organisation.id)
        .join(Meeting, Meeting.id == MeetingFirm.meeting_id)
        .where(in_year(year), unrecorded(today), Organisation.unit_id.is_not(None))
        .group_by(Organisation.unit_id)
    )
    return {unit_id: number for unit_id, number in rows if unit_id is not None}


def gauge(session: Session, metric: MetricCode, year: int, today: date) -> Gauge | None:
    """One of the two hundreds alone; None before a city profile is loaded."""
    row = session.get(Metric, metric.value)
    if row is None:
        return None
    promised = _of(targets.of_year(session, year), metric.value)
    calendar, dated = targets.calendar(session, year), rules_of_year(session, year)
    return _gauge(row, tallies(session, year)[metric], promised, dated, calendar, today=today, year=year)


def visible_ids(session: Session, actor: Actor, metric: MetricCode, year: int) -> frozenset[int]:
    """The meetings behind a metric's ledger that the actor may see."""
    kinds = (metric.kind, MeetingKind.ONLINE)
    mine = select(Meeting.id).where(scopes.meetings(actor), in_year(year), Meeting.kind.in_(kinds))
    return frozenset(session.scalars(mine))


def records(session: Session, lines: Iterable[Line]) -> dict[int, Meeting]:
    """The meetings of ledger lines, by id."""
    found: dict[int, Meeting] = {}
    ids = [line.facts.id for line in lines]
    for start in range(0, len(ids), MOST_AT_ONCE):
        part = select(Meeting).where(Meeting.id.in_(ids[start : start + MOST_AT_ONCE]))
        found |= {row.id: row for row in session.scalars(part.options(lazyload(Meeting.needs)))}
    return found


def of_unit(lines: Iterable[Line], unit_id: int | None) -> list[Line]:
    """The lines in which a firm of the unit takes part; all of them for None."""
    return [line for line in lines if unit_id is None or any(firm.unit_id == unit_id for firm in line.facts.firms)]


def unit_id(session: Session, code: str) -> int | None:
    """The responsible unit with this code; None for no code or an unknown one."""
    return session.scalars(select(Unit.id).where(Unit.code == code)).first() if code else None


def last_snapshot(session: Session, metric: MetricCode, year: int) -> Snapshot | None:
    """The newest snapshot of a metric's year."""
    own = select(Snapshot).where(Snapshot.metric_code == metric.value, Snapshot.year == year)
    return session.scalars(own.order_by(Snapshot.day.desc()).limit(1)).first()
