"""How alike needs or capabilities are, and a need and a class of them: "was this asked before", "what field is it".

Words the index has not seen get columns of their own here (`learn`), as they do when a need is published: left out, a
text of new words would look like whatever shares the few known ones.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from matchmaker.matching.index import Index, Match
from matchmaker.matching.postings import features, tells_something
from matchmaker.matching.weights import to_width
from matchmaker.text import AnalysedText

_FIRST_LOOK = 5  # times as many by the ranking's score as are wanted by cosine
_WORDS = "w"
NEAR_DUPLICATE = 0.7
"""The cosine from which two texts are taken for one written twice: of 400 papers 2 have another that near."""


def nearest_needs(index: Index, need: AnalysedText, k: int, exclude: Collection[str] = ()) -> list[Match]:
    """The `k` needs of the index most like this one, best first; the score is the cosine (0–1) of the whole texts."""
    row = index.query_rows([need], learn=True)
    [found] = index.needs.best(row, k * _FIRST_LOOK, exclude)
    keys = [key for key, _score in found]
    return _by_cosine(row, index.needs.rows(keys), keys)[:k] if keys else []


def nearest_items(index: Index, item: str, k: int, exclude: Collection[str] = ()) -> list[Match]:
    """The `k` capabilities of the index most like one of them, best first; the score is the cosine (0–1) of the texts.

    Raises `KeyError` on an unknown one.
    """
    row = index.items.rows([item])
    [found] = index.items.best(row, k * _FIRST_LOOK, {item, *exclude})
    keys = [key for key, _score in found]
    return _by_cosine(row, index.items.rows(keys), keys)[:k] if keys else []


def is_near_duplicate(match: Match) -> bool:
    """Whether what `nearest_needs` or `nearest_items` found says all but the same."""
    return match.score >= NEAR_DUPLICATE


def _by_cosine(row: Any, rows: Any, keys: Sequence[str]) -> list[Match]:
    ranked = sorted(zip(keys, _cosines(row, rows), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return [Match(key, round(score, 9), key) for key, score in ranked]


def likenesses(index: Index, need: AnalysedText, others: Sequence[AnalysedText]) -> list[float]:
    """The cosine (0–1) of a need with each of the others, which need not be in the index."""
    if not others:
        return []
    rows = index.query_rows([need, *others], learn=True)
    return _cosines(rows[[0]], rows[1:])


@dataclass(frozen=True)
class Class:
    """What needs under one label have in common; `likeness` is the cosine (0–1) of a text with it."""

    label: str
    likeness: float
    words: tuple[str, ...]


def nearest_classes(index: Index, need: AnalysedText, label_of: Mapping[str, str], *, words: int = 3) -> list[Class]:
    """The labels of the index's needs (key → label) by how much a text is like all needs of each, the best first.

    A class is the sum of its needs' unit rows (Rocchio 1971). `words` are those that count most for the likeness, each
    by the part of its weight that is this class's.
    """
    keys = [key for key in label_of if key in index.needs.position]
    if not keys:
        return []
    labels = sorted({label_of[key] for key in keys})
    members = _unit(index.needs.rows(keys))
    places = [labels.index(label_of[key]) for key in keys]
    ones = np.ones(len(keys))
    sums = sparse.csr_array((ones, (places, range(len(keys)))), shape=(len(labels), len(keys))) @ members
    row = index.query_rows([need], learn=True)
    scores = _cosines(row, sums)
    order = sorted(range(len(labels)), key=lambda at: (-scores[at], labels[at]))
    mine, everybody = _by_column(row), _by_column(sparse.csr_array(sums.sum(axis=0)[np.newaxis, :]))
    return [
        Class(labels[at], scores[at], tuple(_telling(index, need, mine, _by_column(sums[[at]]), everybody)[:words]))
        for at in order
        if scores[at] > 0
    ]


Weighted = Mapping[int, float]


def _telling(index: Index, need: AnalysedText, mine: Weighted, theirs: Weighted, everybody: Weighted) -> list[str]:
    """Words of the need by what they add to its likeness with a class, those inside others left out."""
    worth: dict[str, float] = defaultdict(float)
    for feature in dict.fromkeys(features(need.sentences(), _WORDS)):
        column = index.weights.vocabulary_.get(feature, -1)
        held = theirs.get(column, 0.0)
        worth[feature[1:]] = mine.get(column, 0.0) * held * held / everybody.get(column, 1.0)
    chosen: list[str] = []
    for word in sorted(worth, key=lambda each: (-worth[each], each)):
        says = len(word) > 1 and not word[0].isdigit() and tells_something(word)
        if worth[word] > 0 and says and not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return chosen


def _by_column(row: Any) -> dict[int, float]:
    return dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))


def _cosines(row: Any, rows: Any) -> list[float]:
    width = max(row.shape[1], rows.shape[1])
    products = (_unit(to_width(rows, width)) @ _unit(to_width(row, width)).T).toarray().ravel()
    return [float(value) for value in products]


def _unit(rows: Any) -> Any:
    """Rows of length 1; empty ones stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / np.where(lengths > 0, lengths, 1.0)) @ rows)
