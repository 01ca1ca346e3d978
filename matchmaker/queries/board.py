"""The board: actual, target, pace and gap of the two hundreds, by unit, with the way down to the records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    CountingRule,
    Meeting,
    MeetingFirm,
    Metric,
    Organisation,
    Snapshot,
    Target,
    Unit,
    Zone,
)
from matchmaker.domain.calendar import WorkCalendar, YearProgress
from matchmaker.domain.forecast import Course, Forecast
from matchmaker.domain.invited import Invited
from matchmaker.domain.metrics import COUNTED_FROM_MEETINGS, MetricCode
from matchmaker.domain.pace import Pace, expected_by, pace
from matchmaker.domain.tally import Tally
from matchmaker.domain.vocabulary import MeetingStatus, TargetBasis
from matchmaker.queries import entries, targets
from matchmaker.queries.counts import in_year, tallies
from matchmaker.queries.entries import Value
from matchmaker.queries.forecasts import Outlook, outlooks
from matchmaker.queries.invited import waited_for
from matchmaker.queries.meetings import unrecorded

MOST_AT_ONCE = 500
MOST_YEARS = 5


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
    """One of the two hundreds; `outlook` only in the year that runs."""

    metric: Metric
    tally: Tally
    promises: list[Promise]
    months: list[Month]
    rules: list[CountingRule]
    outlook: Outlook | None = None

    @property
    def rule(self) -> CountingRule | None:
        """The rule that holds last in the year."""
        return self.rules[-1] if self.rules else None

    @property
    def first(self) -> Promise | None:
        """The target by which the year is judged: the firmest that asks for a year's total."""
        return next((promise for promise in self.promises if promise.pace), None)

    @property
    def forecast(self) -> Forecast | None:
        """What the year will end with, where anything can be said."""
        return self.outlook.forecast if self.outlook else None

    @property
    def course(self) -> Course | None:
        """Where the number stands in the year that runs."""
        return self.outlook.course if self.outlook else None

    def waiting(self, status: MeetingStatus) -> int:
        """How many visits, online ones aside, are in a state on the way to being counted."""
        return sum(line.facts.status is status for line in self.tally.under_way)

    @property
    def held(self) -> int:
        """How many visits took place and wait to be verified."""
        return self.waiting(MeetingStatus.HELD)

    @property
    def planned(self) -> int:
        """How many visits are planned, those included that are past and not recorded."""
        return self.waiting(MeetingStatus.PLANNED)

    def overdue(self, today: date) -> int:
        """How many of the planned visits are past and not recorded."""
        planned = (line.facts for line in self.tally.under_way if line.facts.status is MeetingStatus.PLANNED)
        return sum(one.day < today for one in planned)


@dataclass(frozen=True)
class UnitRow:
    """A responsible unit: events, split targets where the bureau entered them, meetings waiting to be recorded."""

    unit: Unit
    actual: dict[MetricCode, int]
    promises: dict[MetricCode, Promise | None]
    unrecorded: int
    forecasts: dict[MetricCode, Forecast | None]


@dataclass(frozen=True)
class ZoneRow:
    """A zone's events; one with firms of two of its units is one."""

    zone: Zone
    actual: dict[MetricCode, int]


@dataclass(frozen=True)
class Other:
    """A metric that is not counted from meetings: its targets, and what was entered for it."""

    metric: Metric
    targets: list[Target]
    value: Value | None


@dataclass(frozen=True)
class Board:
    """Everything on the board of a year; `invited`: who may still come, only in the year that runs."""

    year: int
    progress: YearProgress
    gauges: list[Gauge]
    units: list[UnitRow]
    zones: list[ZoneRow]
    others: list[Other]
    invited: list[Invited]

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
    metrics, running = targets.metrics(session), year == today.year
    invited = waited_for(session) if running else []
    counted = [metric for metric in metrics if metric.counted_from == COUNTED_FROM_MEETINGS]
    parts = _Parts(
        year=year,
        today=today,
        calendar=calendar,
        promised=promised,
        sums=tallies(session, year),
        rules=rules_of_year(session, year),
        looks=_looks(session, promised, today, invited) if running else {},
    )
    gauges = [_gauge(metric, parts) for metric in counted]
    entered = entries.values(session, year, today)
    rest = [metric for metric in metrics if metric not in counted]
    others = [Other(metric, _of(promised, metric.code), entered.get(metric.code)) for metric in rest]
    units = _units(session, gauges, parts)
    return Board(
        year=year,
        progress=parts.progress,
        gauges=gauges,
        units=units,
        zones=_zones(gauges, units),
        others=[one for one in others if one.targets or (one.value and one.value.amount)],
        invited=invited,
    )


