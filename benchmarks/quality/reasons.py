"""How much of a score its reasons name, and what a reason costs, on the judged pairs."""

from statistics import fmean, median
from time import perf_counter

from benchmarks.quality.sets import Task
from benchmarks.quality.systems import Ours

SHOWN = 8


def report(ours: Ours, task: Task) -> None:
    """Pairs with a score; the share of the score that the first eight reasons name."""
    ranker, needs = ours.fitted(task)
    shares: list[float] = []
    seconds: list[float] = []
    for need in needs:
        matches = [found for found in ranker.score_pairs([(need, key) for key in task.grades[need.key]]) if found.score]
        started = perf_counter()
        explained = ranker.explain(need, matches, limit=SHOWN)
        seconds += [(perf_counter() - started) / len(matches)] * len(matches)
        shares += [sum(reason.share for reason in reasons) for reasons in explained]
    whole = sum(share >= 0.8 for share in shares) / len(shares)
    cost = median(seconds) * 1e6
    print(
        f"\nReasons of {len(shares)} pairs, the first {SHOWN}: they name {fmean(shares):.1%} of a score on average, ",
        end="",
    )
    print(f"{median(shares):.1%} in the median, 80 % or more in {whole:.1%} of pairs; {cost:.0f} µs each.")
