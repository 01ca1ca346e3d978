"""An expert answers from the mail link: two taps on a phone, without scripts, by keyboard alone; and takes it back.

What is declined then changes the officer's list, which says why.
The taps and keys counted here are those told in docs/first-use.md.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import time as clock_time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.migrate import upgrade
from matchmaker.db.models import Expert, Invitation, Need
from matchmaker.db.session import Sessions
from matchmaker.domain.pairing import Proposal
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, InvitationStatus, MeetingKind, Role
from matchmaker.services import invitations
from tests import factories as make
from tests.flows.conftest import TODAY
from tests.flows.seat import Seat
from tests.support.mail import MailServer
from tests.support.person import PASSWORD, PASSWORD_HASH
from tests.support.server import Server
from tests.support.texts import analysed

pytestmark = pytest.mark.slow
ADDRESS, COLLEAGUE = "expert@example.org", "colleague@example.org"


@dataclass
class Phone:
    """A window on which every tap is counted, opening the link from the letter first of all."""

    page: Page
    taps: int = field(default=0)

    def open(self, link: str) -> None:
        self.taps += 1
        self.page.goto(link)

    def tap(self, name: str) -> None:
        self.taps += 1
        self.page.get_by_role("button", name=name, exact=True).first.click()


@pytest.fixture
def sessions(settings: Settings) -> Iterator[Sessions]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    sessions = Sessions(settings.database_url)
    yield sessions
    sessions.close()


@pytest.fixture
def invitation_id(sessions: Sessions, settings: Settings) -> int:
    """A firm whose name is masked asks an expert; the letter waits to be sent."""
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session), name="某某部件厂", contact_email="firm@example.org")
        need = analysed(session, make.make_need(session, firm, audience=Audience.MASKED))
        expert = make.make_expert(session, email=ADDRESS, name="周教授")
        analysed(session, make.make_capability(session, expert))
        for text in ("玉米育种", "水稻病害", "桥梁监测"):
            analysed(session, make.make_capability(session, title=text, text=text, keywords=[]))
        make.make_expert(session, expert.institute, name="李研究员", email=COLLEAGUE)
        make.make_account(session, Role.CITY, login="city", password_hash=PASSWORD_HASH)
        return _invite(session.get_one(Need, need.id), expert, session, settings)


def _invite(need: Need, expert: Expert, session: object, settings: Settings) -> int:
    clock = FixedDayClock(TODAY)
    asks = Actor(Role.FIRM, "王厂长", organisation_id=need.firm_id)
    proposal = Proposal(MeetingKind.INBOUND, TODAY + timedelta(days=14), clock_time(9))
    return invitations.invite(session, asks, need, expert, proposal, settings=settings, clock=clock).id  # type: ignore[arg-type]


@pytest.fixture
def server(invitation_id: int, settings: Settings, start_server: Callable[..., Server]) -> Server:
    return start_server(settings, "up").wait_until_ready()


def link_in_letter(mail_server: MailServer, server: Server, address: str = ADDRESS) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        for message in mail_server.messages:
            found = re.search(r"https?://\S+?(/a/\S+)", str(message.get_content()))
            if address in message["To"] and found:
                return server.url + found[1]
        time.sleep(0.2)
    raise AssertionError(f"no letter to {address}")


def status(sessions: Sessions, invitation_id: int) -> InvitationStatus:
    with sessions.read() as session:
        return session.get_one(Invitation, invitation_id).status


def fits(page: Page) -> None:
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= shown


@pytest.mark.parametrize("javascript", [True, False])
def test_two_taps_on_a_phone_and_a_way_back(
    server: Server,
    sessions: Sessions,
    invitation_id: int,
    mail_server: MailServer,
    new_page: Callable[..., Page],
    javascript: bool,
) -> None:
    phone = Phone(new_page(390, javascript=javascript))
    phone.open(link_in_letter(mail_server, server))
    expect(phone.page.locator("body")).not_to_contain_text("某某部件厂")
    assert status(sessions, invitation_id) is InvitationStatus.OPEN
    button = phone.page.get_by_role("button", name="同意", exact=True)
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800, "the answer is not on the first screen"
    assert box["height"] >= 44
    phone.tap("同意")
    expect(phone.page.locator("main")).to_contain_text("双方都已同意")
    assert (phone.taps, status(sessions, invitation_id)) == (2, InvitationStatus.ACCEPTED)
    expect(phone.page.locator("main")).to_contain_text("请先在日历上留出 12 月 7 日 09:00")
    fits(phone.page) if javascript else None
    phone.tap("我点错了，收回答复")
    expect(phone.page.get_by_role("button", name="同意", exact=True)).to_be_visible()
    assert status(sessions, invitation_id) is InvitationStatus.OPEN
    if javascript:
        declining_changes_the_list(phone, Seat(new_page(1280), server.url), sessions, invitation_id)


def declining_changes_the_list(phone: Phone, officer: Seat, sessions: Sessions, invitation_id: int) -> None:
    with sessions.read() as session:
        need_id = session.get_one(Invitation, invitation_id).need_id
    officer.sign_in("city", PASSWORD).open(f"/needs/{need_id}").press("重新推荐")
    suggested = officer.page.locator("#suggestions > article.match").filter(has_text="周教授")
    expect(suggested).to_have_count(1)
    phone.page.locator("summary", has_text="婉拒").first.click()
    phone.page.get_by_label("近期没有时间").check()
    phone.tap("确认婉拒")
    assert status(sessions, invitation_id) is InvitationStatus.DECLINED
    deadline = time.monotonic() + 90
    while officer.open(f"/needs/{need_id}").page.locator("#left-out").count() == 0 and time.monotonic() < deadline:
        time.sleep(0.5)
    expect(suggested).to_have_count(0)
    left_out = officer.unfold("已排除").filter(has_text="周教授")
    expect(left_out).to_contain_text("近期已谢绝")
    expect(left_out).to_contain_text("近期没有时间")


def test_by_keyboard_alone_to_a_colleague_who_answers(
    server: Server,
    sessions: Sessions,
    invitation_id: int,
    mail_server: MailServer,
    new_page: Callable[..., Page],
) -> None:
    page = new_page(390)
    page.goto(link_in_letter(mail_server, server))
    tab_to(page, "有更合适的同事？转给同事")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="转给同事")).to_be_visible()
    tab_to(page, "李研究员", attribute="closest('label')?.innerText")
    page.keyboard.press("Space")
    tab_to(page, "转给这位同事")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("已转给 李研究员")
    fits(page)
    page.goto(link_in_letter(mail_server, server, COLLEAGUE))
    tab_to(page, "同意")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("双方都已同意")
    assert status(sessions, invitation_id) is InvitationStatus.DECLINED
    assert status(sessions, invitation_id + 1) is InvitationStatus.ACCEPTED


def tab_to(page: Page, text: str, *, attribute: str = "innerText", most: int = 60) -> None:
    """Press Tab until what has the focus says `text`, with a focus ring to be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"(document.activeElement?.{attribute} || '').includes({text!r})"):
            return
    raise AssertionError(f"{text} is not reached by keyboard")
