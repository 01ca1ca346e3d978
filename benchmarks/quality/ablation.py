"""What each part of the ranking is worth: the same sets with the part taken out."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import inf
from typing import NamedTuple
from unittest.mock import patch

from benchmarks.quality.sets import Row, Task
from benchmarks.quality.systems import Found, Ours
from matchmaker.matching.parameters import DEFAULTS
from matchmaker.text import Lexicon, Segmenter


class Variant(NamedTuple):
    name: str
    system: Ours
    circumstance: AbstractContextManager[object] = nullcontext()
    one_field: bool = False

    def __call__(self, task: Task) -> list[Found]:
        with self.circumstance:
            return self.system(task.changed(_as_one) if self.one_field else task)


def variants(ours: Ours) -> Iterator[Variant]:
    """Texts are cut once where only numbers differ."""
    for name, changes in _NUMBERS.items():
        yield Variant(name, ours.with_parameters(replace(DEFAULTS, **changes)))
    yield Variant("title and text as one field", ours, one_field=True)
    yield Variant("no lexicon", Ours(segmenter=Segmenter(Lexicon())))
    unconverted = patch("matchmaker.text.normalise.simplify", lambda text: text)
    yield Variant("Traditional left as it is", Ours(), unconverted)


def _as_one(row: Row) -> Row:
    return row._replace(title=f"{row.title}\n{row.body}", body="")


_NUMBERS = {
    "words only": {"bigrams": 0.0},
    "bigrams only": {"words": 0.0},
    "words and bigrams alike": {"bigrams": 1.0},
    "no saturation (k1 = k3 = ∞)": {"k1": inf, "k3": inf},
    "IDF floor 0": {"idf_floor": 0.0},
    "IDF floor 1": {"idf_floor": 1.0},
    "IDF power 1": {"idf_power": 1.0},
    "breadth 0": {"breadth": 0.0},
    "raw owner mean": {"breadth": -1.0},
}
