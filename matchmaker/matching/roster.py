"""Who could be in a team, what it is to cover, and the rules it has to keep: what `team` and `team_exact` work on."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaker.domain.vocabulary import Word

MUST = 2.0
"""What a must-have weighs: more than all other terms together, which weigh 1."""
_ROUND = 1e-9


class TeamRule(Word):
    """What a team has to keep."""

    LEADER = "leader", "团长资格"
    CAPACITY = "capacity", "人员名额"
    ONE_TEAM = "one_team", "一人一团"
    INSTITUTE = "institute", "同一单位人数"
    OUTSIDE_LEAST = "outside_least", "外地人员占比下限"
    OUTSIDE_MOST = "outside_most", "外地人员占比上限"
    APART = "apart", "须回避"
    OTHER = "other", "与其他方案不同"
    SIZE = "size", "人数"


@dataclass(frozen=True)
class Person:
    """Somebody who could be in a team. `covers`: terms and must-haves their items speak of.

    `full`: has no place left this year. `taken`: is in another team. `outside`: works elsewhere, as the share counts.
    """

    key: str
    covers: frozenset[str]
    institute: str = ""
    may_lead: bool = True
    full: bool = False
    taken: bool = False
    outside: bool = False


@dataclass(frozen=True)
class TeamRules:
    """Rules as data. Shares are of the team's people, 0–1; None means without limit.

    `apart`: pairs of keys, of persons or of institutes, that may not be in one team. `at_most`: sets of persons of
    whom a team may hold only so many (how alternatives are kept different). `least_gain`: the share of the weight
    that a further member has to bring; whoever adds less is not worth their time.
    """

    smallest: int = 1
    largest: int = 4
    leader: bool = True
    capacity: bool = True
    one_team: bool = True
    per_institute: int | None = None
    outside_least: float | None = None
    outside_most: float | None = None
    apart: frozenset[tuple[str, str]] = frozenset()
    at_most: tuple[tuple[frozenset[str], int], ...] = ()
    least_gain: float = 1e-6

    def without(self, rule: TeamRule) -> "TeamRules":
        """The same rules but this one. The size stays: without it there is nothing to choose."""
        return replace(self, **_WITHOUT.get(rule, {}))


_WITHOUT: dict[TeamRule, dict[str, Any]] = {
    TeamRule.CAPACITY: {"capacity": False},
    TeamRule.LEADER: {"leader": False},
    TeamRule.ONE_TEAM: {"one_team": False},
    TeamRule.INSTITUTE: {"per_institute": None},
    TeamRule.OUTSIDE_LEAST: {"outside_least": None},
    TeamRule.OUTSIDE_MOST: {"outside_most": None},
    TeamRule.APART: {"apart": frozenset()},
    TeamRule.OTHER: {"at_most": ()},
}


def bundle(needs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The terms of several needs as one, weights adding up to 1: each need weighs the same, however long its text."""
    together: dict[str, float] = {}
    full = [terms for terms in needs if sum(terms.values()) > 0]
    for terms in full:
        total = sum(terms.values()) * len(full)
        for term, weight in terms.items():
            together[term] = together.get(term, 0.0) + weight / total
    return together


@dataclass(frozen=True)
class Limit:
    """At most `most` of these persons (a mask over the roster) in one team."""

    rule: TeamRule
    who: NDArray[np.bool_]
    most: int


