"""A metric's year, added up from judged meetings: the total, what stands beside it, and what was left out."""

import hashlib
import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from matchmaker.domain.judging import judge
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import DEFAULTS
from matchmaker.domain.rules import ExpertPresence, FirmPresence, Key, MeetingFacts, Rule, Verdict, rule_on
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus


@dataclass(frozen=True)
class Line:
    """One meeting in the ledger; `number` is its place in the count, by day: of its first event, if it has several."""

    facts: MeetingFacts
    verdict: Verdict
    number: int | None
    rule: Rule | None

    @property
    def firms_there(self) -> list[FirmPresence]:
        """The local firms that were there, as the rule sees it; an inbound event takes place at its one firm."""
        if self.facts.kind is MeetingKind.INBOUND:
            return list(self.facts.firms)
        return [firm for firm in self.facts.firms if self.rule and self.rule.firm_came(firm)]

    @property
    def experts_there(self) -> list[ExpertPresence]:
        """The experts who were there, as the rule sees it."""
        return [expert for expert in self.facts.experts if self.rule and self.rule.expert_came(expert)]

    @property
    def institutes(self) -> set[int]:
        """The institutes met: the host, or those whose experts came."""
        if self.facts.kind is MeetingKind.OUTBOUND:
            return {self.facts.host.id} if self.facts.host else set()
        return {expert.institute_id for expert in self.experts_there}


