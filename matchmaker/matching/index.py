"""The postings of a process, searchable from both sides and changeable at any time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from matchmaker.matching.boilerplate import learn_boilerplate, strip
from matchmaker.matching.links import query_rows
from matchmaker.matching.parameters import DEFAULTS, Parameters
from matchmaker.matching.pooling import pool
from matchmaker.matching.postings import QUERY_FIELDS, Posting
from matchmaker.matching.shelf import SCORE_DIGITS, Shelf
from matchmaker.matching.weights import Weights, add_rows, to_width
from matchmaker.text import AnalysedText, Sentence


@dataclass(frozen=True)
class Match:
    """`key` was found with `score` (≥ 0; at most 4: two query fields × blocks that count 2 together).

    `item` is the capability that speaks most for an owner, or `key` itself.
    """

    key: str
    score: float
    item: str


@dataclass(frozen=True)
class Index:
    """Capabilities, their owners and needs in one vector space. Immutable and safe to share.

    A score is the same number whichever side asks: the sum over the need's fields (title + keywords;
    body) and over words and bigrams of the cosine with the capability's or owner's text. A change
    gives a new index that shares the big arrays; whoever holds the old one reads on undisturbed.

    >>> index = Index.fit(capabilities, needs)
    >>> index = index.update(capabilities=[edited], removed_needs=["N7"])
    >>> [best] = index.rank_owners([need.text], k=1)
    """

    weights: Weights
    boilerplate: frozenset[str]
    items: Shelf
    owners: Shelf
    needs: Shelf
    owner_of: Mapping[str, str]
    items_of: Mapping[str, frozenset[str]]

    @classmethod
    def fit(
        cls,
        capabilities: Iterable[Posting],
        needs: Iterable[Posting] = (),
        *,
        learn_from: Iterable[Posting] = (),
        boilerplate: frozenset[str] | None = None,
        parameters: Parameters = DEFAULTS,
    ) -> Self:
        """Learn IDF (from the capabilities) and boilerplate (from all) and hold both sides.

        Neither side needs to have any posting. `learn_from` are further postings that only show what
        is boilerplate; `boilerplate` is one learned before, so that several processes agree on it.
        Raises `ValueError` when two postings of a side share a key.
        """
        capabilities, needs = list(capabilities), list(needs)
        if boilerplate is None:
            boilerplate = learn_boilerplate([*capabilities, *needs, *learn_from])
        documents = [_sentences(posting.text, boilerplate) for posting in capabilities]
        weights = Weights(parameters).fit(documents)
        empty = Shelf.build((), sparse.csr_array((0, len(weights.vocabulary_))))
        items = Shelf.build([posting.key for posting in capabilities], weights.transform(documents))
        owner_of = {posting.key: posting.owner_key for posting in capabilities}
        items_of = _group(owner_of)
        owners = Shelf.build(list(items_of), _owner_rows(list(items_of), items_of, items, weights))
        index = cls(weights, boilerplate, items, owners, empty, owner_of, items_of)
        keys = [posting.key for posting in needs]
        needs_shelf = Shelf.build(keys, index.query_rows([posting.text for posting in needs], learn=True))
        return replace(index, needs=needs_shelf)

    def update(
        self,
        *,
        capabilities: Sequence[Posting] = (),
        needs: Sequence[Posting] = (),
        removed_capabilities: Collection[str] = (),
        removed_needs: Collection[str] = (),
    ) -> "Index":
        """A new index with these postings added or replaced and those removed, IDF as fitted.

        Unknown keys among the removed are ignored; a key both given and removed is held.
        """
        needs = _last_of_each(needs)
        index = self._with_items(_last_of_each(capabilities), removed_capabilities)
        rows = index.query_rows([posting.text for posting in needs], learn=True)
        keys = [posting.key for posting in needs]
        return replace(index, needs=index.needs.replace(removed=removed_needs, keys=keys, rows=rows))

    @property
    def drift(self) -> float:
        """Share of the postings that came or went since `fit`; refit when it grows (say > 0.2)."""
        shelves = (self.items, self.needs)
        held = sum(len(shelf) for shelf in shelves)
        return sum(shelf.changes for shelf in shelves) / max(held, 1)

    def query_rows(self, texts: Sequence[AnalysedText], *, learn: bool = False) -> Any:
        """Needs as rows (texts × columns, CSR): the sum of their fields' rows and of what is linked to their terms."""
        fields = [[_sentences(text, self.boilerplate, *names) for text in texts] for names in QUERY_FIELDS]
        return add_rows([query_rows(self.weights, queries, learn=learn) for queries in fields])

    def rank_items(
        self, needs: Sequence[AnalysedText], k: int | None = 10, exclude: Collection[str] = ()
    ) -> list[list[Match]]:
        """For each need its `k` best capabilities (all with a score for None), best first."""
        found = self.items.best(self.query_rows(needs), k, exclude)
        return [[Match(key, score, key) for key, score in best] for best in found]

    def rank_owners(
        self, needs: Sequence[AnalysedText], k: int | None = 10, exclude: Collection[str] = ()
    ) -> list[list[Match]]:
        """For each need its `k` best owners, each with its best item."""
        rows = self.query_rows(needs)
        found = enumerate(self.owners.best(rows, k, exclude))
        return [self._with_best_items(rows[[at]], dict(best)) for at, best in found]

    def rank_needs(self, owner: str, k: int | None = 10, exclude: Collection[str] = ()) -> list[Match]:
        """The `k` needs that suit an owner best. Raises `KeyError` on an unknown owner."""
        [best] = self.needs.best(self.owners.rows([owner]), k, exclude)
        return [Match(key, score, key) for key, score in best]

    def score_items(self, need: AnalysedText, items: Sequence[str]) -> list[Match]:
        """The score of each of these capabilities, zeros included. Raises `KeyError` on an unknown one."""
        scores = _scores(self.items.rows(items), self.query_rows([need]))
        return [Match(key, score, key) for key, score in zip(items, scores, strict=True)]

    def score_owners(self, need: AnalysedText, owners: Sequence[str]) -> list[Match]:
        """The score of each of these owners, with its best item. Raises `KeyError` on an unknown one."""
        row = self.query_rows([need])
        scores = _scores(self.owners.rows(owners), row)
        return self._with_best_items(row, dict(zip(owners, scores, strict=True)))

    def need_sentences(self, need: AnalysedText) -> dict[str, list[Sentence]]:
        """Field → the sentences that count, without boilerplate."""
        return strip(need, self.boilerplate)

    def _with_best_items(self, row: Any, scores: Mapping[str, float]) -> list[Match]:
        items = [(owner, item) for owner in scores for item in sorted(self.items_of[owner])]
        item_scores = _scores(self.items.rows([item for _, item in items]), row)
        best: dict[str, tuple[float, str]] = {}
        for (owner, item), score in zip(items, item_scores, strict=True):
            if owner not in best or score > best[owner][0]:
                best[owner] = score, item
        return [Match(owner, score, best[owner][1]) for owner, score in scores.items()]

    def _with_items(self, capabilities: Sequence[Posting], removed: Collection[str]) -> "Index":
        touched = {*removed, *(posting.key for posting in capabilities)}
        owner_of = {item: owner for item, owner in self.owner_of.items() if item not in touched}
        owner_of |= {posting.key: posting.owner_key for posting in capabilities}
        before = {self.owner_of[key] for key in touched if key in self.owner_of}
        owners = before | {posting.owner_key for posting in capabilities}
        documents = [_sentences(posting.text, self.boilerplate) for posting in capabilities]
        rows = self.weights.transform(documents, learn=True)
        items = self.items.replace(removed=removed, keys=[posting.key for posting in capabilities], rows=rows)
        items_of = _group(owner_of)
        keys = sorted(owners & items_of.keys())
        changed = _owner_rows(keys, items_of, items, self.weights)
        pooled = self.owners.replace(removed=owners, keys=keys, rows=changed)
        return replace(self, items=items, owners=pooled, owner_of=owner_of, items_of=items_of)


def _owner_rows(owners: Sequence[str], items_of: Mapping[str, frozenset[str]], items: Shelf, weights: Weights) -> Any:
    members = [item for owner in owners for item in sorted(items_of[owner])]
    ends = np.cumsum([len(items_of[owner]) for owner in owners], dtype=np.int64)
    groups = [range(end - len(items_of[owner]), end) for owner, end in zip(owners, ends, strict=True)]
    return pool(items.rows(members), groups, weights)


def _last_of_each(postings: Sequence[Posting]) -> list[Posting]:
    return list({posting.key: posting for posting in postings}.values())


def _group(owner_of: Mapping[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for item, owner in owner_of.items():
        found.setdefault(owner, set()).add(item)
    return {owner: frozenset(items) for owner, items in found.items()}


def _sentences(text: AnalysedText, boilerplate: frozenset[str], *names: str) -> list[Sentence]:
    fields = strip(text, boilerplate)
    return [sentence for name in names or fields for sentence in fields.get(name, ())]


def _scores(rows: Any, query: Any) -> list[float]:
    products = rows @ to_width(query, rows.shape[1]).T
    return [float(score) for score in np.round(products.toarray().ravel(), SCORE_DIGITS)]
