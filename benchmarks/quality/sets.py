"""The judged sets, read where they lie: rows of needs and of what is offered, and who judged what."""

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import opencc

from matchmaker.matching.quality import Protocol

DATA = Path(os.environ.get("MATCHMAKER_TEST_DATA") or Path(__file__).parents[2] / ".." / "shared" / "data")
PLAIN = Protocol()
GRADED = Protocol(lowest=1, relevant_from=3, min_judged=10)


class Row(NamedTuple):
    key: str
    title: str = ""
    keywords: tuple[str, ...] = ()
    body: str = ""
    owner: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class Task:
    """`pairs`: only what was judged is ranked. Needs that the protocol does not evaluate are left out beforehand."""

    name: str
    metric: str
    needs: tuple[Row, ...]
    offers: tuple[Row, ...]
    grades: Mapping[str, Mapping[str, int]]
    protocol: Protocol = PLAIN
    pairs: bool = False
    by_owner: bool = False

    def changed(self, change: Callable[[Row], Row]) -> "Task":
        """The same with other words in the needs."""
        return replace(self, needs=tuple(map(change, self.needs)))


def tasks() -> list[Task]:
    graded = _graded()
    deep = replace(graded, name="M1d", metric="Recall@100", pairs=False, protocol=replace(GRADED, k=100))
    return [graded, deep, replace(graded.changed(_traditional), name="M2"), *_experts(), _institutes(), _known()]


def _graded() -> Task:
    folder = DATA / "bdci2019_need_achievement" / "dev"
    grades = _judgements(folder / "qrels.tsv")
    needs = {row["id"]: Row(row["id"], row["title"], body=row["text"]) for row in _rows(folder / "needs.jsonl")}
    wanted = tuple(needs[key] for key, given in grades.items() if GRADED.evaluates(given))
    offers = tuple(Row(row["id"], row["title_terms"]) for row in _rows(folder / "achievements.jsonl"))
    return Task("M1", "nDCG@10", wanted, offers, grades, GRADED, pairs=True)


def _traditional(row: Row) -> Row:
    convert = opencc.OpenCC("s2t").convert
    return row._replace(title=convert(row.title), body=convert(row.body))


def _experts() -> Iterable[Task]:
    folder = DATA / "chinaxiv" / "expert_finding"
    offers = tuple(
        _paper(paper, f"{expert['expert_id']} {paper['id']}", expert["expert_id"])
        for expert in _rows(folder / "experts.jsonl")
        for paper in expert["papers"]
    )
    longer = tuple(Row(row["id"], row["title"], body=row["abstract"]) for row in _rows(folder / "queries_dev.jsonl"))
    titles = tuple(row._replace(body="") for row in longer)
    grades = _judgements(folder / "qrels_dev.tsv")
    for name, needs in (("M3", titles), ("M3c", longer)):
        yield Task(name, "MRR", needs, offers, grades, by_owner=True)


def _institutes() -> Task:
    papers, folder = _papers(), DATA / "chinaxiv" / "institution_finding"
    grades = _judgements(folder / "qrels_dev.tsv")
    offers = tuple(
        _paper(papers[at], f"{row['institution']} {at}", row["institution"])._replace(body="")
        for row in _rows(folder / "institutions.jsonl")
        for at in row["papers"]
    )
    needs = tuple(Row(key, papers[key]["title"]) for key in grades)
    return Task("M4", "Recall@10", needs, offers, grades, by_owner=True)


def _known() -> Task:
    papers = _papers()
    offers = tuple(Row(key, body=paper["abstract"]) for key, paper in papers.items())
    chosen = [key for key, paper in papers.items() if len(paper["keywords"]) >= 3 and _drawn(key)]
    needs = tuple(Row(key, keywords=tuple(papers[key]["keywords"])) for key in chosen)
    return Task("M5", "MRR", needs, offers, {key: {key: 1} for key in chosen})


def _drawn(key: str) -> bool:
    """A ninth of the papers, and of those the three fifths that are for development."""
    return _number("k" + key) % 9 == 0 and _number(key) % 5 >= 2


def _number(text: str) -> int:
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)


def _papers() -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in _rows(DATA / "chinaxiv" / "papers.jsonl")}


def _paper(paper: Mapping[str, Any], key: str, owner: str) -> Row:
    return Row(key, paper["title"], tuple(paper["keywords"]), paper["abstract"], owner)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for need, target, grade, *_ in list(csv.reader(stream, delimiter="\t"))[1:]:
            grades.setdefault(need, {})[target] = int(grade)
    return grades
