"""A firm's first need: three screens and five clicks, without scripts, and by keyboard alone.

The screens, clicks and fields counted here are those told in docs/first-use.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from matchmaker.config import Settings
from matchmaker.db.migrate import upgrade
from matchmaker.db.models import FormDraft, Need, TechnicalField
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus, Role
from matchmaker.services import profile
from tests import factories as make
from tests.services.sheets import CLOCK
from tests.support.person import PASSWORD, PASSWORD_HASH
from tests.support.server import Server
from tests.support.texts import analysed

pytestmark = pytest.mark.slow
NEED = {
    "技术需求名称": "1.2 mm 铝合金托盘焊后变形控制",
    "主要问题": "6061-T6 托盘焊 36 道缝，焊后对角线翘 3 mm，靠火焰校平，每件 40 分钟，返修率 12%。换过夹具，没有用。",
}


@dataclass
class Newcomer:
    """Somebody of a firm who counts what they have to do."""

    page: Page
    clicks: int = 0
    fields: int = 0
    screens: set[str] = field(default_factory=set)

    def click(self, name: str, *, role: str = "button") -> None:
        self.clicks += 1
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        self.look()

    def look(self) -> None:
        here = self.page.locator("#need-form [aria-current=step]")
        if here.count():
            self.screens.add(here.inner_text().strip())

    def type(self, label: str, text: str) -> None:
        self.fields += 1
        self.page.get_by_label(label, exact=False).first.fill(text)

    def choose(self, label: str, option: str) -> None:
        self.fields += 1
        self.page.get_by_label(label).first.select_option(label=option)

    def tick(self, label: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label).first.check()


@pytest.fixture
def sessions(settings: Settings) -> Iterator[Sessions]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    sessions = Sessions(settings.database_url)
    with sessions.write() as session:
        profile.load(session, profile.read(), clock=CLOCK)
    with sessions.write() as session:
        unit = make.make_unit(session)
        firm = make.make_firm(session, unit, name="新来的工厂（演示）")
        make.make_account(session, Role.FIRM, login="new", password_hash=PASSWORD_HASH, organisation_id=firm.id)
        equipment = session.scalars(select(TechnicalField).order_by(TechnicalField.position)).first()
        other = make.make_firm(session, unit)
        for number in range(2):
            analysed(session, make.make_need(session, other, title=f"铝合金托盘焊接变形 {number}", field=equipment))
    yield sessions
    sessions.close()


@pytest.fixture
def sit(
    sessions: Sessions, settings: Settings, start_server: Callable[..., Server], new_page: Callable[..., Page]
) -> Callable[..., Newcomer]:
    server = start_server(settings, "up").wait_until_ready()

    def sign_in(*, javascript: bool = True, width: int = 1280) -> Newcomer:
        page = new_page(width, javascript=javascript)
        page.goto(server.url + "/login")
        page.get_by_label("账号").fill("new")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("button", name="退出")).to_be_visible()
        return Newcomer(page)

    return sign_in


def posted(sessions: Sessions) -> Need:
    with sessions.read() as session:
        need = session.scalars(select(Need).order_by(Need.id.desc())).first()
        assert need is not None
        assert session.scalars(select(FormDraft)).all() == []
        session.expunge_all()
        return need


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 390)])
def test_the_least_is_three_screens_five_clicks_two_fields_and_a_box(
    sit: Callable[..., Newcomer], sessions: Sessions, javascript: bool, width: int
) -> None:
    me = sit(javascript=javascript, width=width)
    me.click("填报第一条需求", role="link")
    for label, text in NEED.items():
        me.type(label, text)
    me.click("下一步")
    me.click("下一步")
    me.tick("我声明")
    expect(me.page.locator("#similar")).to_contain_text("铝合金托盘焊接变形")
    me.click("保存并提交审核")
    expect(me.page.locator("main")).to_contain_text("已提交审核")
    assert (len(me.screens), me.clicks, me.fields) == (3, 5, 2)
    need = posted(sessions)
    assert (need.title, need.problem) == tuple(NEED.values())
    assert (need.status, need.declared) == (NeedStatus.COUNTY_REVIEW, True)


def test_everything_filled_in_is_eleven_fields_and_six_clicks(sit: Callable[..., Newcomer], sessions: Sessions) -> None:
    me = sit()
    me.click("填报第一条需求", role="link")
    for label, text in NEED.items():
        me.type(label, text)
    me.type("指标 1", "对角线翘曲")
    me.page.locator("[name=indicator_1_value]").fill("1")
    me.page.locator("[name=indicator_1_unit]").fill("mm")
    me.fields += 2
    me.type("预期目标", "取消火焰校平，一次合格率提到 97% 以上。")
    expect(me.page.locator("#gauge")).to_contain_text("完整度")
    expect(me.page.locator("#autosave")).to_contain_text("已自动保存")
    me.click("下一步")
    me.type("关键词", "铝合金；MIG 焊；焊接变形")
    me.page.locator("button[name=take]").first.click()
    me.clicks += 1
    me.choose("所属行业", "36 汽车制造业")
    me.type("拟投入资金", "50")
    me.type("需求时限", "2027-06-30")
    me.choose("合作方式", "合作研发")
    me.click("下一步")
    expect(me.page.locator("#gauge")).to_contain_text("完整度 90%")
    me.tick("我声明")
    me.click("保存并提交审核")
    expect(me.page.locator("main")).to_contain_text("已提交审核")
    assert (len(me.screens), me.clicks, me.fields) == (3, 6, 11)
    need = posted(sessions)
    assert need.indicators == "对角线翘曲 ≤ 1 mm"
    assert (need.industry_code, need.budget_wan) == ("36", 50)
    assert need.field_id is not None


def test_what_was_typed_before_leaving_comes_back(sit: Callable[..., Newcomer]) -> None:
    me = sit()
    me.click("填报第一条需求", role="link")
    me.type("技术需求名称", "打了一半就走")
    expect(me.page.locator("#autosave")).to_contain_text("已自动保存")
    me.page.goto("about:blank")
    me.page.go_back()
    me.page.reload()
    expect(me.page.get_by_label("技术需求名称")).to_have_value("打了一半就走")
    expect(me.page.locator("main")).to_contain_text("已恢复")


def test_a_need_is_posted_by_keyboard_alone(sit: Callable[..., Newcomer], sessions: Sessions) -> None:
    page = sit().page
    keys = page.keyboard
    tab_to(page, "填报第一条需求")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="填报技术需求")).to_be_visible()
    for label, text in NEED.items():
        tab_to(page, label)
        keys.insert_text(text)
    tab_to(page, "看两个例子")
    keys.press("Enter")
    expect(page.locator("details[open] li").first).to_be_visible()
    tab_to(page, "下一步")
    keys.press("Enter")
    expect(page.locator("#need-form [aria-current=step]")).to_contain_text("2")
    tab_to(page, "关键词")
    keys.insert_text("铝合金；焊接变形")
    keys.press("Enter")  # in a line: on to the next step
    expect(page.locator("#need-form [aria-current=step]")).to_contain_text("3")
    tab_to(page, "向院所和专家公开")
    keys.press("ArrowDown")
    expect(page.get_by_label("隐去企业名称")).to_be_checked()
    tab_to(page, "我声明")
    keys.press("Space")
    tab_to(page, "保存并提交审核")
    keys.press("Enter")
    expect(page.locator("main")).to_contain_text("已提交审核")
    need = posted(sessions)
    assert (need.status, need.audience, need.keywords) == (NeedStatus.COUNTY_REVIEW, "masked", ["铝合金", "焊接变形"])


def tab_to(page: Page, text: str, *, most: int = 60) -> None:
    """Press Tab until what has the focus is called `text`, by its own words or its label."""
    called = "(e => [e?.innerText, ...[...(e?.labels ?? [])].map(l => l.innerText)].join(' '))(document.activeElement)"
    for _ in range(most):
        page.keyboard.press("Tab")
        if text in page.evaluate(called):
            return
    raise AssertionError(f"{text} is not reached by keyboard")
