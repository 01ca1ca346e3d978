"""What a capability lacks, and when it says what another says."""

from typing import Any

from matchmaker.domain.drafts import CapabilityDraft
from matchmaker.domain.drafts.base import check, fields_of
from matchmaker.domain.drafts.capability_examples import CAPABILITY_EXAMPLES
from matchmaker.domain.offers import alike, completeness

FULL: dict[str, Any] = {
    "kind": "patent",
    "title": "薄壁铝合金壳体激光焊接变形控制",
    "text": CAPABILITY_EXAMPLES["text"][0] * 2,
    "keywords": "激光焊接；铝合金；变形",
    "maturity": "pilot",
    "ip_number": "ZL202010123456.7",
}


def draft(**values: Any) -> CapabilityDraft:
    return CapabilityDraft.model_validate(FULL | values)


def test_nothing_lacks_in_a_full_one() -> None:
    assert completeness(draft()) == completeness(draft(kind="expertise", maturity="", ip_number=""))
    assert completeness(draft()).percent == 100
    assert completeness(draft()).hints == ()


def test_what_weighs_most_is_said_first() -> None:
    bare = completeness(draft(text="", keywords="", maturity="", ip_number=""))
    assert bare.percent == round(100 * 10 / 95)
    assert [str(hint)[:4] for hint in bare.hints] == ["详细说明", "写出达到", "填写 3", "选择成熟", "填写专利"]


def test_a_number_without_a_unit_is_none() -> None:
    text = (
        "长期研究铝合金薄板激光焊接热裂纹的形成与抑制，服务过多家企业，合格率明显提高，可以为企业制定焊接工艺并到现场指导。"
        * 3
    )
    without, vague, said = (completeness(draft(text=text + more)) for more in ("", "编号 7", "气孔率 1%"))
    assert without == vague
    assert said.percent > without.percent


def test_every_field_has_two_examples_that_the_form_would_take() -> None:
    assert CAPABILITY_EXAMPLES.keys() == fields_of(CapabilityDraft).keys()
    for place in (0, 1):
        typed = {name: CAPABILITY_EXAMPLES[name][place] for name in ("title", "text", "keywords")}
        number = CAPABILITY_EXAMPLES["ip_number"][place].partition("（")[0]
        found, errors = check(CapabilityDraft, typed | {"kind": "patent", "ip_number": number})
        assert errors == {}
        assert found is not None


def test_near_duplicates_are_named_nearest_first() -> None:
    others = {
        "same title": ("薄壁铝合金壳体 激光焊接变形控制。", ""),
        "reworded": ("薄壁铝壳激光焊接变形控制", FULL["text"]),
        "other": ("含油污泥热脱附", "处理罐底油泥。"),
    }
    assert alike(draft(), others) == ["same title", "reworded"]
