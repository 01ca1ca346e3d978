# ruff: noqa: RUF001 -- look-alike characters are what is tested
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.drafts import (
    ROW_OF,
    CapabilityDraft,
    CapabilityRow,
    Draft,
    ExpertRow,
    NeedDraft,
    NeedRow,
    OrganisationDraft,
    OrganisationRow,
    check,
    comparable,
    fields_of,
    match_headings,
    missing,
    need_body,
    tidy,
)
from matchmaker.domain.drafts.fields import MOST_KEYWORDS
from matchmaker.domain.drafts.parse import parse
from matchmaker.domain.vocabulary import CapabilityKind, Cooperation, ImportKind
from matchmaker.i18n import LOCALES, gettext, use_locale


def error(model: type[Draft], field: str, **values: Any) -> str:
    draft, errors = check(model, values)
    assert draft is None
    assert set(errors) == {field}
    return errors[field]


def need(**values: Any) -> NeedDraft:
    draft, errors = check(NeedDraft, {"title": "薄板焊接", **values})
    assert errors == {}
    assert draft is not None
    return draft


def test_a_title_is_enough_for_a_draft_but_not_for_submitting() -> None:
    assert set(missing(need())) == {"problem"}
    assert missing(need(problem="变形超差")) == {}


@pytest.mark.parametrize("title", ["", "  \u200b ", None])
def test_without_a_title_there_is_no_draft(title: str | None) -> None:
    assert error(NeedDraft, "title", title=title) == "技术需求名称：不能为空，请填写"


def test_a_choice_that_is_missing_names_the_choices() -> None:
    assert "研究方向、成果、专利" in error(CapabilityDraft, "kind", title="焊接")


@pytest.mark.parametrize("written", ["commission", "委托研发", "委托开发", " 委托 研发 "])
def test_a_choice_is_read_by_value_label_or_synonym(written: str) -> None:
    assert need(cooperation=written).cooperation is Cooperation.COMMISSION


def test_an_unknown_choice_is_quoted() -> None:
    message = error(NeedDraft, "cooperation", title="焊接", cooperation="看情况")
    assert "看情况" in message
    assert "合作研发" in message


@pytest.mark.parametrize("written", ["铝合金；焊接,变形，铝合金、 焊 接", ["铝合金", "焊接", "变形", "铝合金"]])
def test_keywords_are_a_list_or_separated_text(written: Any) -> None:
    assert need(keywords=written).keywords == ("铝合金", "焊接", "变形")


def test_too_many_keywords_are_refused() -> None:
    assert str(MOST_KEYWORDS) in error(NeedDraft, "keywords", title="x", keywords=[str(n) for n in range(60)])


@pytest.mark.parametrize(
    ("written", "value"), [("50", 50), (50.0, 50), ("５０ 万元", 50), ("1,200", 1200), ("", None), (None, None)]
)
def test_a_whole_number_is_read(written: Any, value: int | None) -> None:
    assert need(budget_wan=written).budget_wan == value


@pytest.mark.parametrize("written", ["-1", "1.5", "面议", 0.5, "9" * 13, "1e3"])
def test_what_is_no_whole_number_is_refused(written: Any) -> None:
    assert error(NeedDraft, "budget_wan", title="x", budget_wan=written).startswith("拟投入资金（万元）：应为")


@pytest.mark.parametrize(
    "written",
    ["2026-03-01", "2026/3/1", "2026年3月1日", "20260301", date(2026, 3, 1), datetime(2026, 3, 1), "2026.3.1"],  # noqa: DTZ001 -- as sheets give it
)
def test_a_day_is_read(written: Any) -> None:
    assert need(deadline=written).deadline == date(2026, 3, 1)


@pytest.mark.parametrize("written", ["2026-02-30", "明年", 450000, "2026-13-01"])
def test_what_is_no_day_is_refused(written: Any) -> None:
    assert "2026-12-31" in error(NeedDraft, "deadline", title="x", deadline=written)


def test_a_text_over_its_limit_names_length_and_limit() -> None:
    message = error(NeedDraft, "title", title="焊" * 201)
    assert "201" in message
    assert "200" in message


@pytest.mark.parametrize("written", ["锟斤拷", "变形\ufffd量", "技术????问题"])
def test_damaged_text_is_refused(written: str) -> None:
    assert "乱码" in error(NeedDraft, "problem", title="x", problem=written)


def test_an_unknown_field_is_refused() -> None:
    assert "没有“status”" in error(NeedDraft, "status", title="x", status="published")


def test_all_errors_come_at_once() -> None:
    _, errors = check(NeedDraft, {"title": "", "budget_wan": "x", "deadline": "y"})
    assert set(errors) == {"title", "budget_wan", "deadline"}


def test_an_institute_says_its_type_and_nobody_else_does() -> None:
    assert "必须填写" in error(OrganisationDraft, "institute_type", kind="高校", name="某大学")
    assert "只有院所高校" in error(OrganisationDraft, "institute_type", kind="企业", name="某厂", institute_type="高校")


