"""Pages of reports: read by those above, issued by the city, downloaded as they were; the ledger in an office suite."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Blob, Meeting, Report
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.services import meetings
from tests import factories as make
from tests.support.office import rows_of
from tests.support.person import Person
from tests.support.reports import FIRM, make_year

DRAFT = f"/reports/draft/monthly/{make.TODAY.year}/5"


@pytest.fixture
def year(app: object, sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    with sessions.write() as session:
        year = make_year(session)
    year.at = SimpleNamespace(
        city=person(Role.CITY), leader=person(Role.LEADER), county=person(Role.COUNTY, unit_id=year.county.unit_id)
    )
    return year


def issued(person: Person, path: str = DRAFT, **more: str) -> str:
    page = person.get(path).text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    edition = re.search(r'name="edition" value="(\d+)"', page)
    assert seen
    assert edition
    answer = person.post(path, {"seen": seen[1], "edition": edition[1], **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_from_the_draft_to_files_that_stay(sessions: Sessions, year: SimpleNamespace) -> None:
    draft = year.at.city.get(DRAFT)
    assert draft.status_code == 200
    assert "outbound 规则 1 全文" in draft.text
    address = issued(year.at.city)
    files = {suffix: year.at.city.get(f"{address}/{suffix}").data for suffix in ("xlsx", "docx")}
    assert "与报告一致" in year.at.leader.get(address).text
    with sessions.write() as session:
        meeting = session.get_one(Meeting, year.out[1])
        meetings.unverify(session, year.city, meeting, reason="材料有误", clock=FixedDayClock(make.TODAY))
        title = meeting.title
    page = year.at.leader.get(address).text
    assert "报告 2，按今天的记录和规则到同一天是 1" in page
    assert title in page
    assert {suffix: year.at.leader.get(f"{address}/{suffix}").data for suffix in files} == files
    with sessions.read() as session:
        row = session.scalars(select(Report)).one()
        kept = set(session.scalars(select(Blob.data).where(Blob.sha256.in_([row.xlsx_sha256, row.docx_sha256]))))
        assert kept == set(files.values())


def test_a_second_edition_asks_why(year: SimpleNamespace) -> None:
    first = issued(year.at.city)
    page = year.at.city.get(DRAFT).text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    refused = year.at.city.post(DRAFT, {"seen": seen[1], "edition": "2"})
    assert refused.status_code == 422
    assert "请写明为什么重新签发" in refused.text
    second = issued(year.at.city, reason="更正一场")
    assert first != second
    listed = year.at.leader.get(f"/reports?year={make.TODAY.year}").text
    assert f'href="{first}"' in listed
    assert f'href="{second}"' in listed
    assert "更正一场" in listed


def test_an_old_draft_is_shown_again_with_why(year: SimpleNamespace) -> None:
    issued(year.at.city)
    answer = year.at.city.post(DRAFT, {"seen": "0" * 64, "edition": "1"})
    assert answer.status_code == 422
    assert "请打开已签发的报告查看" in answer.text


def test_who_may_read_and_who_may_not(
    sessions: Sessions, year: SimpleNamespace, visitor: Person, person: Callable[..., Person]
) -> None:
    address = issued(year.at.city)
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session))
        expert = make.make_expert(session, make.make_institute(session))
        numbers = (firm.id, expert.id)
    outside = [person(Role.FIRM, organisation_id=numbers[0]), person(Role.EXPERT, expert_id=numbers[1])]
    for path in ("/reports", address, f"{address}/docx", f"{address}/xlsx", DRAFT):
        assert {one.get(path).status_code for one in outside} == {403}, path
        assert visitor.get(path).status_code in {302, 303}
    for reader in (year.at.leader, year.at.county):
        assert [reader.get(path).status_code for path in ("/reports", address, f"{address}/docx")] == [200, 200, 200]
        assert reader.get(DRAFT).status_code == reader.post(DRAFT, {"edition": "2"}).status_code == 403
    assert year.at.leader.get(f"{address}/xlsx").status_code == 200
    assert year.at.county.get(f"{address}/xlsx").status_code == 403
    assert f"{address}/xlsx" not in year.at.county.get(address).text
    bulletin = issued(year.at.city, f"/reports/draft/bulletin/{make.TODAY.year}/6")
    assert year.at.county.get(f"{bulletin}/xlsx").status_code == 200


@pytest.mark.parametrize(
    "path", ["/reports/draft/weekly/2026/1", "/reports/draft/monthly/2026/13", "/reports/99", "/reports/draft?period=x"]
)
def test_there_is_no_such_report(year: SimpleNamespace, path: str) -> None:
    assert year.at.city.get(path).status_code == 404


def test_a_period_to_come_is_refused_with_what_to_do(year: SimpleNamespace) -> None:
    answer = year.at.city.get(f"/reports/draft/monthly/{make.TODAY.year}/7")
    assert answer.status_code == 409
    assert "请选择已开始的月份或季度" in answer.text
    chosen = year.at.city.get(f"/reports/draft?year={make.TODAY.year}&period=quarterly-2")
    assert chosen.location.endswith(f"/reports/draft/quarterly/{make.TODAY.year}/2")


def test_the_ledgers_sheet_opens_in_an_office_and_its_totals_are_the_boards(
    year: SimpleNamespace, tmp_path: Path
) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(year.at.city.get(f"/board/all/{make.TODAY.year}/export.xlsx").data)
    head, *rows = rows_of(path, tmp_path)
    place = {name: number for number, name in enumerate(head)}
    totals = {row[place["活动"]]: int(row[place["场次"]]) for row in rows if row[place["活动"]].endswith("合计")}
    assert totals == {"走进合计": 2, "请进合计": 1}
    assert FIRM in {row[place["企业"]] for row in rows}
