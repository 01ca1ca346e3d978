"""The officer finds duplicates, compares them, merges or sets them apart, and takes a merge back."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.db.models import Expert, Merge, Need, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, Noun, OrganisationKind, Role
from matchmaker.queries.duplicates import candidates
from matchmaker.services import merging
from tests import factories as make
from tests.services.sheets import CLOCK, FIRMS, INSTITUTES, NEEDS, bring_chain, bring_rows, load_profile
from tests.support.counting import make_counting
from tests.support.person import Person

Maker = Callable[..., Person]
CITY = make.Actor(Role.CITY, "专员", None)


@pytest.fixture
def world(person: Maker, sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        kept = make.make_firm(session, unit, name="甲乙精工有限公司", contact_phone="0316-1234567")
        gone = make.make_firm(session, unit, name="某市甲乙精工（有限責任公司）", contact_email="a@example.org")
        need = make.make_need(session, gone)
        institute = make.make_institute(session)
        people = [make.make_expert(session, institute, name=name) for name in ("张三", "張三")]
        ids = SimpleNamespace(kept=kept.id, gone=gone.id, need=need.id, people=[one.id for one in people])
    ids.officer = person(Role.CITY)
    return ids


def merge(world: SimpleNamespace, **fields: str) -> str:
    path = f"/duplicates/organisation/{world.kept}/{world.gone}"
    page = world.officer.get(path).text
    versions = dict(re.findall(r'name="(first_version|second_version)" value="(\d+)"', page))
    sent = {"kept": str(world.kept), "f_contact_email": str(world.gone), "reason": "同一家", **versions, **fields}
    answer = world.officer.post(path, sent)
    assert answer.status_code == 303, answer.text
    return answer.location


def names_of(found: list[object]) -> list[tuple[str, str, list[str]]]:
    return [(one.first, one.second, [sign.value for sign in one.signs]) for one in found]


def test_what_looks_alike_is_found(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        host = make.make_institute(session, name="某大学")
        make.make_institute(session, name="甲乙精工")  # another kind of organisation
        make.make_expert(session, host, name="张三", phone="1", email="")
        for number in range(15):  # a switchboard
            make.make_firm(session, name=f"园区企业{number}号", contact_phone="0316-88")
        one = make.make_firm(session, name="丙丁热控", contact_phone="138 0000 1111")
        other = make.make_firm(session, name="别名", contact_phone="138-0000-1111", contact_email="B@example.org")
        make.make_firm(session, name="第三", contact_email="b@example.org")
        firms = names_of(candidates(session, CITY, Noun.ORGANISATION))
        people = names_of(candidates(session, CITY, Noun.EXPERT))
        assert (one.id, other.id) == (min(one.id, other.id), max(one.id, other.id))
    assert firms == [
        ("甲乙精工有限公司", "某市甲乙精工（有限責任公司）", ["name"]),
        ("别名", "第三", ["email"]),
        ("丙丁热控", "别名", ["phone"]),
    ]
    assert people == [("张三", "張三", ["person"])]


def test_two_records_become_one_and_the_address_leads_on(world: SimpleNamespace, sessions: Sessions) -> None:
    assert "比对" in world.officer.get("/duplicates").text
    page = world.officer.get(f"/duplicates/organisation/{world.kept}/{world.gone}").text
    assert "技术需求 1" in page
    shown = world.officer.get(merge(world)).text
    assert "技术需求 1" in shown
    with sessions.read() as session:
        kept = session.get_one(Organisation, world.kept)
        assert (kept.contact_phone, kept.contact_email) == ("0316-1234567", "a@example.org")
        assert session.get_one(Need, world.need).firm_id == world.kept
    moved = world.officer.get(f"/organisations/{world.gone}")
    assert (moved.status_code, moved.location) == (302, f"/organisations/{world.kept}")
    assert "某市甲乙精工" not in world.officer.get("/organisations").text
    assert f'href="/organisations/{world.gone}"' not in world.officer.get("/search?q=某市甲乙精工").text
    assert "没有发现疑似重复的记录" in world.officer.get("/duplicates").text
    assert "某市甲乙精工" in world.officer.get("/duplicates").text  # among the merges


def test_a_merge_is_taken_back_with_a_reason(world: SimpleNamespace, sessions: Sessions) -> None:
    place = merge(world)
    assert world.officer.post(f"{place}/undo", {"reason": ""}).status_code == 422
    done = world.officer.post(f"{place}/undo", {"reason": "核实后是两家"})
    assert "已撤销合并" in world.officer.get(done.location).text
    with sessions.read() as session:
        assert session.get_one(Need, world.need).firm_id == world.gone
        assert session.get_one(Organisation, world.kept).contact_email == ""
        assert session.scalars(select(Merge.undone_reason)).one() == "核实后是两家"
    assert world.officer.get(f"/organisations/{world.gone}").status_code == 200


def test_a_stale_page_merges_nothing(world: SimpleNamespace, sessions: Sessions) -> None:
    path = f"/duplicates/organisation/{world.kept}/{world.gone}"
    with sessions.write() as session:
        session.get_one(Organisation, world.gone).contact_name = "王工"
    sent = {"kept": str(world.kept), "reason": "同一家", "first_version": "1", "second_version": "1"}
    answer = world.officer.post(path, sent)
    assert answer.status_code == 422
    assert "又被改过" in answer.text
    with sessions.read() as session:
        assert session.scalars(select(Merge)).all() == []


def test_a_pair_that_was_set_apart_stays_away(world: SimpleNamespace) -> None:
    one, other = world.people
    world.officer.post(f"/duplicates/expert/{one}/{other}/apart")
    page = world.officer.get("/duplicates?noun=expert").text
    assert "没有发现疑似重复的记录" in page
    assert "标记为不是重复" in page
    world.officer.post(f"/duplicates/expert/{other}/{one}/beside")
    assert "比对" in world.officer.get("/duplicates?noun=expert").text


def test_merged_people_are_in_no_list(world: SimpleNamespace, sessions: Sessions) -> None:
    one, other = world.people
    with sessions.write() as session:
        kept, gone = session.get_one(Expert, one), session.get_one(Expert, other)
        merging.merge(session, CITY, kept, gone, reason="同一人", clock=CLOCK)
    assert "張三" not in world.officer.get("/experts").text
    assert world.officer.get(f"/experts/{other}").location == f"/experts/{one}"


@pytest.mark.parametrize("role", [Role.COUNTY, Role.LEADER])
def test_only_the_city_merges(world: SimpleNamespace, person: Maker, sessions: Sessions, role: Role) -> None:
    with sessions.read() as session:
        unit = session.get_one(Organisation, world.kept).unit_id
    other = person(role, **({"unit_id": unit} if role is Role.COUNTY else {}))
    path = f"/duplicates/organisation/{world.kept}/{world.gone}"
    assert [other.get(one).status_code for one in ("/duplicates", path)] == [403, 403]
    assert other.post(path, {"reason": "同一家"}).status_code == 403
    assert other.post(f"{path}/apart").status_code == 403
    assert "疑似重复" not in other.get("/organisations").text


def test_the_list_as_a_sheet(world: SimpleNamespace) -> None:
    assert world.officer.get("/duplicates/export.xlsx?noun=expert").status_code == 200
    assert world.officer.get("/duplicates/nothing/1/2").status_code == 404


def test_a_sheet_does_not_bring_a_merged_record_back(sessions: Sessions, tmp_path: Path) -> None:
    bring_chain(sessions, tmp_path)
    with sessions.write() as session:
        both = session.scalars(select(Organisation).where(Organisation.kind == OrganisationKind.FIRM)).all()
        kept, gone = sorted(both, key=lambda one: one.external_id or "")
        merging.merge(session, CITY, kept, gone, reason="同一家", clock=CLOCK)
    again = bring_rows(sessions, ImportKind.ORGANISATIONS, FIRMS + INSTITUTES, tmp_path)
    assert [(error.line, error.value) for error in again.errors] == [(3, "F2")]
    assert "已合并到“甲乙精工（演示）”" in again.errors[0].message
    rows = [NEEDS[1] | {"需求编号": "N7", "技术需求名称": "并入之后的需求"}]
    assert bring_rows(sessions, ImportKind.NEEDS, rows, tmp_path).errors == ()
    with sessions.read() as session:
        new = session.scalars(select(Need).filter_by(external_id="N7")).one()
        assert new.firm.external_id == "F1"


def test_a_bureau_without_a_profile_may_look(sessions: Sessions) -> None:
    with sessions.read() as session:
        assert candidates(session, CITY, Noun.ORGANISATION) == []
    load_profile(sessions)
    with sessions.write() as session:
        city, bare = (make.make_firm(session, name=name) for name in ("廊坊市甲乙有限公司", "甲乙公司"))
        make.make_firm(session, name="河北省廊坊甲乙厂")
        assert city.id < bare.id
        assert len(candidates(session, CITY, Noun.ORGANISATION)) == 3
