"""Speed of the matcher beside what a user would pick: jieba.lcut + scikit-learn's TfidfVectorizer + cosine.

One run, interleaved, warmed: (1) raw papers → a fitted index, (2) one need → its ten best of 10,154 papers. Prints the
median of each and the ratio; ratios travel between machines, milliseconds do not.
"""

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from matchmaker.matching import Index, Posting
from matchmaker.text import Segmenter

DATA = Path(os.environ.get("MATCHMAKER_TEST_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
PAPERS, NEEDS = DATA / "chinaxiv/papers.jsonl", DATA / "bdci2019_need_achievement/needs_dev_and_unlabelled.jsonl"
ROUNDS = 3


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


class Plain:
    """The baseline: default parameters, words by jieba.lcut, documents and needs as one text each."""

    def fit(self, papers: list[dict[str, Any]]) -> "Plain":
        self.vectorizer = TfidfVectorizer(tokenizer=_words, token_pattern=None)
        found = self.vectorizer.fit_transform([f"{paper['title']}\n{paper['abstract']}" for paper in papers])
        self.transposed = found.T.tocsr()
        return self

    def top(self, need: dict[str, Any]) -> Any:
        query = self.vectorizer.transform([f"{need['title']}\n{need['text']}"])
        return np.argpartition(-(query @ self.transposed).toarray().ravel(), 10)[:10]


class Ours:
    """The product: search-mode words and bigrams, open vocabulary, owners pooled, boilerplate stripped."""

    def fit(self, papers: list[dict[str, Any]]) -> "Ours":
        self.segmenter = Segmenter()
        analyse = self.segmenter.analyse
        postings = [
            Posting(p["id"], analyse(title=p["title"], keywords=p["keywords"], body=p["abstract"])) for p in papers
        ]
        self.index = Index.fit(postings)
        return self

    def top(self, need: dict[str, Any]) -> Any:
        return self.index.rank_items([self.segmenter.analyse(title=need["title"], body=need["text"])], k=10)


def _words(text: str) -> list[str]:
    return [word for word in jieba.lcut(text) if word.strip()]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def measure(papers: list[dict[str, Any]], needs: list[dict[str, Any]]) -> Iterator[tuple[str, str, float]]:
    plain, ours = Plain().fit(papers[:200]), Ours().fit(papers[:200])  # warm dictionaries and code paths
    for _ in range(ROUNDS):
        for name, engine in (("plain", plain), ("ours", ours)):
            seconds, _done = timed(lambda engine=engine: engine.fit(papers))
            yield "fit", name, seconds
    for need in needs:
        for name, engine in (("plain", plain), ("ours", ours)):
            seconds, _done = timed(lambda engine=engine, need=need: engine.top(need))
            yield "one need", name, seconds


def main() -> None:
    if not (PAPERS.exists() and NEEDS.exists()):
        print(f"left out: no real data at {DATA}")
        sys.exit(0)
    jieba.setLogLevel(60)
    papers, needs = rows(PAPERS), rows(NEEDS)
    found: dict[tuple[str, str], list[float]] = {}
    for task, name, seconds in measure(papers, needs):
        found.setdefault((task, name), []).append(seconds)
    print(f"{platform.machine()}, Python {platform.python_version()}, {len(papers)} papers, {len(needs)} needs")
    for task in ("fit", "one need"):
        plain, ours = (median(found[task, name]) for name in ("plain", "ours"))
        print(f"{task}: plain {plain * 1e3:,.1f} ms, ours {ours * 1e3:,.1f} ms, plain/ours {plain / ours:.2f}")


if __name__ == "__main__":
    main()
