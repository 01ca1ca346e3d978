# ruff: noqa: RUF001 -- full-width characters are what is tested

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from matchmaker.matching import Ranker
from matchmaker.matching.parameters import DEFAULTS
from tests.matching.postings import offers, posting

NEED = posting("n", "铝合金薄板焊接变形大", "激光焊接6061-T6钢板后翘曲，需要控制变形，降低返工。")


def test_the_right_offer_comes_first() -> None:
    [found] = Ranker().fit(offers()).rank([NEED])
    assert found[0].key == found[0].item == "welding"
    assert found[0].score > 2 * found[1].score


def test_an_owner_is_found_by_its_items_and_names_the_best() -> None:
    [found] = Ranker(by_owner=True).fit(offers()).rank([posting("n", "高盐印染废水处理")])
    assert (found[0].key, found[0].item) == ("王", "water")


def test_an_owner_of_one_item_scores_as_the_item() -> None:
    one = [posting("a", "纳滤膜回收染料"), posting("b", "钢板缺陷检测")]
    need = posting("n", "染料回收")
    [[item, *_]] = Ranker().fit(one).rank([need])
    [[owner, *_]] = Ranker(by_owner=True).fit(one).rank([need])
    assert item == owner


def test_head_and_body_count_apart() -> None:
    ranker = Ranker().fit(offers())
    title, body = posting("t", "隔膜涂覆"), posting("b", "", "废水处理")
    both = posting("tb", "隔膜涂覆", "废水处理")
    scores = [{m.key: m.score for m in found} for found in ranker.rank([title, body, both])]
    for key in ("battery", "water"):
        assert scores[2][key] == pytest.approx(scores[0].get(key, 0) + scores[1].get(key, 0))


def test_traditional_and_full_width_needs_rank_alike() -> None:
    ranker = Ranker().fit(offers())
    plain, other = posting("n", "铝合金焊接变形6061-T6"), posting("n", "鋁合金焊接變形６０６１－Ｔ６")
    assert ranker.rank([plain]) == ranker.rank([other])


def test_pairs_score_as_ranking_does_and_keep_their_order() -> None:
    ranker = Ranker().fit(offers())
    [ranked] = ranker.rank([NEED])
    scores = {match.key: match.score for match in ranked}
    keys = ["water", "welding", "vision"]
    found = ranker.score_pairs([(NEED, key) for key in keys])
    assert [(match.key, match.score) for match in found] == [(key, scores.get(key, 0.0)) for key in keys]


def test_equal_offers_are_ordered_by_key() -> None:
    same = [posting(key, "铝合金焊接") for key in ("c", "a", "b")]
    [found] = Ranker().fit(same).rank([posting("n", "铝合金焊接")], k=2)
    assert [match.key for match in found] == ["a", "b"]
    assert found[0].score == found[1].score == pytest.approx(2.0)


def test_nothing_in_common_is_not_a_match() -> None:
    assert Ranker().fit(offers()).rank([posting("n", "xyzzy"), posting("e", "")]) == [[], []]


def test_an_empty_side_is_no_accident() -> None:
    assert Ranker(by_owner=True).fit([]).rank([NEED]) == [[]]
    assert Ranker().fit([posting("a", "")]).rank([NEED]) == [[]]
    assert Ranker().fit(offers()).rank([]) == []


def test_a_term_nobody_else_uses_is_not_dropped() -> None:
    [found] = Ranker().fit([*offers(), posting("new", "zzzirconium")]).rank([posting("n", "zzzirconium")])
    assert [match.key for match in found] == ["new"]


def test_it_keeps_the_estimator_contract() -> None:
    ranker = Ranker(by_owner=True)
    assert ranker.get_params() == clone(ranker).get_params() == {"by_owner": True, "parameters": DEFAULTS}
    with pytest.raises(NotFittedError):
        ranker.rank([NEED])
    assert ranker.fit(offers()) is ranker
    assert ranker.fit([posting("only", "铝合金焊接", owner="赵")]).rank([NEED])[0][0].key == "赵"
    assert not hasattr(clone(ranker), "index_")


def test_two_offers_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="distinct"):
        Ranker().fit([posting("a", "焊接"), posting("a", "电池")])


@settings(max_examples=50)
@given(st.lists(st.text(alphabet="铝合金焊接电池 a\ud8001的", max_size=8), max_size=6), st.text(max_size=20))
def test_scores_are_finite_sorted_and_bounded(titles: list[str], wanted: str) -> None:
    documents = [posting(str(at), title, owner="即" if at % 2 else "") for at, title in enumerate(titles)]
    need = posting("n", wanted + "焊接", "铝合金" + wanted)
    for by_owner in (False, True):
        [found] = Ranker(by_owner=by_owner).fit(documents).rank([need], k=None)
        scores = [match.score for match in found]
        assert np.isfinite(scores).all()
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 4 + 1e-6 for score in scores)


SCRIPT = """
from tests.matching.test_ranker import NEED, Ranker, offers
ranker = Ranker(by_owner=True).fit(offers())
[found] = ranker.rank([NEED])
print(found, ranker.explain(NEED, found))
"""


def test_results_do_not_depend_on_the_hash_seed() -> None:
    outputs = {
        subprocess.check_output(
            [sys.executable, "-c", SCRIPT], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."}
        )
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert "铝合金" in outputs.pop().decode()
