from matchmaker.matching import Index, Posting
from matchmaker.matching.related import Related
from tests.matching.postings import SEGMENTER, offers

WELDING = (
    "激光焊接 熔池 匙孔",
    "激光焊接 熔池 飞溅",
    "匙孔 飞溅 保护气",
    "熔池 匙孔 飞溅",
    "激光焊接 保护气",
    "飞溅 保护气",
)
BREWING = ("葡萄酒 酵母 单宁", "酵母 单宁 橡木桶", "葡萄酒 橡木桶", "单宁 橡木桶 陈酿", "酵母 陈酿", "葡萄酒 陈酿")


def made(key: str, title: str) -> Posting:
    return Posting(key, SEGMENTER.analyse(title=title))


def index() -> Index:
    both = [*WELDING, *WELDING, *BREWING, *BREWING]
    return Index.fit([made(f"{'w' if at < 12 else 'b'}{at:02}", text) for at, text in enumerate(both)])


def test_a_text_without_a_common_word_is_near_by_its_company() -> None:
    known = index()
    related = Related.fit(known, dimensions=3)
    assert related is not None
    need = SEGMENTER.analyse(title="激光焊接")
    [found] = related.nearest(known, [need], k=4)
    ranked = {match.key for match in known.rank_items([need], k=None)[0]}
    assert {match.key[0] for match in found} == {"w"}
    assert len(found) == 4
    assert ranked.isdisjoint(match.key for match in found)
    assert Related.fit(known, dimensions=3).nearest(known, [need], k=4) == [found]  # type: ignore[union-attr]


def test_removed_items_and_those_left_out_are_not_found() -> None:
    known = index()
    related = Related.fit(known, dimensions=3)
    assert related is not None
    need = SEGMENTER.analyse(title="激光焊接")
    [before] = related.nearest(known, [need], k=3)
    later = known.update(removed_capabilities=[before[0].key])
    [found] = related.nearest(later, [need], k=3, exclude=[before[1].key])
    assert found[0] == before[2]


def test_a_need_of_unknown_words_and_a_small_index_find_nothing() -> None:
    known = index()
    related = Related.fit(known, dimensions=3)
    assert related is not None
    assert related.nearest(known, [SEGMENTER.analyse(title="钢")], k=3) == [[]]
    assert Related.fit(Index.fit(offers())) is None
