"""Texts → sparse rows: saturating TF × IDF, a fixed length per block, open vocabulary.

Measured on human-graded pairs: words + bigrams beat plain TF-IDF by 0.05 nDCG@10; an IDF frozen at 95 % of
the corpus costs 0.001 MRR for later texts, a frozen vocabulary 0.03.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from matchmaker.matching.parameters import DEFAULTS, Parameters, saturated
from matchmaker.matching.postings import BLOCKS, features
from matchmaker.text import Sentence

_learning = Lock()


class Weights(BaseEstimator):
    """TF-IDF over the blocks of `postings.BLOCKS`, all in one column space.

    `parameters` are those of the ranking. Learned: `vocabulary_` (feature → column) and `blocks_` (column → block),
    both only ever appended to, so that older rows stay valid; `idf_` (of the columns known at fit);
    `unseen_idf_` (that of a term no document had: it is never dropped).
    """

    def __init__(self, parameters: Parameters = DEFAULTS) -> None:
        self.parameters = parameters

    def fit(self, documents: Iterable[Sequence[Sentence]], y: None = None) -> Self:  # noqa: ARG002 -- the estimator contract
        """Learn the vocabulary and the IDF of its terms from n documents."""
        frequency: Counter[str] = Counter()
        total = 0
        for document in documents:
            total += 1
            for block in BLOCKS:
                frequency.update(list(dict.fromkeys(features(document, block))))
        self.vocabulary_: dict[str, int] = {feature: at for at, feature in enumerate(frequency)}
        self.blocks_ = bytearray(_block_numbers(frequency))
        counts = np.fromiter(frequency.values(), dtype=float, count=len(frequency))
        self.idf_ = self.parameters.idf(total, counts)
        self.unseen_idf_ = float(self.parameters.idf(total, 0))
        return self

    def transform(self, documents: Sequence[Sequence[Sentence]], *, asked: bool = False, learn: bool = False) -> Any:
        """CSR rows (documents × columns known); each block that has a term is as long as the parameters say.

        `asked`: these are queries, in which repetition counts otherwise. Terms outside the vocabulary count in the
        length; with `learn` they get columns as well.
        """
        check_is_fitted(self, "vocabulary_")
        k = self.parameters.k3 if asked else self.parameters.k1
        if not learn:
            columns = self.columns()
            return self._rows(documents, columns, k)[:, : columns.known]
        with _learning:
            columns = self.columns()
            rows = self._rows(documents, columns, k)
            self.blocks_ += _block_numbers(columns.new)
            self.vocabulary_.update(columns.new)
            return rows

    def opened(self, queries: Sequence[Sequence[Sentence]]) -> "tuple[Any, Columns]":
        """Rows of queries with all their terms, unknown ones too, and the columns for the time being."""
        columns = self.columns()
        return self._rows(queries, columns, self.parameters.k3), columns

    def columns(self) -> "Columns":
        """The columns as they are known now."""
        return Columns(self.vocabulary_)

    def idf_of(self, feature: str) -> float:
        """The IDF of one feature, as frozen at fit."""
        at = self.vocabulary_.get(feature, len(self.idf_))
        return float(self.idf_[at]) if at < len(self.idf_) else self.unseen_idf_

    def unit(self, rows: Any) -> Any:
        """The same rows with each block brought to its length again, a little longer the shorter it was (`breadth`)."""
        block = np.frombuffer(bytes(self.blocks_), dtype=np.uint8)[rows.indices]
        row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        group = row * len(BLOCKS) + block
        lengths = np.asarray(self.parameters.block_lengths())[block]
        norms = np.sqrt(np.bincount(group, weights=rows.data**2, minlength=1))
        relative = norms[group] / lengths if len(group) else norms[:0]
        return sparse.csr_array(
            (rows.data / relative ** (1 + self.parameters.breadth), rows.indices, rows.indptr), shape=rows.shape
        )

    def _rows(self, documents: Sequence[Sequence[Sentence]], columns: "Columns", k: float) -> Any:
        lengths = self.parameters.block_lengths()
        counted = [(_count(documents, block, columns), length) for block, length in zip(BLOCKS, lengths, strict=True)]
        return add_rows([self._block(counts, length, columns.width, k) for counts, length in counted if length])

    def _block(self, counted: tuple[Any, Any, Any], length: float, width: int, k: float) -> Any:
        counts, indices, edges = counted
        idf = np.full(width, self.unseen_idf_)
        idf[: len(self.idf_)] = self.idf_
        weights = saturated(counts, k) * idf[indices]
        documents = len(edges) - 1
        row = np.repeat(np.arange(documents), np.diff(edges))
        norms = np.sqrt(np.bincount(row, weights=weights**2, minlength=1))
        return sparse.csr_array((weights * length / norms[row], indices, edges), shape=(documents, width))


def add_rows(parts: Sequence[Any]) -> Any:
    """The sum of CSR rows of different widths."""
    width = max(part.shape[1] for part in parts)
    first, *others = (to_width(part, width) for part in parts)
    return sum(others, start=first)


def to_width(rows: Any, width: int) -> Any:
    """The same CSR rows with exactly `width` columns: later ones cut off, missing ones empty."""
    if rows.shape[1] > width:
        return rows[:, :width]
    return sparse.csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], width))


class Columns:
    """Finds the column of a feature, or makes one after those known when this was created."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary = vocabulary
        self.known = len(vocabulary)
        self.new: dict[str, int] = {}

    @property
    def width(self) -> int:
        """All columns, new ones too."""
        return self.known + len(self.new)

    def of(self, feature: str) -> int:
        """The column of a feature, a new one if need be."""
        at = self._vocabulary.get(feature, self.known)
        return at if at < self.known else self.new.setdefault(feature, self.width)


def _count(documents: Sequence[Sequence[Sentence]], block: str, columns: Columns) -> tuple[Any, Any, Any]:
    """Term counts, their columns and the edges between documents, as CSR wants them."""
    counts: list[int] = []
    indices: list[int] = []
    edges = [0]
    for document in documents:
        found = Counter(features(document, block))
        counts += found.values()
        indices += map(columns.of, found)
        edges.append(len(indices))
    return np.asarray(counts, dtype=float), np.asarray(indices, dtype=np.int64), np.asarray(edges)


def _block_numbers(features: Iterable[str]) -> bytes:
    numbers = {block: at for at, block in enumerate(BLOCKS)}
    return bytes(numbers[feature[0]] for feature in features)