def test_a_place_has_a_region() -> None:
    assert "所在地域" in error(OrganisationRow, "region", kind="企业", name="某厂", address="某路 1 号")


def test_an_offer_has_one_owner() -> None:
    assert "只能填一个" in error(
        CapabilityRow, "group", kind="专利", title="x", organisation="某大学", expert="a", group="b"
    )


@pytest.mark.parametrize("field", ["contact_email", "contact_phone", "credit_code"])
def test_contacts_and_codes_are_checked(field: str) -> None:
    assert "请" in error(OrganisationDraft, field, kind="企业", name="某厂", **{field: "不对"})


def test_look_alikes_are_folded_and_invisible_characters_dropped() -> None:
    assert tidy("ＡＢＣ１２\u200b\u202e\x00\ud800⼈\u200d。（甲）\r\nm²") == "ABC12人。（甲）\nm²"


def test_names_compare_without_width_case_and_spaces() -> None:
    assert comparable("廊坊（ａ） 公司") == comparable("廊坊(A)公司")


@given(st.text())
def test_tidy_is_stable_and_storable(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert "\x00" not in once
    once.encode()


@given(st.dictionaries(st.sampled_from([*fields_of(NeedRow), "other"]), st.text() | st.integers() | st.floats()))
def test_whatever_is_typed_in_gives_a_draft_or_errors(values: dict[str, Any]) -> None:
    draft, errors = check(NeedRow, values)
    assert (draft is None) == bool(errors)


def test_the_body_joins_what_there_is() -> None:
    assert need_body("问题", "", "目标") == "问题\n目标" == need(problem="问题", goal="目标").body


def test_headings_are_found_by_label_alias_and_field_name() -> None:
    headings = ["编号", " 技术需求名称 *（100字以内）", "主要问题", "ＦＩＲＭ", "备注", ""]
    found, unknown = match_headings(NeedRow, headings)
    assert found == {
        "external_id": "编号",
        "title": " 技术需求名称 *（100字以内）",
        "problem": "主要问题",
        "firm": "ＦＩＲＭ",
    }
    assert unknown == ["备注"]


def test_files_of_the_matcher_can_be_imported_as_they_are() -> None:
    found, unknown = match_headings(NeedRow, ["id", "title", "text", "keywords", "organisation"])
    assert found == {
        "external_id": "id",
        "title": "title",
        "problem": "text",
        "keywords": "keywords",
        "firm": "organisation",
    }
    assert unknown == []


def test_a_label_goes_before_another_fields_alias() -> None:
    found, _ = match_headings(ExpertRow, ["专家编号", "姓名", "专家"])
    assert found == {"external_id": "专家编号", "name": "姓名"}


def test_every_field_is_declared_once_and_every_label_finds_its_field() -> None:
    for model in ROW_OF.values():
        fields = fields_of(model)
        labels = [about.label for about in fields.values()]
        assert len(set(labels)) == len(labels)
        assert match_headings(model, labels)[0] == {name: about.label for name, about in fields.items()}
        assert match_headings(model, fields)[0] == {name: name for name in fields}


def test_every_synonym_stands_for_a_word() -> None:
    for model in ROW_OF.values():
        for about in fields_of(model).values():
            values = {word.value for word in about.words} if about.words else set()
            assert set(about.synonyms.values()) <= values


def test_every_kind_is_read() -> None:
    for kind in CapabilityKind:
        draft, _ = check(CapabilityDraft, {"title": "x", "kind": kind.label})
        assert draft is not None
        assert draft.kind is kind


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(ImportKind))
def test_headings_and_choices_are_read_in_every_language(kind: ImportKind, locale: str) -> None:
    fields = fields_of(ROW_OF[kind])
    with use_locale(locale):
        headings = {field: gettext(about.label) for field, about in fields.items()}
        choices = {field: [(word, gettext(word.label)) for word in fields[field].words or ()] for field in fields}
    assert match_headings(ROW_OF[kind], headings.values()) == (headings, [])
    for field, words in choices.items():
        for word, said in words:
            assert parse(fields[field], said) in {word, (word,)}


@pytest.mark.parametrize(("written", "declared"), [("是", True), ("1", True), ("on", True), ("否", False), ("", False)])
def test_a_declaration_is_yes_or_no(written: str, declared: bool) -> None:
    assert need(declared=written).declared is declared


def test_a_declaration_that_is_neither_is_refused() -> None:
    assert "只能填“是”或“否”" in error(NeedDraft, "declared", title="x", declared="大概")


def test_chosen_institutes_and_the_audience_belong_together() -> None:
    assert set(missing(need(problem="变形", audience="chosen"))) == {"releases"}
    assert missing(need(problem="变形", audience="定向发布", releases="甲大学；乙大学")) == {}
    assert "公开范围应为" in error(NeedDraft, "releases", title="x", releases="甲大学")
