"""Keyed sparse rows that can be searched and changed without touching whoever is still reading."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from matchmaker.matching.weights import to_width

SCORE_DIGITS = 9
"""Scores are rounded here, so that equal texts tie whatever the order of the additions."""

_QUERIES_AT_ONCE = 64


@dataclass(frozen=True)
class _Part:
    rows: Any
    transposed: Any

    @classmethod
    def of(cls, rows: Any) -> "_Part":
        return cls(rows=rows, transposed=rows.T.tocsr())

    def scores(self, queries: Any) -> Any:
        """Sparse queries × rows; the two may know different numbers of columns."""
        return to_width(queries, self.transposed.shape[0]) @ self.transposed


@dataclass(frozen=True)
class Shelf:
    """Immutable: `replace` gives a new shelf that shares the big arrays with this one.

    `base` holds the rows as fitted, `late` those that came afterwards; `alive` says which of both
    still stand (base first). `position` maps each living key to its place in `keys`.
    """

    keys: tuple[str, ...]
    position: dict[str, int]
    alive: Any
    base: _Part
    late: _Part

    @classmethod
    def build(cls, keys: Sequence[str], rows: Any) -> Self:
        """A shelf of `rows` (CSR, one for each of the `keys`). Raises `ValueError` on a repeated key."""
        if len(set(keys)) != len(keys):
            raise ValueError("keys must be distinct")
        return cls(
            keys=tuple(keys),
            position={key: at for at, key in enumerate(keys)},
            alive=np.ones(len(keys), dtype=bool),
            base=_Part.of(rows),
            late=_Part.of(sparse.csr_array((0, rows.shape[1]))),
        )

    def __len__(self) -> int:
        return len(self.position)

    @property
    def changes(self) -> int:
        """Rows that came or went since this shelf was built."""
        fitted = int(self.base.rows.shape[0])
        return len(self.keys) - fitted + int(np.count_nonzero(~self.alive[:fitted]))

    def replace(self, *, removed: Collection[str] = (), keys: Sequence[str] = (), rows: Any = None) -> "Shelf":
        """Without the `removed` keys and with `rows` under `keys`, new or in place of older ones."""
        gone = {*removed, *keys}
        position = {key: at for key, at in self.position.items() if key not in gone}
        alive = np.concatenate([self.alive, np.ones(len(keys), dtype=bool)])
        alive[[at for key, at in self.position.items() if key in gone]] = False
        position |= {key: len(self.keys) + at for at, key in enumerate(keys)}
        late = self.late if rows is None else _Part.of(_stack(self.late.rows, rows))
        return Shelf(keys=(*self.keys, *keys), position=position, alive=alive, base=self.base, late=late)

    def rows(self, keys: Sequence[str]) -> Any:
        """The rows of `keys`, in their order (CSR). Raises `KeyError` on an unknown one."""
        width = max(self.base.rows.shape[1], self.late.rows.shape[1])
        places = [self.position[key] for key in keys]
        split = self.base.rows.shape[0]
        if all(at < split for at in places):
            return to_width(self.base.rows[places], width)
        return _stack(self.base.rows, self.late.rows)[places]

    def best(self, queries: Any, k: int | None, exclude: Collection[str] = ()) -> Iterator[list[tuple[str, float]]]:
        """For each query row the `k` best keys (all for None) with score > 0; equal scores by key."""
        alive = self.alive
        if hidden := [self.position[key] for key in exclude if key in self.position]:
            alive = alive.copy()
            alive[hidden] = False
        for first in range(0, queries.shape[0], _QUERIES_AT_ONCE):
            scores = self._scores(queries[first : first + _QUERIES_AT_ONCE])
            for at in range(scores.shape[0]):
                edges = slice(scores.indptr[at], scores.indptr[at + 1])
                yield self._select(scores.indices[edges], scores.data[edges], alive, k)

    def _scores(self, queries: Any) -> Any:
        return sparse.hstack([self.base.scores(queries), self.late.scores(queries)], format="csr")

    def _select(self, places: Any, scores: Any, alive: Any, k: int | None) -> list[tuple[str, float]]:
        scores = np.round(scores, SCORE_DIGITS)
        kept = alive[places] & (scores > 0)
        places, scores = places[kept], scores[kept]
        if k is not None and k < len(scores):
            kept = scores >= np.partition(scores, -k)[-k]
            places, scores = places[kept], scores[kept]
        found = [(self.keys[at], float(score)) for at, score in zip(places, scores, strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]


def _stack(above: Any, below: Any) -> Any:
    width = max(above.shape[1], below.shape[1])
    return sparse.vstack([to_width(above, width), to_width(below, width)], format="csr")
