"""Whatever a text holds: no crash, the same answer every time, and no result without a reason."""

# ruff: noqa: RUF001 -- full-width characters are what is tested

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.matching import Posting, Ranker, highlight
from matchmaker.text import normalise, term_of
from tests.matching.postings import SEGMENTER

ROOT = Path(__file__).parents[2]
ODD = st.text(
    alphabet=st.one_of(st.sampled_from("铝合金鋁焊接ＡａﬁOLED 6-T。é\u0301\u200b\x00\ud800😀薄壁板"), st.characters()),
    max_size=40,
)
MIXED = st.lists(
    st.sampled_from(
        ["鋁合金", "ＯＬＥＤ", "ﬁber", "薄\u200b壁", "e\u0301tude", "６０６１－Ｔ６", "軟體", "㎜", "。", " ", "焊接"]
    ),
    max_size=12,
).map("".join)


def posting(key: str, text: str) -> Posting:
    return Posting(key, SEGMENTER.analyse(title=text, body=text))


@settings(max_examples=60, deadline=None)
@given(st.lists(ODD, max_size=4), ODD)
def test_any_texts_rank_alike_twice_and_with_a_reason(texts: list[str], wanted: str) -> None:
    need = posting("n", wanted)
    offers = [posting(f"o{at}", text) for at, text in enumerate(texts)]
    ranker = Ranker().fit(offers, queries=[need])
    [found] = ranker.rank([need])
    assert [found] == Ranker().fit(list(reversed(offers)), queries=[need]).rank([need])
    assert all(match.score > 0 for match in found)
    assert all(ranker.explain(need, found))


@pytest.mark.parametrize("texts", [[], [""], ["铝"], ["铝合金焊接"] * 3, ["😀"], ["\x00"], ["\ud800"]])
def test_few_or_equal_documents(texts: list[str]) -> None:
    need = posting("n", "铝合金焊接")
    [found] = Ranker().fit([posting(f"o{at}", text) for at, text in enumerate(texts)]).rank([need])
    assert [match.key for match in found] == ([f"o{at}" for at in range(3)] if len(texts) == 3 else [])


def test_a_megabyte_is_read_whole() -> None:
    end = "石墨烯散热膜"
    big = posting("big", "铝合金焊接变形控制。" * 35_000 + end)
    [found] = Ranker().fit([big, posting("small", "葡萄酒酿造")]).rank([posting("n", end)])
    assert [match.key for match in found] == ["big"]


@settings(max_examples=80, deadline=None)
@given(MIXED)
def test_every_marked_span_reads_as_its_term(source: str) -> None:
    text = SEGMENTER.analyse(title=source)
    terms = ["铝合金", "oled", "fiber", "薄壁", "6061-t6", "软体", "mm", "étude", "焊接"]
    spans = highlight(text, terms)
    for span in spans:
        read = normalise(source[span.start : span.end]).text
        assert term_of(read) == term_of(terms[span.term])
    assert all(one.end <= other.start for one, other in pairwise(spans))


SCRIPT = """
from tests.matching.postings import offers, posting
from matchmaker.matching import Ranker
need = posting("n", "OLED薄壁铝合金焊接变形", "激光焊接后翘曲，machine vision检测划痕与废水。")
ranker = Ranker(by_owner=True).fit(offers(), queries=[need])
[found] = ranker.rank([need])
print(found, ranker.explain(need, found))
"""


def test_the_order_of_hashes_changes_nothing() -> None:
    outputs = set()
    for seed in ("0", "1", "20261122"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1
    assert "welding" in outputs.pop()
