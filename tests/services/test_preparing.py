"""Before a visit: particulars, the receiving party's word, numbered letters, texts for a chat."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, City, Letter, Meeting, Organisation, Reception, Site, Trip
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.preparing import Particulars
from matchmaker.domain.vocabulary import Audience, MeetingKind, MeetingStatus, ReceptionAnswer, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.queries import worklist
from matchmaker.queries.listing import Wanted
from matchmaker.queries.meetings import RECEPTION, search
from matchmaker.services import journeys, letters, meetings, preparing
from matchmaker.services.meeting_plans import plan_of
from matchmaker.services.meeting_texts import LONGEST, chat_texts
from tests.support.journeys import CLOCK, DAY, make_journeys, route, trip
from tests.support.office import text_of

R = ReceptionAnswer
ODD = "A&B<公司>"
TOLD = Particulars(agenda="09:30 看产线\n10:30 交流", bring="图纸\n样件", secrecy="不拍照", travel="东门进")


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """A trip to two institutes and a route to three firms, a week ahead."""
    with sessions.write() as session:
        made = make_journeys(session)
        made.firms[0].name = ODD
        made.needs[0].audience = Audience.MASKED
        made.trip = journeys.plan(session, made.city, trip(made), clock=CLOCK).id
        later = route(made, DAY + timedelta(days=1))
        made.route = journeys.plan(session, made.city, later, clock=CLOCK).id
        stops = select(Meeting.id).order_by(Meeting.id)
        made.outbound, made.second, made.inbound, *_rest = session.scalars(stops)
        return made


def reply(
    sessions: Sessions, meeting_id: int, actor: Actor, answer: R = R.CONFIRMED, *, remark: str = "", said_by: str = ""
) -> None:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        preparing.reply(session, actor, meeting, answer, remark=remark, said_by=said_by, clock=CLOCK)


def prepare(
    sessions: Sessions, meeting_id: int, actor: Actor, told: Particulars = TOLD, version: int | None = None
) -> None:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, meeting_id)
        preparing.prepare(session, actor, meeting, told, clock=CLOCK, version=version)


def issue(sessions: Sessions, meeting_id: int, actor: Actor, clock: FixedDayClock = CLOCK) -> Letter:
    with sessions.write() as session:
        letter = letters.issue(session, actor, session.get_one(Meeting, meeting_id), clock=clock)
        session.expunge(letter)
        return letter


def test_particulars_are_kept_and_told_in_the_trail(sessions: Sessions, world: SimpleNamespace) -> None:
    told = replace(TOLD, expected={world.firms[0].id: "王五、赵六"})
    prepare(sessions, world.outbound, world.city, told)
    with sessions.read() as session:
        meeting = session.get_one(Meeting, world.outbound)
        assert meeting.agenda == [["09:30", "看产线"], ["10:30", "交流"]]
        assert (meeting.bring, meeting.secrecy, meeting.travel) == ("图纸\n样件", "不拍照", "东门进")
        assert [row.expected for row in meeting.firms] == ["王五、赵六", "", ""]
        last = session.scalars(select(Audit).order_by(Audit.id.desc()).limit(1)).one()
        assert (last.action, last.after["bring"]) == ("prepare", "图纸\n样件")
        seen = meeting.version
    prepare(sessions, world.outbound, world.city)
    with pytest.raises(StaleEdit):
        prepare(sessions, world.outbound, world.other, version=seen)
    with pytest.raises(Invalid):
        prepare(sessions, world.outbound, world.city, Particulars(agenda="25:00 看"))
    for actor in (world.firm, world.manager, world.leader):
        with pytest.raises(Forbidden):
            prepare(sessions, world.outbound, actor)


def test_the_host_says_itself_and_an_officer_writes_down_what_was_said(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    reply(sessions, world.outbound, world.manager)
    with pytest.raises(Invalid) as refused:
        reply(sessions, world.outbound, world.city, R.CHANGE)
    assert set(refused.value.errors) == {"remark", "said_by"}
    reply(sessions, world.outbound, world.city, R.CHANGE, remark="改到下午", said_by="王老师，电话")
    for actor in (world.stranger, world.firm, world.leader):
        with pytest.raises(Forbidden):
            reply(sessions, world.outbound, actor)
    reply(sessions, world.inbound, world.firm)
    with sessions.read() as session:
        row = session.scalars(select(Reception).where(Reception.meeting_id == world.outbound)).one()
        assert (row.answer, row.on_behalf, row.said_by, row.remark) == (R.CHANGE, True, "王老师，电话", "改到下午")
        said = select(Audit).where(Audit.action.startswith("receive_")).order_by(Audit.id)
        assert [(each.action, each.on_behalf) for each in session.scalars(said)] == [
            ("receive_confirmed", False),
            ("receive_change", True),
            ("receive_confirmed", False),
        ]


def waiting(sessions: Sessions, actor: Actor, today: date) -> list[int]:
    """Ids in the list, checked against the number of the work list."""
    with sessions.read() as session:
        heap = worklist.of(session, actor, today, review_days=5).receptions
        page = search(session, actor, Wanted(filters={"status": RECEPTION}, sort="id"), today)
        assert heap.number == page.total
        return sorted(meeting.id for meeting in page.rows)


@pytest.mark.both_databases
def test_two_who_reply_at_once_both_are_heard(sessions: Sessions, world: SimpleNamespace) -> None:
    with ThreadPoolExecutor(1) as pool:
        with sessions.write() as session:
            meeting = session.get_one(Meeting, world.outbound)
            preparing.reply(session, world.manager, meeting, R.CONFIRMED, remark="", clock=CLOCK)
            other = pool.submit(reply, sessions, world.outbound, world.manager, R.CHANGE, remark="改下午")
            sleep(0.5)  # long enough for it to have looked for an earlier answer
        other.result(timeout=60)
    with sessions.read() as session:
        mine = Reception.meeting_id == world.outbound
        assert session.scalars(select(Reception.answer).where(mine)).all() == [R.CHANGE]


def test_who_has_not_confirmed_is_on_the_work_list_three_days_before(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    assert waiting(sessions, world.city, DAY - timedelta(days=4)) == []
    assert waiting(sessions, world.city, DAY - timedelta(days=3)) == [world.outbound, world.second]
    reply(sessions, world.outbound, world.manager)
    assert waiting(sessions, world.city, DAY - timedelta(days=3)) == [world.second]
    assert waiting(sessions, world.county, DAY) == [world.second]
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.outbound)
        another = replace(plan_of(meeting), ends=meeting.ends.replace(minute=45))
        meetings.change(session, world.city, meeting, another, clock=CLOCK)
    assert waiting(sessions, world.city, DAY) == [world.outbound, world.second]
    assert waiting(sessions, world.city, DAY + timedelta(days=1)) == []


def test_a_host_that_cannot_receive_is_on_the_work_list_at_once(sessions: Sessions, world: SimpleNamespace) -> None:
    reply(sessions, world.outbound, world.manager, R.DECLINED, remark="当天封校")
    assert waiting(sessions, world.city, DAY - timedelta(days=7)) == [world.outbound]


def test_letters_are_numbered_in_the_register_of_the_year(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        session.scalars(select(City)).one().letter_mark = "对接函 {year}-{number}"
    numbers = [issue(sessions, each, world.city) for each in (world.outbound, world.inbound, world.outbound)]
    next_year = issue(sessions, world.second, world.city, FixedDayClock(date(CLOCK.today().year + 1, 1, 1)))
    year = CLOCK.today().year
    assert [(each.year, each.number) for each in numbers] == [(year, 1), (year, 2), (year, 3)]
    assert (next_year.year, next_year.number) == (year + 1, 1)
    assert numbers[0].content["number"] == f"对接函 {year}-1"
    with pytest.raises(Forbidden):
        issue(sessions, world.outbound, world.manager)
    with sessions.write() as session:
        meetings.cancel(session, world.city, session.get_one(Meeting, world.outbound), reason="改期", clock=CLOCK)
    with pytest.raises(Conflict):
        issue(sessions, world.outbound, world.city)


def words(letter: Letter) -> str:
    document = Document(BytesIO(letters.document(letter)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_letter_to_a_host_says_who_comes_and_keeps_what_it_said(sessions: Sessions, world: SimpleNamespace) -> None:
    prepare(sessions, world.outbound, world.city)
    letter = issue(sessions, world.outbound, world.city)
    text = words(letter)
    for said in (ODD, "B公司", "C公司", "甲大学：", "张三", "A公司的难题", "09:30  看产线", "不拍照", "一、来访企业"):
        assert said in text, said
    for part, heading in (("agenda", "三、议程"), ("secrecy", "六、保密事项")):
        assert heading in text, part
    for hidden in ("0316", "A经理", "{{", "{%"):
        assert hidden not in text, hidden
    with sessions.write() as session:
        session.get_one(Organisation, world.firms[1].id).name = "改名公司"
    assert words(letter) == text


def test_a_letter_to_a_firm_names_the_experts_and_only_its_own_needs(
    sessions: Sessions, world: SimpleNamespace
) -> None:
    text = words(issue(sessions, world.inbound, world.city))
    for said in (f"{ODD}：", "张三", "甲大学", "A公司的难题"):
        assert said in text, said
    assert "B公司" not in text


@pytest.mark.slow
def test_a_letter_survives_an_office_suite(sessions: Sessions, world: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_bytes(letters.document(issue(sessions, world.outbound, world.city)))
    text = text_of(path, tmp_path)
    for said in (ODD, "关于商请接待企业开展技术对接的函", "甲大学：", "A公司的难题"):
        assert said in text, said


def test_texts_for_a_chat_follow_what_may_be_said_now(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        made = session.get_one(Trip, world.trip)
        made.gathering, made.contact = "局东门", "陈工 0316-1234567"
        meeting = session.get_one(Meeting, world.outbound)
        link = f"https://example.org/meetings/{meeting.id}"
        texts = chat_texts(meeting, link, clock=CLOCK)
        assert [name for name, _label, _text in texts] == ["invitation", "reminder", "change"]
        assert all("局东门" in text and "陈工" in text and text.endswith(link) for _name, _label, text in texts)
        meetings.cancel(session, world.city, meeting, reason="院方停电", clock=CLOCK)
        ((name, _label, text),) = chat_texts(meeting, link, reason="院方停电", clock=CLOCK)
        assert name == "cancelled"
        assert "院方停电" in text
        assert chat_texts(meeting, link, clock=FixedDayClock(DAY + timedelta(days=1))) == []


@given(*([st.text(max_size=300)] * 4), st.integers(1, 10**9))
def test_a_text_for_a_chat_is_never_longer_than_a_chat_holds(
    title: str, address: str, bring: str, contact: str, number: int
) -> None:
    meeting = Meeting(
        kind=MeetingKind.OUTBOUND, status=MeetingStatus.PLANNED, title=title, day=DAY, bring=bring, secrecy=bring
    )
    meeting.starts, meeting.ends = CLOCK.now().time(), CLOCK.now().time()
    meeting.site = Site(name=title, address=address)
    meeting.trip = Trip(gathering=address, contact=contact)
    link = f"https://tech.langfang.example.cn:8443/meetings/{number}"
    for _name, _label, text in chat_texts(meeting, link, clock=CLOCK):
        assert len(text) <= LONGEST
        assert text.endswith(link)


def test_a_letter_is_for_who_may_plan(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.read() as session:
        meeting = session.get_one(Meeting, world.outbound)
        may = {role: letters.may_issue(Actor(role, "某人"), meeting) for role in Role}
        assert [role for role, allowed in may.items() if allowed] == [Role.CITY]
