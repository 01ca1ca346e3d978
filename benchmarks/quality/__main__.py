"""Prints the tables of docs/benchmarks.md on the ranking: systems, policy stress, ablation, reasons, English."""

import sys
from collections.abc import Iterable
from time import perf_counter
from typing import Any

import jieba
import numpy as np

from benchmarks.quality import english, fields, reasons
from benchmarks.quality.ablation import variants
from benchmarks.quality.sets import DATA, Task, tasks
from benchmarks.quality.stress import stressed
from benchmarks.quality.systems import BASELINES, Ours, per_need

SETS = ("bdci2019_need_achievement", "chinaxiv")


def main() -> None:
    jieba.setLogLevel(60)
    ours = Ours()
    english.report()
    if missing := [name for name in SETS if not (DATA / name).exists()]:
        print(f"left out: no real data ({', '.join(missing)}); set MATCHMAKER_TEST_DATA")
        sys.exit(0)
    started = perf_counter()
    found = tasks()
    values = {task.name: per_need(ours, task) for task in found}
    compare(found, values)
    stress(ours, found[0], values)
    reasons.report(ours, found[0], next(task for task in found if task.name == "M3c"))
    fields.report()
    ablation(ours, found, values)
    print(f"\n{perf_counter() - started:.0f} s")


def compare(found: Iterable[Task], values: dict[str, Any]) -> None:
    names = list(BASELINES)
    heading("set | n | metric | ours ± SE", *(f"{name} | ours - {name} ± SE" for name in names))
    for task in found:
        mine = values[task.name]
        row = [task.name, str(len(mine)), task.metric, f"**{mean(mine)}** ± {error(mine):.4f}"]
        for system in BASELINES.values():
            other = per_need(system, task)
            row += mean(other), difference(mine, other)
        line(*row)


def stress(ours: Ours, task: Task, values: dict[str, Any]) -> None:
    heading("with three sentences of policy in each need | nDCG@10 | against clean ± SE")
    for name, system in {"ours": ours, **BASELINES}.items():
        clean = values[task.name] if name == "ours" else per_need(system, task)
        loaded = per_need(system, stressed(task))
        line(name, mean(loaded), difference(loaded, clean))


def ablation(ours: Ours, found: Iterable[Task], values: dict[str, Any]) -> None:
    found = list(found)
    heading("without, or otherwise", *(task.name for task in found))
    for variant in variants(ours):
        line(variant.name, *(difference(per_need(variant, task), values[task.name]) for task in found))


def heading(*columns: str) -> None:
    count = " | ".join(columns).count("|") + 1
    print(f"\n| {' | '.join(columns)} |\n{'|---' * count}|")


def line(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def mean(values: Any) -> str:
    return f"{values.mean():.4f}"


def error(values: Any) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def difference(values: Any, others: Any) -> str:
    """The paired difference, need by need."""
    apart = values - others
    return f"{apart.mean():+.4f} ± {error(apart):.4f}"


if __name__ == "__main__":
    main()
