"""A metric's year, added up from judged meetings: the total, what stands beside it, and what was left out."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, is_dataclass
from fractions import Fraction
from functools import cached_property

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import Key, MeetingFacts, Rule, Verdict, judge, rule_on
from matchmaker.domain.vocabulary import MeetingKind


@dataclass(frozen=True)
class Line:
    """One meeting in the ledger; `number` is its place among those that count, by day."""

    facts: MeetingFacts
    verdict: Verdict
    number: int | None
    rule: Rule | None


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

    @property
    def total(self) -> int:
        """The number on the board."""
        return len(self.counted)

    def _firm_visits(self) -> set[tuple[Key, int]]:
        return {(key, firm.id) for key, facts in self._events() for firm in facts.firms if self._there(firm.came)}

    def _there(self, came: bool) -> bool:
        return came or self.metric is MetricCode.INBOUND  # an inbound event takes place at its one firm

    def _events(self) -> list[tuple[Key, MeetingFacts]]:
        return [(line.verdict.key, line.facts) for line in self.lines if line.verdict.key is not None]

    @cached_property
    def firm_visits(self) -> int:
        """企业·次: firms per event, added up."""
        return len(self._firm_visits())

    @cached_property
    def expert_visits(self) -> int:
        """专家·次: experts per event, added up."""
        return len({(key, expert.id) for key, facts in self._events() for expert in facts.experts if expert.came})

    @cached_property
    def firms(self) -> int:
        """Distinct firms."""
        return len({firm for _, firm in self._firm_visits()})

    def _pairs(self) -> list[tuple[int, int]]:
        """(firm, institute), once per event."""
        found = {
            (key, firm.id, institute)
            for key, facts in self._events()
            for firm in facts.firms
            if self._there(firm.came)
            for institute in _institutes(facts, self.metric)
        }
        return [(firm, institute) for _, firm, institute in found]

    @cached_property
    def institutes(self) -> int:
        """Distinct institutes met."""
        return len({institute for _, facts in self._events() for institute in _institutes(facts, self.metric)})

    @cached_property
    def repeat_share(self) -> Fraction:
        """Share of firm–institute encounters that repeat one of the same year, 0–1."""
        pairs = Counter(self._pairs())
        return Fraction(pairs.total() - len(pairs), pairs.total()) if pairs else Fraction(0)

    def by_unit(self) -> Counter[int]:
        """Events per responsible unit; firms of three units: one in each, so the sum may exceed the total."""
        seen = {
            (key, firm.unit_id)
            for key, facts in self._events()
            for firm in facts.firms
            if firm.unit_id is not None and self._there(firm.came)
        }
        return Counter(unit for _, unit in seen)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of everything the count was made from: the facts, the rules and their regions."""
        lines = [(_plain(line.facts), line.rule.number if line.rule else None) for line in self.lines]
        regions = sorted({code for line in self.lines if line.rule for code in line.rule.regions})
        text = json.dumps([self.metric, regions, lines], ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def tally(metric: MetricCode, rules: Sequence[Rule], meetings: Iterable[MeetingFacts]) -> Tally:
    """Judge `meetings` one after another, by day, and number those that count."""
    seen: dict[Key, int] = {}
    lines: list[Line] = []
    of_metric = [facts for facts in meetings if facts.kind in {metric.kind, MeetingKind.ONLINE}]
    for facts in sorted(of_metric, key=lambda facts: (facts.day, facts.starts, facts.id)):
        rule = rule_on(rules, metric, facts.day)
        verdict = judge(rule, facts, seen)
        if verdict.counts and verdict.key is not None:
            seen[verdict.key] = facts.id
        lines.append(Line(facts, verdict, len(seen) if verdict.counts else None, rule))
    return Tally(metric, tuple(lines))


def _institutes(facts: MeetingFacts, metric: MetricCode) -> set[int]:
    if metric is MetricCode.OUTBOUND:
        return {facts.host.id} if facts.host else set()
    return {expert.institute_id for expert in facts.experts if expert.came}


NAMES = frozenset({"name", "title", "region_name", "owner_name"})  # a new name does not change what counts


def _plain(value: object) -> object:
    """Facts as JSON values, without what they are called; `asdict` would copy every leaf."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in vars(value).items() if name not in NAMES}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
