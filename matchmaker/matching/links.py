"""What a query's terms are called elsewhere: OLED also finds 有机发光二极管, at a discount."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from matchmaker.matching.phrases import Marked
from matchmaker.matching.weights import Weights, add_rows, to_width
from matchmaker.text import Link, Sentence, term_of


def linked_features(link: Link) -> list[str]:
    """The words of a linked name that no longer word of it holds, as features; no pieces of it."""
    reached = 0
    found: list[str] = []
    for start, end in sorted(link.words, key=lambda span: (span[0], -span[1])):
        if end > reached:
            word = link.text[start:end]
            found += ["w" + term_of(word), "b" + word] if word.isascii() else ["w" + word]
            reached = end
    return found


def query_rows(weights: Weights, queries: Sequence[Sequence[Sentence]], *, learn: bool) -> Any:
    """Queries as rows (CSR), each with other names of its terms: one `linked` times as long as the term.

    A name that the query itself uses is not added again, so that what is asked literally counts as without links. With
    `learn` unknown words get columns.
    """
    if learn:
        weights.transform([[link.sentence()] for query in queries for _, link in _links(query)], learn=True)
        rows, columns = weights.transform(queries, asked=True, learn=True), weights.columns()
    else:
        rows, columns = weights.opened(queries)
    found = [
        (at, column, value)
        for at, query in enumerate(queries)
        for column, value in _linked(weights, query, _by_column(rows, at), columns.of).items()
    ]
    places = [at for at, _, _ in found], [column for _, column, _ in found]
    values = [value for _, _, value in found]
    linked = sparse.csr_array((values, places), shape=(len(queries), columns.known))
    return add_rows([to_width(rows, columns.known), linked])


def _linked(
    weights: Weights, query: Sequence[Sentence], row: dict[int, float], column_of: Callable[[str], int]
) -> dict[int, float]:
    """Known column → weight; of several links to one name the one that counts most."""
    best: dict[int, float] = {}
    for marked, link in _links(query):
        term = {column_of(feature) for feature in marked.inside(link.start, link.end)}
        length = weights.parameters.linked * float(np.sqrt(sum(row.get(column, 0.0) ** 2 for column in term)))
        features = linked_features(link)
        worth = np.asarray([weights.idf_of(feature) for feature in features])
        for feature, share in zip(features, worth / np.sqrt(np.sum(worth**2)), strict=True):
            column = weights.vocabulary_.get(feature, -1)
            best[column] = max(best.get(column, 0.0), length * float(share))
    return {column: value for column, value in best.items() if column >= 0 and value > 0 and column not in row}


def _links(query: Sequence[Sentence]) -> Iterator[tuple[Marked, Link]]:
    marked = (Marked("", sentence) for sentence in query if sentence.links)
    return ((one, link) for one in marked for link in one.source.links)


def _by_column(rows: Any, at: int) -> dict[int, float]:
    edges = slice(rows.indptr[at], rows.indptr[at + 1])
    return dict(zip(rows.indices[edges].tolist(), rows.data[edges].tolist(), strict=True))
