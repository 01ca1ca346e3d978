"""One written form for every text, with a way back to the characters a person typed."""

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import opencc

_CLUSTER_LIMIT = 32
"""Marks kept with one base character; ordering them costs the square of their number."""

_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
_BREAKS = dict.fromkeys("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n")
_TRANSLATE = str.maketrans(_DASHES | _BREAKS)
_CJK_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x323B0))


class Normalised(NamedTuple):
    """A normalised text and where each of its characters came from.

    `starts[i]` is the offset in the source of the characters behind `text[i]`; one more entry
    holds the length of the source. Offsets are code points, as everywhere in this package.
    """

    text: str
    starts: list[int]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The source characters behind `text[start:end]` (`start < end`), whole characters only."""
        return source_span(self.starts, start, end)


def source_span(starts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """`Normalised.source_span` for a map kept elsewhere."""
    return starts[start], starts[bisect_right(starts, starts[end - 1], lo=end - 1)]


def normalise(source: str) -> Normalised:
    """NFKC, lower case, Simplified characters, without invisible characters.

    Control characters and lone surrogates become spaces, every line break a newline, every dash "-".
    Traditional characters are converted by phrase and only in a text that has one
    (軟體 → 软体, 乾坤 stays). Never fails, whatever the string holds.
    """
    pieces: list[str] = []
    starts: list[int] = []
    for at, cluster in _clusters(source):
        folded = _fold(cluster)
        pieces.append(folded)
        starts.extend([at] * len(folded))
    starts.append(len(source))
    return Normalised(simplify("".join(pieces)), starts)


def _clusters(source: str) -> list[tuple[int, str]]:
    """Characters with the marks that belong to them; invisible characters are left out."""
    found: list[tuple[int, str]] = []
    for at, char in enumerate(source):
        kind = _kind(char)
        if kind == "mark" and found and len(found[-1][1]) < _CLUSTER_LIMIT:
            found[-1] = (found[-1][0], found[-1][1] + char)
        elif kind != "invisible":
            found.append((at, char))
    return found


@cache
def _kind(char: str) -> str:
    if unicodedata.category(char) == "Cf" or _is_variation_selector(char):
        return "invisible"
    first = unicodedata.normalize("NFKC", char)[0]
    joins = unicodedata.category(first).startswith("M") or "\u1160" <= char <= "\u11ff"
    return "mark" if joins else "base"


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


@lru_cache(maxsize=65536)
def _fold(cluster: str) -> str:
    folded = unicodedata.normalize("NFKC", cluster).translate(_TRANSLATE).lower()
    return "".join(" " if _is_unusable(char) else char for char in folded)


def _is_unusable(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in {"Cc", "Cs"}


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _traditional() -> dict[str, str]:
    """Each character OpenCC would change on its own, with what it becomes."""
    chars = [chr(code) for first, last in _CJK_BLOCKS for code in range(first, last)]
    simplified = _converter().convert("\n".join(chars)).split("\n")
    return {a: b for a, b in zip(chars, simplified, strict=True) if a != b and len(b) == 1}


def simplify(text: str) -> str:
    """`text` in Simplified characters, by phrase, and only where it has a Traditional one; its length stays."""
    table = _traditional()
    if table.keys().isdisjoint(text):
        return text
    converted: str = _converter().convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(table.get(char, char) for char in text)
