"""What is known about words beyond the segmenter's dictionary, and the stamp that names a state of it all.

Two things: words of the field, and links between words that name the same or nearly the same (OLED ↔ 有机发光二极管,
薄壁 ↔ 薄板). A bureau's own come on top of those that lie in `seeds/lexicon`; whoever holds both makes a new `Lexicon`,
and texts under another stamp are analysed again.
"""

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

from matchmaker.resources import resource_dir
from matchmaker.text.normalise import normalise

RULES = "2"
"""Raised whenever the rules of this package change what a text is cut into."""

_FIRST = re.compile(r"[\u3007\u3400-\u9fff]+|[0-9a-z]+")
_HAN = re.compile(r"[\u3007\u3400-\u9fff]{2,}")


@dataclass(frozen=True)
class Lexicon:
    """`words` no general dictionary has, and `links`, each two names of one thing. Both in any written form."""

    words: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @classmethod
    def bundled(cls) -> "Lexicon":
        """The one of `seeds/lexicon`."""
        return _bundled()

    def with_own(self, words: Iterable[str] = (), links: Iterable[tuple[str, str]] = ()) -> "Lexicon":
        """This one and somebody's own words and links."""
        return Lexicon((*self.words, *words), (*self.links, *links))

    @cached_property
    def chinese(self) -> frozenset[str]:
        """The normalised words and names of Chinese characters only, which a segmenter must be told of."""
        found = {_form(word) for word in (*self.words, *(name for link in self.links for name in link))}
        return frozenset(word for word in found if _HAN.fullmatch(word))

    @cached_property
    def names(self) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """The first word of a name → each name that begins so, with its other names; all normalised."""
        others: dict[str, dict[str, None]] = defaultdict(dict)
        for one, other in ((_form(a), _form(b)) for a, b in self.links):
            if one and other and one != other:
                others[one][other] = None
                others[other][one] = None
        found: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for name in sorted(others):
            if first := _FIRST.match(name):
                found[first[0]].append((name, tuple(others[name])))
        return {first: tuple(named) for first, named in found.items()}

    def stamp(self, engine: str) -> str:
        """A short name for "cut by these rules": texts with another stamp must be analysed again."""
        known = (*sorted(self.words), *sorted(map("=".join, self.links)))
        words = hashlib.sha256("\n".join(known).encode(errors="replace")).hexdigest()[:8]
        packages = (f"{name}-{version(name)}" for name in (engine, "opencc"))
        return "/".join((*packages, f"rules-{RULES}", f"words-{words}"))


def _form(written: str) -> str:
    return " ".join(normalise(written).text.split())


@cache
def _bundled() -> Lexicon:
    folder = resource_dir("seeds") / "lexicon"
    words = tuple(row[0] for row in _rows(folder / "words.tsv"))
    links = tuple((row[0], row[1]) for row in _rows(folder / "links.tsv"))
    return Lexicon(words, links)


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows of a tab-separated file under its header."""
    with path.open(encoding="utf-8", newline="") as stream:
        yield from list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
