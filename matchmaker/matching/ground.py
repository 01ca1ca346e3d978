"""Whether a need stands on the ground that an owner has called not theirs: the same need again, or the same topic.

Two cosines in the index's own space. The first, of the needs' rows, finds the same need posted again, whoever is
asked. The second, of what each need shares with the owner (the elementwise product of its row with the owner's), finds
another need whose match rests on the same terms, however different the rest of it is: who has said that 焊接 in a need
about fixtures is not theirs is not offered the next one that only shares 焊接 with them.

Thresholds by measurement on the demonstration's needs and experts (129 published needs, 249 owners, 225 pairs that
really fit): two different needs are alike by at most 0.24, so 0.5 finds repetitions only. Of 2,215 combinations of a
well-ranked need that an expert might refuse and a need that really suits them, a topic cosine of 0.8 would take 3
(0.1 %) from them, 0.7 would take 16 and 0.5 74. `tests/matching/test_ground.py` and `tests/seeds` keep watch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from matchmaker.matching.index import Index
from matchmaker.matching.weights import to_width
from matchmaker.text import AnalysedText

REPEATED = 0.5
SAME_TOPIC = 0.8


def same_ground(index: Index, need: AnalysedText, refused: Sequence[AnalysedText], owner: str) -> int | None:
    """Which of the `refused` needs (position) stands on this need's ground for `owner`, or None.

    The first one that does. An owner the index does not know shares no terms with anything: only repetitions count.
    """
    if not refused:
        return None
    row, others = index.query_rows([need]), index.query_rows(refused)
    alike = _cosines(row, others) >= REPEATED
    if owner in index.items_of:
        own = index.owners.rows([owner])
        alike |= _cosines(_shared(row, own), _shared(others, own)) >= SAME_TOPIC
    places = np.flatnonzero(alike)
    return int(places[0]) if len(places) else None


def _shared(rows: Any, own: Any) -> Any:
    """What rows have in common with one other row, column by column."""
    width = max(rows.shape[1], own.shape[1])
    return to_width(rows, width).multiply(to_width(own, width)).tocsr()


def _cosines(row: Any, others: Any) -> Any:
    width = max(row.shape[1], others.shape[1])
    row, others = to_width(row, width), to_width(others, width)
    lengths = np.sqrt(np.asarray(others.multiply(others).sum(axis=1)).ravel() * row.multiply(row).sum())
    products = np.asarray((others @ row.T).toarray()).ravel()
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
