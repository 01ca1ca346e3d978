"""Recording through the pages: codes, the form with its rows, the sheet as page and Word file, confirming by link."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from docx import Document
from flask import Flask
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import CheckIn, Meeting, MinuteItem, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingStatus, RecordAnswer, Role
from matchmaker.services import meeting_links
from matchmaker.services import meeting_words as words
from tests import factories as make
from tests.support import qr
from tests.support.meetings import attach, make_world, outbound, planned, press, recorded
from tests.support.office import text_of
from tests.support.person import Person

PNG = b"\x89PNG\r\n\x1a\n a photo"
ODD = "A&B<公司>"
STEP = {"next_step_0": "试十件", "owner_0": "王工", "due_0": "2026-07-01"}


@pytest.fixture
def world(app: Flask, sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    world = make_world(sessions, person)
    world.app, world.run = app, app.extensions["matchmaker"]
    world.path = planned(world.city, outbound(world))
    world.id = int(world.path.rpartition("/")[2])
    return world


def code_on(page: str) -> str:
    return qr.text_in(qr.drawn(re.search(r"<svg.*?</svg>", page, re.DOTALL)[0]))


def local(world: SimpleNamespace, link: str) -> str:
    return link.removeprefix(world.run.settings.public_url)


def test_the_code_leads_to_the_page_and_a_tap_checks_in_once(
    world: SimpleNamespace, visitor: Person, sessions: Sessions
) -> None:
    desk = world.city.get(f"{world.path}/check-in")
    link = code_on(desk.text)
    assert link.startswith(world.run.settings.public_url + "/i/")
    assert unescape(re.search(r'href="([^"]+/i/[^"]+)"', desk.text)[1]) == link
    phone = visitor.get(local(world, link))
    assert phone.headers["Referrer-Policy"] == "no-referrer"
    assert "某某焊接有限公司" in phone.text
    assert "张三" in phone.text
    sent = {"party": f"firm:{world.firm}", "name": "许志远", "form_id": "one-tap"}
    done = [visitor.post(local(world, link), sent) for _ in range(2)]
    assert {answer.status_code for answer in done} == {303}
    assert done[0].location == done[1].location
    assert visitor.post(local(world, link), {**sent, "form_id": "another"}).location == done[0].location
    receipt = visitor.get(done[0].location).text
    assert "签到成功" in receipt
    assert "许志远" in receipt
    with sessions.read() as session:
        assert [row.name for row in session.scalars(select(CheckIn))] == ["许志远"]
        assert session.get_one(Meeting, world.id).status is MeetingStatus.PLANNED
    assert "许志远" in world.city.get(f"{world.path}/check-in").text


def test_expired_altered_and_foreign_codes(world: SimpleNamespace, visitor: Person, sessions: Sessions) -> None:
    key, now = world.run.settings.key(), world.run.clock.now()
    old, _until = meeting_links.check_in_token(key, world.id, now=now - timedelta(hours=1), life=timedelta(minutes=15))
    assert "再扫一次" in visitor.get(f"/i/{old}").text
    sent = {"party": f"firm:{world.firm}", "name": "许志远"}
    assert visitor.post(f"/i/{old}", sent).status_code == 409
    good, _until = meeting_links.check_in_token(key, world.id, now=now, life=timedelta(minutes=15))
    for wrong in (good[:-1], "x" + good):
        assert visitor.get(f"/i/{wrong}").status_code == 404
        assert visitor.post(f"/i/{wrong}", sent).status_code == 404
    refused = visitor.post(f"/i/{good}", {"party": "firm:99999", "name": "许志远"})
    assert refused.status_code == 422
    assert "请从这场活动的名单中选择" in refused.text
    assert visitor.post(f"/i/{good}", {"party": f"firm:{world.firm}"}).status_code == 422
    tomorrow = planned(world.city, outbound(world, day="2026-06-16"))
    coming, _until = meeting_links.check_in_token(
        key, int(tomorrow.rpartition("/")[2]), now=now, life=timedelta(minutes=15)
    )
    assert "现在不能签到" in visitor.get(f"/i/{coming}").text
    assert visitor.post(f"/i/{coming}", sent).status_code == 409
    assert "<svg" not in world.city.get(f"{tomorrow}/check-in").text
    with sessions.read() as session:
        assert session.scalars(select(CheckIn)).all() == []


def test_only_officers_hold_the_desk(world: SimpleNamespace, person: Callable[..., Person]) -> None:
    for reader in (world.leader, person(Role.FIRM, organisation_id=world.firm)):
        assert reader.get(f"{world.path}/check-in").status_code == 403
        assert reader.post(f"{world.path}/check-in", {"parties": f"firm:{world.firm}"}).status_code == 403
        assert "现场签到" not in reader.get(world.path).text
    assert world.county.post(f"{world.path}/check-in", {"parties": f"firm:{world.firm}"}).status_code == 303
    refused = world.city.post(f"{world.path}/check-in", {"name": "来宾"})
    assert refused.status_code == 422
    assert "不在名单上的，请填写单位" in refused.text
    step = re.search(r'action="([^"]+/void)"', world.city.get(f"{world.path}/check-in").text)
    assert world.city.post(step[1], {"reason": "签错"}).status_code == 303
    assert world.city.post(step[1], {"reason": "签错"}).status_code == 404


def test_check_ins_are_proposed_and_nothing_is_recorded(world: SimpleNamespace) -> None:
    world.city.post(f"{world.path}/check-in", {"parties": f"expert:{world.lead}"})
    form = world.city.get(world.path).text.partition('id="record-form"')[2]
    chosen = re.search(rf'id="f-expert_{world.lead}".*?</select>', form, re.DOTALL)[0]
    assert '<option value="attended" selected>' in chosen
    other = re.search(rf'id="f-firm_{world.firm}".*?</select>', form, re.DOTALL)[0]
    assert "selected" not in other
    assert "请逐项核对后再登记" in form
    assert "未登记" in world.city.get(world.path).text


def test_check_ins_of_every_side_stand_for_the_sheet(world: SimpleNamespace) -> None:
    world.city.post(f"{world.path}/check-in", {"parties": [f"firm:{world.firm}", f"expert:{world.lead}"]})
    recorded(world, world.path)
    page = world.other.get(world.path).text
    assert "缺签到表" not in page
    assert "缺现场照片" in page
    assert world.path in world.city.get("/meetings?evidence=photo").text
    assert world.path not in world.city.get("/meetings?evidence=sign_in").text


def test_rows_are_added_without_losing_what_was_typed(world: SimpleNamespace, sessions: Sessions) -> None:
    typed = {"problem_0": ODD, "minutes": "写了一半", f"firm_{world.firm}": "attended", "add_row": "1"}
    photo = {"scene_photo": (io.BytesIO(PNG), "IMG_1.png")}
    before = world.city.get(world.path).text.count('name="problem_')
    answer = world.city.post(
        f"{world.path}/record", {**typed, **photo, "problem_1": ""}, content_type="multipart/form-data"
    )
    assert answer.status_code == 200
    assert answer.text.count('name="problem_') > before
    assert "A&amp;B&lt;公司&gt;" in answer.text
    assert "写了一半" in answer.text
    assert '<option value="attended" selected>' in answer.text
    assert "IMG_1.png" in answer.text  # kept at once
    with sessions.read() as session:
        assert session.scalars(select(MinuteItem)).all() == []
        assert session.get_one(Meeting, world.id).status is MeetingStatus.PLANNED


def test_a_row_says_what_is_missing_at_its_field(world: SimpleNamespace) -> None:
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended"}
    answer = world.city.post(f"{world.path}/record", {**sent, "problem_0": "热裂", "next_step_1": "试十件"})
    assert answer.status_code == 422
    assert 'href="#f-owner_1"' in answer.text
    assert 'id="e-due_1"' in answer.text
    assert "热裂" in answer.text
    unreadable = world.city.post(f"{world.path}/record", {**sent, "problem_0": "热裂", "due_0": "明天"})
    assert unreadable.status_code == 422
    assert 'href="#f-due_0"' in unreadable.text


def test_rows_keep_their_number_when_the_record_is_entered_again(world: SimpleNamespace, sessions: Sessions) -> None:
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended", **STEP}
    assert world.city.post(f"{world.path}/record", {**sent, "problem_1": "第二行"}).status_code == 303
    with sessions.read() as session:
        first, second = (item.id for item in session.scalars(select(MinuteItem).order_by(MinuteItem.position)))
    press(world.other, world.path, "reject", {"reason": "更正"})
    page = world.city.get(world.path).text
    assert f'name="item_0" value="{first}"' in page
    again = {**sent, "item_0": str(first), "advice_0": "先预热"}
    assert world.city.post(f"{world.path}/record", again).status_code == 303
    with sessions.read() as session:
        [kept] = session.get_one(Meeting, world.id).items
        assert (kept.id, kept.advice) == (first, "先预热")
        assert session.get_one(MinuteItem, second).dropped_at is not None


def test_photographs_from_the_phone_are_evidence_of_their_kind(world: SimpleNamespace) -> None:
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended", "minutes": "谈了焊接。"}
    files = {"sheet_photo": (io.BytesIO(PNG), "IMG_1.png"), "scene_photo": (io.BytesIO(PNG + b"2"), "IMG_2.png")}
    answer = world.county.post(f"{world.path}/record", {**sent, **files}, content_type="multipart/form-data")
    assert answer.status_code == 303
    page = world.other.get(world.path).text
    assert "齐全" in page
    assert page.count('class="thumb"') == 2
    late = attach(world.county, world.path, "报告.png", PNG + b"3", kind="other")
    assert late.status_code == 303
    wrong = {**sent, "sheet_photo": (io.BytesIO(b"HEIC"), "IMG_3.jpg")}
    path = planned(world.city, outbound(world, starts="15:00", ends="16:00"))
    refused = world.county.post(f"{path}/record", wrong, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "谈了焊接" in refused.text


def record_with_odd_names(world: SimpleNamespace) -> None:
    sent = {
        f"firm_{world.firm}": "attended",
        f"firm_{world.firm}_people": ODD,
        f"expert_{world.lead}": "attended",
        "minutes": f"谈了{ODD}。\n第二行 {{{{ 7*7 }}}}",
        "problem_0": ODD,
        **STEP,
    }
    assert world.city.post(f"{world.path}/record", sent).status_code == 303


def test_the_record_is_a_sheet_and_a_word_file(
    world: SimpleNamespace, person: Callable[..., Person], sessions: Sessions
) -> None:
    assert world.city.get(f"{world.path}/record").status_code == 404
    record_with_odd_names(world)
    firm = person(Role.FIRM, organisation_id=world.firm)
    for reader in (world.city, firm):
        sheet = reader.get(f"{world.path}/record").text
        assert "A&amp;B&lt;公司&gt;" in sheet
        assert "2026-07-01" in sheet
    with sessions.write() as session:
        another = make.make_firm(session, make.make_unit(session)).id
    stranger = person(Role.FIRM, organisation_id=another)
    assert stranger.get(f"{world.path}/record").status_code == 404
    assert stranger.get(f"{world.path}/record.docx").status_code == 404
    answer = firm.get(f"{world.path}/record.docx")
    document = Document(io.BytesIO(answer.data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert {ODD, "试十件", "王工", "2026-07-01", "某某焊接有限公司", "张三"} <= set(cells)
    assert any(f"谈了{ODD}。" in paragraph.text and "{{ 7*7 }}" in paragraph.text for paragraph in document.paragraphs)


@pytest.mark.slow
def test_an_office_suite_reads_the_record(world: SimpleNamespace, tmp_path: object) -> None:
    record_with_odd_names(world)
    path = tmp_path / "record.docx"
    path.write_bytes(world.city.get(f"{world.path}/record.docx").data)
    text = text_of(path, tmp_path)
    for said in (ODD, "对接活动记录", "试十件", "某某理工大学"):
        assert said in text


def letters_of(sessions: Sessions) -> dict[str, str]:
    with sessions.read() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "meeting_recorded"))
        return {row.recipient: row.payload["path"] for row in rows}


def test_who_says_nothing_of_a_record_is_reminded_once(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.get_one(make.Organisation, world.firm).contact_email = "firm@example.org"
        session.get_one(make.Organisation, world.host).contact_email = "host@example.org"
    recorded(world, world.path)
    with sessions.write() as session:
        meeting = session.scalars(select(Meeting)).one()
        words.confirm(session, actor_of_firm(world), meeting, world.firm, RecordAnswer.AGREES, clock=world.run.clock)
    for days in (1, 6, 7, 8, 13, 30):
        day = make.TODAY + timedelta(days=days)
        with sessions.write() as session:
            words.remind(session, day, settings=world.run.settings, clock=FixedDayClock(day))
    with sessions.read() as session:
        sent = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "meeting_recorded_reminder")).all()
        assert [row.recipient for row in sent] == ["host@example.org"]


def actor_of_firm(world: SimpleNamespace) -> Actor:
    return Actor(Role.FIRM, "王工", organisation_id=world.firm)


def test_a_letters_link_confirms_with_one_tap(world: SimpleNamespace, visitor: Person, sessions: Sessions) -> None:
    with sessions.write() as session:
        session.get_one(make.Organisation, world.firm).contact_email = "firm@example.org"
        session.get_one(make.Organisation, world.host).contact_email = "host@example.org"
    recorded(world, world.path)
    links = letters_of(sessions)
    assert set(links) == {"firm@example.org", "host@example.org"}
    page = visitor.get(links["firm@example.org"])
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "谈了焊接。" in page.text
    assert "待确认" in world.city.get(world.path).text
    seen = re.search(r'name="seen" value="([^"]+)"', page.text)[1]
    assert visitor.post(links["firm@example.org"], {"answer": "agrees", "seen": seen}).status_code == 303
    assert "已确认属实" in visitor.get(links["firm@example.org"]).text
    refused = visitor.post(links["host@example.org"], {"answer": "differs", "seen": seen})
    assert refused.status_code == 422
    assert "请写明哪里有出入" in refused.text
    sent = {"answer": "differs", "remark": "还有两位博士生", "seen": seen}
    assert visitor.post(links["host@example.org"], sent).status_code == 303
    verifier = world.other.get(world.path).text
    assert "认为记录有出入" in verifier
    assert "还有两位博士生" in verifier
    assert world.path in world.city.get("/meetings?said=differs").text
    assert "1 方认为活动记录有出入" in world.city.get("/home").text
    assert press(world.other, world.path, "verify").status_code == 303
    assert "/words/" in world.city.get(world.path).text
    assert visitor.get("/v/" + links["host@example.org"][3:-2]).status_code == 404


def test_signed_in_parties_confirm_on_the_page_and_officers_take_down(
    world: SimpleNamespace, person: Callable[..., Person]
) -> None:
    recorded(world, world.path)
    firm, manager = person(Role.FIRM, organisation_id=world.firm), person(Role.INSTITUTE, organisation_id=world.host)
    page = firm.get(world.path).text
    [url] = set(re.findall(r'action="([^"]+/words/\d+)"', page))
    assert firm.post(url, {"answer": "agrees"}).status_code == 303
    assert manager.post(url, {"answer": "agrees"}).status_code == 403
    assert world.leader.post(url, {"answer": "agrees", "remark": "x"}).status_code == 403
    host = f"{world.path}/words/{world.host}"
    assert world.city.post(host, {"answer": "agrees"}).status_code == 422
    assert world.city.post(host, {"answer": "agrees", "remark": "电话，学院办公室"}).status_code == 303
    assert "代录" in manager.get(world.path).text
    sent = {"answer": "differs", "remark": "是周三"}
    assert manager.post(host, sent).status_code == 303
    step = re.search(r'action="([^"]+/settle)"', world.city.get(world.path).text)
    assert world.city.post(step[1], {"reason": "核对过，确为周一"}).status_code == 303
    assert "已处理：核对过，确为周一" in manager.get(world.path).text


def test_the_verifier_sees_what_the_rule_will_make_of_it(world: SimpleNamespace) -> None:
    recorded(world, world.path)
    assert "计入走进第 1 场" in world.other.get(world.path).text
    assert press(world.other, world.path, "verify").status_code == 303
    twin = planned(world.city, outbound(world, starts="14:00", ends="15:00"))
    recorded(world, twin)
    page = world.other.get(twin).text.partition("核验后")[2]
    assert f"已计入第 {world.id} 号活动" in page


def test_an_old_form_does_not_overwrite_a_newer_record(world: SimpleNamespace, sessions: Sessions) -> None:
    def seen_on(page: str) -> str:
        return unescape(re.search(r'name="seen" value="([^"]*)"', page)[1])

    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended"}
    old = seen_on(world.city.get(world.path).text)
    recorded(world, world.path)
    press(world.other, world.path, "reject", {"reason": "更正"})
    refused = world.city.post(f"{world.path}/record", {**sent, "minutes": "先打开的表", "seen": old})
    assert refused.status_code == 422
    assert "登记过这场活动" in refused.text
    assert "先打开的表" in refused.text  # nothing that was typed is lost
    now = seen_on(refused.text)
    assert now not in {"", old}
    again = {**sent, "minutes": "核对过了", "seen": now}
    assert world.city.post(f"{world.path}/record", {**again, f"firm_{world.firm}": ""}).status_code == 422
    assert world.city.post(f"{world.path}/record", again).status_code == 303


def test_a_file_with_a_mark_of_classification_is_not_kept(world: SimpleNamespace) -> None:
    refused = attach(world.city, world.path, "机密★10年.png", PNG)
    assert refused.status_code == 422
    assert "涉密" in refused.text
    assert "还没有上传材料" in refused.text
