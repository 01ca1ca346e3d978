"""Trips and routes on their pages: chosen, planned, shown, changed; the list of the bus; the word of who receives."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import Meeting, OutboxMessage, Reception, Route, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingStatus, Role
from tests import factories as make
from tests.support.counting import make_counting
from tests.support.person import Person

DAY = (make.TODAY + timedelta(days=5)).isoformat()
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNTOLD = "各方还没有收到通知的变动"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def day(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    """Three firms, two institutes, who plans and who receives."""
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        firms = [make.make_firm(session, unit, name=f"{letter}公司", contact_phone="0316-8880001") for letter in "ABC"]
        hosts = [make.make_institute(session, name=name) for name in ("甲大学", "乙所")]
        experts = [
            make.make_expert(session, host, name=name) for host, name in zip(hosts, ("张三", "李四"), strict=True)
        ]
        ids = SimpleNamespace(
            unit=unit.id,
            firms=[firm.id for firm in firms],
            works=[make.site_of(session, firm).id for firm in firms],
            hosts=[host.id for host in hosts],
            campuses=[make.site_of(session, host).id for host in hosts],
            experts=[expert.id for expert in experts],
            needs=[make.make_need(session, firm, title=f"{firm.name}的难题").id for firm in firms],
        )
    ids.city, ids.leader = person(Role.CITY), person(Role.LEADER)
    ids.manager = person(Role.INSTITUTE, organisation_id=ids.hosts[0])
    ids.firm = person(Role.FIRM, organisation_id=ids.firms[0])
    return ids


def route_form(day: SimpleNamespace, **changed: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "day": DAY,
        "travellers": [day.experts[0]],
        "departs": "08:00",
        "seats": "7",
        "gathering": "东门",
    }
    for at, (starts, ends) in enumerate((("09:00", "10:30"), ("11:00", "12:00"), ("14:00", "15:00"))):
        sent |= {f"stop_{at}_organisation": day.firms[at], f"stop_{at}_site": day.works[at]}
        sent |= {f"stop_{at}_starts": starts, f"stop_{at}_ends": ends, f"stop_{at}_needs": [day.needs[at]]}
    return sent | changed


def trip_form(day: SimpleNamespace) -> dict[str, Any]:
    sent: dict[str, Any] = {"day": DAY, "travellers": day.firms}
    for at, (starts, ends) in enumerate((("09:00", "10:30"), ("14:00", "15:00"))):
        sent |= {f"stop_{at}_organisation": day.hosts[at], f"stop_{at}_site": day.campuses[at]}
        sent |= {f"stop_{at}_starts": starts, f"stop_{at}_ends": ends, f"stop_{at}_experts": [day.experts[at]]}
    return sent


def planned(day: SimpleNamespace, noun: str) -> str:
    answer = day.city.post(f"/{noun}", route_form(day) if noun == "routes" else trip_form(day))
    assert answer.status_code == 303, answer.text
    return answer.location


def test_whom_and_where_are_looked_for_and_stay_ticked(day: SimpleNamespace) -> None:
    page = day.city.get(f"/routes/new?who=张&where=公司&travellers={day.experts[1]}").text
    assert re.search(rf'value="{day.experts[1]}" checked> 李四', page)
    assert re.search(rf'value="{day.experts[0]}"> 张三', page)
    assert all(f"{letter}公司" in page for letter in "ABC")
    missing = day.city.get("/routes/new?step=2")
    assert missing.status_code == 422
    assert "请至少选择一位专家" in missing.text
    address = f"/routes/new?step=2&day={DAY}&travellers={day.experts[0]}"
    form = day.city.get(address + "".join(f"&places={each}" for each in day.firms)).text
    assert "第 3 站：C公司" in form
    assert "B公司的难题" in form


def test_a_route_is_planned_on_one_page(day: SimpleNamespace, sessions: Sessions) -> None:
    address = planned(day, "routes")
    page = day.city.get(address).text
    for said in ("A公司", "B公司", "C公司", "张三", "08:00", "东门", "3 站"):
        assert said in page, said
    with sessions.read() as session:
        assert len(session.scalars(select(Meeting)).all()) == 3
        assert session.scalars(select(Route)).one().seats == 7
    assert "A公司" in day.city.get("/routes").text
    again = re.search(r'href="(/routes/new\?step=2[^"]*)">照此再排一次', page)
    assert again
    assert "第 3 站：C公司" in day.city.get(again[1].replace("&amp;", "&")).text
    assert day.leader.get(address).status_code == 200
    assert "增加一站" not in day.leader.get(address).text
    assert day.firm.get(address).status_code == 403
    assert day.leader.get("/routes/new").status_code == 403


def test_what_is_wrong_comes_back_with_what_was_typed(day: SimpleNamespace, sessions: Sessions) -> None:
    answer = day.city.post("/routes", route_form(day, stop_1_starts="10:00", seats="many"))
    assert answer.status_code == 422
    assert "座位数请填整数" in answer.text
    answer = day.city.post("/routes", route_form(day, stop_1_starts="10:00", stop_2_site=""))
    assert answer.status_code == 422
    assert "与上一站重叠" in answer.text
    assert "请选择实际到访的地点" in answer.text
    assert 'value="东门"' in answer.text
    assert re.search(rf'value="{day.needs[1]}" checked', answer.text)
    with sessions.read() as session:
        assert session.scalars(select(Meeting)).all() == []


def test_somebody_taken_is_named_with_a_link(day: SimpleNamespace) -> None:
    planned(day, "routes")
    answer = day.city.post("/routes", route_form(day))
    assert answer.status_code == 409
    assert "张三 在" in answer.text
    assert 'href="/meetings/1"' in answer.text


def test_little_time_on_the_way_is_said(day: SimpleNamespace) -> None:
    address = day.city.post("/routes", route_form(day, stop_1_starts="10:40")).location
    assert "不到 20 分钟" in day.city.get(address).text


def test_details_and_day_are_changed_together(day: SimpleNamespace, sessions: Sessions) -> None:
    address = planned(day, "trips")
    later = (make.TODAY + timedelta(days=6)).isoformat()
    form = day.city.get(f"{address}/edit").text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    sent = {"version": version[1], "day": later, "title": "秋季走进", "transport": "33 座客车", "seats": "33"}
    unexplained = day.city.post(f"{address}/edit", sent)
    assert unexplained.status_code == 422
    assert "改日期请写明原因" in unexplained.text
    sent["reason"] = "院所临时停电"
    moved = day.city.post(f"{address}/edit", sent)
    assert moved.status_code == 303, moved.text
    page = day.city.get(address).text
    assert "秋季走进" in page
    assert "33 座客车" in page
    with sessions.read() as session:
        assert {each.day.isoformat() for each in session.scalars(select(Meeting))} == {later}
    stale = day.city.post(f"{address}/edit", sent)
    assert stale.status_code == 409
    assert day.city.post(f"{address}/edit", sent | {"day": "", "version": ""}).status_code == 422


def test_a_meeting_planned_alone_is_taken_in_and_out_again(day: SimpleNamespace, sessions: Sessions) -> None:
    address = planned(day, "trips")
    alone = {"kind": "outbound", "day": DAY, "starts": "11:00", "ends": "12:00", "host_id": day.hosts[1]}
    alone |= {"site_id": day.campuses[1], "firm_ids": [day.firms[0]], "expert_ids": [day.experts[1]]}
    meeting = day.city.post("/meetings", alone).location.rpartition("/")[2]
    assert re.search(rf'<option value="{meeting}">11:00–12:00', day.city.get(address).text)
    assert day.city.post(f"{address}/join", {"join": meeting}).status_code == 303
    assert "3 站" in day.city.get(address).text
    assert day.city.post(f"{address}/leave", {"meeting": meeting}).status_code == 422
    assert day.city.post(f"{address}/leave", {"meeting": meeting, "reason": "改由企业自行前往"}).status_code == 303
    with sessions.read() as session:
        row = session.get_one(Meeting, int(meeting))
        assert (row.trip_id, row.status) == (None, MeetingStatus.PLANNED)
    assert "改由企业自行前往" in day.city.get(address).text


def test_stops_and_firms_come_and_go(day: SimpleNamespace, sessions: Sessions) -> None:
    address = planned(day, "trips")
    found = day.city.get(f"{address}/stop?where=乙").text
    assert f"place={day.hosts[1]}" in found
    more = {f"stop_0_{name}": value for name, value in (("organisation", day.hosts[1]), ("site", day.campuses[1]))}
    more |= {"stop_0_starts": "16:00", "stop_0_ends": "17:00", "stop_0_experts": [day.experts[1]]}
    assert day.city.post(f"{address}/stops", more | {"stop_0_starts": "14:30"}).status_code == 422
    assert day.city.post(f"{address}/stops", more).status_code == 303
    assert day.city.post(f"{address}/drop", {"meeting": "1"}).status_code == 422
    assert day.city.post(f"{address}/drop", {"meeting": "1", "reason": "院方停电"}).status_code == 303
    assert day.city.post(f"{address}/firms/{day.firms[2]}/drop", {"reason": "有事"}).status_code == 303
    assert day.city.post(f"{address}/firms", {"firms": "C公司"}).status_code == 303
    assert day.city.post(f"{address}/firms", {"firms": "无此公司"}).status_code == 422
    page = day.city.get(address).text
    assert "去掉同行企业（C公司）" in page
    with sessions.read() as session:
        kept = session.scalars(select(Meeting).order_by(Meeting.id)).all()
        assert [each.status for each in kept] == [MeetingStatus.CANCELLED, *([MeetingStatus.PLANNED] * 2)]
        assert [len(each.firms) for each in kept[1:]] == [3, 3]
        assert len(session.scalars(select(Trip)).all()) == 1


def test_the_bus_list_prints_and_exports_without_phones_for_the_leader(day: SimpleNamespace) -> None:
    address = planned(day, "trips")
    assert "0316-8880001" in day.city.get(f"{address}/people").text
    assert "0316-8880001" not in day.leader.get(f"{address}/people").text
    sheet = day.city.get(f"{address}/people.xlsx")
    assert sheet.headers["Content-Type"] == SHEET
    assert day.firm.get(f"{address}/people.xlsx").status_code == 403


def test_one_button_tells_the_parties_what_changed_of_the_day(day: SimpleNamespace, sessions: Sessions) -> None:
    address = planned(day, "trips")
    assert UNTOLD not in day.city.get(address).text
    assert day.city.post("/meetings/1/prepare", {"bring": "样件", "version": "1"}).status_code == 303
    assert f"{UNTOLD}：需带资料。" in day.city.get("/meetings/1").text
    assert day.leader.post("/meetings/1/tell").status_code == 403
    assert UNTOLD in day.city.get(address).text
    assert day.city.post(f"{address}/tell").status_code == 303
    assert UNTOLD not in day.city.get("/meetings/1").text
    assert day.city.post("/meetings/1/tell").status_code == 409
    assert day.city.post("/meetings/2/prepare", {"bring": "样件"}).status_code == 303
    assert day.city.post("/meetings/2/tell").status_code == 303
    with sessions.read() as session:
        told = select(OutboxMessage).where(OutboxMessage.notice == "meeting_particulars")
        assert session.scalars(told).all()


def test_the_parties_read_what_is_prepared_and_the_host_confirms_with_one_click(
    day: SimpleNamespace, sessions: Sessions
) -> None:
    planned(day, "trips")
    told = {"agenda": "09:30 看产线", "bring": "图纸", "secrecy": "不拍照", "travel": "东门进", "version": "1"}
    assert day.city.post("/meetings/1/prepare", told | {"agenda": "9:99 看"}).status_code == 422
    assert day.city.post("/meetings/1/prepare", told | {f"expected_{day.firms[0]}": "王五"}).status_code == 303
    for reader in (day.firm, day.manager):
        page = reader.get("/meetings/1").text
        assert all(said in page for said in ("看产线", "图纸", "不拍照", "东门进"))
        assert "微信文本" not in page
        assert reader.post("/meetings/1/prepare", told).status_code == 403
    assert "可以接待" in day.manager.get("/meetings/1").text
    assert "可以接待" not in day.firm.get("/meetings/1").text
    assert day.manager.post("/meetings/1/reception", {"reception_answer": "change"}).status_code == 422
    assert day.manager.post("/meetings/1/reception", {"reception_answer": "confirmed"}).status_code == 303
    assert day.firm.post("/meetings/1/reception", {"reception_answer": "confirmed"}).status_code == 403
    said = {"reception_answer": "declined", "reception_remark": "封校", "reception_said_by": "王老师"}
    assert day.city.post("/meetings/2/reception", said).status_code == 303
    assert "封校" in day.city.get("/meetings/2").text
    waiting = day.city.get("/meetings?status=reception").text
    assert 'href="/meetings/2"' in waiting
    assert 'href="/meetings/1"' not in waiting
    with sessions.read() as session:
        rows = {row.meeting_id: (row.answer.value, row.on_behalf) for row in session.scalars(select(Reception))}
        assert rows == {1: ("confirmed", False), 2: ("declined", True)}


def test_a_letter_is_issued_and_downloaded_by_officers_alone(day: SimpleNamespace) -> None:
    planned(day, "trips")
    assert day.manager.post("/meetings/1/letters").status_code == 403
    assert day.city.post("/meetings/1/letters").status_code == 303
    page = day.city.get("/meetings/1").text
    link = re.search(r'href="(/meetings/1/letters/\d+\.docx)"', page)
    assert link
    letter = day.city.get(link[1])
    assert letter.headers["Content-Type"] == WORD
    assert letter.data[:2] == b"PK"
    assert day.manager.get(link[1]).status_code == 403
    assert day.city.get("/meetings/2/letters/1.docx").status_code == 404


def test_the_sheet_to_be_signed_has_names_and_empty_rows(day: SimpleNamespace) -> None:
    planned(day, "trips")
    page = day.city.get("/meetings/1/sign-in").text
    assert "张三" in page
    assert page.count("<tr>") == 1 + 4 + 6
    assert day.city.get("/meetings/1/sign-in.xlsx").headers["Content-Type"] == SHEET
    assert day.firm.get("/meetings/1/sign-in").status_code == 403


def test_officers_copy_texts_for_a_chat(day: SimpleNamespace) -> None:
    planned(day, "trips")
    page = day.city.get("/meetings/1").text
    for name in ("邀请同去", "前一天提醒", "变更通知"):
        assert f'aria-label="复制到微信：{name}"' in page
    day.city.post("/meetings/1/cancel", {"reason": "院方停电", "version": "1"})
    assert "【活动取消】" in day.city.get("/meetings/1").text
