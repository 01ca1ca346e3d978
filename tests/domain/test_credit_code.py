import pytest

from matchmaker.domain.credit_code import ALPHABET, check_character, is_valid

PUBLISHED = "91350100M000100Y43"  # the worked example of the standard


def test_the_standards_example() -> None:
    assert check_character(PUBLISHED[:17]) == "3"
    assert is_valid(PUBLISHED)


@pytest.mark.parametrize("position", range(18))
def test_one_wrong_character_is_noticed(position: int) -> None:
    wrong = ALPHABET[(ALPHABET.index(PUBLISHED[position]) + 1) % 31]
    assert not is_valid(PUBLISHED[:position] + wrong + PUBLISHED[position + 1 :])


@pytest.mark.parametrize("code", ["", PUBLISHED[:17], PUBLISHED + "0", PUBLISHED.lower(), "I" * 18])
def test_what_has_not_the_form_is_not_valid(code: str) -> None:
    assert not is_valid(code)
