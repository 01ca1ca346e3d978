"""Texts → sparse rows: sublinear TF × IDF, unit length per block, open vocabulary.

Measured on human-graded pairs: sublinear words + bigrams beat plain TF-IDF by 0.05 nDCG@10; an IDF
frozen at 95 % of the corpus costs 0.001 MRR for later texts, a frozen vocabulary 0.03.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from matchmaker.matching.postings import BLOCKS, features
from matchmaker.text import Sentence

_grow = Lock()


class Weights(BaseEstimator):
    """TF-IDF over the blocks of `postings.BLOCKS`; all blocks share one column space.

    Learned: `vocabulary_` (feature → column, only ever appended to), `idf_` (one number per column
    known at fit), `unseen_idf_` (that of a term no document had: it is never dropped).
    """

    def fit(self, documents: Iterable[Sequence[Sentence]], y: None = None) -> Self:
        """Learn the vocabulary and `idf = ln((1 + n) / (1 + df)) + 1` from n documents."""
        documents = list(documents)
        frequency = Counter(
            feature
            for document in documents
            for block in BLOCKS
            for feature in dict.fromkeys(features(document, block))
        )
        self.vocabulary_: dict[str, int] = {term: at for at, term in enumerate(frequency)}
        counts = np.fromiter(frequency.values(), dtype=float, count=len(frequency))
        self.idf_ = np.log((1 + len(documents)) / (1 + counts)) + 1
        self.unseen_idf_ = float(np.log(1 + len(documents)) + 1)
        return self

    @property
    def width(self) -> int:
        """Columns in use now."""
        check_is_fitted(self, "vocabulary_")
        return len(self.vocabulary_)

    def transform(self, documents: Sequence[Sequence[Sentence]], *, learn: bool = False) -> Any:
        """Rows (documents × `width`, CSR), of length 1 in each block that has a term, else 0.

        Terms outside the vocabulary count in the length; with `learn` they also get columns.
        """
        check_is_fitted(self, "vocabulary_")
        if not learn:
            columns = _Columns(self.vocabulary_, {})
            return self._rows(documents, columns)[:, : columns.known]
        with _grow:
            return self._rows(documents, _Columns(self.vocabulary_, self.vocabulary_))

    def _rows(self, documents: Sequence[Sequence[Sentence]], columns: "_Columns") -> Any:
        counted = [_count(documents, block, columns) for block in BLOCKS]
        blocks = [self._weigh(*parts, width=columns.width) for parts in counted]
        return sum(blocks[1:], start=blocks[0])

    def _weigh(self, counts: list[int], indices: list[int], edges: list[int], *, width: int) -> Any:
        idf = np.full(width, self.unseen_idf_)
        idf[: len(self.idf_)] = self.idf_
        at = np.asarray(indices, dtype=np.int32)
        weights = (1 + np.log(np.asarray(counts, dtype=float))) * idf[at]
        rows = sparse.csr_array((weights, at, edges), shape=(len(edges) - 1, width))
        return normalize(rows, copy=False)


class _Columns:
    """Finds or makes the column of a feature; new ones go to `extra`."""

    def __init__(self, vocabulary: dict[str, int], extra: dict[str, int]) -> None:
        self.vocabulary = vocabulary
        self.extra = extra
        self.known = self.width = len(vocabulary)

    def of(self, feature: str) -> int:
        at = self.vocabulary.get(feature)
        if at is None or at >= self.known:
            at = self.extra.setdefault(feature, self.width)
            self.width = max(self.width, at + 1)
        return at


def _count(
    documents: Sequence[Sequence[Sentence]], block: str, columns: _Columns
) -> tuple[list[int], list[int], list[int]]:
    counts: list[int] = []
    indices: list[int] = []
    edges = [0]
    for document in documents:
        found = Counter(features(document, block))
        counts += found.values()
        indices += map(columns.of, found)
        edges.append(len(indices))
    return counts, indices, edges
