"""Calibration against simulated labels: a score that tells is calibrated, one that does not is refused."""

from collections.abc import Callable
from math import exp
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.matching.calibration import LEAST_EACH, Curve, Judged, Refusal, calibrate
from matchmaker.matching.rating import strength


def truth(score: float) -> float:
    return 1 / (1 + exp(-5 * (score - 0.5)))


def judged(number: int, seed: int, share: Callable[[float], float] = truth) -> list[Judged]:
    """Four pairs to a need, each good with the probability that its score has."""
    chance = Random(seed)  # noqa: S311 -- a simulation
    scores = [min(chance.gammavariate(1.5, 0.25), 4.0) for _ in range(number)]
    return [Judged(str(at // 4), score, chance.random() < share(score)) for at, score in enumerate(scores)]


def test_a_curve_is_nearer_the_truth_than_the_points_and_than_the_share_of_all() -> None:
    found, fresh = calibrate(judged(600, 1)), judged(4000, 2)
    assert found.refusal is None
    assert found.curve is not None
    assert found.after < min(found.base, found.before)
    share = found.good / found.labels
    off = {
        "curve": fmean((found.curve.share(pair.score) - truth(pair.score)) ** 2 for pair in fresh),
        "points": fmean((strength(pair.score) - truth(pair.score)) ** 2 for pair in fresh),
        "share": fmean((share - truth(pair.score)) ** 2 for pair in fresh),
    }
    assert 2 * off["curve"] < min(off["points"], off["share"])
    assert sum(each.pairs for each in found.bins) == 600
    assert all(abs(each.predicted - each.observed) < 0.15 for each in found.bins)
    assert found == calibrate(judged(600, 1)[::-1])


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 4), st.booleans()), min_size=200, max_size=260), st.randoms())
def test_no_curve_changes_an_order_or_parts_equal_scores(pairs: list[tuple[float, bool]], chance: Random) -> None:
    found = calibrate([Judged(str(at // 3), score, good) for at, (score, good) in enumerate(pairs)])
    curves = [found.curve] if found.curve else []
    seed = chance.randrange(1000)
    curves += [calibrate(judged(240, seed, lambda score: 0.1 if score < 0.3 else 0.9)).curve or Curve((0.0,), (0.5,))]
    for curve in curves:
        shares = [curve.share(score) for score in sorted([-1.0, 9.0, *(score for score, _good in pairs)])]
        assert shares == sorted(shares)
        assert 0 < shares[0] <= shares[-1] < 1


def test_noise_and_a_score_that_misleads_are_refused() -> None:
    for seed in range(6):
        assert calibrate(judged(400, seed, lambda _score: 0.4)).refusal is Refusal.NO_GAIN
    assert calibrate(judged(400, 9, lambda score: 1 - truth(score))).refusal is Refusal.NO_GAIN


@pytest.mark.parametrize(("labels", "good", "refusal"), [
    (199, 100, Refusal.TOO_FEW),
    (200, LEAST_EACH - 1, Refusal.ONE_SIDED),
    (200, 200 - LEAST_EACH + 1, Refusal.ONE_SIDED),
    (200, 100, None),
])  # fmt: skip
def test_so_many_labels_of_either_outcome_are_needed(labels: int, good: int, refusal: Refusal | None) -> None:
    pairs = [Judged(str(at % 50), at < good, at < good) for at in range(labels)]
    assert calibrate(pairs).refusal is refusal
