"""Text as the global search compares it: words apart, in one written form, whatever was typed."""

import re
from collections.abc import Iterable

from matchmaker.text.analysed import HAN
from matchmaker.text.normalise import normalise
from matchmaker.text.segment import Segmenter

Span = tuple[int, int]
MOST_TERMS = 8
WHOLE_WORD = 2  # a Latin term this short stands for itself: 5g is not the beginning of 5gpa
_OTHER = rf"[^\W_{HAN}]"
_RUN = re.compile(rf"[{HAN}]+|{_OTHER}+(?:(?<=\d)\.(?=\d){_OTHER}+)*")
_HAN = re.compile(f"[{HAN}]+")
_PARTICLES = frozenset("的了和与及或在是等中对为之将把被")


def fold(source: str) -> str:
    """Runs of Chinese characters and words of other scripts, normalised, each between two spaces.

    >>> fold("ＡＩ質檢，6061-T6薄板")
    ' ai 质检 6061 t6 薄板 '
    """
    return f" {' '.join(_RUN.findall(normalise(source).text))} "


def search_terms(segmenter: Segmenter, typed: str) -> list[str]:
    """What must occur for a text to be found, each once, at most `MOST_TERMS`: folded words of what was typed."""
    found = [term for run in fold(typed).split() for term in _terms(segmenter, run)]
    telling = [term for term in found if term not in _PARTICLES]
    return list(dict.fromkeys(telling or found))[:MOST_TERMS]


def needle(term: str) -> str:
    """The piece of a folded text that holds `term`: Chinese anywhere, other words from their beginning."""
    if _HAN.fullmatch(term):
        return term
    return f" {term} " if len(term) <= WHOLE_WORD else f" {term}"


def spans_of(source: str, terms: Iterable[str]) -> list[Span]:
    """Where `terms` stand in the text as it was written, in order; offsets in code points."""
    whole = normalise(source)
    patterns = [_pattern(term) for term in terms]
    found = {hit.span() for pattern in patterns for hit in pattern.finditer(whole.text)}
    return sorted(whole.source_span(*span) for span in found)


def _pattern(term: str) -> re.Pattern[str]:
    if _HAN.fullmatch(term):
        return re.compile(re.escape(term))
    end = rf"(?!{_OTHER})" if len(term) <= WHOLE_WORD else ""
    return re.compile(rf"(?<!{_OTHER}){re.escape(term)}{end}")


def _terms(segmenter: Segmenter, run: str) -> list[str]:
    """A run as its words; one that consists of smaller words as those."""
    if not _HAN.fullmatch(run):
        return [run]
    spans = sorted({span for sentence in segmenter.sentences(run) for span in sentence.words})
    outer = [span for span in spans if not any(_inside(span, other) for other in spans)]
    return [run[start:end] for span in outer for start, end in _tiles(span, spans) or [span]]


def _inside(span: Span, other: Span) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]


def _tiles(span: Span, spans: Iterable[Span]) -> list[Span]:
    """The smaller words that lie side by side and make up `span`, none if they leave a gap."""
    at, found = span[0], []
    while at < span[1]:
        following = min((each for each in spans if _inside(each, span) and each[0] == at), default=None)
        if following is None:
            return []
        found.append(following)
        at = following[1]
    return found
