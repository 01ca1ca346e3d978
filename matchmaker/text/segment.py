"""Raw text → sentences and words, with offsets. The only door to the segmentation engines."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from matchmaker.text.analysed import HAN, AnalysedText, Sentence
from matchmaker.text.lexicon import Lexicon
from matchmaker.text.normalise import Normalised, normalise

_LETTER = rf"[^\W_{HAN}]"
_JOINED = rf"(?:(?:[-/_&]|(?<=\d)\.(?=\d)){_LETTER}+)*"
_TOKEN = re.compile(rf"(?P<han>[{HAN}]+)|{_LETTER}+{_JOINED}(?:[+#]{{1,2}}|°[cf]?|[%‰])?")
_PART = re.compile(r"[^-/_&]{2,}")
_SENTENCE = re.compile(r"(?:[^。!?;\n.]|\.(?!\s|$))+")
_SEPARATOR = "；"


class Engine(Protocol):
    """Cuts a run of Chinese characters in search mode: long words and the words inside them."""

    def spans(self, text: str) -> Iterable[tuple[int, int]]:
        """Offsets of the words of `text`."""


class RjiebaEngine:
    """jieba's algorithm and dictionary in Rust: the default."""

    def __init__(self, lexicon: Lexicon) -> None:
        import rjieba  # noqa: PLC0415 -- an engine costs memory only where it is used

        self._jieba = rjieba.Jieba()
        for word in lexicon.words:
            self._jieba.add_word(word, None, None)

    def spans(self, text: str) -> Iterable[tuple[int, int]]:
        """Offsets of the words of `text`."""
        return [(start, end) for _, start, end in self._jieba.tokenize(text, "search")]


class JiebaEngine:
    """The reference implementation, about thirteen times slower."""

    def __init__(self, lexicon: Lexicon) -> None:
        import jieba  # noqa: PLC0415 -- an engine costs memory only where it is used

        self._jieba = jieba.Tokenizer()
        # Loading the dictionary by hand keeps jieba from reading or writing its cache, a marshal
        # file at a fixed name in the world-writable temporary directory.
        tables = self._jieba.gen_pfdict(self._jieba.get_dict_file())
        self._jieba.FREQ, self._jieba.total = tables
        self._jieba.initialized = True
        for word in lexicon.words:
            self._jieba.add_word(word)

    def spans(self, text: str) -> Iterable[tuple[int, int]]:
        """Offsets of the words of `text`."""
        return [(start, end) for _, start, end in self._jieba.tokenize(text, mode="search")]


ENGINES: Mapping[str, type[RjiebaEngine] | type[JiebaEngine]] = {
    "rjieba": RjiebaEngine,
    "jieba": JiebaEngine,
}


class Segmenter:
    """Turns the fields of a posting into an `AnalysedText`. Safe to share between threads.

    >>> text = Segmenter().analyse(title="6061-T6铝合金薄板焊接", body="板厚0.5mm。")
    >>> text.fields["title"][0].terms[0]
    '6061-t6'
    """

    def __init__(self, lexicon: Lexicon | None = None, engine: str = "rjieba") -> None:
        lexicon = lexicon or Lexicon()
        self._engine: Engine = ENGINES[engine](lexicon)
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
        return Sentence(text, tuple(whole.starts[start : end + 1]), tuple(self._words(text)))

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
