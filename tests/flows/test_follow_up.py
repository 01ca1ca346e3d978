"""A month after a meeting: the night's job writes to both sides, one tap on a phone, and the officer sees it."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.config import Settings, child_environment
from matchmaker.db.models import FollowUp, Meeting, MeetingExpert, MeetingFirm, Organisation, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Side
from tests.flows.conftest import TODAY
from tests.flows.seat import Seat
from tests.support.mail import MailServer

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]
PHONE = 390
NOTICE = "请告诉我们对接后的进展"
FIRM_MAIL, EXPERT_MAIL = "follow-firm@example.org", "follow-expert@example.org"


def test_a_month_later_one_tap_on_a_phone(seat: Sit, settings: Settings, mail_server: MailServer) -> None:
    title, due = a_verified_visit(settings)
    run_job(settings, due.isoformat())

    phone = seat(width=PHONE).open(letter(mail_server, FIRM_MAIL)).sees(title, "后来怎么样了")
    phone.no_sideways_scrolling()
    phone.press("已签约").sees("已记下，谢谢", "已签约").no_sideways_scrolling()
    phone.fill(合同金额="36").press("补充").sees("36 万元").no_sideways_scrolling()

    other = seat(width=PHONE).open(letter(mail_server, EXPERT_MAIL))
    why = other.unfold("已停止")
    other.fill(within=why, 为什么停止="没有再收到消息").press("告诉科技主管部门", within=why)
    other.sees("已记下，谢谢", "没有再收到消息").no_sideways_scrolling()

    city = seat("city").menu("首页").follow("双方说法不一").sees(title)
    city.follow(title).sees("一方说已签约，另一方说已停止", "36 万元", "没有再收到消息")
    city_settles_it(city, settings)
    run_job(settings, due.isoformat())  # a second time: nobody is asked again
    assert len(letters_to(settings, FIRM_MAIL)) == 1


def a_verified_visit(settings: Settings) -> tuple[str, date]:
    """One of the demonstration's last visits, whose sides get an address; its title and when they are asked."""
    sessions = Sessions(settings.database_url)
    wanted = (Meeting.status == MeetingStatus.VERIFIED, Meeting.kind == MeetingKind.INBOUND, Meeting.trip_id.is_(None))
    recent = (*wanted, Meeting.route_id.is_(None), Meeting.day.between(TODAY - timedelta(days=29), TODAY))
    with sessions.write() as session:
        visits = session.scalars(select(Meeting).where(*recent)).unique()
        visit = next(one for one in visits if len(one.experts) == 1 and asked_of_nothing_else(session, one))
        session.get_one(Organisation, visit.firms[0].firm_id).contact_email = FIRM_MAIL
        visit.experts[0].expert.email = EXPERT_MAIL
        found = visit.title, visit.day + timedelta(days=30)
    sessions.close()
    return found


def asked_of_nothing_else(session: Session, visit: Meeting) -> bool:
    """Whether neither side met anybody else so lately that it is asked about that too."""
    since = visit.day - timedelta(days=180 + 30)
    firm, expert = visit.firms[0].firm_id, visit.experts[0].expert_id
    of_firm = select(MeetingFirm.meeting_id).where(MeetingFirm.firm_id == firm)
    of_expert = select(MeetingExpert.meeting_id).where(MeetingExpert.expert_id == expert)
    others = or_(Meeting.id.in_(of_firm), Meeting.id.in_(of_expert))
    return session.scalars(select(func.count()).where(others, Meeting.day >= since)).one() == 1


def run_job(settings: Settings, day: str) -> None:
    environment = child_environment(settings)
    command = [sys.executable, "-m", "matchmaker", "jobs", "run", "follow_up", "--date", day]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def letter(mail_server: MailServer, address: str) -> str:
    text = mail_server.wait_for(address, NOTICE).get_content()
    link = re.search(r"http://\S+/f/\S+", text)
    assert link, text
    return link[0]


def letters_to(settings: Settings, address: str) -> list[int]:
    sessions = Sessions(settings.database_url)
    with sessions.read() as session:
        asked = (OutboxMessage.notice == "follow_up_asked", OutboxMessage.recipient == address)
        found = list(session.scalars(select(OutboxMessage.id).where(*asked)))
    sessions.close()
    return found


def city_settles_it(city: Seat, settings: Settings) -> None:
    """Correct the side that had not heard of it; the contradiction is gone and both say signed."""
    sessions = Sessions(settings.database_url)
    with sessions.read() as session:
        mine = (FollowUp.side == Side.EXPERT, FollowUp.remark == "没有再收到消息")
        number = session.scalars(select(FollowUp.id).where(*mine)).one()
    sessions.close()
    city.open(f"/follow-ups/{number}").unfold("补充或更正")
    city.choose("进展", "已签约").fill(补充什么="电话核实，合同已签").press("保存").sees("代录", "电话核实，合同已签")
    city.does_not_see("一方说已签约，另一方说已停止")
