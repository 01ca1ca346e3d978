"""Teams that together cover a need or several: greedy choice with swaps, alternatives, and why somebody is not in.

Covered weight is monotone and submodular: where only the size is limited, taking the best next member gives at least
1 - 1/e of the optimum (Nemhauser, Wolsey, Fisher 1978, Mathematical Programming 14). Further rules leave no such bound;
with starts from several leaders and swaps afterwards 0.999 of the optimum was measured (docs/benchmarks.md).
Coverage is of terms only: who gets on with whom, people decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaker.matching.roster import MUST, Roster, TeamRule, TeamRules
from matchmaker.matching.team_exact import blocking, solve

LEADERS = 8
"""So many leaders are tried, those who cover most."""
PAIRED = 16
"""So many are tried as the first of two who come for two others."""
_BEST = 3  # of so many starts the outcome is improved by swaps
_GAIN = 1e-9


@dataclass(frozen=True)
class Team:
    """`members`, the leader first. `coverage`: covered share (0–1) of the weight; `uncovered`: the heaviest first.

    `gap`: how far from the optimum the team may be at most, as a share of it; None where nobody asked.
    """

    members: tuple[str, ...]
    coverage: float
    musts: int
    uncovered: tuple[str, ...]
    gap: float | None = None


@dataclass(frozen=True)
class Proposal:
    """Teams, the best first, each different from the others; without any, the rules that cannot be kept together."""

    teams: tuple[Team, ...]
    blocked_by: tuple[TeamRule, ...] = ()


@dataclass(frozen=True)
class Exchange:
    """Somebody who could take a member's place: what the team then covers, and the rules it would break."""

    key: str
    coverage: float
    musts: int
    broken: tuple[TeamRule, ...]


@dataclass(frozen=True)
class WhyNot:
    """What speaks against somebody: rules, and how little they add to what the members cover.

    `best` is the exchange that would harm least (`instead_of` whom); `adds` the terms that no member covers.
    """

    broken: tuple[TeamRule, ...]
    adds: tuple[str, ...]
    shared: tuple[str, ...]
    best: Exchange
    instead_of: str


def form_teams(
    roster: Roster, *, alternatives: int = 1, fixed: Sequence[str] = (), exact_within: float = 0
) -> Proposal:
    """The best team that can be found and up to `alternatives` - 1 others, of each earlier one at most half the people.

    `fixed` members are in every team. With `exact_within` seconds each team is solved as an integer programme and says
    its gap. Raises `KeyError` for a fixed member who is no candidate.
    """
    kept = [roster.at[key] for key in fixed]
    teams: list[Team] = []
    for _ in range(alternatives):
        differing = roster.under(_unlike(roster.rules, teams, fixed))
        found = _exactly(differing, kept, exact_within) if exact_within else _quickly(differing, kept)
        if found is None:
            break
        rows, gap = found
        teams.append(replace(_team(roster, _leader_first(roster, list(rows))), gap=gap))
    return Proposal(tuple(teams), () if teams else blocking(roster, kept))


def team_of(roster: Roster, members: Sequence[str]) -> Team:
    """What these people cover. Whoever is named first leads; if they may not, who covers most of those who may.

    Raises `KeyError` for somebody who is no candidate.
    """
    rows = [roster.at[key] for key in members]
    return _team(roster, rows if roster.leads[rows[:1]].any() else _leader_first(roster, rows))


def exchanges(roster: Roster, members: Sequence[str], out: str) -> list[Exchange]:
    """Everybody who could take `out`'s place, those first whom the rules allow and with whom most is covered."""
    rest = [roster.at[key] for key in members if key != out]
    inside = {roster.at[key] for key in members}
    values = _values_with(roster, rest)
    found = [_exchange(roster, rest, row, values[row]) for row in range(len(roster.people)) if row not in inside]
    return sorted(found, key=lambda each: (bool(each.broken), -each.musts, -each.coverage, roster.at[each.key]))


