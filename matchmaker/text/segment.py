"""Raw text → sentences and words, with offsets. The only door to the segmentation engines."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Protocol

from matchmaker.text.analysed import HAN, AnalysedText, Link, Sentence
from matchmaker.text.lexicon import Lexicon
from matchmaker.text.normalise import Normalised, normalise

_LETTER = rf"[^\W_{HAN}]"
_JOINED = rf"(?:(?:[-/_&]|(?<=\d)\.(?=\d)){_LETTER}+)*"
_TOKEN = re.compile(rf"(?P<han>[{HAN}]+)|{_LETTER}+{_JOINED}(?:[+#]{{1,2}}|°[cf]?|[%‰])?")
_PART = re.compile(r"[^-/_&]{2,}")
_SENTENCE = re.compile(r"(?:[^。!?;\n.]|\.(?!\s|$))+")
_SEPARATOR = "；"
Span = tuple[int, int]


class Engine(Protocol):
    """Cuts a run of Chinese characters in search mode: long words and the words inside them."""

    def spans(self, text: str) -> list[Span]:
        """Offsets of the words of `text`."""


class RjiebaEngine:
    """jieba's algorithm and dictionary in Rust: the default."""

    def __init__(self, words: Collection[str] = ()) -> None:
        import rjieba  # noqa: PLC0415 -- an engine costs memory only where it is used

        self._jieba = rjieba.Jieba()
        for word in sorted(words):
            self._jieba.add_word(word, None, None)

    def spans(self, text: str) -> list[Span]:
        """Offsets of the words of `text`."""
        return [(start, end) for _, start, end in self._jieba.tokenize(text, "search")]


class JiebaEngine:
    """The reference implementation, about thirteen times slower."""

    def __init__(self, words: Collection[str] = ()) -> None:
        import jieba  # noqa: PLC0415 -- an engine costs memory only where it is used

        self._jieba = jieba.Tokenizer()
        # Loading the dictionary by hand keeps jieba from reading or writing its cache, a marshal
        # file at a fixed name in the world-writable temporary directory.
        tables = self._jieba.gen_pfdict(self._jieba.get_dict_file())
        self._jieba.FREQ, self._jieba.total = tables
        self._jieba.initialized = True
        for word in sorted(words):
            self._jieba.add_word(word)

    def spans(self, text: str) -> list[Span]:
        """Offsets of the words of `text`."""
        return [(start, end) for _, start, end in self._jieba.tokenize(text, mode="search")]


class _Enriched:
    """An engine with words of one's own, which come on top of what the engine finds without them.

    Told of a word, an engine cuts its surroundings otherwise and no longer gives the smaller words inside: texts that
    met in those would part. So both ways of cutting are done, and of the second only the own words are taken.
    """

    def __init__(self, engine: type[RjiebaEngine] | type[JiebaEngine], words: Collection[str]) -> None:
        self._plain, self._aware, self._words = engine(), engine(words), words

    def spans(self, text: str) -> list[Span]:
        """Offsets of the words of `text`."""
        found = self._plain.spans(text)
        own = [(start, end) for start, end in self._aware.spans(text) if text[start:end] in self._words]
        inner = (span for outer in own for span in self._inside(text, *outer))
        return sorted({*found, *own, *inner}, key=lambda span: (span[1], -span[0])) if own else found

    def _inside(self, text: str, start: int, end: int) -> list[Span]:
        """Own words within an own word, which the engine gives up to three characters long only."""
        places = ((at, to) for at in range(start, end - 1) for to in range(at + 2, end + 1))
        return [(at, to) for at, to in places if text[at:to] in self._words]


ENGINES: Mapping[str, type[RjiebaEngine] | type[JiebaEngine]] = {
    "rjieba": RjiebaEngine,
    "jieba": JiebaEngine,
}


class Segmenter:
    """Turns the fields of a posting into an `AnalysedText`. Safe to share between threads.

    `lexicon` is the bundled one unless another is given.

    >>> text = Segmenter().analyse(title="6061-T6铝合金薄板焊接", body="板厚0.5mm。")
    >>> text.fields["title"][0].terms[0]
    '6061-t6'
    """

    def __init__(self, lexicon: Lexicon | None = None, engine: str = "rjieba") -> None:
        lexicon = Lexicon.bundled() if lexicon is None else lexicon
        kind = ENGINES[engine]
        self._engine: Engine = _Enriched(kind, lexicon.chinese) if lexicon.chinese else kind()
        self._names = lexicon.names
        self._cut = lru_cache(maxsize=4096)(self._other_name)
        self.stamp = lexicon.stamp(engine)

    def analyse(self, *, title: str = "", keywords: Iterable[str] = (), body: str = "") -> AnalysedText:
        """Analyse the three fields of a posting; offsets count code points of each field.

        Those of `keywords` count in `join_keywords(keywords)`.
        """
        texts = {"title": title, "keywords": join_keywords(keywords), "body": body}
        fields = {name: tuple(self.sentences(text)) for name, text in texts.items()}
        return AnalysedText(stamp=self.stamp, fields=fields)

    def sentences(self, source: str) -> Iterator[Sentence]:
        """The sentences of one text that hold at least one word."""
        whole = normalise(source)
        for found in _SENTENCE.finditer(whole.text):
            sentence = self._sentence(whole, *found.span())
            if sentence.words:
                yield sentence

    def _sentence(self, whole: Normalised, start: int, end: int) -> Sentence:
        text = whole.text[start:end]
        words = tuple(self._words(text))
        return Sentence(text, tuple(whole.starts[start : end + 1]), words, tuple(self._links(text, words)))

    def _links(self, text: str, words: Iterable[Span]) -> Iterator[Link]:
        """The names in a sentence that have others; of those that begin at one place the longest."""
        begun = {(start, name) for start, end in words for name in self._names.get(text[start:end], ())}
        ends = {end for _, end in words} if begun else set()
        done = -1
        for start, (name, others) in sorted(begun, key=lambda one: (one[0], -len(one[1][0]))):
            reached = start + len(name)
            if start != done and reached in ends and text.startswith(name, start):
                done = start
                yield from (Link(start, reached, *self._cut(other)) for other in others)

    def _other_name(self, name: str) -> tuple[str, tuple[Span, ...]]:
        return name, tuple(self._words(name))

    def _words(self, text: str) -> Iterator[tuple[int, int]]:
        for token in _TOKEN.finditer(text):
            start, end = token.span()
            if token["han"]:
                yield from ((start + a, start + b) for a, b in self._engine.spans(token[0]))
                continue
            parts = [part.span() for part in _PART.finditer(text, start, end)]
            yield from (part for part in parts if part != (start, end))
            yield start, end


def join_keywords(keywords: Iterable[str]) -> str:
    """Keywords as the one text their offsets refer to; each stays a sentence of its own."""
    return _SEPARATOR.join(keywords)
