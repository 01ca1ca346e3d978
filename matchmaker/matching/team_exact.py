"""The best team by an integer programme (HiGHS through scipy), and which rules leave no team at all.

max Σ w_t y_t  with  y_t ≤ Σ x_p over those who know t, x whole, and the rules as linear rows. y needs no wholeness:
once x is whole, the best y is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from matchmaker.matching.roster import Roster, TeamRule

SECONDS = 20.0
_CLOSE = 1e-7  # relative, within which HiGHS calls a team the best
Row = tuple[NDArray[np.float64], float, float]  # one number for each person, and the range of the sum


@dataclass(frozen=True)
class Solved:
    """The people chosen and the gap: how much more a team could be worth at most, as a share of that bound."""

    rows: list[int]
    gap: float


def solve(roster: Roster, kept: Sequence[int] = (), *, seconds: float = SECONDS) -> Solved | None:
    """The best team that holds `kept`, or the best found within the time.

    None where no team keeps the rules, or none was found in all that time.
    """
    people, terms = len(roster.people), len(roster.terms)
    if not people:
        return None
    lower = np.zeros(people + terms)
    lower[list(kept)] = 1
    found = milp(
        np.concatenate([np.full(people, roster.rules.least_gain), -roster.worth]),
        integrality=np.concatenate([np.ones(people), np.zeros(terms)]),
        bounds=Bounds(lower, np.ones(people + terms)),
        constraints=[_rules(roster), _covering(roster)],
        options={"time_limit": seconds, "mip_rel_gap": _CLOSE},
    )
    if found.x is None:
        return None
    rows = [int(row) for row in np.flatnonzero(found.x[:people] > 0.5)]
    return Solved(rows, _gap(roster.merit(rows), -float(found.mip_dual_bound)))


def _gap(value: float, bound: float) -> float:
    """Rounded to what the programme's own tolerance leaves certain."""
    return round(max(0.0, bound - value) / bound, 4) if bound > 0 else 0.0


def blocking(roster: Roster, kept: Sequence[int] = ()) -> tuple[TeamRule, ...]:
    """Rules that together leave no team, though without any one of them there is one. Empty where there is a team.

    Found by dropping rule after rule and leaving out those whose absence changes nothing; where all are left out, there
    are too few people for the size.
    """
    bare = Roster(roster.people, {}, (), roster.rules)
    if solve(bare, kept) is not None:
        return ()
    needed: list[TeamRule] = []
    for rule in TeamRule:
        fewer = bare.under(bare.rules.without(rule))
        if solve(fewer, kept) is None:
            bare = fewer
        else:
            needed.append(rule)
    return tuple(needed) or (TeamRule.SIZE,)


def _rules(roster: Roster) -> LinearConstraint:
    rows = list(_rows(roster))
    table = np.array([row for row, _, _ in rows])
    nothing = np.zeros((len(rows), len(roster.terms)))
    return LinearConstraint(
        csr_array(np.hstack([table, nothing])), [low for _, low, _ in rows], [up for *_, up in rows]
    )


def _rows(roster: Roster) -> Iterator[Row]:
    everybody, rules = np.ones(len(roster.people)), roster.rules
    yield everybody, max(rules.smallest, 1), rules.largest
    yield roster.leads.astype(float), 1, np.inf
    for limit in roster.limits:
        yield limit.who.astype(float), 0, limit.most
    if rules.outside_least is not None:
        yield roster.outside - rules.outside_least * everybody, 0, np.inf
    if rules.outside_most is not None:
        yield roster.outside - rules.outside_most * everybody, -np.inf, 0


def _covering(roster: Roster) -> LinearConstraint:
    """A term is covered only where somebody knows it."""
    known = csr_array(np.hstack([-roster.numbers.T, np.eye(len(roster.terms))]))
    return LinearConstraint(known, -np.inf, 0)
