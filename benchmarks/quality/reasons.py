"""How much of a score its reasons name, and what a reason costs, on the judged pairs."""

from collections.abc import Sequence
from statistics import fmean, median
from time import perf_counter
from typing import NamedTuple

from benchmarks.quality.sets import Task
from benchmarks.quality.systems import Ours
from matchmaker.matching import Match, Posting, Ranker

BEST = 10
NEEDS = 100


class Pairs(NamedTuple):
    name: str
    ranker: Ranker
    matches: Sequence[tuple[Posting, Sequence[Match]]]


def report(ours: Ours, judged: Task, owners: Task) -> None:
    """On judged pairs with a score, and on the best ten owners of long needs, whose texts share the most words."""
    print("\n| reasons of | pairs | of a score they name | median | 80 % or more in | µs for a pair |")
    print("|---|---|---|---|---|---|")
    for pairs in (_judged(ours, judged), _ranked(ours, owners)):
        for named, everyday in (("everyday words where needed", True), ("words that tell something only", False)):
            _line(pairs, named, everyday=everyday)


def _line(pairs: Pairs, named: str, *, everyday: bool) -> None:
    shares: list[float] = []
    seconds: list[float] = []
    for need, matches in pairs.matches:
        started = perf_counter()
        explained = pairs.ranker.explain(need, matches, everyday=everyday)
        seconds += [(perf_counter() - started) / max(len(matches), 1)] * len(matches)
        shares += [sum(reason.share for reason in reasons) for reasons in explained]
    enough = sum(share >= 0.8 for share in shares) / len(shares)
    cells = f"{fmean(shares):.1%} | {median(shares):.1%} | {enough:.1%} | {median(seconds) * 1e6:.0f}"
    print(f"| {pairs.name}, {named} | {len(shares)} | {cells} |", flush=True)


def _judged(ours: Ours, task: Task) -> Pairs:
    ranker, needs = ours.fitted(task)
    scored = ((need, ranker.score_pairs([(need, key) for key in task.grades[need.key]])) for need in needs)
    return Pairs(task.name, ranker, [(need, [match for match in found if match.score]) for need, found in scored])


def _ranked(ours: Ours, task: Task) -> Pairs:
    ranker, needs = ours.fitted(task)
    some = needs[:NEEDS]
    return Pairs(task.name, ranker, list(zip(some, ranker.rank(some, BEST), strict=True)))
