"""Every list can be saved as a sheet: what is on the screen, Chinese intact, no text ever a formula."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from matchmaker.db.models import Need, Suggestion, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus, Role
from tests import factories as make
from tests.services.sheets import load_profile
from tests.support.person import Person

pytestmark = pytest.mark.both_databases
Maker = Callable[..., Person]
FORMULA = '=HYPERLINK("http://example.org";"点我")'
# Offers, finds of several kinds, letters to oneself, people to pick: no lists of records.
NO_LISTS = {"trips.index", "search.index", "notices.index", "access.people", "reports.index"}  # a form, no filter


def cells(person: Person, address: str) -> list[list[Any]]:
    answer = person.get(address)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode()
    return CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()


@pytest.fixture
def city(person: Maker, sessions: Sessions) -> Person:
    load_profile(sessions)
    with sessions.write() as session:
        unit = session.scalars(select(Unit).limit(1)).one()
        firm = make.make_firm(session, unit, name=FORMULA, contact_phone="0316-5551234", tags=["高新技术企业"])
        expert = make.make_expert(session, name="周某（焊接）", phone="010-55512340", title="+教授")
        need = make.make_need(session, firm, status=NeedStatus.PUBLISHED, title="薄板激光焊接")
        capability = make.make_capability(session, expert, title="铝合金焊接")
        session.add(
            Suggestion(
                need_id=need.id, owner_key=f"expert:{expert.id}", capability_id=capability.id, rank=1, score=0.4,
                reasons=[{"term": "焊接", "share": 0.5}], gate_detail="", matcher_version="x", steer_reason="",
                made_at=make.NOW, pinned=False, excluded=False, steered_by="",
            )
        )  # fmt: skip
    return person(Role.CITY)


def test_experts_and_organisations_as_they_are_listed(city: Person) -> None:
    head, *rows = cells(city, "/experts/export.xlsx?q=周某")
    assert [row[head.index("姓名")] for row in rows] == ["周某（焊接）"]
    assert cells(city, "/experts/export.xlsx?q=没有这人") == [["没有符合条件的记录"]]
    head, *rows = cells(city, "/organisations/export.xlsx?kind=firm")
    assert [row[:2] for row in rows] == [[FORMULA, "企业"]]
    everything = str(cells(city, "/organisations/export.xlsx")) + str(cells(city, "/experts/export.xlsx"))
    assert "5551234" not in everything  # lists show no contacts, so neither do their sheets


def test_who_could_solve_a_need_and_why(city: Person, person: Maker, sessions: Sessions) -> None:
    with sessions.read() as session:
        need = session.scalars(select(Need.id)).one()
    head, row = cells(city, f"/needs/{need}/suggestions/export.xlsx")
    said = dict(zip(head, row, strict=True))
    assert (said["专家或团队"], said["能力"], said["未推荐的原因"]) == ("周某（焊接）", "铝合金焊接", "")
    assert f"/needs/{need}/suggestions/export.xlsx" in city.get(f"/needs/{need}/suggestions").text
    with sessions.write() as session:
        expert_id = make.make_expert(session).id
    stranger = person(Role.EXPERT, expert_id=expert_id)
    assert stranger.get(f"/needs/{need}/suggestions/export.xlsx").status_code == 404


def test_every_page_with_a_pager_offers_its_sheet(app: Flask, city: Person, person: Maker) -> None:
    """A list made later is found here when it forgets to."""
    addresses = {str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    seen = set()
    for reader in (city, person(Role.ADMIN)):
        for rule in app.url_map.iter_rules():
            if rule.arguments or "GET" not in (rule.methods or set()) or rule.endpoint in NO_LISTS:
                continue
            answer = reader.get(str(rule))
            if answer.status_code == 200 and b'class="filters"' in answer.data:
                seen.add(str(rule))
    assert {page for page in seen if f"{page}/export.xlsx" not in addresses} == set()
    assert {"/needs", "/capabilities", "/invitations", "/meetings", "/experts", "/organisations", "/imports"} <= seen
