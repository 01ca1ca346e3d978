import pytest

from matchmaker.domain.likeness import NEAR, core, likeness


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("某某焊接技术有限公司", "某某焊接技术有限责任公司"),
        ("某某焊接技术（固安）有限公司", "某某焊接技术有限公司"),
        ("某某 \uff21\uff22\uff23 材料股份有限公司", "某某abc材料有限公司"),
        ("某某精密制造有限公司", "某某精密机械制造有限公司"),
        ("某某集团新材料有限公司", "某某新材料有限公司"),
    ],
)
def test_names_of_probably_one_firm(one: str, other: str) -> None:
    assert likeness(one, other) >= NEAR


@pytest.mark.parametrize(
    ("one", "other"),
    [("某某焊接技术有限公司", "另一食品有限公司"), ("有限公司", "某某有限公司"), ("甲有限公司", "乙有限公司")],
)
def test_names_of_different_firms(one: str, other: str) -> None:
    assert likeness(one, other) < NEAR


def test_a_name_that_is_only_a_form_stays_whole() -> None:
    assert core("有限公司") == "有限公司"
    assert likeness("", "") == 1.0
