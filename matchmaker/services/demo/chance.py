"""Choices that look like chance and are always the same: they follow from what is chosen about, and nothing else."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def chance(*about: object) -> float:
    """A number in [0, 1) that belongs to `about`."""
    text = "\x1f".join(map(str, about))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def chosen(options: Sequence[T], *about: object) -> T:
    """One of the options."""
    return options[int(chance(*about) * len(options))]


def between(least: int, most: int, *about: object) -> int:
    """A whole number from `least` to `most`."""
    return least + int(chance(*about) * (most - least + 1))


def least_used(options: Sequence[str], uses: Counter[str], *about: object) -> str:
    """One of the options that have been used least so far, counted as used once more."""
    fewest = min(uses[option] for option in options)
    found = chosen([option for option in options if uses[option] == fewest], *about)
    uses[found] += 1
    return found
