"""The ledger 双百互进台账: a row per meeting of a year with what each rule made of it, narrowed, sorted, added up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from matchmaker.db.models import Meeting, Unit, Zone
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.rules import MeetingFacts, WhyNot
from matchmaker.domain.tally import Line, Tally
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.queries import meeting_gaps, scopes
from matchmaker.queries.choices import named
from matchmaker.queries.counts import in_year, tallies

FILTERS = ("kind", "verdict", "unit", "zone", "institute", "evidence", "month")
DEFAULT_SORT = "-day"
COUNTED, LEFT_OUT, TO_COME = "counted", "left_out", "to_come"  # values of `verdict`, beside every WhyNot
AT_ONCE = 500


@dataclass(frozen=True)
class Entry:
    """A meeting with its line in each metric that judges it: one, or both for an online meeting."""

    lines: tuple[Line, ...]

    @property
    def facts(self) -> MeetingFacts:
        """The meeting."""
        return self.lines[0].facts

    @property
    def counts(self) -> bool:
        """Whether it adds to a number on the board."""
        return any(line.verdict.counts for line in self.lines)

    @property
    def number(self) -> int | None:
        """Its place in the count of its metric."""
        return next((line.number for line in self.lines if line.number is not None), None)

    @property
    def units(self) -> set[int]:
        """The responsible units it is a matter of: of the firms that were there, of those invited before it counts."""
        line = self.lines[0]
        firms = line.firms_there if line.verdict.visit is not None else self.facts.firms
        return {firm.unit_id for firm in firms if firm.unit_id is not None}

    @property
    def institutes(self) -> dict[int, str]:
        """The institutes that take part: the host, or by number those of the experts."""
        host = self.facts.host
        return {host.id: host.name} if host else {one.institute_id: "" for one in self.facts.experts}

    def to_come(self, today: date) -> bool:
        """Whether it is only planned yet, so that there is nothing to leave out."""
        return self.facts.status is MeetingStatus.PLANNED and self.facts.day >= today


@dataclass(frozen=True)
class Book:
    """A year's ledger as somebody asked for it. `hidden`: what counts beside what the reader may see, by metric."""

    metrics: tuple[MetricCode, ...]
    entries: list[Entry]
    hidden: int

    def totals(self) -> dict[MetricCode, Tally]:
        """The rows added up, each metric by itself."""
        lines = [line for entry in self.entries for line in entry.lines]
        return {code: Tally(code, tuple(line for line in lines if _of(line, code))) for code in self.metrics}


def _of(line: Line, code: MetricCode) -> bool:
    return line.rule.metric is code if line.rule else line.facts.kind is code.kind


def book(
    session: Session,
    actor: Actor,
    metrics: tuple[MetricCode, ...],
    year: int,
    *,
    filters: Mapping[str, str],
    text: str = "",
    sort: str = "",
    today: date,
) -> Book:
    """The rows of `year` that the actor may see, as asked for; an unknown filter value finds nothing."""
    sums = tallies(session, year)
    visible = _visible(session, actor, year, filters.get("evidence"))
    everybodys = _visible(session, actor, year, None) if filters.get("evidence") else visible
    counted = [line.facts.id for code in metrics for line in sums[code].counted]
    fits = [*_tests(session, filters, today), *_containing(text)]
    found = [
        entry for entry in _entries(sums, metrics) if entry.facts.id in visible and all(fit(entry) for fit in fits)
    ]
    return Book(metrics, _sorted(found, sort), sum(number not in everybodys for number in counted))


def _visible(session: Session, actor: Actor, year: int, evidence: str | None) -> frozenset[int]:
    narrowed = list(meeting_gaps.chosen(evidence)) if evidence else []
    return frozenset(session.scalars(select(Meeting.id).where(scopes.meetings(actor), in_year(year), *narrowed)))


def _entries(sums: Mapping[MetricCode, Tally], metrics: Iterable[MetricCode]) -> list[Entry]:
    found: dict[int, list[Line]] = {}
    for code in metrics:
        for line in sums[code].lines:
            found.setdefault(line.facts.id, []).append(line)
    return [Entry(tuple(lines)) for lines in found.values()]


