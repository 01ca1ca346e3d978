"""Floors on real, human-graded data: a change that hurts the ranking fails here."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

import opencc

from matchmaker.matching import Posting, Ranker
from matchmaker.matching.quality import Protocol, measure
from tests.matching.postings import SEGMENTER
from tests.support.data import data_file


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judgements(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for need, target, grade in list(csv.reader(stream, delimiter="\t"))[1:]:
            grades.setdefault(need, {})[target] = int(grade)
    return grades


def posting(key: str, owner: str = "", **fields: Any) -> Posting:
    return Posting(key, SEGMENTER.analyse(**fields), owner=owner)


def mean(values: Iterable[dict[str, float]], metric: str) -> float:
    return fmean(each[metric] for each in values)


def test_needs_and_graded_achievements() -> None:
    folder = data_file("bdci2019_need_achievement", "dev")
    grades = judgements(folder / "qrels.tsv")
    offered = [posting(row["id"], title=row["title_terms"]) for row in lines(folder / "achievements.jsonl")]
    needs = {row["id"]: row for row in lines(folder / "needs.jsonl")}
    protocol = Protocol(lowest=1, relevant_from=3, min_judged=10)
    to_traditional = opencc.OpenCC("s2t").convert
    found = {}
    for name, convert in (("simplified", str), ("traditional", to_traditional)):
        wanted = {
            key: posting(key, title=convert(needs[key]["title"]), body=convert(needs[key]["text"])) for key in grades
        }
        ranker = Ranker().fit(offered, queries=wanted.values())
        values = []
        for key, given in grades.items():
            if protocol.evaluates(given):
                scored = ranker.score_pairs([(wanted[key], target) for target in given])
                values.append(measure([(match.key, match.score) for match in scored], given, protocol))
        found[name] = mean(values, "nDCG@10")
    assert found["simplified"] >= 0.58
    assert abs(found["simplified"] - found["traditional"]) <= 0.005


def test_reasons_name_four_fifths_of_a_score() -> None:
    folder = data_file("bdci2019_need_achievement", "dev")
    grades = judgements(folder / "qrels.tsv")
    ranker = Ranker().fit(posting(row["id"], title=row["title_terms"]) for row in lines(folder / "achievements.jsonl"))
    named: list[float] = []
    for row in lines(folder / "needs.jsonl")[:60]:
        need = posting(row["id"], title=row["title"], body=row["text"])
        matches = [match for match in ranker.score_pairs([(need, key) for key in grades[row["id"]]]) if match.score > 0]
        named += [sum(reason.share for reason in reasons) for reasons in ranker.explain(need, matches)]
    assert fmean(named) >= 0.95
    assert fmean(share >= 0.799 for share in named) >= 0.99


def rank_owners(offered: list[Posting], wanted: list[Posting], grades: dict[str, dict[str, int]]) -> list[Any]:
    ranker = Ranker(by_owner=True).fit(offered, queries=wanted)
    ranked = zip(wanted, ranker.rank(wanted, k=None), strict=True)
    protocol = Protocol()
    return [measure([(m.key, m.score) for m in found], grades[need.key], protocol) for need, found in ranked]


def test_experts_from_titles_and_from_abstracts() -> None:
    folder = data_file("chinaxiv", "expert_finding")
    grades = judgements(folder / "qrels_dev.tsv")
    queries = lines(folder / "queries_dev.jsonl")
    offered = [
        posting(
            f"{expert['expert_id']} {paper['id']}",
            expert["expert_id"],
            title=paper["title"],
            keywords=paper["keywords"],
            body=paper["abstract"],
        )
        for expert in lines(folder / "experts.jsonl")
        for paper in expert["papers"]
    ]
    titles = [posting(row["id"], title=row["title"]) for row in queries]
    longer = [posting(row["id"], title=row["title"], body=row["abstract"]) for row in queries]
    assert mean(rank_owners(offered, titles, grades), "MRR") >= 0.465
    assert mean(rank_owners(offered, longer, grades), "MRR") >= 0.535


def test_institutes_from_titles() -> None:
    papers = {row["id"]: row for row in lines(data_file("chinaxiv", "papers.jsonl"))}
    folder = data_file("chinaxiv", "institution_finding")
    grades = judgements(folder / "qrels_dev.tsv")
    offered = [
        posting(f"{row['institution']} {at}", row["institution"], title=paper["title"], keywords=paper["keywords"])
        for row in lines(folder / "institutions.jsonl")
        for at in row["papers"]
        if (paper := papers[at])
    ]
    wanted = [posting(key, title=papers[key]["title"]) for key in grades]
    assert mean(rank_owners(offered, wanted, grades), "Recall@10") >= 0.45
