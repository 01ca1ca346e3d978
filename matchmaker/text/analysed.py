"""The result of segmenting: sentences with their words, storable as JSON."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any, NamedTuple

import snowballstemmer

from matchmaker.text.normalise import source_span

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HAN_RUN = re.compile(f"[{HAN}]+")
_CONTENT = re.compile(r"[^\W_]+")
_SHORTEST_STEMMED = 5
_stemmer = snowballstemmer.stemmer("english")
_stemmer_lock = Lock()


class Term(NamedTuple):
    """A term and the code points `[start, end)` of the source text it stands for."""

    text: str
    start: int
    end: int


class Link(NamedTuple):
    """A name at `[start, end)` of a sentence's text has another, `text` with its own `words`; all normalised."""

    start: int
    end: int
    text: str
    words: tuple[tuple[int, int], ...]

    def sentence(self) -> "Sentence":
        """The other name as a sentence that stands nowhere."""
        return Sentence(self.text, tuple(range(len(self.text) + 1)), self.words)


@lru_cache(maxsize=65536)
def term_of(surface: str) -> str:
    """The term behind a written word: English words of five letters or more by their stem."""
    if len(surface) < _SHORTEST_STEMMED or not (surface.isascii() and surface.isalpha()):
        return surface
    with _stemmer_lock:
        return str(_stemmer.stemWord(surface))


@dataclass(frozen=True)
class Sentence:
    """A normalised sentence, its words (overlapping: search mode) and its way back to the source.

    `words` holds pairs of offsets into `text`. `starts` is as in `Normalised`. `links` are other names of what stands
    here, by the lexicon.
    """

    text: str
    starts: tuple[int, ...]
    words: tuple[tuple[int, int], ...]
    links: tuple[Link, ...] = ()

    @cached_property
    def key(self) -> str:
        """Hash of what the sentence says, blind to punctuation and spacing."""
        content = "".join(_CONTENT.findall(self.text))
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @cached_property
    def terms(self) -> list[str]:
        """One term for each pair in `words`."""
        return [term_of(self.text[start:end]) for start, end in self.words]

    @cached_property
    def bigrams(self) -> list[str]:
        """Overlapping pairs of Chinese characters, and words of other scripts as they are."""
        return [self.text[start:end] for start, end in self.bigram_spans()]

    def bigram_spans(self) -> list[tuple[int, int]]:
        """Offsets into `text` of each of `bigrams`, in the same order."""
        spans = [(at, at + 2) for run in _HAN_RUN.finditer(self.text) for at in range(run.start(), run.end() - 1)]
        spans += [pair for pair in self.words if not _HAN_RUN.match(self.text, *pair)]
        return spans

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into the source field of `text[start:end]`."""
        return source_span(self.starts, start, end)

    def source_terms(self) -> list[Term]:
        """The words as terms with offsets into the source field."""
        spans = (self.source_span(*pair) for pair in self.words)
        return [Term(text, *span) for text, span in zip(self.terms, spans, strict=True)]


@dataclass(frozen=True)
class AnalysedText:
    """A posting's fields cut into sentences. `stamp` names the lexicon and rules that did it."""

    stamp: str
    fields: Mapping[str, tuple[Sentence, ...]]

    def sentences(self, *names: str) -> list[Sentence]:
        """The sentences of the named fields, or of all fields, in order."""
        return [s for name in names or self.fields for s in self.fields.get(name, ())]

    def to_json(self) -> str:
        """Compact JSON for storing; `from_json` gives an equal object back."""
        fields = {name: [_pack(s) for s in found] for name, found in self.fields.items()}
        document = {"stamp": self.stamp, "fields": fields}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, document: str) -> "AnalysedText":
        """Read what `to_json` wrote. Raises `ValueError` or `KeyError` on anything else."""
        data: dict[str, Any] = json.loads(document)
        fields = {n: tuple(_unpack(s) for s in found) for n, found in data["fields"].items()}
        return cls(stamp=data["stamp"], fields=fields)


def _pack(sentence: Sentence) -> list[Any]:
    """The map as runs `normalised offset, source offset, …` within which both advance together."""
    starts = sentence.starts
    breaks = [i for i in range(len(starts)) if i == 0 or starts[i] != starts[i - 1] + 1]
    runs = [number for i in breaks for number in (i, starts[i])]
    packed = [sentence.text, runs, _flat(sentence.words)]
    links = [[link.start, link.end, link.text, _flat(link.words)] for link in sentence.links]
    return [*packed, links] if links else packed


def _flat(pairs: Iterable[tuple[int, int]]) -> list[int]:
    return [offset for pair in pairs for offset in pair]


def _paired(flat: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def _unpack(packed: Sequence[Any]) -> Sentence:
    text, runs, flat, *linked = packed
    starts: list[int] = []
    edges = [*runs[2::2], len(text) + 1]
    for first, source, edge in zip(runs[::2], runs[1::2], edges, strict=True):
        starts.extend(range(source, source + edge - first))
    links = tuple(Link(start, end, name, _paired(words)) for start, end, name, words in (linked or [()])[0])
    return Sentence(text, tuple(starts), _paired(flat), links)
