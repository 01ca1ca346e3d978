"""Meetings and the board through their pages: plan, record, prove, verify, count, and the way down again."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from python_calamine import load_workbook
from sqlalchemy import select

from matchmaker.db.models import Meeting, Target
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MeetingStatus, Role, TargetBasis, TargetStatus
from tests import factories as make
from tests.support.meetings import DAY, make_world, outbound, planned, press, recorded
from tests.support.person import Person


@pytest.fixture
def world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    return make_world(sessions, person)


def number_on_board(person: Person, code: str) -> int:
    found = re.search(rf'id="gauge-{code}".*?class="big"><a [^>]*>(\d+)</a>', person.get("/board").text, re.DOTALL)
    assert found
    return int(found[1])


def test_plan_record_verify_and_the_board_rises_by_one(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    assert number_on_board(world.leader, "outbound") == 0
    recorded(world, path)
    own = world.city.get(path).text
    assert "登记人与核验人不能是同一人" in own
    assert press(world.city, path, "verify").status_code == 403
    assert "尚未核验" in world.other.get(path).text
    assert press(world.other, path, "verify").status_code == 303
    assert number_on_board(world.leader, "outbound") == 1
    assert number_on_board(world.leader, "inbound") == 0
    page = world.leader.get("/board/outbound/2026").text
    assert f'href="{path}"' in page
    assert "走进某某理工大学" in page
    detail = world.leader.get(path).text
    assert "2026 年走进第 1 场" in detail
    assert press(world.city, path, "unverify", {"reason": "签到表有误"}).status_code == 303
    assert number_on_board(world.leader, "outbound") == 0
    assert "签到表有误" in world.leader.get(path).text


def test_what_does_not_count_says_why_on_the_ledger_and_the_record(world: SimpleNamespace) -> None:
    base = planned(world.city, outbound(world, site_id=world.base))
    recorded(world, base)
    press(world.other, base, "verify")
    online = {**outbound(world, kind="online", starts="13:00", ends="14:00", site_id="", host_id="")}
    call = planned(world.city, online)
    recorded(world, call)
    press(world.other, call, "verify")
    off = planned(world.city, outbound(world, starts="15:00", ends="16:00"))
    press(world.city, off, "cancel", {"reason": "校方有事"})
    unverified = planned(world.city, outbound(world, starts="17:00", ends="18:00"))
    recorded(world, unverified)
    page = world.leader.get("/board/outbound/2026").text
    for path, reason in [
        (base, "到访地点不在计数地区"),
        (call, "线上活动不计"),
        (off, "活动已取消"),
        (unverified, "尚未核验"),
    ]:
        assert f'href="{path}"' in page
        assert reason in page
        assert reason in world.leader.get(path).text
    assert "不在北京市、天津市" in page
    assert number_on_board(world.leader, "outbound") == 0


def test_a_clash_is_answered_with_the_other_meeting(world: SimpleNamespace) -> None:
    first = planned(world.city, outbound(world))
    answer = world.city.post("/meetings", outbound(world, starts="10:00", ends="12:00", title="改个名字"))
    assert answer.status_code == 409
    assert f'href="{first}"' in answer.text
    assert "张三" in answer.text
    assert "改个名字" in answer.text  # what was typed is still there


def test_a_form_sent_twice_plans_once(world: SimpleNamespace, sessions: Sessions) -> None:
    form = outbound(world, form_id="the-same-form")
    assert planned(world.city, form) == planned(world.city, form)
    with sessions.read() as session:
        assert len(session.scalars(select(Meeting)).all()) == 1


def test_what_is_missing_is_said_at_its_field(world: SimpleNamespace) -> None:
    answer = world.city.post("/meetings", outbound(world, day="", expert_names="王不存在", title="留下来"))
    assert answer.status_code == 422
    assert "没有找到专家“王不存在”" in answer.text
    assert "留下来" in answer.text
    answer = world.city.post("/meetings", outbound(world, day="", starts="25:99"))
    assert answer.status_code == 422
    assert 'href="#f-day"' in answer.text
    assert 'href="#f-starts"' in answer.text
    path = planned(world.city, outbound(world))
    answer = world.city.post(f"{path}/record", {f"firm_{world.firm}": "stand_in", "minutes": "写了一半的纪要"})
    assert answer.status_code == 422
    assert "请写明由谁代替" in answer.text
    assert "写了一半的纪要" in answer.text


def test_two_steps_lead_to_the_form(world: SimpleNamespace) -> None:
    assert 'name="firms"' in world.city.get("/meetings/new").text
    unknown = world.city.get("/meetings/new?kind=outbound&firms=没有这家&host=某某理工大学")
    assert unknown.status_code == 422
    assert "没有名为“没有这家”的本市企业" in unknown.text
    form = world.city.get("/meetings/new?kind=outbound&firms=某某焊接有限公司&host=某某理工大学").text
    assert f'name="expert_ids" value="{world.lead}"' in form
    assert f'name="need_ids" value="{world.need}"' in form
    assert f'<option value="{world.base}"' in form
    path = planned(world.city, outbound(world, expert_ids=[], expert_names="李四，某某理工"))
    assert "李四" in world.city.get(path).text


def test_an_accepted_invitation_is_prefilled_and_an_open_one_refused(
    world: SimpleNamespace, sessions: Sessions
) -> None:
    with sessions.write() as session:
        need, party = session.get_one(make.Need, world.need), session.get_one(make.Expert, world.lead)
        values: dict[str, Any] = {"kind": MeetingKind.INBOUND, "proposed_on": make.TODAY}
        accepted = make.make_invitation(session, need, party, status=InvitationStatus.ACCEPTED, **values).id
        still_open = make.make_invitation(session, need, party, **values).id
    form = world.city.get(f"/meetings/new?invitation={accepted}").text
    assert f'value="{DAY}"' in form
    assert re.search(rf'name="expert_ids" value="{world.lead}" checked', form)
    sent = outbound(world, kind="inbound", site_id=world.works, host_id="")
    planned(world.city, {**sent, "invitation": accepted})
    refused = world.city.post("/meetings", {**sent, "starts": "15:00", "ends": "16:00", "invitation": still_open})
    assert refused.status_code == 409


def test_an_edit_from_an_old_page_is_refused(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    version = re.search(r'name="version" value="(\d+)"', world.city.get(f"{path}/edit").text)
    assert version
    change = outbound(world, starts="10:00", ends="12:00", version=version[1])
    unexplained = world.city.post(f"{path}/plan", change)
    assert unexplained.status_code == 422
    assert 'href="#f-reason"' in unexplained.text
    change["reason"] = "院方停电"
    assert world.city.post(f"{path}/plan", change).status_code == 303
    page = world.city.get(path).text
    assert "10:00–12:00" in page
    history = page[page.index('id="history"') :]
    assert "时间 09:00–11:00 → 10:00–12:00" in history
    assert "院方停电" in history
    assert world.other.post(f"{path}/plan", change).status_code == 409


def test_strangers_see_nothing_and_readers_change_nothing(
    world: SimpleNamespace, person: Callable[..., Person], sessions: Sessions
) -> None:
    path = planned(world.city, outbound(world))
    with sessions.write() as session:
        far = make.make_unit(session).id
        stranger = make.make_firm(session, make.make_unit(session)).id
    for outsider in (person(Role.COUNTY, unit_id=far), person(Role.FIRM, organisation_id=stranger)):
        assert outsider.get(path).status_code == 404
        assert "某某理工大学" not in outsider.get("/meetings").text
    firm = person(Role.FIRM, organisation_id=world.firm)
    assert "某某理工大学" in firm.get(path).text
    assert firm.get("/board").status_code == 403
    for reader in (firm, world.leader):
        assert reader.get("/meetings/new").status_code == 403
        assert reader.post("/meetings", outbound(world)).status_code == 403
        assert press(reader, path, "cancel", {"reason": "x"}).status_code == 403
        assert "取消活动" not in reader.get(path).text
    recorded(world, path)
    assert press(world.county, path, "verify").status_code == 403
    assert world.city.post(f"{path}/explode", {"reason": "x"}).status_code == 404


def test_the_list_filters_counts_and_exports_what_it_shows(world: SimpleNamespace, sessions: Sessions) -> None:
    planned(world.city, outbound(world, title="今天的走进"))
    planned(world.city, outbound(world, title="=cmd|'calc'", day="2026-05-04"))
    planned(
        world.city,
        outbound(world, kind="inbound", host_id="", site_id=world.works, title="昨天入企", day="2026-06-12"),
    )
    page = world.city.get("/meetings?status=unrecorded").text
    assert "昨天入企" in page
    assert "今天的走进" not in page
    assert "共 2 条" in page
    assert "2 场已过期未登记" in page
    assert "昨天入企" not in world.city.get("/meetings?kind=outbound").text
    assert "共 3 条" in world.city.get(f"/meetings?unit={world.unit_code}&year=2026&q=张三").text
    assert "没有符合条件的活动" in world.city.get("/meetings?q=没有这个").text
    book = load_workbook(io.BytesIO(world.city.get("/meetings/export.xlsx?kind=outbound&sort=day").data))
    rows = book.get_sheet_by_index(0).to_python()
    titles = [row[rows[0].index("活动")] for row in rows[1:]]
    assert titles == ["=cmd|'calc'", "今天的走进"]


def test_the_board_shows_both_targets_or_that_there_is_none(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.add(
            Target(
                metric_code="outbound",
                year=2026,
                value=120,
                basis=TargetBasis.ABSOLUTE,
                status=TargetStatus.FINAL,
                unit_label="次",
                source="另一份文件",
                created_at=make.NOW,
                updated_at=make.NOW,
            )
        )
    page = world.leader.get("/board").text
    assert "目标 120 次" in page
    assert "目标 100 次" in page
    assert "另一份文件" in page
    assert "节假日安排尚未录入" in page
    assert "outbound 规则 1 全文" in page
    assert "落后" in page
    assert "未下达" not in page
    unset = world.leader.get("/board?year=2025").text
    assert "2025 年目标未下达" in unset
    assert "/ 100" not in unset
    assert world.leader.get("/board/nothing/2026").status_code == 404
    assert world.leader.get("/board?year=9999").status_code == 404


def test_the_ledger_is_exported_with_reasons(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    recorded(world, path)
    press(world.other, path, "verify")
    second = planned(world.city, outbound(world, starts="13:00", ends="14:00"))
    recorded(world, second)
    press(world.other, second, "verify")
    book = load_workbook(io.BytesIO(world.leader.get("/board/outbound/2026/export.xlsx").data))
    head, *rows = book.get_sheet_by_index(0).to_python()
    assert [row[head.index("序号")] for row in rows] == ["", 1, ""]  # the newest first, the sum last
    first_id = path.rpartition("/")[2]
    assert f"第 {first_id} 号活动" in rows[0][head.index("规则的判断")]
    assert rows[2][head.index("场次")] == 1


def test_english_pages(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    for page in ("/board?lang=en", "/board/outbound/2026?lang=en", f"{path}?lang=en", "/meetings?lang=en"):
        assert world.leader.get(page).status_code == 200


def test_a_meeting_keeps_its_state_when_a_move_is_refused(world: SimpleNamespace, sessions: Sessions) -> None:
    path = planned(world.city, outbound(world))
    assert press(world.city, path, "cancel", {"reason": " "}).status_code == 422
    assert press(world.city, path, "restore", {"reason": "x"}).status_code == 409
    with sessions.read() as session:
        assert session.scalars(select(Meeting.status)).one() is MeetingStatus.PLANNED


def test_recording_is_one_entry_of_the_history(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    recorded(world, path)
    history = world.leader.get(path).text.partition('id="history"')[2]
    assert "登记到会与纪要" in history
    assert "登记结果" not in history


def test_the_ledger_names_an_inbound_firm_once_and_the_page_every_group(
    world: SimpleNamespace, sessions: Sessions
) -> None:
    with sessions.write() as session:
        member = session.get_one(make.Expert, world.member)
        make.make_group(session, member, name="表面工程团队")
    people = [world.lead, world.member]
    visit = planned(world.city, outbound(world, group_id=world.group, expert_ids=people, starts="15:00", ends="16:00"))
    assert "表面工程团队" in world.leader.get(visit).text
    path = planned(world.city, outbound(world, kind="inbound", host_id="", site_id=world.works, title="入企活动"))
    recorded(world, path)
    press(world.other, path, "verify")
    row = re.search(
        rf'<tr id="m-{path.rpartition("/")[2]}">.*?</tr>', world.leader.get("/board/inbound/2026").text, re.DOTALL
    )
    assert row
    assert re.findall(r"某某焊接有限公司[^<]*", row[0]) == ["某某焊接有限公司"]
