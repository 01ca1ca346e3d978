"""What is compared: the product as its command line runs it, and two rankings a user would pick instead."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import bm25s
import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.quality.sets import Row, Task
from matchmaker.matching import Posting, Ranker
from matchmaker.matching.parameters import DEFAULTS, Parameters
from matchmaker.matching.quality import measure
from matchmaker.text import AnalysedText, Segmenter

Found = Sequence[tuple[str, float]]


class System(Protocol):
    def __call__(self, task: Task) -> list[Found]:
        """For each need of the task the targets with their scores."""


def per_need(system: System, task: Task, metric: str = "") -> Any:
    """The metric of each need, in the task's order."""
    found = zip(task.needs, system(task), strict=True)
    values = [measure(scores, task.grades[need.key], task.protocol) for need, scores in found]
    return np.asarray([value[metric or task.metric] for value in values])


class Ours:
    """`fit` on the offers with the needs for boilerplate, then `rank` or `score_pairs`, as `matchmaker match` does."""

    def __init__(self, parameters: Parameters = DEFAULTS, segmenter: Segmenter | None = None) -> None:
        self.parameters = parameters
        self._analyse = (segmenter or Segmenter()).analyse
        self._seen: dict[tuple[Any, ...], AnalysedText] = {}

    def with_parameters(self, parameters: Parameters) -> "Ours":
        """Other numbers for the same texts, which need not be cut again."""
        other = Ours.__new__(Ours)
        other.__dict__ = self.__dict__ | {"parameters": parameters}
        return other

    def fitted(self, task: Task) -> tuple[Ranker, list[Posting]]:
        needs = [self.posting(row) for row in task.needs]
        ranker = Ranker(by_owner=task.by_owner, parameters=self.parameters)
        return ranker.fit([self.posting(row) for row in task.offers], queries=needs), needs

    def __call__(self, task: Task) -> list[Found]:
        ranker, needs = self.fitted(task)
        if task.pairs:
            found = [ranker.score_pairs([(need, key) for key in task.grades[need.key]]) for need in needs]
        else:
            found = ranker.rank(needs, k=None)
        return [[(match.key, match.score) for match in matches] for matches in found]

    def posting(self, row: Row) -> Posting:
        words = (row.title, row.keywords, row.body)
        if words not in self._seen:
            self._seen[words] = self._analyse(title=row.title, keywords=row.keywords, body=row.body)
        return Posting(row.key, self._seen[words], owner=row.owner, organisation=row.organisation)


def plain(task: Task) -> list[Found]:
    """jieba.lcut, scikit-learn's TF-IDF with its defaults, cosine; an owner is one long text."""
    keys, texts = _profiles(task)
    vectorizer = TfidfVectorizer(tokenizer=_words, token_pattern=None)
    offered = vectorizer.fit_transform(texts)
    scores = (vectorizer.transform([_text(need) for need in task.needs]) @ offered.T).toarray()
    return _chosen(task, keys, scores)


def bm25(task: Task) -> list[Found]:
    """bm25s with its defaults on the same words."""
    keys, texts = _profiles(task)
    engine = bm25s.BM25()
    engine.index([_words(text) for text in texts], show_progress=False)
    scores = [engine.get_scores(_words(_text(need))) for need in task.needs]
    return _chosen(task, keys, scores)


def _chosen(task: Task, keys: Sequence[str], scores: Any) -> list[Found]:
    """As the command line gives them: asked pairs all, else what scores above 0."""
    place = {key: at for at, key in enumerate(keys)}
    if task.pairs:
        asked = [task.grades[need.key] for need in task.needs]
        return [[(key, float(row[place[key]])) for key in given] for row, given in zip(scores, asked, strict=True)]
    return [[(keys[at], float(row[at])) for at in np.flatnonzero(row > 0)] for row in scores]


def _profiles(task: Task) -> tuple[list[str], list[str]]:
    texts: dict[str, list[str]] = {}
    for row in task.offers:
        texts.setdefault(row.owner if task.by_owner else row.key, []).append(_text(row))
    return list(texts), ["\n".join(found) for found in texts.values()]


def _text(row: Row) -> str:
    return "\n".join(part for part in (f"{row.title} {' '.join(row.keywords)}".strip(), row.body) if part)


def _words(text: str) -> list[str]:
    return [word for word in jieba.lcut(text.lower()) if word.strip()]


BASELINES: Mapping[str, Callable[[Task], list[Found]]] = {"plain": plain, "BM25": bm25}
