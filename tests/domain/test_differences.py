from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.differences import Kind, Piece, pieces

TEXTS = st.text(alphabet="焊接变形铝合金 ab1.5≤%\n", max_size=60)


def test_changed_words_are_told_whole_old_before_new() -> None:
    assert pieces("合格率 ≥ 95%，变形小", "合格率 ≥ 97.5%，变形小") == [
        Piece(Kind.SAME, "合格率 ≥ "),
        Piece(Kind.GONE, "95%"),
        Piece(Kind.NEW, "97.5%"),
        Piece(Kind.SAME, "，变形小"),
    ]


def test_what_only_came_or_went_has_no_counterpart() -> None:
    assert pieces("", "新增") == [Piece(Kind.NEW, "新增")]
    assert pieces("删去", "") == [Piece(Kind.GONE, "删去")]
    assert pieces("一样", "一样") == [Piece(Kind.SAME, "一样")]
    assert pieces("", "") == []


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off(before: str, after: str) -> None:
    found = pieces(before, after)
    assert "".join(piece.text for piece in found if piece.kind is not Kind.NEW) == before
    assert "".join(piece.text for piece in found if piece.kind is not Kind.GONE) == after
    assert all(piece.text for piece in found)
