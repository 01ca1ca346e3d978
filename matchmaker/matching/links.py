"""What a query's terms are called elsewhere: OLED also finds 有机发光二极管, at a discount."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from matchmaker.matching.phrases import Marked
from matchmaker.matching.weights import Weights
from matchmaker.text import Link, Sentence, term_of


def linked_features(link: Link) -> list[str]:
    """The words of a linked name that no longer word of it holds, as features."""
    reached = 0
    found: list[str] = []
    for start, end in sorted(link.words, key=lambda span: (span[0], -span[1])):
        if end > reached:
            found.append("w" + term_of(link.text[start:end]))
            reached = end
    return found


def linked_rows(weights: Weights, queries: Sequence[Sequence[Sentence]], rows: Any, *, learn: bool) -> Any:
    """Rows to add to the `rows` of queries (CSR): other names of their terms, each `linked` times as long as the term.

    A name that the query itself uses is not added again, so that what is asked literally counts as without links.
    """
    if learn:
        weights.transform([[link.sentence()] for query in queries for _, link in _links(query)], learn=True)
    columns = weights.vocabulary_
    found: list[tuple[int, int, float]] = []
    for at, query in enumerate(queries):
        row = _by_column(rows, at)
        for column, value in _of_query(weights, query, row).items():
            if column not in row:
                found.append((at, column, value))
    places = [at for at, _, _ in found], [column for _, column, _ in found]
    return sparse.csr_array(([value for _, _, value in found], places), shape=(len(queries), len(columns)))


def _of_query(weights: Weights, query: Sequence[Sentence], row: dict[int, float]) -> dict[int, float]:
    """Column → weight; of several links to one name the one that counts most."""
    best: dict[int, float] = {}
    for marked, link in _links(query):
        term = {weights.vocabulary_.get(feature, -1) for feature in marked.inside(link.start, link.end)}
        length = weights.parameters.linked * float(np.sqrt(sum(row.get(column, 0.0) ** 2 for column in term)))
        features = linked_features(link)
        worth = np.asarray([weights.idf_of(feature) for feature in features])
        for feature, share in zip(features, worth / np.sqrt(np.sum(worth**2)), strict=True):
            column = weights.vocabulary_.get(feature, -1)
            best[column] = max(best.get(column, 0.0), length * float(share))
    return {column: value for column, value in best.items() if column >= 0 and value > 0}


def _links(query: Sequence[Sentence]) -> Iterator[tuple[Marked, Link]]:
    return ((Marked("", sentence), link) for sentence in query if sentence.links for link in sentence.links)


def _by_column(rows: Any, at: int) -> dict[int, float]:
    edges = slice(rows.indptr[at], rows.indptr[at + 1])
    return dict(zip(rows.indices[edges].tolist(), rows.data[edges].tolist(), strict=True))
