"""What a report says, made from the records; which were issued; what a recount today would give beside one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import City, Meeting, Metric, Report, Target
from matchmaker.domain.forecast import Forecast
from matchmaker.domain.metrics import COUNTED_FROM_MEETINGS, MetricCode
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.reports import (
    Annex,
    Content,
    Expected,
    Hundred,
    OtherFigure,
    Period,
    Promised,
    ReportKind,
    RuleSaid,
    UnitFigure,
    last_ended,
    ranks,
)
from matchmaker.domain.tally import Line, Tally
from matchmaker.domain.vocabulary import MeetingStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import SOURCE_LOCALE, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries import entries, ledger, ledger_rows, targets
from matchmaker.queries.board import rules_of_year
from matchmaker.queries.counts import METRICS, tallies
from matchmaker.queries.forecasts import outlooks

KINDS_DUE = (ReportKind.MONTHLY, ReportKind.QUARTERLY)  # made by the calendar; a bulletin when somebody wants one


def content(session: Session, period: Period, today: date) -> Content:
    """What a report about `period` says today: counted from 1 January of its year up to its end, or today's."""
    with use_locale(SOURCE_LOCALE):
        until = period.until(today)
        book = _Book(session, period, until, today)
        city = session.scalars(select(City)).one()
        metrics = targets.metrics(session)
        return Content(
            kind=period.kind,
            year=period.year,
            number=period.number,
            until=until,
            made_on=today,
            sender=city.letter_sender or city.bureau,
            hundreds=tuple(book.hundred(row) for row in metrics if row.counted_from == COUNTED_FROM_MEETINGS),
            others=tuple(book.others(metrics)),
            annex=_annex(session, period, until, today),
        )


class _Book:
    """What all parts of a report are made from, read once."""

    def __init__(self, session: Session, period: Period, until: date, today: date) -> None:
        self._session, self._period, self._until, self._today = session, period, until, today
        self._sums = tallies(session, period.year, until=until)
        self._promised = [row for row in targets.of_year(session, period.year) if row.unit_id is None]
        self._rules = [row for row in rules_of_year(session, period.year) if row.valid_from <= until]
        self._units = targets.units(session)
        running = outlooks(session, today) if today.year == period.year else {}
        self._forecasts = {code: looks[None].forecast for code, looks in running.items()}

    def hundred(self, metric: Metric) -> Hundred:
        code = MetricCode(metric.code)
        sums = self._sums[code]
        return Hundred(
            **_called(metric),
            code=code,
            total=sums.total,
            in_period=sum(line.verdict.added for line in sums.lines if line.facts.day >= self._period.first),
            firm_visits=sums.firm_visits,
            expert_visits=sums.expert_visits,
            firms=sums.firms,
            institutes=sums.institutes,
            repeat_share=float(sums.repeat_share),
            months=_months(sums, self._until),
            left_out=_left_out(sums, self._today),
            units=self._unit_figures(code, sums),
            zones=self._zone_figures(sums),
            targets=self._targets(metric),
            rules=tuple(self._rules_of(code)),
            forecast=_expected(self._forecasts.get(code)),
            counted=tuple(line.facts.id for line in sums.counted),
            fingerprint=sums.fingerprint,
        )

    def others(self, metrics: Iterable[Metric]) -> Iterable[OtherFigure]:
        """The entered metrics of which there is a figure or a target."""
        found = entries.values(self._session, self._period.year, self._today)
        for metric in metrics:
            value, promised = found.get(metric.code), self._targets(metric)
            if metric.counted_from != COUNTED_FROM_MEETINGS and value and (value.amount or promised):
                yield OtherFigure(**_called(metric), value=value.amount, through=value.through, targets=promised)

    def _targets(self, metric: Metric) -> tuple[Promised, ...]:
        return tuple(_promised(row) for row in self._promised if row.metric_code == metric.code)

    def _rules_of(self, code: MetricCode) -> Iterable[RuleSaid]:
        said = ("number", "valid_from", "title", "title_en", "text", "text_en")
        for row in self._rules:
            if row.metric_code == code:
                yield RuleSaid(**{name: getattr(row, name) for name in said})

    def _unit_figures(self, code: MetricCode, sums: Tally) -> tuple[UnitFigure, ...]:
        splits = {unit: row.value for unit, row in targets.splits(self._session, code, self._period.year).items()}
        counted = sums.by_unit()
        places = ranks(counted, splits)
        figures = [
            UnitFigure(
                name=unit.name,
                name_en=unit.name_en,
                zone=unit.zone.name if unit.zone else "",
                zone_en=unit.zone.name_en if unit.zone else "",
                counted=counted[unit.id],
                split=splits.get(unit.id),
                rank=places.get(unit.id),
            )
            for unit in self._units
        ]
        return tuple(sorted(figures, key=lambda one: (one.rank is None, one.rank or 0)))

    def _zone_figures(self, sums: Tally) -> tuple[UnitFigure, ...]:
        counted = sums.by_zone({unit.id: unit.zone_id for unit in self._units if unit.zone_id is not None})
        zones = {unit.zone.id: unit.zone for unit in self._units if unit.zone}
        return tuple(
            UnitFigure(name=zone.name, name_en=zone.name_en, counted=counted[number]) for number, zone in zones.items()
        )


