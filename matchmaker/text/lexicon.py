"""The words the segmenter knows beyond its dictionary, and the stamp that names a state of it all."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version

RULES = "1"
"""Raised whenever the rules of this package change what a text is cut into."""


@dataclass(frozen=True)
class Lexicon:
    """Own words of the field, e.g. product names no general dictionary has."""

    words: tuple[str, ...] = ()

    def stamp(self, engine: str) -> str:
        """A short name for "cut by these rules": texts with another stamp must be analysed again."""
        words = hashlib.sha256("\n".join(sorted(self.words)).encode()).hexdigest()[:8]
        packages = (f"{name}-{version(name)}" for name in (engine, "opencc"))
        return "/".join((*packages, f"rules-{RULES}", f"words-{words}"))
