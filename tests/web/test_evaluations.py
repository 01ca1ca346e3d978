"""The pages of the yearly evaluation: the sheets' form, who sees which scores, page and sheet alike, the province."""

import html
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

from matchmaker.db.models import Appeal
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import EvaluationStatus, Grade, Role, TeamLevel
from matchmaker.queries import evaluations as queries
from tests import factories as make
from tests.support.person import Person

Maker = Callable[..., Person]
YEAR = make.TODAY.year


def cells(person: Person, address: str) -> list[dict[str, Any]]:
    head, *rows = CalamineWorkbook.from_filelike(BytesIO(person.get(address).data)).get_sheet_by_index(0).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def typed(page: str) -> dict[str, str]:
    """What a browser would send of a form left as it is."""
    form = page[page.index('/rules">') if '/rules">' in page else 0 :]
    found = dict(re.findall(r'<input [^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form))
    found = {name: value for name, value in found.items() if "_bonus_" not in name}
    found |= dict.fromkeys(re.findall(r'name="(\w+_bonus_\d+)" value="1" checked', form), "1")
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'value="([^"]*)" selected', options)[0]
    return {name: html.unescape(value) for name, value in found.items()}


def test_the_sheets_as_they_stand_may_be_sent_again(person: Maker, sessions: Sessions) -> None:
    city = person(Role.CITY)
    made = city.post("/evaluations", {"year": str(YEAR), "due_on": f"{YEAR}-12-20"})
    assert made.status_code == 303
    page = city.get(f"/evaluations/{YEAR}/rules").text
    values = {name: value for name, value in typed(page).items() if name not in {"csrf_token", "form_id"}}
    with sessions.read() as session:
        before = queries.sheets(queries.round_of(session, YEAR))
    asked = city.post(f"/evaluations/{YEAR}/rules", values)
    assert asked.status_code == 422  # without a reason
    wrong = city.post(
        f"/evaluations/{YEAR}/rules", values | {"reason": "局务会", "team_points_0": "31", "percent": "0"}
    )
    assert wrong.status_code == 422
    assert "名额比例" in wrong.text
    kept = city.post(f"/evaluations/{YEAR}/rules", values | {"reason": "局务会", "percent": "25", "version": "1"})
    assert kept.status_code == 303, kept.text
    with sessions.read() as session:
        after = queries.sheets(queries.round_of(session, YEAR))
    assert (after.team, after.person, after.grades) == (before.team, before.person, before.grades)
    assert (after.line.percent, after.source) == (25, "局务会")


def test_who_sees_which_scores(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make.make_unit(session)
        need = make.make_need(session, make.make_firm(session, unit))
        states = (EvaluationStatus.SCORED, EvaluationStatus.PUBLISHED)
        people = [[make.make_expert(session), make.make_expert(session, name=f"队员{n}")] for n in range(2)]
        for number, (status, both) in enumerate(zip(states, people, strict=True)):
            place = {"place": 1, "in_line": True, "published_on": make.TODAY} if number else {}
            given = {"status": status, "score": 83 + number, "grade": Grade.GOOD, **place}
            make.make_evaluation(session, make.make_team(session, need, *both), **given)
        province = {"level": TeamLevel.PROVINCE, "province_result": "优秀", "province_document": "某科 1 号"}
        team = make.make_team(session, need, make.make_expert(session))
        make.make_evaluation(session, team, status=EvaluationStatus.PUBLISHED, published_on=make.TODAY, **province)
        unit_id = unit.id
    city, county, stranger = person(Role.CITY), person(Role.COUNTY, unit_id=unit_id), person(Role.LEADER)
    seen = {who: [row["得分"] for row in cells(who, f"/evaluations/{YEAR}/export.xlsx")] for who in (city, county)}
    assert sorted(map(str, seen[city])) == ["", "83.0", "84.0"]
    assert sorted(map(str, seen[county])) == ["", "", "84.0"]
    listed = cells(stranger, f"/evaluations/{YEAR}/published/export.xlsx")
    assert [(row["得分"], row["排名"], row["入线"]) for row in listed] == [(84, 1, "线内"), ("", "不排名", "不适用")]
    page = stranger.get(f"/evaluations/{YEAR}/published").text
    for row in listed:
        assert all(str(value).removesuffix(".0") in page for value in row.values() if value)
    assert "队员1" not in page  # nobody's name but the lead's
    firm = make_firm_person(person, sessions)
    assert firm.get(f"/evaluations/{YEAR}").status_code == 302
    assert firm.get("/evaluations/teams/1").status_code == 404


def make_firm_person(person: Maker, sessions: Sessions) -> Person:
    """Somebody of a firm that has nothing to do with any team."""
    with sessions.write() as session:
        firm_id = make.make_firm(session, make.make_unit(session, "丁县")).id
    return person(Role.FIRM, organisation_id=firm_id)


def test_a_member_reads_no_appeal_and_no_remark(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        need = make.make_need(session, make.make_firm(session, make.make_unit(session)))
        lead, member = make.make_expert(session), make.make_expert(session)
        given = {"status": EvaluationStatus.PUBLISHED, "score": 83, "grade": Grade.GOOD, "published_on": make.TODAY}
        row = make.make_evaluation(session, make.make_team(session, need, lead, member), remark="内部话", **given)
        stamps = {"created_at": make.NOW, "updated_at": make.NOW}
        made = {"reason": "对成员的分数不满", "made_by": lead.name, "made_on": make.TODAY, **stamps}
        session.add(Appeal(evaluation_id=row.id, **made))
        ids, address = (lead.id, member.id), f"/evaluations/teams/{row.id}"
    pages = [person(Role.EXPERT, expert_id=number).get(address).text for number in ids]
    for words in ("内部话", "对成员的分数不满"):
        assert [words in page for page in pages] == [True, False]


def test_an_officer_corrects_a_result_of_the_province(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        need = make.make_need(session, make.make_firm(session, make.make_unit(session)))
        told = {"province_result": "优秀", "province_document": "某科 1 号", "published_on": make.TODAY}
        team, standing = make.make_team(session, need, make.make_expert(session)), EvaluationStatus.PUBLISHED
        row = make.make_evaluation(session, team, level=TeamLevel.PROVINCE, status=standing, **told)
        address, version = f"/evaluations/teams/{row.id}", row.version
    city = person(Role.CITY)
    assert "登记省级团队的结果" in city.get(f"/evaluations/{make.TODAY.year}/province").text
    assert f'href="{address}/province"' in city.get(address).text
    assert "某科 1 号" in city.get(f"{address}/province").text
    typed = {"result": "良好", "document": "某科 2 号", "day": make.TODAY.isoformat(), "version": str(version)}
    refused = city.post(f"{address}/province", typed)
    assert refused.status_code == 422
    assert city.post(f"{address}/province", typed | {"reason": "看错行"}).status_code == 303
    assert city.post(f"{address}/unpublish", {"reason": "录错了团"}).status_code == 303
    assert "已撤下" in city.get(address).text
    assert city.post(f"{address}/publish", {}).status_code == 303
    assert "某科 2 号" in city.get(f"/evaluations/{YEAR}/published").text