def _called(metric: Metric) -> dict[str, str]:
    names = {"name": metric.name, "name_en": metric.name_en}
    return names | {"unit": metric.unit_label, "unit_en": metric.unit_label_en}


def _promised(row: Target) -> Promised:
    return Promised(value=row.value, basis=row.basis, status=row.status, source=row.source)


def _expected(found: Forecast | None) -> Expected | None:
    return Expected(point=found.point, low=found.low, high=found.high) if found else None


def _months(sums: Tally, until: date) -> tuple[int, ...]:
    """Events of each month up to that of `until`."""
    added = Counter[int]()
    for line in sums.lines:
        added[line.facts.day.month] += line.verdict.added
    return tuple(added[month] for month in range(1, until.month + 1))


def _left_out(sums: Tally, today: date) -> dict[str, int]:
    """Reason → meetings left out for it; what is planned for today is still to come."""
    found = Counter[str]()
    for line in sums.left_out:
        if not (line.facts.status is MeetingStatus.PLANNED and line.facts.day >= today):
            found.update({reason.why.value for reason in line.verdict.reasons})
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _annex(session: Session, period: Period, until: date, today: date) -> Annex:
    """The ledger's own rows and columns, early to late."""
    if not period.kind.lists_events:
        return Annex(columns=(), rows=())
    book = ledger.book(session, SYSTEM, METRICS, period.year, filters={}, sort="day", today=today)
    told = [one for one in book.entries if one.facts.day <= until]
    meetings, units = ledger.records(session, told), ledger.names_of_units(session)
    heads = ledger_rows.columns()
    cells = [ledger_rows.row(one, meetings[one.facts.id], units) for one in told]
    return Annex(
        columns=tuple(head.heading for head in heads),
        rows=tuple(tuple(row.get(head.name) for head in heads) for row in cells),
    )


# Issued ones


def issued(session: Session, year: int) -> list[Report]:
    """The reports about a year, the latest issued first."""
    return list(session.scalars(select(Report).where(Report.year == year).order_by(Report.id.desc())))


def years(session: Session, today: date) -> list[int]:
    """The years that have a report, this one and the last, of which the final ones are still to be issued."""
    return sorted({today.year - 1, today.year, *session.scalars(select(Report.year).distinct())}, reverse=True)


def get(session: Session, report_id: int) -> Report:
    """An issued report; `NotFound` when there is none."""
    found = session.get(Report, report_id)
    if found is None:
        raise NotFound(_("没有这份报告"))
    return found


def editions(session: Session, period: Period) -> list[Report]:
    """All editions about a period, the latest first."""
    mine = (Report.kind == period.kind, Report.year == period.year, Report.number == period.number)
    return list(session.scalars(select(Report).where(*mine).order_by(Report.edition.desc())))


def waiting(session: Session, today: date, due_day: int) -> list[Period]:
    """The periods that ended last and of which no report of the whole was issued, from the due day of the month on."""
    if today.day < due_day:
        return []
    ended = [last_ended(kind, today) for kind in KINDS_DUE]
    return [period for period in ended if not any(_of_whole(one, period) for one in editions(session, period))]


def _of_whole(report: Report, period: Period) -> bool:
    """Whether it was issued for the whole period and not while that still ran."""
    return date.fromisoformat(report.content["until"]) == period.last


@dataclass(frozen=True)
class Shift:
    """A meeting that counts now and did not, or the other way round; `line` is what the rules make of it today."""

    meeting: Meeting
    line: Line | None


@dataclass(frozen=True)
class Difference:
    """What a count gives today for one of the two hundreds, beside what the report says."""

    said: Hundred
    now: int
    gained: Sequence[Shift]
    lost: Sequence[Shift]
    same_inputs: bool

    @property
    def any(self) -> bool:
        """Whether the count would come out in another way."""
        return self.now != self.said.total or bool(self.gained or self.lost)


def differences(session: Session, said: Content) -> list[Difference]:
    """Both hundreds of a report counted again up to the same day."""
    sums = tallies(session, said.year, until=said.until)
    return [_difference(session, one, sums[one.code]) for one in said.hundreds]


def _difference(session: Session, said: Hundred, sums: Tally) -> Difference:
    now, then = {line.facts.id for line in sums.counted}, set(said.counted)
    lines = {line.facts.id: line for line in sums.lines}
    return Difference(
        said=said,
        now=sums.total,
        gained=_shifts(session, now - then, lines),
        lost=_shifts(session, then - now, lines),
        same_inputs=sums.fingerprint == said.fingerprint,
    )


def _shifts(session: Session, ids: set[int], lines: Mapping[int, Line]) -> list[Shift]:
    rows = session.scalars(select(Meeting).where(Meeting.id.in_(ids)).order_by(Meeting.day, Meeting.id))
    return [Shift(row, lines.get(row.id)) for row in rows.unique()]
