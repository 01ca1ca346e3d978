"""Pages of specialists: filed, given hosts, agreed, visited from the phone, ended; who sees what; lists and numbers."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import Attachment, Specialist
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role, SpecialistKind
from matchmaker.queries import entries
from tests import factories as make
from tests.support.facts_by_hand import end_specialist, file_specialist
from tests.support.person import Person
from tests.support.teams import PDF
from tests.web.test_exports import cells

Maker = Callable[..., Person]
TODAY = make.TODAY.isoformat()


class Cast:
    """Two firms of two units, an expert, and who acts for them."""

    def __init__(self, sessions: Sessions, person: Maker) -> None:
        self.sessions = sessions
        with sessions.write() as session:
            units = [make.make_unit(session, name) for name in ("甲县", "乙县")]
            tags = ["高新技术企业"]
            firms = [make.make_firm(session, unit, name=f"{unit.name}厂", tags=tags) for unit in units]
            institute = make.make_institute(session, name="某大学")
            expert = make.make_expert(session, institute, name="周某")
            make.make_expert(session, make.make_institute(session, name="另一所"), name="周某")
            self.expert_id, self.firm_ids = expert.id, [firm.id for firm in firms]
            ids = [unit.id for unit in units]
        self.city = person(Role.CITY)
        self.county, self.neighbour = (person(Role.COUNTY, unit_id=number) for number in ids)
        self.firm, self.other_firm = (person(Role.FIRM, organisation_id=number) for number in self.firm_ids)
        self.expert = person(Role.EXPERT, expert_id=expert.id)
        self.institute = person(Role.INSTITUTE, organisation_id=institute.id)

    def file(self, who: Person | None = None, firm: str = "甲县厂", number: str = "T-1") -> str:
        return file_specialist(who or self.city, "周某（某大学）", SpecialistKind.ENTERPRISE, number, firm)

    def counted(self) -> dict[str, int]:
        with self.sessions.read() as session:
            return {code: int(value.amount) for code, value in entries.values(session, make.TODAY.year).items()}

    def host(self) -> str:
        with self.sessions.read() as session:
            return str(session.scalars(select(Specialist)).unique().one().hosts[0].id)


@pytest.fixture
def cast(sessions: Sessions, person: Maker) -> Cast:
    return Cast(sessions, person)


def done(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_wrong_form_comes_back_with_what_was_typed(cast: Cast) -> None:
    said = {"number": "T-7", "kind": "enterprise", "filed_on": TODAY, "institute": "没有这所", "expert": "周某"}
    for change, text in (
        ({}, "有同名的"),
        ({"expert": "周某（某大学）"}, "派出单位：名录中没有"),
        ({"firm": "没有这家"}, "请填写本市名录中企业的全称"),
        ({"filed_on": "2099-01-01", "expert": "周某（某大学）", "institute": ""}, "晚于今天"),
    ):
        answer = cast.city.post("/specialists", said | change)
        assert (answer.status_code, text in answer.text, 'value="T-7"' in answer.text) == (422, True, True)
    for who in (cast.firm, cast.expert, cast.institute):
        assert who.get("/specialists/new").status_code == 403
        assert who.post("/specialists", said).status_code in {403, 422}
    assert cast.counted()["specialists"] == 0


def test_from_filing_to_covering_a_firm(cast: Cast) -> None:
    page = cast.file(cast.county)
    before = cast.counted()
    terms = {"host": cast.host(), "agreed_on": TODAY, "agreed_until": "", "files": (BytesIO(PDF), "协议.pdf")}
    done(cast.county.post(f"{page}/agreement", terms))
    shown = cast.city.get(page).text
    assert "三方协议签于" in shown
    assert "协议.pdf" in shown
    assert "特派员覆盖" in cast.city.get("/goals").text
    assert "甲县厂" in cast.city.get("/organisations?specialist=no").text
    assert "甲县厂" not in cast.city.get("/organisations?specialist=yes").text
    form = cast.expert.get("/service-logs/new").text
    assert "T-1" in form
    assert "甲县厂" in form
    typed = {"firm": str(cast.firm_ids[0]), "day": TODAY, "share": "2", "problem": "热裂纹", "result": "调参"}
    log = done(cast.expert.post("/service-logs", typed | {"then": "submit"}))
    done(cast.county.post(f"{log}/unit_pass"))
    done(cast.city.post(f"{log}/approve"))
    assert cast.firm.get(log).status_code == 200
    done(cast.firm.post(f"{log}/rate", {"rating": "5", "words": "好"}))
    assert "甲县厂" in cast.city.get("/organisations?specialist=yes").text
    assert "热裂纹" in cast.firm.get(page).text
    assert cast.counted() == before  # a visit is no further specialist
    head, row = cells(cast.city, "/specialists/export.xlsx?kind=enterprise")
    said = dict(zip(head, row, strict=True))
    assert (said["备案编号"], said["服务对象"], said["责任单位"], said["本年服务天数"]) == ("T-1", "甲县厂", "甲县", 1)
    assert "T-1" in str(cells(cast.city, "/service-logs/export.xlsx"))
    done(cast.city.post(f"{page}/hosts", {"firm": "乙县厂", "place": "", "since": TODAY}))
    days = [who.get(page).text.partition('class="big">')[2][:1] for who in (cast.firm, cast.other_firm)]
    assert days == ["1", "0"], "a firm is told of the days at itself"


def test_an_officer_writes_down_a_visit_that_was_told(cast: Cast) -> None:
    page = cast.file()
    number = page.rpartition("/")[2]
    assert "周某" in cast.county.get(f"/service-logs/new?team=specialist:{number}").text
    typed = {"team": f"specialist:{number}", "firm": str(cast.firm_ids[0]), "day": TODAY, "share": "1"}
    typed |= {"problem": "热裂纹", "result": "调参"}
    log = done(cast.county.post("/service-logs", typed))
    assert "代录" in cast.city.get(log).text
    assert cast.neighbour.post("/service-logs", typed).status_code == 404
    assert cast.county.get(f"{log}/edit").status_code == 200


def test_who_sees_whom(cast: Cast) -> None:
    page = cast.file()
    done(cast.city.post(f"{page}/hosts", {"firm": "乙县厂", "place": "", "since": TODAY}))
    for who in (cast.city, cast.county, cast.neighbour, cast.expert, cast.institute, cast.firm, cast.other_firm):
        assert who.get(page).status_code == 200
        assert "T-1" in who.get("/specialists").text
    for path in (page, "/specialists", "/specialists/export.xlsx"):
        answer = cast.firm.get(path)
        assert "乙县厂" not in (str(cells(cast.firm, path)) if path.endswith("xlsx") else answer.text)
    assert "T-1" in cast.firm.get(f"/organisations/{cast.firm_ids[0]}").text
    assert "T-1" in cast.expert.get(f"/experts/{cast.expert_id}").text
    done(cast.neighbour.post(f"{page}/hosts/{int(cast.host()) + 1}/end", {"reason": "到期"}))
    assert cast.county.post(f"{page}/end", {"reason": "不来"}).status_code == 403
    assert cast.firm.post(f"{page}/hosts", {"firm": "甲县厂", "since": TODAY}).status_code == 403


def test_a_scan_is_not_another_firms_nor_another_units(cast: Cast) -> None:
    page = cast.file()
    done(cast.city.post(f"{page}/hosts", {"firm": "乙县厂", "place": "", "since": TODAY}))
    at = f"/team-files/specialist/{page.rpartition('/')[2]}"
    done(cast.county.post(at, {"files": (BytesIO(PDF), "甲厂协议.pdf")}))
    with cast.sessions.read() as session:
        scan = f"{at}/{session.scalars(select(Attachment.id)).one()}"
    seen = {who: who.get(scan).status_code for who in (cast.firm, cast.other_firm, cast.expert, cast.city)}
    assert list(seen.values()) == [404, 404, 200, 200]
    assert cast.neighbour.post(f"{scan}/void", {"reason": "不要"}).status_code == 403
    done(cast.county.post(f"{scan}/void", {"reason": "传错了"}))


def test_ended_and_back_on_file_and_corrected(cast: Cast) -> None:
    page = cast.file()
    assert cast.city.post(f"{page}/end", {"reason": " "}).status_code == 422
    end_specialist(cast.city, page)
    assert "调离" in cast.expert.get(page).text
    assert cast.counted()["specialists"] == 0
    assert "T-1" not in cast.city.get(f"/specialists?year={make.TODAY.year}").text
    assert "T-1" in cast.city.get("/specialists?status=ended").text
    done(cast.city.post(f"{page}/resume", {"reason": "误操作"}))
    said = {"number": "T-2", "kind": "agricultural", "filed_on": TODAY, "institute": "另一所", "reason": "写错"}
    assert cast.county.get(f"{page}/edit").status_code == 403
    version = cast.city.get(f"{page}/edit").text.partition('name="version" value="')[2].partition('"')[0]
    assert cast.city.post(f"{page}/edit", said | {"version": "0"}).status_code == 409
    done(cast.city.post(f"{page}/edit", said | {"version": version}))
    found = cast.counted()
    assert (found["specialists"], found["agricultural_specialists"]) == (0, 1)
    assert "另一所" in cast.city.get("/specialists?kind=agricultural").text
