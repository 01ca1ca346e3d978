"""What a need's page and the firm's first page say of where it stands: reasons, deadlines, contacts, the end."""

import re
from collections.abc import Callable
from datetime import date

import pytest

from matchmaker.db.models import Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus, Role
from tests.factories import TODAY, make_firm, make_need, make_unit
from tests.support.person import Person

TEXT = {"title": "薄板焊接变形控制", "problem": "1.2 mm 薄板焊接后变形超差。", "declared": "1"}
Maker = Callable[..., Person]


@pytest.fixture
def firm(sessions: Sessions) -> Organisation:
    with sessions.write() as session:
        return make_firm(session, make_unit(session))


@pytest.fixture
def owner(person: Maker, firm: Organisation) -> Person:
    return person(Role.FIRM, organisation_id=firm.id)


def add(sessions: Sessions, firm: Organisation, **values: object) -> str:
    with sessions.write() as session:
        return f"/needs/{make_need(session, session.get(Organisation, firm.id), **values).id}"


@pytest.mark.parametrize(("step", "status"), [("return", "退回修改"), ("decline", "不予受理")])
def test_the_reason_stands_on_top_and_in_the_firm_s_list(
    person: Maker, sessions: Sessions, firm: Organisation, owner: Person, step: str, status: str
) -> None:
    path = add(sessions, firm, status=NeedStatus.CITY_REVIEW)
    person(Role.CITY).post(f"{path}/{step}", {"reason": "请补充可检验的指标"})
    page = owner.get(path).text
    assert page.index("请补充可检验的指标") < page.index('class="steps"')
    assert "请补充可检验的指标" in owner.get("/home").text


def test_a_reason_of_the_past_no_longer_stands_on_top(
    person: Maker, sessions: Sessions, firm: Organisation, owner: Person
) -> None:
    path = add(sessions, firm, status=NeedStatus.COUNTY_REVIEW)
    person(Role.CITY).post(f"{path}/return", {"reason": "请补充可检验的指标"})
    owner.post(f"{path}/submit")
    page = owner.get(path).text
    assert page.index('class="steps"') < page.index("请补充可检验的指标")  # in the timeline only
    assert "请补充可检验的指标" not in owner.get("/home").text


def test_what_to_do_with_a_returned_need_is_to_edit_it(sessions: Sessions, firm: Organisation, owner: Person) -> None:
    page = owner.get(path := add(sessions, firm, status=NeedStatus.RETURNED)).text
    assert f'<a class="btn go" href="{path}/edit">修改</a>' in page
    assert re.search(r'class="btn "[^>]*>重新提交', page)


def test_solving_asks_first_and_says_how_to_come_back(sessions: Sessions, firm: Organisation, owner: Person) -> None:
    path = add(sessions, firm)
    page = owner.get(path).text
    assert re.search(r'<summary class="btn ">标记已解决</summary>', page)
    assert "确认问题已经解决？" in page
    assert owner.post(f"{path}/solve").status_code == 303
    assert "请联系市科技局，由工作人员重新开放" in owner.get(path).text


def test_a_deadline_in_the_past_is_refused_where_it_is_typed_in(
    sessions: Sessions, firm: Organisation, owner: Person
) -> None:
    refused = owner.post("/needs", {**TEXT, "deadline": "2026-06-14"})
    assert refused.status_code == 422
    assert "需求时限：已经过去" in refused.text
    assert owner.post("/needs", {**TEXT, "deadline": TODAY.isoformat()}).status_code == 303
    path = add(sessions, firm, deadline=date(2026, 1, 1))
    version = re.search(r'name="version" value="(\d+)"', owner.get(f"{path}/edit").text)[1]
    changed = {**TEXT, "version": version}
    assert owner.post(path, {**changed, "deadline": "2026-02-01"}).status_code == 422
    assert owner.post(path, {**changed, "deadline": "2026-01-01"}).status_code == 303  # it stood there already


def test_a_draft_whose_deadline_has_passed_is_not_submitted(
    sessions: Sessions, firm: Organisation, owner: Person
) -> None:
    path = add(sessions, firm, status=NeedStatus.DRAFT, deadline=date(2026, 1, 1))
    assert owner.post(f"{path}/submit").status_code == 422
    with sessions.read() as session:
        assert session.get(Need, int(path.rsplit("/", 1)[1])).status is NeedStatus.DRAFT


def test_contacts_in_the_text_are_a_warning_for_the_firm_and_a_mark_for_reviewers(
    person: Maker, sessions: Sessions, firm: Organisation, owner: Person
) -> None:
    saved = owner.post("/needs", {**TEXT, "goal": "请打 13900000000", "then": "submit"})
    assert saved.status_code == 303
    assert "正文里像是有联系方式。" in owner.get(saved.location).text
    city = person(Role.CITY)
    assert "像是有联系方式：13900000000" in city.get(saved.location).text
    city.post(f"{saved.location}/county_pass")
    city.post(f"{saved.location}/publish")
    with sessions.write() as session:
        other = make_firm(session, make_unit(session, "乙县"))
    assert "像是有联系方式" not in person(Role.FIRM, organisation_id=other.id).get(saved.location).text


def test_a_text_without_contacts_is_not_marked(sessions: Sessions, firm: Organisation, owner: Person) -> None:
    assert "像是有联系方式" not in owner.get(owner.post("/needs", TEXT).location).text


def test_the_form_says_what_a_draft_and_what_a_submission_need(owner: Person) -> None:
    assert "提交审核还需写明主要问题" in owner.get("/needs/new").text
