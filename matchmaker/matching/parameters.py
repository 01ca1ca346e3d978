"""The numbers of the ranking, all in one place; what each was chosen from is in docs/benchmarks.md."""

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Parameters:
    """One set serves every task; `DEFAULTS` is the one in use.

    `words`, `bigrams`: what the two views of a text count for, relative to each other. `k1`, `k3`: how fast a term that
    is repeated stops counting more, in what is offered and in what is asked (names and form of BM25, Robertson & Walker
    1994; infinite: as often as it stands there). `idf_floor`: what a term counts that every document has; `idf_power`:
    above 1 rare terms count more than by Sparck Jones 1972. `breadth`: an owner's row is divided by its length to the
    power of 1 + this; above 0 favours owners of many kinds of work a little, -1 leaves the mean as it is. `linked`:
    what a lexicon's other name for a term counts, beside 1 for the term itself.
    """

    words: float = 1.0
    bigrams: float = 2.0
    k1: float = 1.2
    k3: float = 3.0
    idf_floor: float = 0.3
    idf_power: float = 1.25
    breadth: float = 0.05
    linked: float = 0.5

    def block_lengths(self) -> tuple[float, float]:
        """The lengths of a row's word and bigram block; their squares add up to 2."""
        half = (self.words + self.bigrams) / 2
        return sqrt(self.words / half), sqrt(self.bigrams / half)

    def idf(self, documents: int, frequency: Any) -> Any:
        """What terms count that stand in `frequency` of so many documents (a number or an array of them)."""
        return (np.log((1 + documents) / (1 + frequency)) + self.idf_floor) ** self.idf_power


DEFAULTS = Parameters()


def saturated(counts: Any, k: float) -> Any:
    """Term counts as they weigh: 1 for 1, never more than 1 + `k`."""
    return counts * (k + 1) / (counts + k) if isfinite(k) else counts
