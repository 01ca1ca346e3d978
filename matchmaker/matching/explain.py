"""Why a candidate was found: what both texts say, in words a person can read.

A score is a sum over shared features, so each has an exact share of it. Features overlap (words,
words inside words, bigrams); they are gathered into the longest phrases both texts contain.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import Any, NamedTuple

import numpy as np

from matchmaker.matching.index import Index, Match
from matchmaker.matching.links import linked_features
from matchmaker.matching.phrases import Marked, Place, Searched, holds_words
from matchmaker.matching.postings import tells_something
from matchmaker.text import AnalysedText

LINK = "≈"
ENOUGH = 0.8
_SMALLEST_SHARE = 0.005


@dataclass(frozen=True)
class Reason:
    """`term` is what need and candidate share; `share` (0–1) its part of the whole score.

    Where only a piece of a word is shared, or the lexicon links two names, `term` names both: 电动机≈发动机, 薄壁≈薄板.
    """

    term: str
    share: float


class _Weighted(NamedTuple):
    share: float
    place: Place
    weak: bool


def explain(
    index: Index,
    need: AnalysedText,
    matches: Sequence[Match],
    texts: Mapping[str, Sequence[AnalysedText]],
    *,
    by_owner: bool = False,
    wording: Mapping[str, str] | None = None,
    limit: int = 8,
    everyday: bool = False,
) -> list[list[Reason]]:
    """For each match at most `limit` reasons, the largest share first; none at score 0.

    `texts` gives the texts of each match's key (an owner's: of all its items). `wording` is the need
    as it was written, field → text, so that terms read as its author wrote them; without it they
    are in normalised form. Shares of one match add up to 1 at most. With `everyday`, words such as 技术
    and pieces of words are named too, the weightiest first, where the others leave a part of the
    score unsaid, until `ENOUGH` of it is named.
    """
    shelf = index.owners if by_owner else index.items
    marked = [Marked(field, s) for field, found in index.need_sentences(need).items() for s in found]
    row = index.query_rows([need])
    shared = _contributions(index, row, marked, shelf.rows([match.key for match in matches]))
    found: list[list[Reason]] = []
    for match, values in zip(matches, shared, strict=True):
        shares = {feature: value / match.score for feature, value in values.items()} if match.score > 0 else {}
        pair = _Pair(marked, shares, texts[match.key], wording or {})
        found.append(pair.reasons(everyday=everyday)[:limit] if shares else [])
    return found


def _contributions(index: Index, row: Any, marked: Sequence[Marked], rows: Any) -> list[dict[str, float]]:
    """For each row: feature → what it adds to the score."""
    vocabulary = index.weights.vocabulary_
    linked = (feature for one in marked for link in one.source.links for feature in linked_features(link))
    own = (feature for sentence in marked for feature in sentence.features)
    names = {vocabulary.get(feature): feature for feature in (*linked, *own)}
    width = rows.shape[1]
    known = row.indices < width
    columns, weights = row.indices[known], row.data[known]
    products = rows[:, columns].toarray() * weights
    features = [names[column] for column in columns.tolist()]
    return [{features[at]: float(values[at]) for at in np.flatnonzero(values)} for values in products]


@dataclass(frozen=True, eq=False)
class _Pair:
    """A need's sentences and a candidate's texts; `shared`: feature → its part of the score."""

    marked: Sequence[Marked]
    shared: Mapping[str, float]
    texts: Sequence[AnalysedText]
    wording: Mapping[str, str]

    @cached_property
    def other(self) -> Searched:
        return Searched(sentence for text in self.texts for sentence in text.sentences())

    def reasons(self, *, everyday: bool) -> list[Reason]:
        places = self._places(self.shared, tells_something)
        found = _weigh(places, self.shared)
        strong = [each for each in found if not each.weak and each.share >= _SMALLEST_SHARE]
        named = self._named(_folded(strong)) | self._other_names()
        if everyday:
            self._fill(named, places)
        named = named or self._pieces(self.shared, tells_something) or self._named(_folded(found)) or self._bare()
        return [Reason(term, _rounded_down(share)) for term, share in _heaviest(named)]

    def _places(self, features: Collection[str], begins: Callable[[str], bool]) -> list[Place]:
        return [place for one in self.marked for place in one.phrases(features, self.other, begins)]

    def _named(self, shares: Mapping[Place, float]) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for place, share in shares.items():
            found[place.wording(self.wording)] += share
        return dict(found)

    def _other_names(self) -> dict[str, float]:
        """What the need calls one way and the other text another, by the lexicon."""
        told = frozenset[str]().union(*(sentence.features for sentence in self.marked))
        shares: dict[str, float] = {}
        for sentence, link in ((one, link) for one in self.marked for link in one.source.links):
            features = set(linked_features(link)) & self.shared.keys() - told
            if features and self.other.holds(link.text):
                term = f"{Place(sentence, link.start, link.end).wording(self.wording)}{LINK}{link.text}"
                shares.setdefault(term, sum(self.shared[feature] for feature in sorted(features)))
                told |= features
        return {term: share for term, share in shares.items() if share >= _SMALLEST_SHARE}

    def _fill(self, named: dict[str, float], places: Sequence[Place]) -> None:
        """Name what else both texts say until enough of the score is named."""
        said = sum(named.values())
        if said >= ENOUGH:
            return
        for term, share in self._everyday(_outside(self.shared, places)):
            if said >= ENOUGH or share < _SMALLEST_SHARE:
                return
            named[term] = named.get(term, 0.0) + share
            said += share

    def _everyday(self, rest: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        """Stretches of everyday words, then pieces of words; each kind the weightiest first."""
        places = self._places(rest, _is_word)
        yield from _heaviest(self._named(_folded(_weigh(places, rest))))
        yield from _heaviest(self._pieces(_outside(rest, places), tells_something))

    def _pieces(self, shares: Mapping[str, float], wanted: Callable[[str], bool]) -> dict[str, float]:
        """Pieces of words, each shown within its word on either side."""
        found: dict[str, float] = defaultdict(float)
        for feature, share in shares.items():
            here = _around(self.marked, feature) if wanted(feature[1:]) else None
            there = _around(self._others, feature) if here else None
            if here and there:
                same = here.name == there.name
                mine = here.wording(self.wording)
                found[mine if same else f"{mine}{LINK}{there.name}"] += share
        return dict(found)

    @cached_property
    def _others(self) -> list[Marked]:
        return [Marked("", sentence) for text in self.texts for sentence in text.sentences()]

    def _bare(self) -> dict[str, float]:
        """When texts share nothing but grammar: that is the reason, and it shows how little it is."""
        pieces = self._pieces(self.shared, bool)
        found = pieces or {feature[1:]: share for feature, share in self.shared.items()}
        return dict(_heaviest(found)[:1])


def _heaviest(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))


def _rounded_down(share: float) -> float:
    """To four digits, never up, so that no list adds up to more than 1; a millionth is what scores are rounded by."""
    return floor(share * 10_000 + 0.01) / 10_000


def _around(sentences: Sequence[Marked], feature: str) -> Place | None:
    return next((place for one in sentences if (place := one.around(feature))), None)


def _outside(shared: Mapping[str, float], places: Sequence[Place]) -> dict[str, float]:
    """The features that stand in none of the places."""
    inside = {feature for place in places for feature in place.features()}
    return {feature: share for feature, share in shared.items() if feature not in inside}


def _weigh(places: Sequence[Place], shared: Mapping[str, float]) -> list[_Weighted]:
    """One entry per phrase: each feature's worth is split over the phrases it occurs in."""
    inside = [(place, feature) for place in places for feature in place.features() if feature in shared]
    times = Counter(feature for _, feature in inside)
    worth: dict[str, float] = defaultdict(float)
    first: dict[str, Place] = {}
    for place, feature in inside:
        worth[place.name] += shared[feature] / times[feature]
        first.setdefault(place.name, place)
    found = [_Weighted(worth[name], place, _is_weak(name)) for name, place in first.items()]
    return sorted(found, key=lambda each: (-each.share, each.place.name))


def _is_weak(name: str) -> bool:
    return len(name) == 1 or not tells_something(name)


def _is_word(name: str) -> bool:
    return len(name) > 1


def _folded(found: Sequence[_Weighted]) -> dict[Place, float]:
    """Each phrase takes up the shorter ones inside it, the longest first, so that nothing is named twice."""
    shares: dict[Place, float] = {}
    for each in sorted(found, key=lambda one: (-len(one.place.name), one.place.name)):
        home = next((place for place in shares if holds_words(place.name, each.place.name)), each.place)
        shares[home] = shares.get(home, 0.0) + each.share
    return shares
