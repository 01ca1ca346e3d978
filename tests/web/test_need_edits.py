"""An edit after publication stands at once, and the bureau sees that it happened and what it was."""

import re
from collections.abc import Callable

import pytest

from matchmaker.db.models import Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus, Role
from tests.factories import make_firm, make_need, make_unit
from tests.support.person import Person

Maker = Callable[..., Person]
HEAP = "1 条需求发布后被企业修改"
NEW = {"title": "全新的名称", "problem": "全然不同的问题。", "cooperation": "commission"}


class Case:
    """A published need, its firm, and the officers who should notice."""

    def __init__(self, person: Maker, sessions: Sessions) -> None:
        with sessions.write() as session:
            unit, elsewhere = make_unit(session), make_unit(session, "乙县")
            firm: Organisation = make_firm(session, unit)
            self.need = make_need(session, firm, title="原来的名称", problem="原来的问题。").id
            make_need(session, firm, title="没有动过的")
        self.firm = person(Role.FIRM, organisation_id=firm.id)
        self.city, self.county = person(Role.CITY), person(Role.COUNTY, unit_id=unit.id)
        self.elsewhere = person(Role.COUNTY, unit_id=elsewhere.id)

    def version(self, who: Person) -> str:
        return re.search(r'name="version" value="(\d+)"', who.get(f"/needs/{self.need}/edit").text)[1]

    def edit(self, who: Person, **words: str) -> None:
        answer = who.post(f"/needs/{self.need}", {**NEW, "declared": "1", **words, "version": self.version(who)})
        assert answer.status_code == 303, answer.text

    def noticed(self, who: Person) -> bool:
        return HEAP in who.get("/home").text


@pytest.fixture
def case(person: Maker, sessions: Sessions) -> Case:
    return Case(person, sessions)


@pytest.mark.both_databases
def test_officers_notice_see_what_changed_and_confirm(case: Case, person: Maker) -> None:
    assert not case.noticed(case.city)
    case.edit(case.firm)
    assert case.noticed(case.city)
    assert case.noticed(case.county)
    assert not case.noticed(case.elsewhere)
    listed = case.city.get("/needs?status=edited").text
    assert "全新的名称" in listed
    assert "没有动过的" not in listed
    page = case.city.get(f"/needs/{case.need}").text
    for text in ("企业在发布后修改了", "原来的名称", "原来的问题。", "全然不同的问题。", "复核无误", "撤回发布"):
        assert text in page
    read = re.search(r'name="version" value="(\d+)"', page)[1]
    assert case.county.post(f"/needs/{case.need}/check", {"version": read}).status_code == 303
    assert not case.noticed(case.city)
    after = case.city.get(f"/needs/{case.need}").text
    assert "企业在发布后修改了" not in after
    assert "复核无误" in after  # in the timeline


def test_several_edits_are_shown_from_what_the_officers_last_knew(case: Case) -> None:
    case.edit(case.firm, title="第一次改")
    case.edit(case.firm, title="第二次改")
    page = case.city.get(f"/needs/{case.need}").text
    table = page[page.index('id="changes"') : page.index("复核无误")]
    assert "原来的名称" in table
    assert "第二次改" in table
    assert "第一次改" not in table


def test_what_came_after_the_reading_is_not_confirmed_with_it(case: Case, sessions: Sessions) -> None:
    case.edit(case.firm)
    with sessions.read() as session:
        read = session.get(Need, case.need).version
    case.edit(case.firm, title="又改了一次")
    assert case.city.post(f"/needs/{case.need}/check", {"version": str(read)}).status_code == 409
    assert case.noticed(case.city)


@pytest.mark.parametrize("deed", ["comment", "edit", "unpublish"])
def test_any_deed_of_an_officer_on_the_need_is_a_look_at_it(case: Case, deed: str) -> None:
    case.edit(case.firm)
    if deed == "comment":
        case.city.post(f"/needs/{case.need}/comments", {"body": "已电话核实"})
    elif deed == "edit":
        case.edit(case.city, title="局里改正的名称")
    else:
        case.city.post(f"/needs/{case.need}/unpublish", {"reason": "与原需求无关"})
    assert not case.noticed(case.city)


def test_the_firm_s_own_words_do_not_hide_its_edit(case: Case) -> None:
    case.edit(case.firm)
    case.firm.post(f"/needs/{case.need}/comments", {"body": "改好了"})
    assert case.noticed(case.city)


def test_only_those_in_charge_see_and_confirm(case: Case, person: Maker, sessions: Sessions) -> None:
    case.edit(case.firm)
    with sessions.read() as session:
        read = str(session.get(Need, case.need).version)
    for who in (case.firm, case.elsewhere, person(Role.LEADER)):
        assert "企业在发布后修改了" not in who.get(f"/needs/{case.need}").text
        assert "全新的名称" not in who.get("/needs?status=edited").text
        assert who.post(f"/needs/{case.need}/check", {"version": read}).status_code == 403
    assert case.noticed(case.city)


def test_what_was_rewritten_before_review_is_no_edit_after_publication(
    case: Case, person: Maker, sessions: Sessions
) -> None:
    with sessions.write() as session:
        session.get(Need, case.need).status = NeedStatus.CITY_REVIEW
    case.city.post(f"/needs/{case.need}/return", {"reason": "补充指标"})
    case.edit(case.firm)
    for who, step in ((case.firm, "submit"), (case.county, "county_pass"), (case.city, "publish")):
        assert who.post(f"/needs/{case.need}/{step}").status_code == 303
    assert not case.noticed(case.city)
