"""The related lane: what is near a need by the company its words keep, beside the ranking and never within it.

Latent semantic analysis (Deerwester et al. 1990) of what is offered: words that occur in the same texts come to lie
close together, so that a text may be found that shares none with the need. Measured, that finds topics rather than
answers (docs/benchmarks.md); it is for looking further when the ranking itself has nothing more to say.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD

from matchmaker.matching.index import Index, Match
from matchmaker.matching.shelf import SCORE_DIGITS
from matchmaker.matching.weights import to_width
from matchmaker.text import AnalysedText

DIMENSIONS = 200
_LEAST_ITEMS = 20
_SEED = 0


@dataclass(frozen=True)
class Related:
    """The latent space of an index's items as they were at `fit`; to be fitted again with the index."""

    keys: tuple[str, ...]
    svd: TruncatedSVD
    places: Any

    @classmethod
    def fit(cls, index: Index, dimensions: int = DIMENSIONS) -> "Related | None":
        """Learn from all items of the index, in the order of their keys; None of fewer than twenty."""
        keys = tuple(sorted(index.items.position))
        if len(keys) < _LEAST_ITEMS:
            return None
        rows = index.items.rows(keys)
        size = min(dimensions, len(keys) - 1, rows.shape[1] - 1)
        svd = TruncatedSVD(n_components=size, random_state=_SEED).fit(rows)
        return cls(keys, svd, _unit(svd.transform(rows)))

    def nearest(
        self, index: Index, needs: Sequence[AnalysedText], k: int, exclude: Collection[str] = ()
    ) -> list[list[Match]]:
        """For each need the `k` nearest items that share no term with it, by cosine (0–1), ties by key.

        Items that the ranking finds are left out, as are those in `exclude` and those removed since `fit`.
        """
        rows = index.query_rows(needs)
        near = _unit(self.svd.transform(to_width(rows, self.svd.n_features_in_))) @ self.places.T
        found = index.items.best(rows, None)
        return [
            self._best(scores, {*exclude, *(key for key, _ in best)}, index.items.position.keys(), k)
            for scores, best in zip(near, found, strict=True)
        ]

    def _best(self, scores: Any, hidden: Collection[str], standing: Collection[str], k: int) -> list[Match]:
        rounded = np.round(scores, SCORE_DIGITS - 3)
        ranked = ((self.keys[at], float(rounded[at])) for at in np.argsort(-rounded, kind="stable") if rounded[at] > 0)
        kept = (Match(key, score, key) for key, score in ranked if key in standing and key not in hidden)
        return [match for match, _ in zip(kept, range(k), strict=False)]


def _unit(rows: Any) -> Any:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)
