"""Which needs stand on the ground that an owner has called not theirs."""

import pytest

from matchmaker.matching import Index, Posting, same_ground
from tests.support.texts import segmenter

WELDING = "铝合金薄板激光焊接热裂纹控制"
OFFERS = {
    "a1": ("expert:1", "铝合金激光焊接工艺", "长期研究铝合金薄板激光焊接热裂纹的形成与抑制"),
    "a2": ("expert:1", "电池极片涂布缺陷检测", "用线扫相机在线检测电池极片涂布的露箔和划痕"),
    "b": ("expert:2", "水稻病害预测", "稻瘟病孢子捕捉与预测"),
    "c": ("expert:3", "桥梁监测", "大跨桥梁振动监测"),
}


def posting(key: str, title: str, body: str = "", owner: str = "") -> Posting:
    return Posting(key, segmenter().analyse(title=title, body=body), owner=owner)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.fit([posting(key, title, body, owner) for key, (owner, title, body) in OFFERS.items()])


REFUSED = posting("r", WELDING, "1.2 mm 薄板激光焊后出现热裂纹，合格率只有 78%。").text


@pytest.mark.parametrize(
    ("title", "body", "place"),
    [
        (WELDING, "薄板激光焊后出现热裂纹，合格率只有 80%。", 0),  # posted again
        ("铝合金薄板激光焊接热裂纹", "我们做的是餐车车厢，采购周期三个月，场地在二楼。", 0),  # shares just that
        ("电池极片涂布露箔检测", "涂布后的露箔和划痕靠人看。", None),  # another field of the same person
        ("水稻稻瘟病预测", "", None),
    ],
)
def test_the_same_again_and_the_same_topic_and_nothing_else(
    index: Index, title: str, body: str, place: int | None
) -> None:
    assert same_ground(index, posting("n", title, body).text, [REFUSED], "expert:1") == place


def test_the_first_that_fits_is_named(index: Index) -> None:
    other = posting("o", "大跨桥梁振动监测").text
    assert same_ground(index, posting("n", WELDING).text, [other, REFUSED], "expert:1") == 1
    assert same_ground(index, posting("n", WELDING).text, [], "expert:1") is None


def test_an_unknown_owner_or_an_empty_text_meets_repetitions_only(index: Index) -> None:
    assert same_ground(index, REFUSED, [REFUSED], "expert:99") == 0
    empty = posting("e", "").text
    assert same_ground(index, empty, [REFUSED, empty], "expert:1") is None
