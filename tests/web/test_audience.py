"""Who reads a need and who learns whose it is: every page that somebody outside sees, the sheets and the letters."""

from collections.abc import Callable
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Capability, Expert, Invitation, Need, NeedRelease, Organisation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.pairing import Proposal
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, MeetingKind, Role, Side
from matchmaker.services import invitations
from matchmaker.services.links import answer_token
from tests.factories import (
    TODAY,
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_need,
    make_team,
    make_unit,
)
from tests.support.person import Person
from tests.support.texts import analysed

Maker = Callable[..., Person]
NAME, STAND_IN = "隐名精工机械（演示）", "某企业（甲县）"
CLOCK = FixedDayClock(TODAY)


class World:
    """A masked need of one firm that suits one expert, who has been invited by the firm itself."""

    def __init__(self, person: Maker, sessions: Sessions, settings: Settings, audience: Audience) -> None:
        self.sessions, self.settings = sessions, settings
        with sessions.write() as session:
            unit = make_unit(session, "甲县")
            firm = make_firm(session, unit, name=NAME, contact_name="王某", contact_email="f@example.org")
            rival = make_firm(session, unit)
            institute = make_institute(session)
            expert = make_expert(session, institute)
            group = make_group(session, make_expert(session, institute), expert)
            need = analysed(session, make_need(session, firm, audience=audience))
            analysed(session, make_capability(session, expert))
            make_team(session, need, expert)
            self.firm, self.need, self.expert, self.institute = firm.id, need.id, expert.id, institute.id
            self.rival, self.group = rival.id, group.id
        self.people = {
            "expert": person(Role.EXPERT, expert_id=self.expert),
            "institute": person(Role.INSTITUTE, organisation_id=self.institute),
            "rival": person(Role.FIRM, organisation_id=self.rival),
        }

    def invite(self) -> int:
        """The firm's own account asks the expert."""
        actor = Actor(Role.FIRM, "王某（隐名精工）", 99, organisation_id=self.firm)
        with self.sessions.write() as session:
            need, expert = session.get_one(Need, self.need), session.get_one(Expert, self.expert)
            proposal = Proposal(kind=MeetingKind.INBOUND)
            return invitations.invite(session, actor, need, expert, proposal, settings=self.settings, clock=CLOCK).id

    def pages(self, invitation: int) -> list[str]:
        owner = f"expert:{self.expert}"
        return [
            "/home", "/needs", "/needs?sort=firm", f"/needs/{self.need}", "/matches", "/invitations",
            "/invitations?sort=firm", f"/invitations/{invitation}", f"/invitations/new?need={self.need}&owner={owner}",
            "/meetings", "/teams", "/teams/1", "/organisations", "/experts", f"/organisations/{self.firm}",
        ]  # fmt: skip


@pytest.fixture
def world(person: Maker, sessions: Sessions, settings: Settings) -> World:
    return World(person, sessions, settings, Audience.MASKED)


def cells(who: Person, path: str) -> str:
    return str(CalamineWorkbook.from_filelike(BytesIO(who.get(path).data)).get_sheet_by_index(0).to_python())


@pytest.mark.parametrize("who", ["expert", "institute", "rival"])
def test_a_masked_name_is_on_no_page_of_those_outside(world: World, who: str) -> None:
    invitation, reader = world.invite(), world.people[who]
    shown = {path: reader.get(path) for path in world.pages(invitation)}
    assert shown[f"/needs/{world.need}"].status_code == 200
    for path, page in shown.items():
        assert "隐名精工" not in page.text, path
    assert STAND_IN in shown[f"/needs/{world.need}"].text
    assert STAND_IN in shown["/needs"].text
    assert shown[f"/organisations/{world.firm}"].status_code == 404


def test_an_invited_expert_reads_what_stands_for_the_name(world: World) -> None:
    invitation, expert = world.invite(), world.people["expert"]
    for path in ("/home", "/invitations", f"/invitations/{invitation}"):
        assert STAND_IN in expert.get(path).text, path


def test_a_signed_link_does_not_tell_the_name_either(world: World, visitor: Person) -> None:
    token = answer_token(world.settings.key(), world.invite(), Side.EXPERT, today=TODAY)
    page = visitor.get(f"/a/{token}")
    assert page.status_code == 200
    assert "隐名精工" not in page.text
    assert STAND_IN in page.text


