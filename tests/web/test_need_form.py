"""The need form from step to step: nothing typed is lost, nothing secret is kept, the system helps where it can."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select, text

from matchmaker.db.models import Audit, FormDraft, Need, Organisation, TechnicalField
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Audience, NeedStatus, Role
from matchmaker.services import form_drafts, housekeeping
from tests.exchange.test_plain_text import docx
from tests.factories import make_firm, make_institute, make_need, make_unit
from tests.support.person import Person
from tests.support.texts import analysed

Maker = Callable[..., Person]
FIRST = {
    "title": "1.2 mm 铝合金薄板激光焊接热裂纹",
    "problem": "薄板激光焊接后出现热裂纹，合格率只有 78%，换过焊丝没有改善。",
    "indicators": "焊后目视无裂纹",
    "goal": "导入两条焊接线，一次合格",
}
WHOLE = {**FIRST, "keywords": "激光焊接；热裂纹", "audience": "open", "declared": "1"}


@pytest.fixture
def firm(sessions: Sessions) -> Organisation:
    with sessions.write() as session:
        return make_firm(session, make_unit(session, "甲县"), name="甲乙精工（演示）")


@pytest.fixture
def owner(person: Maker, firm: Organisation) -> Person:
    return person(Role.FIRM, organisation_id=firm.id)


def hidden(html: str) -> dict[str, str]:
    """What a page carries along of the other steps."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: value for name, value in found if name not in {"csrf_token", "form_id", "next"}}


def step_of(html: str) -> str:
    return re.search(r'aria-current="step">\s*(\d)', html)[1]


def drafts(sessions: Sessions) -> list[tuple[str, dict[str, list[str]]]]:
    with sessions.read() as session:
        return [(row.key, row.content) for row in session.scalars(select(FormDraft).order_by(FormDraft.id))]


def everything_kept(sessions: Sessions) -> str:
    """Every text of every table, as one."""
    with sessions.read() as session:
        tables = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        return "\n".join(str(session.execute(text(f'SELECT * FROM "{name}"')).all()) for name in tables)  # noqa: S608


def test_three_steps_make_a_need_and_each_carries_the_others_along(
    owner: Person, sessions: Sessions, firm: Organisation
) -> None:
    rows = {
        "indicator_1_name": "裂纹率",
        "indicator_1_comparison": "≤",
        "indicator_1_value": "0.5",
        "indicator_1_unit": "%",
    }
    second = owner.post("/needs/new?step=1", {**FIRST, **rows, "go": "2"})
    assert second.status_code == 303
    page = owner.get(second.location).text
    assert hidden(page)["problem"] == FIRST["problem"]
    third = owner.post(
        "/needs/new?step=2", {**hidden(page), "keywords": "激光焊接；热裂纹", "budget_wan": "50", "go": "3"}
    )
    page = owner.get(third.location).text
    assert hidden(page)["budget_wan"] == "50"
    saved = owner.post("/needs", {**hidden(page), "audience": "masked", "declared": "1", "then": "submit"})
    assert saved.status_code == 303
    with sessions.read() as session:
        need = session.scalars(select(Need)).one()
        assert need.status is NeedStatus.COUNTY_REVIEW
        assert need.indicators == "焊后目视无裂纹\n裂纹率 ≤ 0.5%"
        assert (need.budget_wan, need.audience, need.declared) == (50, Audience.MASKED, True)
    assert drafts(sessions) == []


def test_what_is_wrong_on_a_step_is_told_there_and_later_fields_may_wait(owner: Person, sessions: Sessions) -> None:
    refused = owner.post("/needs/new?step=1", {"problem": "只写了问题", "go": "2"})
    assert refused.status_code == 422
    assert "技术需求名称：不能为空" in refused.text
    assert "只写了问题" in refused.text
    half = owner.post("/needs/new?step=1", {**FIRST, "indicator_2_name": "平面度", "go": "2"})
    assert half.status_code == 422
    assert "主要指标第 2 行" in half.text
    assert 'value="平面度"' in half.text
    assert drafts(sessions) == []
    assert owner.post("/needs/new?step=1", {"title": "只有名称", "go": "3"}).status_code == 303


