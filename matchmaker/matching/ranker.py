"""The matcher as an estimator: fit on what is offered, rank what is needed."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from matchmaker.matching.explain import Reason, explain
from matchmaker.matching.index import Index, Match
from matchmaker.matching.parameters import DEFAULTS, Parameters
from matchmaker.matching.postings import Posting
from matchmaker.text import AnalysedText

MOST_REASONS = 12


class Ranker(BaseEstimator):
    """Ranks items, or their owners with `by_owner`, for queries.

    Learned: `index_` and, for explanations, `texts_` (key → texts).

    >>> ranker = Ranker(by_owner=True).fit(capabilities, queries=needs)
    >>> [best, *_] = ranker.rank([need], k=5)
    """

    def __init__(self, *, by_owner: bool = False, parameters: Parameters = DEFAULTS) -> None:
        self.by_owner = by_owner
        self.parameters = parameters

    def fit(self, documents: Iterable[Posting], y: None = None, *, queries: Iterable[Posting] = ()) -> Self:  # noqa: ARG002 -- the estimator contract
        """Learn from the documents; `queries` only help to recognise boilerplate.

        Raises `ValueError` when two documents share a key.
        """
        documents = list(documents)
        self.index_: Index = Index.fit(documents, learn_from=queries, parameters=self.parameters)
        self.texts_: dict[str, list[AnalysedText]] = {}
        for posting in documents:
            key = posting.owner_key if self.by_owner else posting.key
            self.texts_.setdefault(key, []).append(posting.text)
        return self

    def rank(self, queries: Sequence[Posting], k: int | None = 10) -> list[list[Match]]:
        """For each query its `k` best (all for None), score descending, ties by key; none at score 0."""
        check_is_fitted(self, "index_")
        texts = [query.text for query in queries]
        return self.index_.rank_owners(texts, k) if self.by_owner else self.index_.rank_items(texts, k)

    def score_pairs(self, pairs: Sequence[tuple[Posting, str]]) -> list[Match]:
        """One match per pair of query and key, in order, zeros included. Raises `KeyError`."""
        check_is_fitted(self, "index_")
        score = self.index_.score_owners if self.by_owner else self.index_.score_items
        found: list[Match] = []
        for query, group in groupby(pairs, key=itemgetter(0)):
            found += score(query.text, [key for _, key in group])
        return found

    def explain(self, query: Posting, matches: Sequence[Match], **options: Any) -> list[list[Reason]]:
        """The reasons of each match of one query, everyday words too; `options` as those of `explain`."""
        options = {"by_owner": self.by_owner, "everyday": True, "limit": MOST_REASONS} | options
        return explain(self.index_, query.text, matches, self.texts_, **options)
