"""What to show of a long text: the stretch with the most hits, and where they stand in it."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matchmaker.matching import Span

LIMIT = 160
_BACK = 40  # characters to go back for the beginning of a sentence
_BREAK = re.compile(r"[。！？；;\n]\s*")
MORE = "…"


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a text with `spans` (start, end) in it; "…" says that there is more."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


def excerpt(text: str, spans: Sequence[tuple[int, int]], limit: int = LIMIT) -> Excerpt:
    """At most about `limit` characters of `text`, where most of the hits are; short texts whole."""
    spans = sorted(spans)
    if len(text) <= limit:
        return Excerpt(text, tuple(spans))
    start = _start(text, spans, limit)
    end = min(len(text), start + limit)
    before, after = MORE if start else "", MORE if end < len(text) else ""
    moved = [(a - start + len(before), min(b, end) - start + len(before)) for a, b in spans if start <= a < end]
    return Excerpt(f"{before}{text[start:end].rstrip()}{after}", tuple(moved))


def marked(text: str, spans: Iterable[Span], field: str) -> Excerpt:
    """The excerpt of one analysed field, with those of the `spans` that lie in it."""
    return excerpt(text, [(span.start, span.end) for span in spans if span.field == field])


def _start(text: str, spans: Sequence[tuple[int, int]], limit: int) -> int:
    starts = [start for start, _end in spans]
    best = max(
        starts, key=lambda start: (bisect_right(starts, start + limit - _BACK) - starts.index(start), -start), default=0
    )
    if best < _BACK:
        return 0
    breaks = [found.end() for found in _BREAK.finditer(text, best - _BACK, best)]
    return breaks[0] if breaks else best
