import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from matchmaker.db.models import Audit, Need, Organisation, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus, Role
from tests.factories import NOW, make_expert, make_firm, make_invitation, make_need, make_unit
from tests.support.person import Person

TEXT = {
    "title": "薄板焊接变形控制",
    "problem": "1.2 mm 薄板焊接后变形超差。",
    "keywords": "焊接；变形",
    "declared": "1",
}
Maker = Callable[..., Person]


@pytest.fixture
def unit(sessions: Sessions) -> Unit:
    with sessions.write() as session:
        return make_unit(session)


@pytest.fixture
def firm(sessions: Sessions, unit: Unit) -> Organisation:
    with sessions.write() as session:
        return make_firm(session, unit, contact_name="王某", contact_phone="0316-0000001")


def add_need(sessions: Sessions, firm: Organisation, **values: object) -> int:
    with sessions.write() as session:
        return make_need(session, session.get(Organisation, firm.id), **values).id


def status_of(sessions: Sessions, need_id: int) -> NeedStatus:
    with sessions.read() as session:
        return session.get(Need, need_id).status


def number_of_needs(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalar(select(func.count()).select_from(Need))


@pytest.mark.both_databases
def test_a_need_walks_from_the_firm_s_form_to_publication(
    person: Maker, sessions: Sessions, firm: Organisation, unit: Unit
) -> None:
    owner = person(Role.FIRM, organisation_id=firm.id)
    saved = owner.post("/needs", {**TEXT, "then": "submit"})
    assert saved.status_code == 303
    page = owner.get(saved.location)
    assert "待县级审核" in page.text
    assert "甲县科技主管部门" in page.text
    county = person(Role.COUNTY, unit_id=unit.id)
    assert county.post(f"{saved.location}/county_pass").status_code == 303
    city = person(Role.CITY)
    assert "审核通过并发布" in city.get(saved.location).text
    assert city.post(f"{saved.location}/publish").status_code == 303
    published = owner.get(saved.location).text
    assert "等待邀请专家" in published
    assert "审核通过并发布" in published  # in the timeline


@pytest.mark.both_databases
def test_a_double_click_from_twenty_threads_makes_one_need(
    app: Flask, person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    owner = person(Role.FIRM, organisation_id=firm.id)
    token, cookie = owner.token(), owner.client.get_cookie("session").value

    def click(_: int) -> tuple[int, str]:
        client = app.test_client()
        client.set_cookie("session", cookie)
        answer = client.post("/needs", data={**TEXT, "csrf_token": token, "form_id": "the-same-form"})
        return answer.status_code, answer.location

    with ThreadPoolExecutor(20) as threads:
        answers = set(threads.map(click, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == 303
    assert number_of_needs(sessions) == 1


def test_the_same_form_with_other_words_is_refused(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    owner = person(Role.FIRM, organisation_id=firm.id)
    owner.post("/needs", {**TEXT, "form_id": "f1"})
    again = owner.post("/needs", {**TEXT, "title": "另一条", "form_id": "f1"})
    assert again.status_code == 422
    assert "已经提交过" in again.text
    assert number_of_needs(sessions) == 1


def test_two_people_may_use_the_same_form_id(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    for _ in range(2):
        assert person(Role.FIRM, organisation_id=firm.id).post("/needs", {**TEXT, "form_id": "f1"}).status_code == 303
    assert number_of_needs(sessions) == 2


def test_a_corrected_form_may_be_sent_with_the_same_id(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    owner = person(Role.FIRM, organisation_id=firm.id)
    refused = owner.post("/needs", {"title": "只有名称", "then": "submit", "form_id": "f2"})
    assert refused.status_code == 422
    assert "主要问题：不能为空" in refused.text
    assert 'value="只有名称"' in refused.text
    assert number_of_needs(sessions) == 0
    assert owner.post("/needs", {**TEXT, "then": "submit", "form_id": "f2"}).status_code == 303


def test_a_form_without_an_id_is_refused(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    owner = person(Role.FIRM, organisation_id=firm.id)
    assert owner.post("/needs", {**TEXT, "form_id": ""}).status_code == 400
    assert number_of_needs(sessions) == 0


def test_another_firm_s_draft_does_not_exist_for_strangers(
    person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    need = add_need(sessions, firm, status=NeedStatus.DRAFT, title="只有自己知道的草稿")
    with sessions.write() as session:
        other = make_firm(session, make_unit(session, "乙县"))
        elsewhere = make_unit(session, "丙县")
    strangers = [person(Role.FIRM, organisation_id=other.id), person(Role.COUNTY, unit_id=elsewhere.id)]
    for stranger in [*strangers, person(Role.ADMIN)]:
        for path in (f"/needs/{need}", f"/needs/{need}/edit"):
            assert stranger.get(path).status_code == 404
        for path in (f"/needs/{need}", f"/needs/{need}/submit", f"/needs/{need}/comments"):
            answer = stranger.post(path, {**TEXT, "version": "1", "body": "看看"})
            assert answer.status_code == 404
            assert "只有自己知道的草稿" not in answer.text
    for stranger in strangers:
        assert "只有自己知道的草稿" not in stranger.get("/needs").text
    assert status_of(sessions, need) is NeedStatus.DRAFT


@pytest.mark.parametrize(
    ("role", "index", "new"),
    [
        (Role.FIRM, 200, 200),
        (Role.COUNTY, 200, 200),
        (Role.CITY, 200, 200),
        (Role.LEADER, 200, 403),
        (Role.INSTITUTE, 200, 403),
        (Role.ADMIN, 403, 403),
    ],
)
def test_who_may_open_the_list_and_the_form(
    person: Maker, firm: Organisation, unit: Unit, role: Role, index: int, new: int
) -> None:
    somebody = person(role, organisation_id=firm.id, unit_id=unit.id)
    assert somebody.get("/needs").status_code == index
    assert somebody.get("/needs/new").status_code == new


def test_a_refused_step_says_why_and_changes_nothing(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    need = add_need(sessions, firm, status=NeedStatus.CITY_REVIEW)
    owner = person(Role.FIRM, organisation_id=firm.id)
    refused = owner.post(f"/needs/{need}/publish")
    assert refused.status_code == 403
    assert "您没有权限执行“审核通过并发布”" in refused.text
    late = person(Role.CITY).post(f"/needs/{need}/county_pass")
    assert late.status_code == 409
    without_reason = person(Role.CITY).post(f"/needs/{need}/return")
    assert without_reason.status_code == 422
    assert status_of(sessions, need) is NeedStatus.CITY_REVIEW


def test_what_a_reviewer_wrote_reaches_the_firm_and_no_stranger(
    person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    need = add_need(sessions, firm, status=NeedStatus.PUBLISHED)
    city = person(Role.CITY)
    city.post(f"/needs/{need}/unpublish", {"reason": "指标需要补充数值"})
    city.post(f"/needs/{need}/publish")
    assert "指标需要补充数值" in person(Role.FIRM, organisation_id=firm.id).get(f"/needs/{need}").text
    with sessions.write() as session:
        other = make_firm(session, make_unit(session, "乙县"))
    stranger = person(Role.FIRM, organisation_id=other.id).get(f"/needs/{need}")
    assert stranger.status_code == 200
    assert "指标需要补充数值" not in stranger.text


@pytest.mark.parametrize(
    ("status", "days", "step"),
    [
        (NeedStatus.CITY_REVIEW, 0, "now"),
        (NeedStatus.CITY_REVIEW, 7, "now"),
        (NeedStatus.CITY_REVIEW, 8, "now late"),
        (NeedStatus.PUBLISHED, 8, "now late"),
        (NeedStatus.DRAFT, 8, "now"),
    ],
)
def test_a_step_is_red_only_when_somebody_is_waited_for_too_long(
    person: Maker, sessions: Sessions, firm: Organisation, status: NeedStatus, days: int, step: str
) -> None:
    need = add_need(sessions, firm, status=status, status_since=NOW - timedelta(days=days))
    page = person(Role.FIRM, organisation_id=firm.id).get(f"/needs/{need}").text
    assert re.findall(r'<li class="([^"]*)" aria-current="step">', page) == [step]
    assert ("· 今天" in page) == (days == 0)


def test_a_published_need_that_moves_is_not_red(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    need = add_need(sessions, firm, status_since=NOW - timedelta(days=30))
    with sessions.write() as session:
        make_invitation(session, session.get_one(Need, need), make_expert(session))
    page = person(Role.FIRM, organisation_id=firm.id).get(f"/needs/{need}").text
    assert '<li class="now" aria-current="step">' in page


def test_contacts_of_a_firm_are_not_for_strangers(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    need = add_need(sessions, firm)
    with sessions.write() as session:
        other = make_firm(session, make_unit(session, "乙县"))
    assert "0316-0000001" not in person(Role.FIRM, organisation_id=other.id).get(f"/needs/{need}").text
    assert "0316-0000001" not in person(Role.LEADER).get(f"/needs/{need}").text
    assert "0316-0000001" in person(Role.CITY).get(f"/needs/{need}").text


def test_stored_markup_is_shown_as_text(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    need = add_need(sessions, firm, title=evil, problem=evil, keywords=[evil], must_have=[evil])
    city = person(Role.CITY)
    city.post(f"/needs/{need}/comments", {"body": evil})
    for path in ("/needs", f"/needs/{need}", f"/needs/{need}/edit", "/needs?q=%3Cscript%3Ealert(1)%3C/script%3E"):
        html = city.get(path).text
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "&lt;script&gt;" in html


def test_an_edit_of_a_published_need_keeps_what_it_said(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    need = add_need(sessions, firm, title="旧名称")
    owner = person(Role.FIRM, organisation_id=firm.id)
    version = re.search(r'name="version" value="(\d+)"', owner.get(f"/needs/{need}/edit").text)[1]
    assert owner.post(f"/needs/{need}", {**TEXT, "version": version}).status_code == 303
    page = owner.get(f"/needs/{need}").text
    assert "薄板焊接变形控制" in page
    assert f"/needs/{need}/versions" in page
    assert "<del>旧名称</del><ins>薄板焊接变形控制</ins>" in owner.get(f"/needs/{need}/versions").text


def test_an_edit_that_started_from_an_older_text_shows_both(
    person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    need = add_need(sessions, firm)
    first, second = person(Role.CITY), person(Role.CITY)
    version = re.search(r'name="version" value="(\d+)"', first.get(f"/needs/{need}/edit").text)[1]
    first.post(f"/needs/{need}", {**TEXT, "title": "先存的", "version": version})
    late = second.post(f"/needs/{need}", {**TEXT, "title": "后存的", "version": version})
    assert late.status_code == 409
    assert "技术需求名称" in late.text
    assert "先存的" in late.text
    assert "后存的" in late.text


def test_bulk_publishing_says_what_succeeded_and_what_did_not(
    person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    ready = [add_need(sessions, firm, status=NeedStatus.CITY_REVIEW) for _ in range(3)]
    early = add_need(sessions, firm, status=NeedStatus.DRAFT, title="还是草稿")
    city = person(Role.CITY)
    answer = city.post("/needs/bulk/publish", {"ids": [str(each) for each in [*ready, early]]})
    result = city.get(answer.location).text
    assert "已发布 3 条，未能发布 1 条" in result
    assert "还是草稿" in result
    assert "当前状态为“草稿”" in result
    assert {status_of(sessions, each) for each in ready} == {NeedStatus.PUBLISHED}
    assert status_of(sessions, early) is NeedStatus.DRAFT


def test_the_result_counts_what_is_in_the_database(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    need = add_need(sessions, firm, status=NeedStatus.CITY_REVIEW)
    city = person(Role.CITY)
    result = city.post("/needs/bulk/publish", {"ids": [str(need)]}).location
    for address, number in (
        (result, 1),
        ("/needs/bulk/publish?done=9999", 0),
        ("/needs/bulk/publish?after=0&until=2147483647", 1),
        ("/needs/bulk/publish?after=x&until=99999999999999999999", 0),
    ):
        assert f"已发布 {number} 条" in city.get(address).text
    assert "已发布 0 条" in person(Role.CITY).get(result).text  # somebody else's doing


def test_bulk_publishing_of_all_matching_reaches_beyond_the_page(
    person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    for number in range(60):
        add_need(sessions, firm, status=NeedStatus.CITY_REVIEW, title=f"焊接 {number}")
    other = add_need(sessions, firm, status=NeedStatus.CITY_REVIEW, title="烘焙")
    city = person(Role.CITY)
    page = city.get("/needs?q=焊接").text
    assert "将发布 60 条需求" in page
    assert page.index("<details") < page.index('name="scope" value="all"')  # asked before it is done
    assert "将发布" not in city.get("/needs?q=焊接&status=published").text
    answer = city.post("/needs/bulk/publish?q=焊接", {"scope": "all"})
    assert "已发布 60 条" in city.get(answer.location).text
    assert status_of(sessions, other) is NeedStatus.CITY_REVIEW
    assert person(Role.FIRM, organisation_id=firm.id).post("/needs/bulk/publish").status_code == 403


@pytest.mark.both_databases
def test_the_list_filters_sorts_counts_and_pages(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    for number in range(55):
        add_need(sessions, firm, title=f"需求{number:02d}", budget_wan=number)
    add_need(sessions, firm, status=NeedStatus.SOLVED, title="已解决的一条")
    city = person(Role.CITY)
    first = city.get("/needs?status=published&sort=-budget").text
    assert "共 55 条" in first
    assert first.index("需求54") < first.index("需求53")
    assert "需求00" not in first
    assert "已解决的一条" not in first
    assert "需求00" in city.get("/needs?status=published&sort=-budget&page=2").text
    assert "没有符合条件的需求" in city.get("/needs?q=100%25_").text
    assert city.get("/needs?page=99999999999&sort=nonsense&status=nonsense&unit=x&firm=abc").status_code == 200


def test_the_sheet_holds_what_the_list_shows_and_no_formula(
    person: Maker, sessions: Sessions, firm: Organisation
) -> None:
    add_need(sessions, firm, title="=1+1")
    add_need(sessions, firm, title="别的", status=NeedStatus.SOLVED)
    answer = person(Role.CITY).get("/needs/export.xlsx?status=published")
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows] == ["技术需求名称", "=1+1"]


def test_an_officer_enters_a_need_for_a_firm_by_name(
    person: Maker, sessions: Sessions, firm: Organisation, unit: Unit
) -> None:
    county = person(Role.COUNTY, unit_id=unit.id)
    assert county.post("/needs", {**TEXT, "firm": firm.name}).status_code == 303
    with sessions.write() as session:
        other = make_firm(session, make_unit(session, "乙县"))
    refused = county.post("/needs", {**TEXT, "firm": other.name})
    assert refused.status_code == 422
    assert "没有名为" in refused.text


def test_reading_pages_changes_nothing(person: Maker, sessions: Sessions, firm: Organisation) -> None:
    need = add_need(sessions, firm)
    city = person(Role.CITY)

    def trail() -> int:
        with sessions.read() as session:
            return session.scalar(select(func.count()).select_from(Audit))

    before = trail()
    for path in ("/", "/home", "/needs", f"/needs/{need}", f"/needs/{need}/edit", "/needs/export.xlsx"):
        assert city.get(path).status_code == 200
    assert trail() == before
    assert city.get(f"/needs/{need}/publish").status_code == 405
