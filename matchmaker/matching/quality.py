"""How good a ranking is, by the judgements of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2, sqrt
from statistics import fmean, stdev

METRICS = ("nDCG@{k}", "Recall@{k}", "MRR", "MAP")


@dataclass(frozen=True)
class Protocol:
    """How judgements are read.

    Gain is 2^(grade - `lowest`) - 1; a grade ≥ `relevant_from` is relevant; needs with fewer than
    `min_judged` judgements, or without a relevant one, are not evaluated; lists are cut at `k`
    for nDCG and Recall.
    """

    k: int = 10
    lowest: int = 0
    relevant_from: int = 1
    min_judged: int = 1

    def evaluates(self, grades: Mapping[str, int]) -> bool:
        """Whether a need with these judgements (target → grade) is evaluated."""
        return len(grades) >= self.min_judged and any(g >= self.relevant_from for g in grades.values())


@dataclass(frozen=True)
class Summary:
    """Mean over needs with its standard error (0 for a single need)."""

    mean: float
    se: float
    n: int


def order(found: Sequence[tuple[str, float]], grades: Mapping[str, int]) -> list[str]:
    """Targets by score descending; at equal scores unjudged first, judged in judgement order.

    Ties thus never favour the system, and their order is that of nobody's alphabet.
    """
    place = {target: at for at, target in enumerate(grades)}
    return [target for target, _ in sorted(found, key=lambda pair: (-pair[1], place.get(pair[0], -1)))]


def measure(found: Sequence[tuple[str, float]], grades: Mapping[str, int], protocol: Protocol) -> dict[str, float]:
    """The metrics of one need's list of (target, score).

    A target without a judgement has grade `lowest`. A judged target that was not found counts in the
    ideal order and in the number of relevant ones.
    """
    ranked = [grades.get(target, protocol.lowest) for target in order(found, grades)]
    relevant = [grade >= protocol.relevant_from for grade in ranked]
    total = sum(grade >= protocol.relevant_from for grade in grades.values())
    hits = [at for at, good in enumerate(relevant, start=1) if good]
    values = (
        _dcg(ranked, protocol) / _dcg(sorted(grades.values(), reverse=True), protocol),
        sum(at <= protocol.k for at in hits) / total,
        1 / hits[0] if hits else 0.0,
        sum(number / at for number, at in enumerate(hits, start=1)) / total,
    )
    return {name.format(k=protocol.k): value for name, value in zip(METRICS, values, strict=True)}


def summarise(values: Sequence[Mapping[str, float]], protocol: Protocol) -> dict[str, Summary]:
    """Metric → summary over needs; mean and error are 0 when there are none."""
    names = [name.format(k=protocol.k) for name in METRICS]
    return {name: _summary([each[name] for each in values]) for name in names}


def _dcg(grades: Sequence[int], protocol: Protocol) -> float:
    gains = (2.0 ** (grade - protocol.lowest) - 1 for grade in grades[: protocol.k])
    return sum(gain / log2(at + 1) for at, gain in enumerate(gains, start=1))


def _summary(values: Sequence[float]) -> Summary:
    if not values:
        return Summary(mean=0.0, se=0.0, n=0)
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Summary(mean=fmean(values), se=error, n=len(values))
