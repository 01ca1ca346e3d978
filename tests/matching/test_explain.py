# ruff: noqa: RUF001 -- full-width characters are what is tested

from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.matching import Posting, Ranker, Reason, highlight
from matchmaker.matching.phrases import holds_words
from matchmaker.text import AnalysedText
from tests.matching.postings import SEGMENTER, offers, posting


def reasons(title: str, *others: Posting, by_owner: bool = False) -> list[Reason]:
    ranker = Ranker(by_owner=by_owner).fit([*others, *offers()])
    need = posting("n", title)
    [found] = ranker.rank([need])
    return ranker.explain(need, found, wording={"title": title})[0]


def test_reasons_are_the_longest_shared_phrases_in_the_words_of_the_need() -> None:
    found = reasons("鋁合金焊接變形的預測")
    assert [reason.term for reason in found] == ["焊接變形", "鋁合金", "預測"]
    assert 0.9 < sum(reason.share for reason in found) <= 1


def test_shares_are_of_the_whole_score_largest_first() -> None:
    found = reasons("锂离子电池隔膜涂覆、焊接")
    assert found[0].term == "锂离子电池隔膜涂覆"
    assert [r.share for r in found] == sorted((r.share for r in found), reverse=True)


def test_a_phrase_inside_a_longer_one_is_counted_with_it() -> None:
    offer, other = posting("f", "锂离子电池隔膜；电池隔膜；隔膜"), posting("o", "水泵维修")
    ranker = Ranker().fit([offer, other])
    need = posting("n", "锂离子电池隔膜，电池隔膜，隔膜涂覆")
    [found] = ranker.rank([need])
    reasons_found = ranker.explain(need, found)[0]
    assert [reason.term for reason in reasons_found] == ["锂离子电池隔膜"]
    assert 0.95 < reasons_found[0].share <= 1


def test_a_latin_word_is_not_folded_into_another_word() -> None:
    assert holds_words("al 6061 合金", "6061")
    assert holds_words("搅拌摩擦焊", "搅拌摩擦")
    assert not holds_words("oled 驱动", "led")
    assert not holds_words("60610 合金", "6061")


def test_an_owners_reasons_come_from_all_its_items() -> None:
    found = reasons("废水处理与电池隔膜", by_owner=True)
    assert {"废水", "电池隔膜"} <= {reason.term for reason in found}


def test_function_words_and_loose_characters_are_not_reasons() -> None:
    found = reasons("一种高性能的、对表面缺陷的检测")
    assert {"的", "一", "高", "对"}.isdisjoint(reason.term for reason in found)
    assert found[0].term == "表面缺陷"


def test_a_shared_piece_of_two_words_names_both() -> None:
    ranker = Ranker().fit([posting("f", "阻燃涂层")])
    need = posting("n", "耐燃涂料")
    [found] = ranker.rank([need])
    assert ranker.explain(need, found) == [[Reason("耐燃涂料≈阻燃涂层", 1.0)]]


def test_texts_that_share_only_grammar_say_so() -> None:
    ranker = Ranker().fit([posting("a", "水泵的维修")])
    need = posting("n", "玻璃的")
    [found] = ranker.rank([need])
    assert [reason.term for reason in ranker.explain(need, found)[0]] == ["的"]


def test_everyday_words_are_named_only_where_much_would_stay_unsaid() -> None:
    ranker = Ranker().fit([posting("a", "水泵检测技术研究"), posting("b", "钢板表面缺陷检测技术"), *offers()])
    need = posting("n", "钢板表面缺陷的研究和检测，技术")
    [found] = ranker.rank([need])
    far, near = (ranker.explain(need, [match])[0] for key in "ab" for match in found if match.key == key)
    assert {"检测", "技术", "研究"} <= {reason.term for reason in far}
    assert near[0].term == "钢板表面缺陷"
    assert all(sum(reason.share for reason in each) >= 0.8 for each in (far, near))
    telling = ranker.explain(need, [match for match in found if match.key == "a"], everyday=False)[0]
    assert "研究" not in {reason.term for reason in telling}


def whole_words(phrase: str, text: AnalysedText) -> bool:
    """Whether the phrase stands in the text and begins and ends where words do."""
    for sentence in text.sentences():
        starts, ends = {start for start, _ in sentence.words}, {end for _, end in sentence.words}
        found = (at for at in range(len(sentence.text)) if sentence.text.startswith(phrase, at))
        if any(at in starts and at + len(phrase) in ends for at in found):
            return True
    return False


@settings(max_examples=80)
@given(st.text(alphabet="铝合金焊接技术研究缺陷检测的和水泵6061 oled。", min_size=2, max_size=24))
def test_a_reason_is_made_of_whole_words_never_a_bigram_across_them(title: str) -> None:
    need = posting("n", title)
    others = {offer.key: offer for offer in (posting("x", title[::-1]), posting("y", title[1:]), *offers())}
    ranker = Ranker().fit(others.values())
    [found] = ranker.rank([need])
    for match, reasons_found in zip(found, ranker.explain(need, found), strict=True):
        for reason in reasons_found:
            mine, *theirs = reason.term.split("≈")
            assert whole_words(mine, need.text)
            if theirs:
                assert whole_words(theirs[0], others[match.key].text)
            else:
                assert any(mine in sentence.text for sentence in others[match.key].text.sentences())


def test_there_is_no_reason_at_score_zero() -> None:
    ranker = Ranker().fit(offers())
    need = posting("n", "xyzzy")
    assert ranker.explain(need, ranker.score_pairs([(need, "water")])) == [[]]


def test_highlights_point_into_both_texts_as_typed() -> None:
    title = "６０６１－Ｔ６鋁合金焊接Detecting"
    text = SEGMENTER.analyse(title=title)
    shown = [title[span.start : span.end] for span in highlight(text, ["6061-T6", "铝合金", "detects", "无"])]
    assert shown == ["６０６１－Ｔ６", "鋁合金", "Detecting"]


def test_highlights_prefer_the_longest_and_follow_links() -> None:
    text = SEGMENTER.analyse(body="发动机与电机")
    spans = highlight(text, ["动机", "电动机≈发动机"])
    assert [(span.field, span.start, span.end, span.term) for span in spans] == [("body", 0, 3, 1)]


@settings(max_examples=60)
@given(st.text(alphabet="铝合金鋁焊接变形的 6061-T６oledａ。；", max_size=30), st.text(max_size=12))
def test_every_match_has_a_reason_whose_share_is_sane(title: str, more: str) -> None:
    ranker = Ranker().fit(offers())
    need = Posting("n", SEGMENTER.analyse(title=title + more, body=more))
    [found] = ranker.rank([need])
    for each in ranker.explain(need, found, wording={"title": title + more, "body": more}):
        assert each
        assert all(0 < reason.share <= 1 for reason in each)
        assert sum(reason.share for reason in each) <= 1.0001
