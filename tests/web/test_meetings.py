"""Meetings and the board through their pages: plan, record, prove, verify, count, and the way down again."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from python_calamine import load_workbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker.db.models import Meeting, Target
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MeetingStatus, Role, TargetBasis, TargetStatus
from tests import factories as make
from tests.support.counting import make_counting
from tests.support.person import Person

DAY = make.TODAY.isoformat()


@pytest.fixture
def world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        firm = make.make_firm(session, unit, name="某某焊接有限公司")
        host = make.make_institute(session, name="某某理工大学")
        lead, member = make.make_expert(session, host, name="张三"), make.make_expert(session, host, name="李四")
        ids = SimpleNamespace(
            unit=unit.id,
            unit_code=unit.code,
            firm=firm.id,
            host=host.id,
            lead=lead.id,
            member=member.id,
            group=make.make_group(session, lead, member).id,
            campus=make.site_of(session, host).id,
            base=make.make_site(session, host, make.LOCAL, unit).id,
            works=make.site_of(session, firm).id,
            need=make.make_need(session, firm).id,
        )
        for code in ("outbound", "inbound"):
            session.add(
                Target(
                    metric_code=code,
                    year=2026,
                    value=100,
                    basis=TargetBasis.ABSOLUTE,
                    status=TargetStatus.DEMO,
                    unit_label="次",
                    source="演示",
                    created_at=make.NOW,
                    updated_at=make.NOW,
                )
            )
    ids.city, ids.other = person(Role.CITY), person(Role.CITY)
    ids.leader = person(Role.LEADER)
    ids.county = person(Role.COUNTY, unit_id=ids.unit)
    return ids


def outbound(world: SimpleNamespace, **changed: Any) -> dict[str, Any]:
    sent = {
        "kind": "outbound",
        "day": DAY,
        "starts": "09:00",
        "ends": "11:00",
        "host_id": world.host,
        "site_id": world.campus,
        "firm_ids": [world.firm],
        "expert_ids": [world.lead],
        "need_ids": [world.need],
    }
    return {**sent, **changed}


def planned(person: Person, form: dict[str, Any]) -> str:
    answer = person.post("/meetings", form)
    assert answer.status_code == 303, answer.text
    return answer.location


def recorded(world: SimpleNamespace, path: str) -> None:
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended", "minutes": "谈了焊接。"}
    answer = world.city.post(f"{path}/record", sent)
    assert answer.status_code == 303, answer.text


def press(person: Person, path: str, action: str, fields: dict[str, str] | None = None) -> TestResponse:
    """Open the meeting and take a step from what the page shows."""
    seen = re.search(r'name="version" value="(\d+)"', person.get(path).text)
    return person.post(f"{path}/{action}", {"version": seen[1] if seen else "", **(fields or {})})


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
    assert world.city.post(f"{path}/plan", change).status_code == 303
    assert "10:00–12:00" in world.city.get(path).text
    assert world.other.post(f"{path}/plan", change).status_code == 409


def test_nobody_signs_a_record_they_have_not_seen(world: SimpleNamespace, sessions: Sessions) -> None:
    path = planned(world.city, outbound(world))
    recorded(world, path)
    seen = re.search(r'name="version" value="(\d+)"', world.other.get(path).text)
    assert seen
    assert press(world.other, path, "reject", {"reason": "人数不符"}).status_code == 303
    recorded(world, path)
    for old in ({"version": seen[1]}, {}):
        stale = world.other.post(f"{path}/verify", old)
        assert stale.status_code == 409
        assert "又被改过" in stale.text
        assert "刷新后查看最新情况" in stale.text
        for action in ("reject", "cancel"):
            assert world.other.post(f"{path}/{action}", {"reason": "x", **old}).status_code == 409
    with sessions.read() as session:
        assert session.scalars(select(Meeting.status)).one() is MeetingStatus.HELD
    assert press(world.other, path, "verify").status_code == 303
    assert world.other.post(f"{path}/unverify", {"reason": "x", "version": seen[1]}).status_code == 409


def test_evidence_goes_in_and_out_under_its_own_name(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    sheet = b"%PDF-1.7 signed"

    def attach(name: str, data: bytes) -> Any:
        sent = {"kind": "sign_in", "file": (io.BytesIO(data), name)}
        return world.city.post(f"{path}/evidence", sent, content_type="multipart/form-data")

    assert attach("签到表 1.pdf", sheet).status_code == 303
    page = world.leader.get(path).text
    assert "签到表 1.pdf" in page
    assert "缺签到表" not in page
    link = re.search(r'href="([^"]*/evidence/\d+)"', page)
    assert link
    file = world.leader.get(link[1])
    assert file.data == sheet
    disposition = file.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert "filename*=UTF-8''%E7%AD%BE%E5%88%B0%E8%A1%A8%201.pdf" in disposition
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    refused = attach("签到表.pdf", b"MZ not a pdf")
    assert refused.status_code == 422
    assert "文件内容不是 pdf" in refused.text
    assert attach("page.html", b"<script>").status_code == 422


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
    assert "节假日安排还没有录入" in page
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
    assert [row[head.index("计数序号")] for row in rows] == [1, ""]
    first_id = path.rpartition("/")[2]
    assert f"第 {first_id} 号活动" in rows[1][head.index("不计原因")]


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


def attach(person: Person, path: str, name: str, data: bytes, **fields: str) -> TestResponse:
    sent = {"kind": "photo", "file": (io.BytesIO(data), name), **fields}
    answer = person.post(f"{path}/evidence", sent, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # a large body is a temporary file of the client's
    return answer


def test_a_photo_is_shown_and_sealed_off_and_a_paper_only_saved(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    photo = b"\x89PNG\r\n\x1a\n a photo"
    assert attach(world.city, path, "现场.png", photo).status_code == 303
    assert attach(world.city, path, "报告.pdf", b"%PDF-1.7", kind="other").status_code == 303
    page = world.other.get(path).text
    shown = re.findall(r'<img class="thumb" src="([^"]+)"', page)
    assert len(shown) == 1
    answer = world.other.get(shown[0])
    assert answer.data == photo
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    paper = re.findall(r'href="([^"]*/evidence/\d+)"', page)[1]
    assert world.other.get(f"{paper}/view").status_code == 404
    assert world.other.get(paper).headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [("现场.pdf", 10, "文件内容不是 pdf"), ("现场.png", 25, "文件超过 20 MB"), ("x", 0, "文件是空的")],
)
def test_a_refused_file_leaves_what_was_typed(world: SimpleNamespace, name: str, size: int, said: str) -> None:
    path = planned(world.city, outbound(world))
    typed = {f"firm_{world.firm}": "attended", "minutes": "写了一半的纪要"}
    answer = attach(world.city, path, name, b"x" * (size * 1024 * 1024 if size == 25 else size), **typed)
    assert answer.status_code == 422
    assert f'<p class="error" id="e-file">{said}' in answer.text
    assert "写了一半的纪要" in answer.text
    assert '<option value="attended" selected>' in answer.text


def test_a_file_beyond_reading_is_refused_on_the_page(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    answer = attach(world.city, path, "现场.png", b"x" * 61 * 1024 * 1024)
    assert answer.status_code == 422
    assert "文件超过 20 MB" in answer.text
    assert 'id="record-form"' in answer.text


def test_a_kept_file_leaves_what_was_typed_and_one_chosen_beside_the_record_is_kept(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    answer = attach(world.city, path, "现场.png", b"\x89PNG\r\n\x1a\n 1", minutes="写了一半的纪要")
    assert answer.status_code == 200
    assert "已上传：现场.png" in answer.text
    assert "写了一半的纪要" in answer.text
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended", "minutes": "谈了焊接。"}
    sheet = {"kind": "sign_in", "file": (io.BytesIO(b"%PDF-1.7"), "签到表.pdf")}
    assert world.city.post(f"{path}/record", {**sent, **sheet}, content_type="multipart/form-data").status_code == 303
    page = world.other.get(path).text
    assert "签到表.pdf" in page
    assert "缺签到表" not in page


def test_a_wrong_file_is_voided_before_verification_only(world: SimpleNamespace) -> None:
    path = planned(world.city, outbound(world))
    attach(world.city, path, "错的.png", b"\x89PNG\r\n\x1a\n 1")
    attach(world.city, path, "对的.png", b"\x89PNG\r\n\x1a\n 2")
    recorded(world, path)
    steps = re.findall(r'action="([^"]*/evidence/\d+/void)"', world.city.get(path).text)
    assert len(steps) == 2
    assert world.leader.post(steps[0], {"reason": "x"}).status_code == 403
    old = re.search(r'name="version" value="(\d+)"', world.other.get(path).text)
    assert old
    assert world.city.post(steps[0], {"reason": "传错了"}).status_code == 303
    page = world.other.get(path).text
    assert "已作废" in page
    assert "作废材料" in page
    assert page.count('class="thumb"') == 1
    assert world.other.post(f"{path}/verify", {"version": old[1]}).status_code == 409
    assert press(world.other, path, "verify").status_code == 303
    assert "先撤销核验" in world.city.get(path).text
    assert world.city.post(steps[1], {"reason": "迟了"}).status_code == 409
    assert attach(world.city, path, "迟了.png", b"\x89PNG\r\n\x1a\n 3").status_code == 409


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
    assert row[0].count("某某焊接有限公司") == 1
