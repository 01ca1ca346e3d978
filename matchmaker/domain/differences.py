"""Two versions of a text side by side: which words went and which came."""

import re
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

_TOKEN = re.compile(r"[A-Za-z0-9_.%°µμΩ/+-]+|\s+|.", re.DOTALL)
_LONELY = 2  # an equal stretch of fewer tokens between two changes is part of the change


class Kind(StrEnum):
    """What became of a stretch."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Piece(NamedTuple):
    """A stretch of text and what became of it."""

    kind: Kind
    text: str


def pieces(before: str, after: str) -> list[Piece]:
    """`before` and `after` as one text: joined without the new pieces it is the first, without the gone the second.

    Compared by words of Latin letters and digits and by Chinese characters (Ratcliff and Obershelp 1988, as in the
    standard library); a change is told whole, its old words before its new ones.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[Piece] = []
    gone = came = ""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal" and not ((gone or came) and b - a < _LONELY and b < len(old)):
            found += [*_change(gone, came), Piece(Kind.SAME, "".join(old[a:b]))]
            gone = came = ""
        else:
            gone += "".join(old[a:b])
            came += "".join(new[c:d])
    return [*found, *_change(gone, came)]


def _change(gone: str, came: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in ((Kind.GONE, gone), (Kind.NEW, came)) if text]