def why_not(roster: Roster, members: Sequence[str], key: str) -> WhyNot:
    """Why somebody who is a candidate is not a member. Raises `KeyError` for somebody who is none."""
    row, rows = roster.at[key], [roster.at[member] for member in members]
    covered = roster.knows[rows].any(axis=0)
    tries = [(out, _swapped(roster, rows, out, row)) for out in rows]
    out, best = min(tries, key=lambda pair: (bool(pair[1].broken), -pair[1].musts, -pair[1].coverage))
    return WhyNot(
        broken=best.broken,
        adds=_named(roster, roster.knows[row] & ~covered),
        shared=_named(roster, roster.knows[row] & covered),
        best=best,
        instead_of=roster.people[out].key,
    )


def _swapped(roster: Roster, rows: Sequence[int], out: int, row: int) -> Exchange:
    rest = [each for each in rows if each != out]
    return _exchange(roster, rest, row, roster.value([*rest, row]))


def _exchange(roster: Roster, rest: list[int], row: int, value: float) -> Exchange:
    musts, coverage = _split(roster, value)
    return Exchange(roster.people[row].key, coverage, musts, tuple(roster.broken([*rest, row])))


def _split(roster: Roster, value: float) -> tuple[int, float]:
    """Must-haves and the covered share of the weight."""
    musts = int((value + _GAIN) // MUST)
    total = sum(roster.weights.values())
    return musts, max(0.0, min(1.0, (value - MUST * musts) / total)) if total else 0.0


def _unlike(rules: TeamRules, teams: Sequence[Team], fixed: Sequence[str]) -> TeamRules:
    """Of each earlier team at most half the people, whoever is fixed apart."""
    free = [frozenset(team.members) - set(fixed) for team in teams]
    return replace(rules, at_most=(*rules.at_most, *((keys, len(keys) // 2) for keys in free)))


def _exactly(roster: Roster, kept: list[int], seconds: float) -> tuple[list[int], float] | None:
    """The integer programme; out of time without any team, the greedy one, which then says no gap under 1."""
    solved = solve(roster, kept, seconds=seconds)
    if solved is not None:
        return solved.rows, solved.gap
    quick = _greedy_teams(roster, kept)
    return (quick[0], 1.0) if quick else None


def _quickly(roster: Roster, kept: list[int]) -> tuple[list[int], None] | None:
    """Greedy and swaps; where the rules are so tight that this finds no team, the programme does if there is one."""
    teams = _greedy_teams(roster, kept)
    if not teams:
        solved = solve(roster, kept)
        return (solved.rows, None) if solved is not None else None
    improved = [_improved(roster, rows, len(kept)) for rows in teams[:_BEST]]
    return max(improved, key=lambda rows: round(roster.merit(rows), 9)), None


def _greedy_teams(roster: Roster, kept: list[int]) -> list[list[int]]:
    """Teams by greedy choice from every start, the best first."""
    if not roster.people:
        return []
    rules = roster.rules
    by_share = rules.outside_least is not None or rules.outside_most is not None
    least = max(rules.smallest, len(kept), 1)
    sizes = (
        range(least, rules.largest + 1) if by_share else [rules.largest]
    )  # how many from outside depends on the size
    found = [
        rows
        for size in sizes
        for start in _starts(roster, kept)
        for rows in _prefixes(_filled(roster, start, size), size if by_share else least)
        if not roster.broken(rows)
    ]
    return sorted(found, key=lambda rows: -round(roster.merit(rows), 9))


def _prefixes(rows: list[int], least: int) -> Iterator[list[int]]:
    return (rows[:size] for size in range(least, len(rows) + 1))


def _starts(roster: Roster, kept: list[int]) -> Iterator[list[int]]:
    """The kept members, and with each who may lead where that is not everybody."""
    yield kept
    if not roster.leads.all() and not roster.leads[kept].any():
        leaders = np.flatnonzero(roster.leads)
        gains = _values_with(roster, kept)[leaders]
        for row in leaders[np.argsort(-gains, kind="stable")][:LEADERS]:
            yield [*kept, int(row)]


def _filled(roster: Roster, start: list[int], size: int) -> list[int]:
    """Members added one by one, each the best that the rules allow, until there are `size` or nobody is left."""
    rows = list(start)
    while len(rows) < size:
        allowed = _allowed(roster, rows, size)
        if not allowed.any():
            break
        values = np.where(allowed, _values_with(roster, rows), -1.0)
        rows.append(int(values.argmax()))
    return rows


def _allowed(roster: Roster, rows: list[int], size: int) -> NDArray[np.bool_]:
    """Who may come next into a team that is to be of this size."""
    allowed = np.ones(len(roster.people), dtype=bool)
    allowed[rows] = False
    table, most = roster.limit_table
    allowed &= ~table[table[:, rows].sum(axis=1) >= most].any(axis=0)
    low, high = roster.outside_range(size)
    there = int(roster.outside[rows].sum())
    if there >= high:
        allowed &= ~roster.outside
    if len(rows) - there >= size - low:
        allowed &= roster.outside
    return allowed


def _values_with(roster: Roster, rows: list[int]) -> NDArray[np.float64]:
    """For everybody: what these people and they cover together."""
    covered = roster.knows[rows].any(axis=0) if rows else np.zeros(len(roster.terms), dtype=bool)
    return np.asarray(roster.worth @ covered + roster.numbers @ (roster.worth * ~covered))


def _improved(roster: Roster, rows: list[int], kept: int) -> list[int]:
    """Exchange one member, later two at a time, while that covers more and breaks no rule."""
    better: list[int] | None = rows
    while better is not None:
        rows = better
        better = _one_better(roster, rows, kept)
    return rows


def _one_better(roster: Roster, rows: list[int], kept: int) -> list[int] | None:
    best = roster.value(rows)
    for at in range(kept, len(rows)):
        rest = [*rows[:at], *rows[at + 1 :]]
        values = _values_with(roster, rest)
        values[rows] = -1.0
        for row in np.argsort(-values, kind="stable"):
            if values[row] <= best + _GAIN:
                break
            if not roster.broken([*rest, int(row)]):
                return [*rest, int(row)]
    return _pair_better(roster, rows, kept, best)


def _pair_better(roster: Roster, rows: list[int], kept: int, best: float) -> list[int] | None:
    """Two members out, one in and the best that then fits: what single swaps cannot reach."""
    for pair in combinations(range(kept, len(rows)), 2):
        rest = [row for at, row in enumerate(rows) if at not in pair]
        firsts = np.argsort(-_values_with(roster, rest), kind="stable")[:PAIRED]
        for first in (int(row) for row in firsts if row not in rows):
            team = _filled(roster, [*rest, first], len(rows))
            if len(team) == len(rows) and roster.value(team) > best + _GAIN and not roster.broken(team):
                return team
    return None


def _team(roster: Roster, rows: Sequence[int]) -> Team:
    covered = roster.knows[rows].any(axis=0)
    musts, coverage = _split(roster, float(roster.worth @ covered))
    members = tuple(roster.people[row].key for row in rows)
    return Team(members, coverage, musts, _named(roster, ~covered))


def _leader_first(roster: Roster, rows: list[int]) -> list[int]:
    """Of those who may lead, who covers most; the others by what they cover."""
    each = roster.numbers[rows] @ roster.worth
    order = sorted(range(len(rows)), key=lambda at: (-each[at], rows[at]))
    lead = next((at for at in order if roster.leads[rows[at]]), None)
    return [rows[at] for at in sorted(order, key=lambda at: at != lead)]


def _named(roster: Roster, columns: Any) -> tuple[str, ...]:
    return tuple(roster.terms[at] for at in np.flatnonzero(columns))