def test_a_refused_submission_shows_the_step_where_it_is_wrong(owner: Person) -> None:
    gap = owner.post("/needs", {"title": "只有名称", "audience": "open", "declared": "1", "then": "submit"})
    assert step_of(gap.text) == "1"
    undeclared = owner.post(
        "/needs", {key: text for key, text in WHOLE.items() if key != "declared"} | {"then": "submit"}
    )
    assert undeclared.status_code == 422
    assert step_of(undeclared.text) == "3"
    assert "请勾选“不含涉密内容声明”" in undeclared.text
    bad = owner.post("/needs", {**WHOLE, "budget_wan": "面议"})
    assert step_of(bad.text) == "2"


def test_a_draft_needs_no_declaration(owner: Person, sessions: Sessions) -> None:
    assert owner.post("/needs", {"title": "只有名称", "then": "keep"}).status_code == 303
    with sessions.read() as session:
        assert session.scalars(select(Need.declared)).one() is False


def test_every_field_has_two_examples_and_the_meter_counts(owner: Person) -> None:
    numbers = [owner.get(f"/needs/new?step={step}").text.count("看两个例子") for step in (1, 2, 3)]
    assert numbers == [4, 7, 1]
    assert "完整度 0%" in owner.get("/needs/new").text
    gauge = owner.post(
        "/needs/gauge", {**FIRST, "indicator_1_name": "裂纹率", "indicator_1_value": "0.5", "indicator_1_unit": "%"}
    )
    assert "完整度 55%" in gauge.text
    assert "<html" not in gauge.text


# What was typed and not sent


def test_what_was_typed_comes_back_until_it_is_discarded(owner: Person, sessions: Sessions) -> None:
    kept = owner.post("/drafts/need:new", {"title": "打了一半", "indicator_1_name": "裂纹率", "releases": ""})
    assert "已自动保存" in kept.text
    owner.post("/drafts/need:new", {"title": "打了一半的名称", "indicator_1_name": "裂纹率"})
    assert drafts(sessions) == [("need:new", {"title": ["打了一半的名称"], "indicator_1_name": ["裂纹率"]})]
    page = owner.get("/needs/new").text
    assert "已恢复" in page
    assert 'value="打了一半的名称"' in page
    assert 'value="裂纹率"' in page
    gone = owner.post("/drafts/need:new/discard", {"next": "/needs/new"})
    assert gone.location == "/needs/new"
    assert "打了一半" not in owner.get("/needs/new").text
    assert drafts(sessions) == []


def test_an_untouched_form_is_no_draft(owner: Person) -> None:
    untouched = {"title": "", "audience": "open", "indicator_1_comparison": "≤", "version": "1"}
    assert "已自动保存" in owner.post("/drafts/need:new", untouched).text
    assert "已恢复" not in owner.get("/needs/new").text
    owner.post("/drafts/need:new", untouched | {"title": "有了名称"})
    assert "已恢复" in owner.get("/needs/new").text


def test_what_arrives_after_the_form_itself_is_not_kept(owner: Person, sessions: Sessions) -> None:
    assert owner.post("/needs", {**WHOLE, "then": "keep", "form_id": "f1"}).status_code == 303
    owner.post("/drafts/need:new", {**WHOLE, "form_id": "f1"})
    assert drafts(sessions) == []
    owner.post("/drafts/need:new", {**WHOLE, "form_id": "another page's"})
    assert len(drafts(sessions)) == 1


def test_drafts_are_everybody_s_own_and_of_known_forms(owner: Person, person: Maker, firm: Organisation) -> None:
    owner.post("/drafts/need:new", {"title": "只有自己知道"})
    colleague = person(Role.FIRM, organisation_id=firm.id)
    assert "只有自己知道" not in colleague.get("/needs/new").text
    colleague.post("/drafts/need:new/discard")
    assert "只有自己知道" in owner.get("/needs/new").text
    for key in ("need", "need:x", "../need:new", "NEED:new", f"{'a' * 40}:new"):
        assert owner.post(f"/drafts/{key}", {"title": "x"}).status_code == 404


