"""Which words say nothing about what a text is about, judged by the dictionary rather than by the corpus.

A bureau starts with a few dozen postings, in which 我们 or 小时 is as rare as 缩松. jieba's dictionary knows better: it
carries a part of speech and a frequency from a large general corpus.
"""

import re
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

_EMPTY_KINDS = frozenset("rmtfqdcpuyeo")  # pronoun, numeral, time, place word, measure, adverb, conjunction …
_COMMON_VERB = 3_000
_COMMON_WORD = 8_000
_ALSO = frozenset(["方案", "理由", "规则", "指标", "降到", "拿出", "拉走", "最好", "做到", "我方", "换成", "合格"])
_UNITS = frozenset(["mm", "cm", "dm", "um", "μm", "nm", "km", "kg", "mg", "μg", "g/l", "mg/l", "ml", "wt", "ppm"]) | {
    *("pa", "kpa", "mpa", "gpa", "kw", "mw", "hz", "khz", "mhz", "ghz", "db", "min", "次/min"),
}
_NUMBER = re.compile(r"\d{1,3}(?:\.\d+)?[%‰]?")
_COUNTED = re.compile(
    "[零〇一二三四五六七八九十百千万亿两几多半数来第]+(?:个|次|种|天|年|月|日|个月|小时|分钟|吨|平米|元|万元|左右|以上|以下|以内)*"
)


@cache
def _general_words() -> frozenset[str]:
    words: set[str] = set()
    with _dictionary().open(encoding="utf-8") as lines:
        for line in lines:
            word, frequency, *kind = line.split()
            if _general(int(frequency), kind[0] if kind else ""):
                words.add(word)
    return frozenset(words)


def _dictionary() -> Path:
    """Where jieba keeps its dictionary; the package itself, slow and large, is not imported for it."""
    package = find_spec("jieba")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("jieba is not installed")
    return Path(package.submodule_search_locations[0]) / "dict.txt"


def _general(frequency: int, kind: str) -> bool:
    least = _COMMON_VERB if kind == "v" else _COMMON_WORD
    return kind in _EMPTY_KINDS or frequency >= least


@lru_cache(maxsize=65536)
def is_general(word: str) -> bool:
    """Whether a normalised word is grammar, a count, a unit or an everyday word rather than a subject.

    我们, 一个月, 方案, 16%, mpa are; 缩松, 减速器, 6061 are not.
    """
    listed = word in _ALSO or word in _UNITS or word in _general_words()
    return listed or bool(_NUMBER.fullmatch(word) or _COUNTED.fullmatch(word))
