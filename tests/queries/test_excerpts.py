"""The stretch of a text that is worth reading."""

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.queries.excerpts import LIMIT, MORE, excerpt

LONG = "甲" * 300 + "。关于激光焊接的热裂纹与激光焊接变形。" + "乙" * 300


def hits(text: str, word: str) -> list[tuple[int, int]]:
    return [(at, at + len(word)) for at in range(len(text)) if text.startswith(word, at)]


def test_a_short_text_is_shown_whole() -> None:
    assert excerpt("激光焊接", [(0, 2)]).text == "激光焊接"


def test_the_sentence_with_the_hits_is_shown_and_the_hits_still_fit() -> None:
    found = excerpt(LONG, hits(LONG, "激光焊接"))
    assert found.text.startswith(f"{MORE}关于激光焊接")
    assert found.text.endswith(MORE)
    assert [found.text[start:end] for start, end in found.spans] == ["激光焊接", "激光焊接"]


def test_without_hits_it_begins_at_the_beginning() -> None:
    assert excerpt(LONG, []).text == "甲" * LIMIT + MORE


@given(st.text(max_size=600), st.lists(st.tuples(st.integers(0, 599), st.integers(1, 20)), max_size=8))
def test_spans_always_mark_the_same_characters(text: str, raw: list[tuple[int, int]]) -> None:
    spans = [(start, min(start + length, len(text))) for start, length in raw if start < len(text)]
    found = excerpt(text, spans)
    marked = {text[start:end] for start, end in spans}
    for start, end in found.spans:
        assert any(whole.startswith(found.text[start:end].removesuffix(MORE)) for whole in marked)