def test_a_masked_firm_is_not_found_by_its_name_or_number(world: World) -> None:
    expert = world.people["expert"]
    assert "没有符合条件的需求" in expert.get("/needs?q=隐名精工").text
    assert "没有符合条件的需求" in expert.get(f"/needs?firm={world.firm}").text
    world.invite()
    assert "没有符合条件的邀请" in expert.get("/invitations?q=隐名精工").text


def test_sheets_and_letters_mask_the_name(world: World) -> None:
    world.invite()
    for who in ("expert", "institute"):
        for path in ("/needs/export.xlsx", "/invitations/export.xlsx"):
            assert "隐名精工" not in cells(world.people[who], path), (who, path)
    with world.sessions.read() as session:
        letters = session.scalars(select(OutboxMessage.payload)).all()
    to_expert = [letter for letter in letters if letter["side"] == Side.EXPERT]
    assert [letter["firm"] for letter in to_expert] == [STAND_IN]
    assert "隐名精工" not in str(to_expert)


def test_officers_read_the_name_and_paste_a_text_without_it(world: World, person: Maker) -> None:
    invitation, city = world.invite(), person(Role.CITY)
    assert NAME in city.get("/needs").text
    page = city.get(f"/invitations/{invitation}").text
    assert NAME in page
    assert f"{STAND_IN}有一项技术需求想请教" in page


def test_once_both_have_agreed_the_name_is_there(world: World) -> None:
    invitation, expert = world.invite(), world.people["expert"]
    expert.post(f"/invitations/{invitation}/answer", {"decision": "accept"})
    for path in (f"/needs/{world.need}", f"/invitations/{invitation}", f"/organisations/{world.firm}"):
        assert NAME in expert.get(path).text, path
    assert NAME in world.people["institute"].get(f"/needs/{world.need}").text
    assert "隐名精工" not in world.people["rival"].get(f"/needs/{world.need}").text


# Chosen institutes


@pytest.fixture
def chosen(person: Maker, sessions: Sessions, settings: Settings) -> World:
    found = World(person, sessions, settings, Audience.CHOSEN)
    found.people["city"] = person(Role.CITY)
    return found


def release(world: World, *institute_ids: int) -> None:
    with world.sessions.write() as session:
        need = session.get_one(Need, world.need)
        need.releases = [NeedRelease(institute_id=key) for key in institute_ids]


def test_a_need_for_chosen_institutes_is_there_for_their_people_only(chosen: World) -> None:
    path = f"/needs/{chosen.need}"
    for reader in chosen.people.values():
        assert reader.get(path).status_code == (200 if reader is chosen.people["city"] else 404)
    assert path not in chosen.people["expert"].get("/matches").text
    release(chosen, chosen.institute)
    assert chosen.people["expert"].get(path).status_code == 200
    assert path in chosen.people["expert"].get("/matches").text
    assert chosen.people["institute"].get(path).status_code == 200
    assert chosen.people["rival"].get(path).status_code == 404


def test_nobody_outside_the_chosen_is_suggested_or_invited(chosen: World) -> None:
    city, path = chosen.people["city"], f"/needs/{chosen.need}"
    assert city.post(f"{path}/suggestions/refresh").status_code == 303
    page = city.get(path).text
    assert "不在定向范围" in page
    assert "推荐 0，已排除 1" in page
    wanted = {"need": str(chosen.need), "owner": f"expert:{chosen.expert}", "kind": "inbound"}
    refused = city.post("/invitations", wanted)
    assert refused.status_code == 409
    assert "只给选定的院所看" in refused.text
    release(chosen, chosen.institute)
    city.post(f"{path}/suggestions/refresh")
    assert "推荐 1，已排除 0" in city.get(path).text
    assert city.post("/invitations", wanted).status_code == 303


def test_the_test_s_people_are_what_they_are_said_to_be(world: World) -> None:
    with world.sessions.read() as session:
        assert session.get_one(Organisation, world.firm).name == NAME
        assert session.scalars(select(Capability)).one().expert_id == world.expert
        assert session.scalars(select(Invitation)).all() == []
