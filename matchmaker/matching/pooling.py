"""An owner's row from the rows of its items.

The mean of item rows, brought to an item's length again, beat one long text, the best item and the best
three on expert finding; without the second normalisation institutes' Recall@10 falls from 0.46 to 0.33.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from matchmaker.matching.weights import Weights


def pool(rows: Any, groups: Sequence[Sequence[int]], weights: Weights) -> Any:
    """One row per group of row numbers: CSR (groups × columns of `rows`)."""
    members = np.asarray([at for group in groups for at in group], dtype=np.int64)
    share = np.asarray([1 / len(group) for group in groups for _ in group])
    edges = np.concatenate([[0], np.cumsum([len(group) for group in groups], dtype=np.int64)])
    mean = sparse.csr_array((share, members, edges), shape=(len(groups), rows.shape[0])) @ rows
    return weights.unit(mean.tocsr())
