import pytest

from matchmaker.errors import Invalid
from matchmaker.i18n import use_locale
from matchmaker.queries.industries import choices, industries, industry, industry_named


def test_the_97_divisions_are_there_in_order_and_in_both_languages() -> None:
    assert list(industries()) == [f"{number:02d}" for number in range(1, 98)]
    assert all(row.name and row.name_en.isascii() for row in industries().values())
    assert len({row.name for row in industries().values()}) == 97


@pytest.mark.parametrize(
    "written", ["34", "C34", "3484", " 通用设备制造业 ", "Manufacture of general-purpose machinery"]
)
def test_a_division_is_found_by_code_finer_code_or_name(written: str) -> None:
    assert industry(written).code == "34"


@pytest.mark.parametrize("written", ["98", "00", "造飞机", "34840", "Z"])
def test_another_word_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(Invalid) as refusal:
        industry(written)
    assert "例如 34" in refusal.value.errors["industry"]


def test_names_are_in_the_reader_s_language() -> None:
    assert industry_named("01") == "农业"
    assert industry_named(None) == industry_named("99") == ""
    with use_locale("en"):
        assert dict(choices())["01"] == "01 Agriculture"
