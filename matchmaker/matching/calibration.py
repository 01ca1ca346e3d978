"""What a score means: how many of the judged pairs that scored like this one came to something.

Two curves are tried, a sigmoid (Platt 1999, with his smoothed targets) and the best non-decreasing steps (isotonic
regression, Zadrozny & Elkan 2002), and the one with the lower cross-validated log loss is taken. Folds are made of
needs, so that no need takes part in fitting what it is measured by. Neither curve ever falls, so no order changes;
pairs of one score keep one number. Where the share of all pairs says as much as the score, nothing is calibrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from matchmaker.domain.vocabulary import Word
from matchmaker.matching.rating import strength
from matchmaker.matching.tuning import LEAST_LABELS, Interval, bootstrap

LEAST_EACH = 20  # of either outcome: the share of a rarer one is known to no better than a fifth of itself
BINS = 5  # of 200 labels 40 each, so that an observed share is known to about eight points in a hundred
_FOLDS = 5
_SEED = 0
_GRID = np.linspace(0.0, 4.0, 161)  # scores end at 4


class Refusal(Word):
    """Why the number shown stays what it is."""

    TOO_FEW = "too few labels", "反馈不足 200 条"
    ONE_SIDED = "too few of one outcome", "谈成的或没谈成的不足 20 条"
    NO_GAIN = "no better than the share of all pairs", "分数还说明不了谈成与否：用它预计不比用平均比例更准"


@dataclass(frozen=True)
class Judged:
    """A pair with its need, its score as ranked now, and whether it came to something."""

    need: str
    score: float
    good: bool


@dataclass(frozen=True)
class Curve:
    """Score → share of such pairs that come to something, straight between the knots and level beyond them."""

    scores: tuple[float, ...]
    shares: tuple[float, ...]

    def share(self, score: float) -> float:
        """0–1, never falling with the score."""
        return float(np.interp(score, self.scores, self.shares))


@dataclass(frozen=True)
class Bin:
    """A fifth of the pairs, by what was predicted while they were left out: its mean, and what came of them."""

    predicted: float
    observed: float
    pairs: int


@dataclass(frozen=True)
class Verdict:
    """What calibrating found; without a curve, why not.

    Brier scores (mean squared error of the share, 0 is perfect): `before` of the points taken for per cent, `base` of
    the share of all pairs, `after` of the curve, the last two on needs left out. `gain` is base less after, by need.
    """

    labels: int
    good: int
    curve: Curve | None = None
    method: str = ""
    before: float = 0.0
    base: float = 0.0
    after: float = 0.0
    gain: Interval | None = None
    bins: tuple[Bin, ...] = ()
    refusal: Refusal | None = None


def calibrate(pairs: Sequence[Judged]) -> Verdict:
    """The better of the two curves, or why there is none. The same pairs in any order give the same answer."""
    ordered = sorted(pairs, key=lambda each: (each.need, each.score, each.good))
    scores, good = np.array([float(each.score) for each in ordered]), np.array([float(each.good) for each in ordered])
    counts = len(ordered), int(good.sum())
    if refusal := refused(*counts):
        return Verdict(*counts, refusal=refusal)
    needs = np.unique([each.need for each in ordered], return_inverse=True)[1]
    held_out = {name: _held_out(fit, scores, good, needs) for name, fit in _METHODS.items()}
    method = min(_METHODS, key=lambda name: (_log_loss(held_out[name], good), name == "isotonic"))
    base, after = (held_out[name] - good for name in ("share", method))
    gain = bootstrap(_by_need(base**2 - after**2, needs))
    before = np.array([strength(score) for score in scores]) - good
    refusal = None if gain.is_gain and method != "share" else Refusal.NO_GAIN
    return Verdict(
        *counts,
        curve=None if refusal else _METHODS[method](scores, good),
        method=method,
        before=float((before**2).mean()),
        base=float((base**2).mean()),
        after=float((after**2).mean()),
        gain=gain,
        bins=_bins(held_out[method], good),
        refusal=refusal,
    )


def refused(labels: int, good: int) -> Refusal | None:
    """Why so many labels, so many of them good, cannot calibrate anything, or None."""
    if labels < LEAST_LABELS:
        return Refusal.TOO_FEW
    return Refusal.ONE_SIDED if min(good, labels - good) < LEAST_EACH else None


def _share(scores: Any, good: Any) -> Curve:  # noqa: ARG001 -- the baseline asks for no score
    return Curve((0.0,), (float(_smoothed(good.sum(), len(good))),))


def _sigmoid(scores: Any, good: Any) -> Curve:
    """Each pair counts as both outcomes, as much as Platt's targets say, so that no share is 0 or 1."""
    number, of_good = len(good), good.sum()
    target = np.where(good > 0, (of_good + 1) / (of_good + 2), 1 / (number - of_good + 2))
    told = np.tile([[strength(score)] for score in scores], (2, 1))
    model = LogisticRegression(C=1e6).fit(told, np.repeat([1, 0], number), np.concatenate([target, 1 - target]))
    if model.coef_[0, 0] <= 0:
        return _share(scores, good)
    knots = model.predict_proba([[strength(score)] for score in _GRID])[:, 1]
    return Curve(_told(_GRID), _told(np.maximum.accumulate(knots)))


def _isotonic(scores: Any, good: Any) -> Curve:
    least = 1 / (len(good) + 2)
    model = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(scores, good)
    return Curve(_told(model.X_thresholds_), _told(np.maximum.accumulate(model.y_thresholds_)))


_METHODS = {"share": _share, "sigmoid": _sigmoid, "isotonic": _isotonic}


def _told(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)


def _smoothed(good: float, number: int) -> float:
    return (good + 1) / (number + 2)


def _held_out(fit: Any, scores: Any, good: Any, needs: Any) -> Any:
    """What a curve fitted on the other needs predicts for each pair."""
    fold = np.random.default_rng(_SEED).permutation(needs.max() + 1)[needs] % _FOLDS
    found = np.empty(len(good))
    for at in range(_FOLDS):
        rest = fold != at
        curve = fit(scores[rest], good[rest]) if 0 < good[rest].sum() < rest.sum() else _share(scores[rest], good[rest])
        found[~rest] = [curve.share(score) for score in scores[~rest]]
    return found


def _log_loss(shares: Any, good: Any) -> float:
    return float(-np.where(good > 0, np.log(shares), np.log(1 - shares)).mean())


def _by_need(values: Any, needs: Any) -> Any:
    """Sums per need: the pairs of one need are drawn together."""
    return np.bincount(needs, values)


def _bins(shares: Any, good: Any) -> tuple[Bin, ...]:
    parts = np.array_split(np.argsort(shares, kind="stable"), BINS)
    return tuple(Bin(float(shares[part].mean()), float(good[part].mean()), len(part)) for part in parts)