@dataclass(frozen=True)
class Tally:
    """All meetings of a metric's year, in order of day, start and id.

    The figures beside the total take in meetings that double an event already counted: a firm in the second session
    of one visit was there too.
    """

    metric: MetricCode
    lines: tuple[Line, ...]

    @cached_property
    def counted(self) -> list[Line]:
        """The lines that count."""
        return [line for line in self.lines if line.verdict.counts]

    @cached_property
    def left_out(self) -> list[Line]:
        """The lines that do not, with their reasons."""
        return [line for line in self.lines if not line.verdict.counts]

    @cached_property
    def under_way(self) -> list[Line]:
        """Visits, online ones aside, that are planned, or held and wait to be verified."""
        visits = (line for line in self.lines if line.facts.kind is not MeetingKind.ONLINE)
        return [line for line in visits if line.facts.status in {MeetingStatus.PLANNED, MeetingStatus.HELD}]

    @cached_property
    def total(self) -> int:
        """The number on the board: events, each once however many meetings stand for it."""
        return len({event.key for line in self.lines for event in line.verdict.events})

    def total_by(self, day: date) -> int:
        """The number on the board at the end of `day`, from what is on file now."""
        days, totals = self._running
        return totals[bisect_right(days, day)]

    @cached_property
    def _running(self) -> tuple[list[date], list[int]]:
        """The days of the lines, and what was counted before the first and after each of them."""
        return (
            [line.facts.day for line in self.lines],
            list(accumulate((line.verdict.added for line in self.lines), initial=0)),
        )

    def _visits(self) -> list[tuple[Key, Line]]:
        return [(line.verdict.visit, line) for line in self.lines if line.verdict.visit is not None]

    def _firm_visits(self) -> set[tuple[Key, int]]:
        return {(visit, firm.id) for visit, line in self._visits() for firm in line.firms_there}

    @cached_property
    def firm_visits(self) -> int:
        """企业·次: firms per visit, added up."""
        return len(self._firm_visits())

    @cached_property
    def expert_visits(self) -> int:
        """专家·次: experts per visit, added up."""
        return len({(visit, expert.id) for visit, line in self._visits() for expert in line.experts_there})

    @cached_property
    def firms(self) -> int:
        """Distinct firms."""
        return len({firm for _, firm in self._firm_visits()})

    def _pairs(self) -> list[tuple[int, int]]:
        """(firm, institute), once per visit."""
        found = {
            (visit, firm.id, institute)
            for visit, line in self._visits()
            for firm in line.firms_there
            for institute in line.institutes
        }
        return [(firm, institute) for _, firm, institute in found]

    @cached_property
    def institutes(self) -> int:
        """Distinct institutes met."""
        return len({institute for _, line in self._visits() for institute in line.institutes})

    @cached_property
    def repeat_share(self) -> Fraction:
        """Share of firm–institute encounters that repeat one of the same year, 0–1."""
        pairs = Counter(self._pairs())
        return Fraction(pairs.total() - len(pairs), pairs.total()) if pairs else Fraction(0)

    def by_unit(self) -> Counter[int]:
        """Events per responsible unit; firms of three units: one in each, so the sum may exceed the total."""
        return self._added_up({unit: unit for units in self._together for unit in units})

    def by_zone(self, zones: Mapping[int, int]) -> Counter[int]:
        """Events per zone, by `zones`: unit → zone; one event counts once in a zone, however many units took part."""
        return self._added_up(zones)

    def _added_up(self, places: Mapping[int, int]) -> Counter[int]:
        found: Counter[int] = Counter()
        for units, events in self._together.items():
            for place in {places[unit] for unit in units if unit in places}:
                found[place] += events
        return found

    @cached_property
    def _together(self) -> Counter[frozenset[int]]:
        """Units whose firms took part in the same event → how many such events."""
        units: dict[Key, set[int]] = defaultdict(set)
        for line in self.lines:
            there = line.firms_there if line.verdict.events else []
            for event in line.verdict.events:
                mine = (firm for firm in there if event.firm_id in {None, firm.id})
                units[event.key] |= {firm.unit_id for firm in mine if firm.unit_id is not None}
        return Counter(map(frozenset, units.values()))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of everything the count was made from: the facts, the rules and their regions."""
        lines = [(_plain(line.facts), line.rule.number if line.rule else None, *_beside(line)) for line in self.lines]
        regions = sorted({code for line in self.lines if line.rule for code in line.rule.regions})
        text = json.dumps([self.metric, regions, lines], ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def tally(metric: MetricCode, rules: Sequence[Rule], meetings: Iterable[MeetingFacts]) -> Tally:
    """Judge `meetings` one after another, by day, and number those that count."""
    seen: dict[Key, int] = {}
    lines: list[Line] = []
    total = 0
    of_metric = [facts for facts in meetings if facts.kind in {metric.kind, MeetingKind.ONLINE}]
    for facts in sorted(of_metric, key=lambda facts: (facts.day, facts.starts, facts.id)):
        rule = rule_on(rules, metric, facts.day)
        verdict = judge(rule, facts, seen)
        for event in verdict.events:
            seen.setdefault(event.key, facts.id)
        lines.append(Line(facts, verdict, total + 1 if verdict.counts else None, rule))
        total += verdict.added
    return Tally(metric, tuple(lines))


def judged_again(known: Tally, changed: Iterable[MeetingFacts]) -> list[Line]:
    """The lines of meetings of a known year once these facts of them hold; none of them moves to another day.

    Only they are judged: what another meeting stands for does not depend on those before it, only whether it is the
    first to.
    """
    new = {facts.id: facts for facts in changed}
    seen: dict[Key, int] = {}
    lines: list[Line] = []
    total = 0
    for line in known.lines:
        facts = new.get(line.facts.id)
        verdict = line.verdict if facts is None else judge(line.rule, facts, seen)
        if facts is not None:
            lines.append(Line(facts, verdict, total + 1 if verdict.counts else None, line.rule))
        total += sum(event.key not in seen for event in verdict.events)
        for event in verdict.events:
            seen.setdefault(event.key, line.facts.id)
    return lines


NAMES = frozenset({"name", "title", "region_name", "owner_name"})  # a new name does not change what counts
BESIDE = frozenset({"evidence", "from_history", "excluded"})  # read by some rules only


def _plain(value: object) -> object:
    """Facts as JSON values, without what they are called; `asdict` would copy every leaf."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in vars(value).items() if name not in NAMES | BESIDE}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _beside(line: Line) -> list[object]:
    """What only some rules look at, where this one did; nothing under the first rules, whose fingerprints stay."""
    rule, facts, found = line.rule, line.facts, list[object]()
    if rule and rule.how != DEFAULTS[rule.metric]:
        found.append(rule.how.model_dump(mode="json"))
        found.append([kind for kind in rule.how.evidence if kind in facts.evidence])
        found.append(facts.from_history)
    if rule and any(one.metric is rule.metric for one in facts.excluded):
        found.append("excluded")
    return found