@dataclass(frozen=True)
class _Parts:
    """What the pieces of a year's board are made from."""

    year: int
    today: date
    calendar: WorkCalendar
    promised: list[Target]
    sums: dict[MetricCode, Tally]
    rules: list[CountingRule]
    looks: dict[MetricCode, dict[int | None, Outlook]]

    @property
    def progress(self) -> YearProgress:
        return self.calendar.progress(self.year, self.today)


def _looks(
    session: Session, promised: list[Target], today: date, invited: list[Invited]
) -> dict[MetricCode, dict[int | None, Outlook]]:
    """The year's end for the city, and for units with a split."""
    units = {target.unit_id for target in promised if target.unit_id is not None}
    return outlooks(session, today, units, invited=invited)


def rules_of_year(session: Session, year: int) -> list[CountingRule]:
    """The rules that hold on some day of `year`, by metric and beginning."""
    begun = (CountingRule.valid_from <= date(year, 12, 31), CountingRule.withdrawn_at.is_(None))
    order = (CountingRule.metric_code, CountingRule.valid_from, CountingRule.number)
    rows = session.scalars(select(CountingRule).where(*begun).order_by(*order)).all()
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


def _gauge(metric: Metric, parts: _Parts) -> Gauge:
    sums = parts.sums[MetricCode(metric.code)]
    promises = [_promise(target, sums.total, parts.progress) for target in _of(parts.promised, metric.code)]
    first = next((promise.target for promise in promises if promise.pace), None)
    ends = [_end_of_month(parts.year, number) for number in range(1, 13)]
    return Gauge(
        metric=metric,
        tally=sums,
        promises=promises,
        months=[_month(end, sums, first, parts.calendar, today=parts.today) for end in ends],
        rules=[rule for rule in parts.rules if rule.metric_code == metric.code],
        outlook=parts.looks.get(sums.metric, {}).get(None),
    )


def _end_of_month(year: int, number: int) -> date:
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _month(end: date, sums: Tally, target: Target | None, calendar: WorkCalendar, *, today: date) -> Month:
    return Month(
        number=end.month,
        end=end,
        actual=sums.total_by(end) if end.replace(day=1) <= today else None,
        expected=expected_by(target.value, calendar.progress(end.year, end)) if target else None,
    )


def _units(session: Session, gauges: list[Gauge], parts: _Parts) -> list[UnitRow]:
    by_unit = {gauge.tally.metric: gauge.tally.by_unit() for gauge in gauges}
    waiting = _unrecorded_by_unit(session, parts.year, parts.today)
    found = []
    for unit in session.scalars(select(Unit).order_by(Unit.position)):
        actual = {code: counts[unit.id] for code, counts in by_unit.items()}
        own = {code: next(iter(_of(parts.promised, code, unit.id)), None) for code in by_unit}
        promises = {code: _promise(one, actual[code], parts.progress) if one else None for code, one in own.items()}
        looks = {code: parts.looks.get(code, {}).get(unit.id) for code in by_unit}
        forecasts = {code: look.forecast if look else None for code, look in looks.items()}
        found.append(UnitRow(unit, actual, promises, waiting.get(unit.id, 0), forecasts))
    return found


def _zones(gauges: list[Gauge], units: list[UnitRow]) -> list[ZoneRow]:
    """The zones in the order of their units."""
    zones = {row.unit.zone.id: row.unit.zone for row in units if row.unit.zone}
    zone_of = {row.unit.id: row.unit.zone_id for row in units if row.unit.zone_id is not None}
    by_zone = {gauge.tally.metric: gauge.tally.by_zone(zone_of) for gauge in gauges}
    return [ZoneRow(zone, {code: sums[key] for code, sums in by_zone.items()}) for key, zone in zones.items()]


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
    """One of the two hundreds alone, without its forecast; None before a city profile is loaded."""
    row = session.get(Metric, metric.value)
    if row is None:
        return None
    calendar, promised = targets.calendar(session, year), targets.of_year(session, year)
    sums, rules = tallies(session, year), rules_of_year(session, year)
    parts = _Parts(year=year, today=today, calendar=calendar, promised=promised, sums=sums, rules=rules, looks={})
    return _gauge(row, parts)


def years(session: Session, today: date) -> list[int]:
    """The years there is something to see of, early to late, the last few: with meetings or targets, and this one."""
    ends = session.execute(
        select(
            func.min(Meeting.day),
            func.max(Meeting.day),
            select(func.min(Target.year)).scalar_subquery(),
            select(func.max(Target.year)).scalar_subquery(),
        )
    ).one()
    known = [one.year if isinstance(one, date) else one for one in ends if one is not None] + [today.year]
    return list(range(max(min(known), max(known) - MOST_YEARS + 1), max(known) + 1))


def last_snapshot(session: Session, metric: MetricCode, year: int) -> Snapshot | None:
    """The newest snapshot of a metric's year."""
    own = select(Snapshot).where(Snapshot.metric_code == metric.value, Snapshot.year == year)
    return session.scalars(own.order_by(Snapshot.day.desc()).limit(1)).first()