def test_an_edit_has_a_draft_of_its_own_and_saving_ends_it(
    owner: Person, sessions: Sessions, firm: Organisation
) -> None:
    with sessions.write() as session:
        need = make_need(session, session.get(Organisation, firm.id), status=NeedStatus.DRAFT, title="原来的名称").id
    owner.post(f"/drafts/need:{need}", {**WHOLE, "title": "改了一半", "version": "1"})
    assert 'value="改了一半"' in owner.get(f"/needs/{need}/edit").text
    assert "改了一半" not in owner.get("/needs/new").text
    assert owner.post(f"/needs/{need}", {**WHOLE, "title": "改好了", "version": "1", "then": "keep"}).status_code == 303
    page = owner.get(f"/needs/{need}/edit").text
    assert "已恢复" not in page
    assert 'value="改好了"' in page


def test_too_much_is_not_kept(owner: Person, sessions: Sessions) -> None:
    assert "太长" in owner.post("/drafts/need:new", {"problem": "焊" * 30_000}).text
    for number in range(form_drafts.MOST):
        owner.post(f"/drafts/need:{number}", {"title": "x"})
    assert "草稿太多" in owner.post("/drafts/need:new", {"title": "x"}).text
    assert len(drafts(sessions)) == form_drafts.MOST


def test_old_drafts_are_cleared(owner: Person, sessions: Sessions) -> None:
    owner.post("/drafts/need:new", {"title": "旧的"})
    with sessions.write() as session:
        now = session.scalars(select(FormDraft.saved_at)).one()
        for days, left in ((59, 1), (61, 0)):
            housekeeping.purge(session, session_life=timedelta(days=999), frequent=[], now=now + timedelta(days=days))
            assert session.scalar(select(func.count(FormDraft.id))) == left


# The tripwire


SECRET = "某型号导引头方案，机\u200b密★20年"


@pytest.mark.parametrize("path", ["/needs", "/needs/new?step=1", "/drafts/need:new"])
@pytest.mark.parametrize("field", ["title", "problem", "keywords", "indicator_1_name"])
def test_a_marked_text_is_refused_everywhere_and_kept_nowhere(
    owner: Person, sessions: Sessions, capsys: pytest.CaptureFixture[str], path: str, field: str
) -> None:
    row = {"indicator_1_value": "1"} if field.startswith("indicator") else {}
    answer = owner.post(path, {**WHOLE, **row, field: SECRET, "go": "2", "then": "submit"})
    assert "涉密标记" in answer.text
    assert "请勿在此填报" in answer.text
    with sessions.read() as session:
        assert session.scalar(select(func.count(Need.id))) == 0
    assert drafts(sessions) == []
    assert "导引头" not in everything_kept(sessions)
    assert "导引头" not in capsys.readouterr().out