@dataclass(frozen=True)
class Roster:
    """People in order of preference (ties go to the earlier one), weighted terms, must-haves, and the rules."""

    people: Sequence[Person]
    weights: Mapping[str, float]
    musts: Sequence[str] = ()
    rules: TeamRules = field(default_factory=TeamRules)

    def under(self, rules: TeamRules) -> "Roster":
        """The same people and terms under other rules."""
        return replace(self, rules=rules)

    @cached_property
    def at(self) -> dict[str, int]:
        """Key → row."""
        return {person.key: row for row, person in enumerate(self.people)}

    @cached_property
    def terms(self) -> list[str]:
        """Columns: must-haves, then the other terms, the heaviest first."""
        musts = list(dict.fromkeys(self.musts))
        rest = sorted(self.weights.keys() - set(musts), key=lambda term: (-self.weights[term], term))
        return [*musts, *rest]

    @cached_property
    def worth(self) -> NDArray[np.float64]:
        """Of each column: its weight; a must-have's is `MUST` more, so that must-haves come first."""
        musts = set(self.musts)
        return np.array([self.weights.get(term, 0.0) + MUST * (term in musts) for term in self.terms])

    @cached_property
    def knows(self) -> NDArray[np.bool_]:
        """People × columns."""
        column = {term: at for at, term in enumerate(self.terms)}
        table = np.zeros((len(self.people), len(column)), dtype=bool)
        for row, person in enumerate(self.people):
            table[row, [column[term] for term in person.covers if term in column]] = True
        return table

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """`knows` as numbers, which multiply faster."""
        return self.knows.astype(float)

    @cached_property
    def leads(self) -> NDArray[np.bool_]:
        """Who may lead; everybody where no leader is asked for."""
        return np.array([person.may_lead or not self.rules.leader for person in self.people], dtype=bool)

    @cached_property
    def outside(self) -> NDArray[np.bool_]:
        """Who counts as from outside."""
        return np.array([person.outside for person in self.people], dtype=bool)

    @cached_property
    def limits(self) -> list[Limit]:
        """All rules that say: at most so many of these people."""
        return [*self._personal(), *self._of_institutes(), *self._apart(), *self._other()]

    @cached_property
    def limit_table(self) -> tuple[NDArray[np.bool_], NDArray[np.int_]]:
        """The limits as one table (limits × people) and how many each allows."""
        table = np.array([limit.who for limit in self.limits], dtype=bool).reshape(-1, len(self.people))
        return table, np.array([limit.most for limit in self.limits], dtype=int)

    def outside_range(self, size: int) -> tuple[int, int]:
        """How many from outside a team of this size must and may hold."""
        least, most = self.rules.outside_least, self.rules.outside_most
        low = ceil(least * size - _ROUND) if least is not None else 0
        return low, floor(most * size + _ROUND) if most is not None else size

    def value(self, rows: Sequence[int]) -> float:
        """What these people cover: the number of must-haves × `MUST` + the covered weight."""
        return float(self.worth @ self.knows[list(rows)].any(axis=0))

    def merit(self, rows: Sequence[int]) -> float:
        """What teams are compared by: what they cover, less `least_gain` for each member."""
        return self.value(rows) - self.rules.least_gain * len(rows)

    def broken(self, rows: Sequence[int]) -> list[TeamRule]:
        """The rules that a team of these people would not keep, each once."""
        return list(dict.fromkeys(self._broken(list(rows))))

    def _broken(self, rows: list[int]) -> Iterator[TeamRule]:
        if not self.rules.smallest <= len(rows) <= self.rules.largest:
            yield TeamRule.SIZE
        if not self.leads[rows].any():
            yield TeamRule.LEADER
        table, most = self.limit_table
        for at in np.flatnonzero(table[:, rows].sum(axis=1) > most):
            yield self.limits[at].rule
        low, high = self.outside_range(len(rows))
        if self.outside[rows].sum() < low:
            yield TeamRule.OUTSIDE_LEAST
        if self.outside[rows].sum() > high:
            yield TeamRule.OUTSIDE_MOST

    def _mask(self, chosen: Collection[int]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.people), dtype=bool)
        mask[list(chosen)] = True
        return mask

    def _personal(self) -> Iterator[Limit]:
        if self.rules.capacity:
            yield Limit(TeamRule.CAPACITY, np.array([person.full for person in self.people], dtype=bool), 0)
        if self.rules.one_team:
            yield Limit(TeamRule.ONE_TEAM, np.array([person.taken for person in self.people], dtype=bool), 0)

    def _of_institutes(self) -> Iterator[Limit]:
        if self.rules.per_institute is not None:
            for rows in self._by_institute.values():
                yield Limit(TeamRule.INSTITUTE, self._mask(rows), self.rules.per_institute)

    @cached_property
    def _by_institute(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for row, person in enumerate(self.people):
            if person.institute:
                found.setdefault(person.institute, []).append(row)
        return found

    def _apart(self) -> Iterator[Limit]:
        for one, other in sorted(self.rules.apart):
            for a in self._meant(one):
                for b in self._meant(other):
                    if a != b:
                        yield Limit(TeamRule.APART, self._mask([a, b]), 1)

    def _meant(self, key: str) -> list[int]:
        return [self.at[key]] if key in self.at else self._by_institute.get(key, [])

    def _other(self) -> Iterator[Limit]:
        for keys, most in self.rules.at_most:
            yield Limit(TeamRule.OTHER, self._mask([self.at[key] for key in keys if key in self.at]), most)
