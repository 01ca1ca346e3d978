"""Whether other numbers would rank better, by what became of the bureau's own pairs; and when that is not to be said.

Every set of numbers in `space` ranks the same needs. Which is best is chosen on four fifths of the needs and measured
on the other fifth, five times over, so that no need takes part in choosing what it is measured with. What counts is the
paired difference to the running numbers, need by need, with a bootstrap interval (Efron 1979, percentiles).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import inf, sqrt
from typing import Any

import numpy as np

from matchmaker.matching.index import Index
from matchmaker.matching.parameters import DEFAULTS, Parameters
from matchmaker.matching.quality import Protocol, measure
from matchmaker.text import AnalysedText

PROTOCOL = Protocol(k=10)
METRICS = ("nDCG@10", "Recall@10", "MRR")
LEAST_LABELS = 200
LEAST_NEEDS = 20  # an interval over fewer needs is a guess
_FOLDS = 5
_DRAWS = 2000
_SEED = 0
_LEVEL = 95
_WIDER = sqrt(1 + _FOLDS / (_FOLDS - 1))
"""Folds that choose by mostly the same needs vary less than they should (Nadeau & Bengio 2003, their correction)."""

PLAIN = Parameters(words=1, bigrams=0, k1=inf, k3=inf, idf_floor=1, idf_power=1, breadth=0, linked=0)
"""The plain baseline: TF-IDF of words (scikit-learn's form of IDF) and their cosine, without lexicon or boilerplate."""

CHOICES: dict[str, tuple[float, ...]] = {
    "bigrams": (1.0, 2.0, 3.0),  # words against pieces of words: how uniform the bureau's firms and experts write
    "idf_power": (1.0, 1.25, 1.5),  # how much rare terms count: more where the experts are all of a few fields
    "linked": (0.0, 0.5, 0.8),  # what the lexicon's other names count: more, the better the bureau keeps it
}
"""What may be tuned. The other numbers differ too little on judged sets (docs/benchmarks.md) to be told by labels."""

Grades = Mapping[str, Mapping[str, int]]


def space(running: Parameters) -> list[Parameters]:
    """The running numbers and every combination of `CHOICES` in their place; at equal values the first is taken.

    So those come first that change least: labels that say nothing of a number leave it as it is.
    """
    names = tuple(CHOICES)
    found = [replace(running, **dict(zip(names, values, strict=True))) for values in product(*CHOICES.values())]
    return sorted(dict.fromkeys([running, *found]), key=lambda each: len(vars(each).items() - vars(running).items()))


@dataclass(frozen=True)
class Interval:
    """A mean with the bounds that hold it in 95 of 100 draws."""

    mean: float
    low: float
    high: float

    @property
    def is_gain(self) -> bool:
        """Whether all of it lies above zero."""
        return self.low > 0

    def wider(self, times: float) -> "Interval":
        """The same mean with bounds so many times as far from it."""
        return Interval(
            self.mean, self.mean - times * (self.mean - self.low), self.mean + times * (self.high - self.mean)
        )


def bootstrap(values: Sequence[float] | Any) -> Interval:
    """The mean over needs and its percentile bootstrap interval, with a fixed seed. Raises `ValueError` for none."""
    drawn = np.asarray(values, dtype=float)
    if not len(drawn):
        raise ValueError("nothing to draw from")
    picks = np.random.default_rng(_SEED).integers(0, len(drawn), size=(_DRAWS, len(drawn)))
    means = drawn[picks].mean(axis=1)
    low, high = np.percentile(means, [(100 - _LEVEL) / 2, (100 + _LEVEL) / 2])
    return Interval(float(drawn.mean()), float(low), float(high))


def measured(index: Index, needs: Mapping[str, AnalysedText], grades: Grades) -> dict[str, Any]:
    """Metric → its value for each judged need (array, in the order of `grades`) when the index ranks all owners."""
    keys = list(grades)
    found = index.rank_owners([needs[key] for key in keys], None)
    values = [
        measure([(match.key, match.score) for match in matches], grades[key], PROTOCOL)
        for key, matches in zip(keys, found, strict=True)
    ]
    return {name: np.asarray([value[name] for value in values]) for name in METRICS}


@dataclass(frozen=True)
class Verdict:
    """What tuning found. `chosen` is what all needs together prefer; `gain` what was measured on needs left out."""

    chosen: Parameters
    before: float
    after: float
    gain: Interval
    refusal: str

    @property
    def accepted(self) -> bool:
        """Whether the chosen numbers may take the place of the running ones."""
        return not self.refusal


def judge(values: Mapping[Parameters, Any], running: Parameters) -> Verdict:
    """Choose and measure by cross-validation. `values` are nDCG@10 per need (arrays of one length, one order)."""
    sets = list(values)
    table = np.stack([np.asarray(values[each], dtype=float) for each in sets])
    here = sets.index(running)
    folds = np.random.default_rng(_SEED).permutation(table.shape[1]) % _FOLDS
    held_out = np.empty(table.shape[1])
    for fold in range(_FOLDS):
        rest = table[:, folds != fold]
        held_out[folds == fold] = table[_best(rest, here), folds == fold] if rest.size else table[here, folds == fold]
    best, gain = _best(table, here), bootstrap(held_out - table[here]).wider(_WIDER)
    refusal = ""
    if sets[best] == running:
        refusal = "the running parameters are the best of the space"
    elif not gain.is_gain:
        refusal = "the interval of the paired difference includes zero"
    return Verdict(sets[best], float(table[here].mean()), float(held_out.mean()), gain, refusal)


def too_few(labels: int, needs: int) -> str:
    """Why nothing can be tuned or calibrated yet, or ""."""
    if labels < LEAST_LABELS:
        return f"{labels} labels, at least {LEAST_LABELS} are needed"
    if needs < LEAST_NEEDS:
        return f"labels of {needs} needs, at least {LEAST_NEEDS} are needed"
    return ""


def _best(table: Any, here: int) -> int:
    """The row with the highest mean; the running one unless another is better."""
    means = np.round(table.mean(axis=1), 12)
    best = int(np.argmax(means))
    return best if means[best] > means[here] else here


def changed(parameters: Parameters) -> dict[str, float]:
    """Name → value of the numbers that differ from the built-in ones."""
    return {name: value for name, value in vars(parameters).items() if value != getattr(DEFAULTS, name)}