def test_a_marked_edit_reason_or_remark_is_refused_too(
    owner: Person, person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    with sessions.write() as session:
        need = make_need(session, session.get(Organisation, firm.id), status=NeedStatus.CITY_REVIEW).id
    city = person(Role.CITY)
    assert city.post(f"/needs/{need}/return", {"reason": SECRET}).status_code == 422
    assert owner.post(f"/needs/{need}/comments", {"body": SECRET}).status_code == 422
    assert "导引头" not in everything_kept(sessions)


@pytest.mark.parametrize(
    ("name", "content"),
    [("图纸（机密）.docx", docx("普通")), ("方案.docx", docx("导引头", "机", "密★")), ("图.exe", b"MZ")],
)
def test_a_file_with_a_mark_or_of_another_kind_stops_the_whole_form(
    owner: Person, sessions: Sessions, name: str, content: bytes
) -> None:
    refused = owner.post("/needs", {**WHOLE, "then": "submit", "files": (BytesIO(content), name)})
    assert refused.status_code == 422
    assert "附件" in refused.text
    assert FIRST["problem"] in refused.text
    assert "上次选的文件没有保留" in refused.text
    with sessions.read() as session:
        assert session.scalar(select(func.count(Need.id))) == 0
    assert "导引头" not in everything_kept(sessions)


# Help


def test_field_and_industry_are_suggested_with_their_words_and_taken_with_one_click(
    owner: Person, sessions: Sessions, firm: Organisation
) -> None:
    with sessions.write() as session:
        field = TechnicalField(position=1, code="equipment", name="高端装备制造", name_en="Equipment", source="")
        other = TechnicalField(position=2, code="display", name="新型显示", name_en="Display", source="")
        mine = session.get(Organisation, firm.id)
        for number in range(3):
            analysed(session, make_need(session, field=field, title=f"铝合金激光焊接变形 {number}", industry_code="36"))
            analysed(
                session,
                make_need(session, field=other, title=f"显示屏贴合气泡 {number}", problem="贴合返泡", keywords=[]),
            )
        make_need(session, mine, industry_code="36", status=NeedStatus.DRAFT, title="以前的")
    step = owner.post("/needs/new?step=1", {**FIRST, "go": "2"}).location
    page = owner.get(step).text
    found = re.search(r'name="take" value="field:equipment">\s*高端装备制造（([^）]*)）', page)
    assert "焊接" in found[1]
    assert 'value="field:display"' not in page
    assert 'value="industry:36"' in page
    taken = owner.post("/needs/new?step=2", {**hidden(page), "keywords": "激光焊接", "take": "field:equipment"})
    assert taken.location.endswith("step=2")
    page = owner.get(taken.location).text
    assert '<option value="equipment" selected>' in page
    assert 'value="激光焊接"' in page
    assert "take" not in dict(drafts(sessions))["need:new"]


def test_similar_needs_are_shown_before_submitting_as_far_as_one_may_know_them(
    owner: Person, sessions: Sessions, firm: Organisation
) -> None:
    with sessions.write() as session:
        rival = make_firm(session, make_unit(session, "乙县"), name="同行机械（演示）")
        masked = make_need(session, rival, title=FIRST["title"], problem=FIRST["problem"], audience=Audience.MASKED)
        chosen = make_need(session, rival, title="定向的" + FIRST["title"], audience=Audience.CHOSEN)
        own = make_need(
            session, session.get(Organisation, firm.id), status=NeedStatus.DRAFT, **{**FIRST, "keywords": ["激光焊接"]}
        )
        other = make_need(session, rival, title="糕点油哈味", problem="存放三周后出现哈喇味。", keywords=["糕点"])
        for need in (masked, chosen, own, other):
            analysed(session, need)
        ids = masked.id, own.id
    step = owner.post("/needs/new?step=1", {**FIRST, "keywords": "激光焊接", "go": "3"}).location
    page = owner.get(step).text
    similar = page[page.index("贵单位已有几乎相同的需求") :]
    assert f"/needs/{ids[1]}" in similar
    assert f"/needs/{ids[0]}" in similar
    assert "某企业（乙县）" in similar
    assert "同行机械" not in page
    assert "定向的" not in page
    assert "糕点油哈味" not in page
    assert (
        owner.post("/needs", {**hidden(page), "audience": "open", "declared": "1", "then": "submit"}).status_code == 303
    )


def test_institutes_are_chosen_and_forgotten_with_the_audience(owner: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        names = [make_institute(session, name=name).name for name in ("甲大学", "乙大学")]
    empty = owner.post("/needs", {**WHOLE, "audience": "chosen", "then": "submit"})
    assert "请至少选一家" in empty.text
    saved = owner.post("/needs", {**WHOLE, "audience": "chosen", "releases": names, "then": "keep"}).location
    assert "甲大学、乙大学" in owner.get(saved).text
    page = owner.get(f"{saved}/edit?step=3").text
    assert len(re.findall(r'name="releases" value="[^"]+" checked', page)) == 2
    version = hidden(page)["version"]
    assert owner.post(saved, {**WHOLE, "audience": "open", "releases": names, "version": version}).status_code == 303
    with sessions.read() as session:
        need = session.scalars(select(Need)).one()
        assert (need.audience, need.releases) == (Audience.OPEN, [])
        edit = session.scalars(select(Audit).where(Audit.action == "edit")).one()
        assert edit.before["releases"] == ["甲大学", "乙大学"]
