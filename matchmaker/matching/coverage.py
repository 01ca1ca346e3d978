"""Which of a need's terms each candidate knows: what `team.form_team` works on."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from matchmaker.matching.index import Index
from matchmaker.matching.parameters import saturated
from matchmaker.matching.phrases import Marked
from matchmaker.matching.postings import HEAD_FIELDS, tells_something
from matchmaker.text import AnalysedText, term_of

KNOWN_FROM = 0.04
"""The weight in an owner's row (its words of length 0.82) from which a term is part of what they do."""


def need_terms(index: Index, need: AnalysedText) -> dict[str, float]:
    """The need's words (normalised) and their weights, which add up to 1; words nobody has ever used included."""
    sentences = [s for found in index.need_sentences(need).values() for s in found]
    words = [word for sentence in sentences for word in _whole_words(Marked("", sentence))]
    counts = Counter(map(term_of, words))
    shown = {term_of(word): word for word in reversed(words)}
    k = index.weights.parameters.k3
    raw = {shown[term]: saturated(n, k) * index.weights.idf_of("w" + term) for term, n in counts.items()}
    total = sum(raw.values())
    return {word: weight / total for word, weight in raw.items()}


def team_terms(index: Index, need: AnalysedText) -> dict[str, float]:
    """The need's terms that a team is judged by: all of title and keywords, of the body what somebody offers.

    How a firm tells its story (每天, 我们厂里) is nobody's field and must not count as uncovered.
    """
    head = AnalysedText(stamp="", fields={name: need.fields.get(name, ()) for name in HEAD_FIELDS})
    named, weights = need_terms(index, head), index.weights
    return {
        term: weight
        for term, weight in need_terms(index, need).items()
        if term in named or weights.idf_of("w" + term_of(term)) < weights.unseen_idf_
    }


def known_terms(index: Index, terms: Mapping[str, float], owners: Sequence[str]) -> dict[str, frozenset[str]]:
    """Owner → those of the terms that weigh in what they offer. Raises `KeyError` on an unknown owner."""
    rows = index.owners.rows(owners)
    columns = {term: index.weights.vocabulary_.get("w" + term_of(term), rows.shape[1]) for term in terms}
    usable = [(term, column) for term, column in columns.items() if column < rows.shape[1]]
    weights = rows[:, [column for _, column in usable]].toarray()
    return {
        owner: frozenset(usable[at][0] for at in np.flatnonzero(weights[row] >= KNOWN_FROM))
        for row, owner in enumerate(owners)
    }


def _whole_words(sentence: Marked) -> list[str]:
    """Words of two letters or more that are not part of a longer one."""
    found: list[str] = []
    reached = 0
    for start, end, _ in sentence.words:
        word = sentence.text[start:end]
        if end > reached and len(word) > 1 and tells_something(word):
            found.append(word)
        reached = max(reached, end)
    return found
