"""Needs whose best groups share an institute could travel together: a suggested 微对接."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Candidate(NamedTuple):
    """A group found for a need, where it works and how well it fits."""

    group: str
    institute: str
    score: float


@dataclass(frozen=True)
class TripSuggestion:
    """An institute and, for each need it could help (best first), its best group there."""

    institute: str
    stops: tuple[tuple[str, Candidate], ...]

    @property
    def score(self) -> float:
        """The sum of the needs' scores: more needs and better fits weigh more."""
        return sum(candidate.score for _, candidate in self.stops)


def suggest_trips(found: Mapping[str, Sequence[Candidate]], *, min_needs: int = 2) -> list[TripSuggestion]:
    """Institutes that at least `min_needs` needs share, the most rewarding first (ties by institute).

    `found`: need → its best groups. A need may appear with several institutes: which trip it joins is
    for a person to decide. Candidates with score 0 do not count.
    """
    best: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for need, candidates in found.items():
        for candidate in sorted(candidates, key=lambda c: (-c.score, c.group)):
            if candidate.score > 0:
                best[candidate.institute].setdefault(need, candidate)
    trips = [TripSuggestion(place, _ordered(stops)) for place, stops in best.items() if len(stops) >= min_needs]
    return sorted(trips, key=lambda trip: (-trip.score, trip.institute))


def _ordered(stops: Mapping[str, Candidate]) -> tuple[tuple[str, Candidate], ...]:
    return tuple(sorted(stops.items(), key=lambda stop: (-stop[1].score, stop[0])))
