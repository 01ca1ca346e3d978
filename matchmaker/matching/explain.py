"""Why a candidate was found: what both texts say, in words a person can read.

A score is a sum over shared features, so each has an exact share of it. Features overlap (words,
words inside words, bigrams); they are gathered into the longest phrases both texts contain.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from matchmaker.matching.index import Index, Match
from matchmaker.matching.links import linked_features
from matchmaker.matching.phrases import Marked, Place, Searched, holds_words
from matchmaker.matching.postings import tells_something
from matchmaker.text import AnalysedText

LINK = "≈"
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
) -> list[list[Reason]]:
    """For each match at most `limit` reasons, the largest share first; none at score 0.

    `texts` gives the texts of each match's key (an owner's: of all its items). `wording` is the need
    as it was written, field → text, so that terms read as its author wrote them; without it they
    are in normalised form. Shares of one match add up to 1 at most.
    """
    shelf = index.owners if by_owner else index.items
    marked = [Marked(field, s) for field, found in index.need_sentences(need).items() for s in found]
    row = index.query_rows([need])
    shared = _contributions(index, row, marked, shelf.rows([match.key for match in matches]))
    return [
        _reasons(marked, values, match.score, texts[match.key], wording or {})[:limit]
        for match, values in zip(matches, shared, strict=True)
    ]


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


def _reasons(
    marked: Sequence[Marked],
    shared: Mapping[str, float],
    score: float,
    texts: Sequence[AnalysedText],
    wording: Mapping[str, str],
) -> list[Reason]:
    if score <= 0:
        return []
    other = Searched(sentence for text in texts for sentence in text.sentences())
    places = [place for sentence in marked for place in sentence.phrases(shared.keys(), other)]
    found = _weigh(places, shared, score)
    strong = [each for each in found if not each.weak and each.share >= _SMALLEST_SHARE]
    named = [*_named(_folded(strong), wording), *_other_names(marked, shared, score, other, wording)]
    if named:
        return sorted(named, key=lambda reason: (-reason.share, reason.term))
    pieces = _pieces(marked, shared, score, texts, wording)
    return pieces or _named(_folded(found), wording) or _bare(shared, score)


def _other_names(
    marked: Sequence[Marked], shared: Mapping[str, float], score: float, other: Searched, wording: Mapping[str, str]
) -> list[Reason]:
    """What the need calls one way and the other text another, by the lexicon."""
    told = frozenset[str]().union(*(sentence.features for sentence in marked))
    shares: dict[str, float] = {}
    for sentence, link in ((one, link) for one in marked for link in one.source.links):
        features = set(linked_features(link)) & shared.keys() - told
        if features and other.holds(link.text):
            term = f"{Place(sentence, link.start, link.end).wording(wording)}{LINK}{link.text}"
            shares.setdefault(term, sum(shared[feature] for feature in sorted(features)) / score)
            told |= features
    return [Reason(term, round(share, 4)) for term, share in shares.items() if share >= _SMALLEST_SHARE]


def _weigh(places: Sequence[Place], shared: Mapping[str, float], score: float) -> list[_Weighted]:
    """One entry per phrase: each feature's worth is split over the phrases it occurs in."""
    inside = [(place, feature) for place in places for feature in place.features() if feature in shared]
    times = Counter(feature for _, feature in inside)
    worth: dict[str, float] = defaultdict(float)
    first: dict[str, Place] = {}
    for place, feature in inside:
        worth[place.name] += shared[feature] / times[feature]
        first.setdefault(place.name, place)
    found = [_Weighted(worth[name] / score, place, _is_weak(name)) for name, place in first.items()]
    return sorted(found, key=lambda each: (-each.share, each.place.name))


def _is_weak(name: str) -> bool:
    return len(name) == 1 or not tells_something(name)


def _folded(found: Sequence[_Weighted]) -> dict[Place, float]:
    """Each phrase takes up the shorter ones inside it, the longest first, so that nothing is named twice."""
    shares: dict[Place, float] = {}
    for each in sorted(found, key=lambda one: (-len(one.place.name), one.place.name)):
        home = next((place for place in shares if holds_words(place.name, each.place.name)), each.place)
        shares[home] = shares.get(home, 0.0) + each.share
    return shares


def _named(shares: Mapping[Place, float], wording: Mapping[str, str]) -> list[Reason]:
    ordered = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0].name))
    return [Reason(place.wording(wording), round(min(share, 1.0), 4)) for place, share in ordered]


def _pieces(
    marked: Sequence[Marked],
    shared: Mapping[str, float],
    score: float,
    texts: Sequence[AnalysedText],
    wording: Mapping[str, str],
) -> list[Reason]:
    """Pieces of words, each shown within its word on either side."""
    others = [Marked("", sentence) for text in texts for sentence in text.sentences()]
    found: dict[str, float] = defaultdict(float)
    for feature, value in shared.items():
        if not tells_something(feature[1:]):
            continue
        here = next((place for one in marked if (place := one.around(feature))), None)
        there = next((place for one in others if (place := one.around(feature))), None)
        if here and there:
            same = here.name == there.name
            term = here.wording(wording) if same else f"{here.wording(wording)}{LINK}{there.name}"
            found[term] += value / score
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Reason(term, round(share, 4)) for term, share in ordered]


def _bare(shared: Mapping[str, float], score: float) -> list[Reason]:
    """When texts share nothing but grammar: that is the reason, and it shows how little it is."""
    ordered = sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Reason(feature[1:], round(value / score, 4)) for feature, value in ordered[:1]]
