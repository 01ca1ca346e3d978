"""Needs compared with needs, and with all needs of a class."""

import pytest

from matchmaker.matching import Index, Posting
from matchmaker.matching.likeness import is_near_duplicate, likenesses, nearest_classes, nearest_items, nearest_needs
from matchmaker.text import AnalysedText, Segmenter

SEGMENTER = Segmenter()
TEXTS = {
    "n1": ("铝合金薄板激光焊接热裂纹", "焊接后出现热裂纹，合格率低。"),
    "n2": ("铝合金托盘焊接变形", "焊接后变形超差，需要校平。"),
    "n3": ("糕点货架期短", "存放三周后出现哈喇味，客户退货。"),
    "n4": ("酱牛肉低温货架期", "货架期只有二十天，菌落超标，客户退货。"),
}
LABELS = {"n1": "equipment", "n2": "equipment", "n3": "food", "n4": "food"}


def said(title: str, body: str) -> AnalysedText:
    return SEGMENTER.analyse(title=title, body=body)


@pytest.fixture(scope="module")
def index() -> Index:
    offers = [Posting("c1", said("激光焊接工艺", "研究热裂纹抑制。")), Posting("c2", said("食品保鲜", "延长货架期。"))]
    return Index.fit(offers, [Posting(key, said(*text)) for key, text in TEXTS.items()])


def test_the_same_text_is_one_and_the_nearest_comes_first(index: Index) -> None:
    found = nearest_needs(index, said(*TEXTS["n1"]), 3)
    assert (found[0].key, found[0].score) == ("n1", pytest.approx(1.0))
    assert found[1].key == "n2"
    assert 0 < found[1].score < 1
    assert "n1" not in {match.key for match in nearest_needs(index, said(*TEXTS["n1"]), 3, {"n1"})}


def test_likeness_is_symmetric_bounded_and_needs_no_index(index: Index) -> None:
    one, other = said("水性漆附着力差", "划格法只有三级。"), said("漆面附着力", "水性漆划格法达不到一级。")
    [there], [back] = likenesses(index, one, [other]), likenesses(index, other, [one])
    assert there == pytest.approx(back)
    assert 0 < there < 1
    assert likenesses(index, one, []) == []
    assert likenesses(index, said("", ""), [one]) == [0.0]


def test_capabilities_like_one_of_them_and_one_written_twice() -> None:
    offers = {
        "a": said("铝合金薄板激光焊接热裂纹抑制", "研究焊丝成分与焊接速度对热裂纹的影响。"),
        "b": said("铝合金薄板激光焊接热裂纹的抑制", "研究焊丝成分和焊接速度对热裂纹的影响。"),
        "c": said("铝合金托盘焊接变形", "焊接后校平。"),
        "d": said("糕点保鲜", "延长货架期。"),
    }
    index = Index.fit([Posting(key, text) for key, text in offers.items()])
    found = nearest_items(index, "a", 3)
    assert [match.key for match in found] == ["b", "c"]
    assert [is_near_duplicate(match) for match in found] == [True, False]
    assert [match.key for match in nearest_items(index, "a", 1, {"b"})] == ["c"]
    assert nearest_items(index, "d", 3) == []
    with pytest.raises(KeyError):
        nearest_items(index, "gone", 3)


def test_a_text_is_nearest_to_the_class_whose_words_it_has(index: Index) -> None:
    found = nearest_classes(index, said("不锈钢焊接变形", "焊接后变形大，客户退货。"), LABELS)
    assert [each.label for each in found] == ["equipment", "food"]
    assert found[0].likeness > found[1].likeness > 0
    assert set(found[0].words[:2]) == {"焊接", "变形"}
    assert "焊接" not in found[1].words


def test_nothing_known_gives_no_class(index: Index) -> None:
    assert nearest_classes(index, said("焊接", ""), {}) == []
    assert nearest_classes(index, said("焊接", ""), {"gone": "equipment"}) == []
    assert nearest_classes(index, said("量子纠错", "超导比特。"), LABELS) == []
    assert nearest_needs(index, said("量子纠错", ""), 3) == []