Test = Callable[[Entry], bool]


def _tests(session: Session, filters: Mapping[str, str], today: date) -> Iterator[Test]:
    yield _by_verdict(filters.get("verdict", ""), today)
    if kind := filters.get("kind"):
        yield lambda entry: entry.facts.kind.value == kind
    if unit := filters.get("unit"):
        units = set(session.scalars(select(Unit.id).where(Unit.code == unit)))
        yield lambda entry: bool(entry.units & units)
    if zone := filters.get("zone"):
        within = set(session.scalars(select(Unit.id).join(Zone, Zone.id == Unit.zone_id).where(Zone.code == zone)))
        yield lambda entry: bool(entry.units & within)
    if institute := filters.get("institute"):
        yield lambda entry: institute in map(str, entry.institutes)
    if month := filters.get("month"):
        yield lambda entry: str(entry.facts.day.month) == month


def _by_verdict(wanted: str, today: date) -> Test:
    """What counts, what does not, or what does not for one reason; what is still to come only when asked for."""
    if wanted == COUNTED:
        return lambda entry: entry.counts
    if wanted == LEFT_OUT:
        return lambda entry: not entry.counts and not entry.to_come(today)
    if wanted == TO_COME:
        return lambda entry: entry.to_come(today)
    if wanted in set(WhyNot):
        return lambda entry: any(reason.why.value == wanted for line in entry.lines for reason in line.verdict.reasons)
    return lambda entry: not entry.to_come(today)


def _containing(text: str) -> Iterator[Test]:
    for word in text.casefold().split()[:8]:
        yield lambda entry, word=word: any(word in name.casefold() for name in _names(entry.facts))  # type: ignore[misc]


def _names(facts: MeetingFacts) -> Iterator[str]:
    yield facts.title
    if facts.host:
        yield facts.host.name
    if facts.site:
        yield f"{facts.site.name} {facts.site.owner_name}"
    yield from (firm.name for firm in facts.firms)
    yield from (expert.name for expert in facts.experts)


SORTS: dict[str, Callable[[Entry], Any]] = {
    "day": lambda entry: (entry.facts.day, entry.facts.starts),
    "number": lambda entry: (entry.number is None, entry.number or 0),
    "kind": lambda entry: entry.facts.kind.value,
    "title": lambda entry: entry.facts.title,
    "counts": lambda entry: entry.counts,
}


def _sorted(entries: list[Entry], sort: str) -> list[Entry]:
    wanted = sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT
    key = SORTS[wanted.removeprefix("-")]
    return sorted(entries, key=lambda entry: (key(entry), entry.facts.id), reverse=wanted.startswith("-"))


def institutes(session: Session, metrics: Iterable[MetricCode], year: int) -> list[tuple[str, str]]:
    """Number and name of every host institute of the year, to choose from."""
    sums = tallies(session, year)
    hosts = {
        line.facts.host.id: line.facts.host.name for code in metrics for line in sums[code].lines if line.facts.host
    }
    return sorted(((str(number), name) for number, name in hosts.items()), key=lambda pair: pair[1])


def zones(session: Session) -> list[tuple[str, str]]:
    """Code and name of every zone."""
    return [(row.code, named(row)) for row in session.scalars(select(Zone).order_by(Zone.id))]


def records(session: Session, entries: Sequence[Entry]) -> dict[int, Meeting]:
    """The meetings of ledger rows, by id."""
    found: dict[int, Meeting] = {}
    ids = [entry.facts.id for entry in entries]
    for start in range(0, len(ids), AT_ONCE):
        part = select(Meeting).where(Meeting.id.in_(ids[start : start + AT_ONCE])).options(lazyload(Meeting.needs))
        found |= {row.id: row for row in session.scalars(part)}
    return found


def names_of_units(session: Session) -> dict[int, tuple[str, str]]:
    """Unit → its name and that of its zone."""
    return {row.id: (named(row), named(row.zone) if row.zone else "") for row in session.scalars(select(Unit))}


def kinds(metrics: Iterable[MetricCode]) -> list[MeetingKind]:
    """The kinds of meeting in these metrics' ledgers."""
    return [*(code.kind for code in metrics), MeetingKind.ONLINE]
