"""Finding the phrases that two texts share, and finding terms again in a text."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from matchmaker.matching.postings import FUNCTION_WORDS, tells_something
from matchmaker.text import AnalysedText, Sentence, normalise, term_of

_LONGEST_PHRASE = 16
_MOST_SEARCHED = 200_000
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")


class Span(NamedTuple):
    """Where a term stands in a source field: code points `[start, end)`; `term` counts the terms asked for."""

    field: str
    start: int
    end: int
    term: int


class Searched:
    """A text that the same few phrases are looked for in, over and over."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self._text = "\n".join(sentence.text for sentence in sentences)[:_MOST_SEARCHED]
        self._known: dict[str, bool] = {}

    def holds(self, phrase: str) -> bool:
        """Whether the text contains the phrase, as far as it is searched."""
        if phrase not in self._known:
            self._known[phrase] = phrase in self._text
        return self._known[phrase]


@dataclass(frozen=True)
class Place:
    """A stretch `[start, end)` of a sentence's normalised text."""

    sentence: "Marked"
    start: int
    end: int

    @property
    def name(self) -> str:
        """The stretch in normalised form."""
        return self.sentence.text[self.start : self.end]

    def wording(self, fields: Mapping[str, str]) -> str:
        """The stretch as its author wrote it, where the field's text is given."""
        if self.sentence.field not in fields:
            return self.name
        start, end = self.sentence.source.source_span(self.start, self.end)
        return fields[self.sentence.field][start:end]

    def features(self) -> tuple[str, ...]:
        """Each occurrence of a feature inside the stretch."""
        return self.sentence.inside(self.start, self.end)


@dataclass(frozen=True, eq=False)
class Marked:
    """A sentence of a field with the places of its features."""

    field: str
    source: Sentence

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def words(self) -> list[tuple[int, int, str]]:
        """Words by place, a long one before those inside it."""
        found = zip(self.source.words, self.source.terms, strict=True)
        return sorted(((start, end, "w" + term) for (start, end), term in found), key=lambda w: (w[0], -w[1]))

    @cached_property
    def occurrences(self) -> list[tuple[int, int, str]]:
        """Words and bigrams by place."""
        pairs = zip(self.source.bigram_spans(), self.source.bigrams, strict=True)
        return sorted([*self.words, *((start, end, "b" + term) for (start, end), term in pairs)])

    @cached_property
    def features(self) -> frozenset[str]:
        """The distinct features of the sentence."""
        return frozenset(feature for _, _, feature in self.occurrences)

    def inside(self, start: int, end: int) -> tuple[str, ...]:
        """The features between two offsets; asked for again by every candidate with the same phrase."""
        if (start, end) not in self._inside:
            first, last = bisect_left(self.occurrences, (start,)), bisect_left(self.occurrences, (end,))
            found = self.occurrences[first:last]
            self._inside[start, end] = tuple(feature for _, e, feature in found if e <= end)
        return self._inside[start, end]

    @cached_property
    def _inside(self) -> dict[tuple[int, int], tuple[str, ...]]:
        return {}

    @cached_property
    def _ends(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for start, end, _ in self.words:
            found[start].append(end)
        return found

    def phrases(
        self, shared: Collection[str], other: "Searched", begins: Callable[[str], bool] = tells_something
    ) -> list[Place]:
        """The longest stretches of whole words that the other text contains, each begun by a shared word of a kind."""
        found: list[Place] = []
        if self.features.isdisjoint(shared):
            return found
        at = 0
        for start, end, feature in self.words:
            if start >= at and feature in shared and begins(feature[1:]):
                at = self._extended(start, end, other)
                found.append(Place(self, start, at))
        return found

    def _extended(self, start: int, end: int, other: "Searched") -> int:
        """The furthest end of a word up to which `other` has the text, not ending in an empty word."""
        best = end
        while longer := next((e for e in self._following(end) if self._reaches(start, e, other)), 0):
            best = best if self.text[end:longer] in FUNCTION_WORDS else longer
            end = longer
        return best

    def _reaches(self, start: int, end: int, other: "Searched") -> bool:
        return end - start <= _LONGEST_PHRASE and other.holds(self.text[start:end])

    def _following(self, end: int) -> list[int]:
        gap = self.text[end : end + 1] == " "
        return self._ends.get(end + gap, [])

    def around(self, feature: str) -> Place | None:
        """The words around the first occurrence of a feature."""
        place = next((o for o in self.occurrences if o[2] == feature), None)
        if place is None:
            return None
        touched = [word for word in self.words if word[0] < place[1] and place[0] < word[1]]
        return Place(self, min(word[0] for word in touched), max(word[1] for word in touched))


def holds_words(longer: str, shorter: str) -> bool:
    """Whether one normalised phrase is part of another; a Latin word or number only as a whole: no "led" in "oled"."""
    if shorter not in longer or _HAN.search(shorter):
        return shorter in longer
    return re.search(rf"(?<![0-9a-z]){re.escape(shorter)}(?![0-9a-z])", longer) is not None


def highlight(text: AnalysedText, terms: Sequence[str]) -> list[Span]:
    """Where the terms stand in a text's source fields: in order, without overlaps, the longest first.

    A linked term (电动机≈发动机) is looked for by either word, English words by their stem.
    """
    forms = [(form, at) for at, term in enumerate(terms) for form in _forms(term)]
    forms.sort(key=lambda pair: (-len(pair[0]), pair[1]))
    spans: list[Span] = []
    for field, sentences in text.fields.items():
        for sentence in sentences:
            found = _locate(sentence, forms)
            spans += [Span(field, *sentence.source_span(start, end), at) for start, end, at in found]
    return spans


def _forms(term: str) -> list[str]:
    return [form for part in term.split("≈") if (form := normalise(part).text.strip())]


def _locate(sentence: Sentence, forms: Sequence[tuple[str, int]]) -> list[tuple[int, int, int]]:
    taken: list[tuple[int, int, int]] = []
    for form, at in forms:
        for start, end in _occurrences(sentence, form):
            if all(end <= s or e <= start for s, e, _ in taken):
                taken.append((start, end, at))
    return sorted(taken)


def _occurrences(sentence: Sentence, form: str) -> list[tuple[int, int]]:
    if _HAN.search(form):
        return [found.span() for found in re.finditer(re.escape(form), sentence.text)]
    wanted = {term_of(word) for word in form.split()}
    return [pair for pair, term in zip(sentence.words, sentence.terms, strict=True) if term in wanted]
