"""How alike the names of two organisations are, so that the same one is not put on file twice."""

import re
from collections.abc import Iterable

from matchmaker.domain.drafts.tidy import comparable

NEAR = 0.6  # from here on two names are shown side by side to an officer
_FORMS = re.compile(r"\([^)]*\)|股份有限公司|有限责任公司|有限公司|集团|公司|厂$")
_CITY = re.compile("^市")


def core(name: str) -> str:
    """The name without its legal form and what stands in brackets; the whole one where nothing is left."""
    whole = comparable(name)
    return _FORMS.sub("", whole) or whole


def folded(name: str, places: Iterable[str] = ()) -> str:
    """The core without the `places` it begins with, so that 某省某市甲乙有限公司 and 甲乙公司 are one name."""
    left = core(name)
    fronts = sorted(filter(None, map(comparable, places)), key=len, reverse=True)
    front = next((place for place in fronts if left.startswith(place)), "")
    while front and len(left) - len(front) > 1:
        left = _CITY.sub("", left.removeprefix(front))
        front = next((place for place in fronts if left.startswith(place)), "")
    return left


def likeness(one: str, other: str) -> float:
    """0–1: Dice's coefficient of the bigrams of both cores (Dice 1945); equal cores are 1, one inside the other 0.9."""
    first, second = core(one), core(other)
    if first == second:
        return 1.0
    if min(len(first), len(second)) > 2 and (first in second or second in first):
        return 0.9
    pairs, others = _bigrams(first), _bigrams(second)
    return 2 * len(pairs & others) / max(1, len(pairs) + len(others))


def _bigrams(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}
