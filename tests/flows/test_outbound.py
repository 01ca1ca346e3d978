"""走进: from a firm's need to a visit in Beijing that counts, and from the number back to who verified it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from matchmaker.services.demo.papers import sign_in_sheet
from tests.flows import meeting
from tests.flows.conftest import TODAY
from tests.flows.seat import Seat
from tests.support.mail import MailServer

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

METRIC = "走进京津院所"
NEED = "水冷板焊后飞边机器人恒力打磨"
FIRM, FIRM_PHONE = "科衡热控技术有限公司（演示）", "000-00000101"
GROUP, LEAD = "机器人传动与柔顺作业团队", "沈嘉懿"
EXPERT_MAIL = "demo-shen-jiayi@example.org"
VISIT = f"{FIRM}走进北京航空航天大学"
SHEET = sign_in_sheet(TODAY.isoformat(), [FIRM, LEAD])


def test_from_a_need_to_a_counted_visit(seat: Sit, mail_server: MailServer, tmp_path: Path) -> None:
    leader, firm, county, city, second = map(seat, ("leader", "firm", "county", "city", "city2"))
    before = leader.number_of(METRIC)

    firm_posts_the_need(firm)
    county_passes_it(county)
    city_publishes_it(city)
    firm_sees_who_can_solve_it(firm)

    city_invites_the_group(city)
    phone = expert_accepts_from_the_letter(seat, mail_server)
    firm_accepts(firm)
    contacts_appear(firm, phone)

    city_plans_the_visit(city)
    city_records_the_visit(city)
    assert leader.number_of(METRIC) == before
    who_recorded_may_not_verify(city)
    meeting.verify(second, VISIT)
    meeting.judged(second, "已计数")

    assert leader.number_of(METRIC) == before + 1
    number_leads_to_the_evidence(leader, before + 1, tmp_path)


def firm_posts_the_need(firm: Seat) -> None:
    firm.follow("填报需求").fill(
        技术需求名称=NEED,
        主要问题="水冷板搅拌摩擦焊后两侧有飞边，人工打磨一致性差。想用机器人恒力打磨，曲面处力控不稳，换产示教太慢。",
        技术关键和主要指标="接触力波动≤±2 N；表面粗糙度Ra≤0.8 μm；换产准备≤2 h",
    )
    firm.press("下一步").fill(关键词="恒力打磨；机器人；力控")
    firm.press("下一步").tick("我声明").press("保存并提交审核")
    firm.sees("已提交审核", "待县级审核")
    expect(firm.page.locator("[aria-current=step]")).to_have_text("县级审核")
    firm.menu("首页").sees(NEED, "待县级审核", "今天")


def county_passes_it(county: Seat) -> None:
    county.menu("首页").follow("条需求待县级审核").follow(NEED)
    county.press("县级审核通过").sees("待市级审核")


def city_publishes_it(city: Seat) -> None:
    city.menu("首页").follow("条需求待市级审核").follow(NEED)
    city.press("审核通过并发布").sees("已发布")


def firm_sees_who_can_solve_it(firm: Seat) -> None:
    firm.menu("首页").follow(NEED)
    first = suggestion(firm)
    expect(first.locator("mark", has_text="打磨").first).to_be_visible()
    expect(first.get_by_role("list", name="匹配理由")).to_contain_text("打磨")
    firm.does_not_see(EXPERT_MAIL)


def suggestion(somebody: Seat) -> Locator:
    return somebody.page.get_by_role("article").filter(has_text=GROUP)


def city_invites_the_group(city: Seat) -> None:
    city.menu("需求").follow(NEED)
    city.follow("邀请", within=suggestion(city))
    city.choose("形式", "走进（微对接）").fill(建议日期="2026-11-27", 时间="09:30", 附言="想带两块样板请团队看看。")
    city.press("发出邀请").sees("邀请已发出", "待答复")


def expert_accepts_from_the_letter(seat: Sit, mail_server: MailServer) -> Seat:
    """On a phone, without an account."""
    letter = mail_server.wait_for(EXPERT_MAIL, NEED).get_content()
    assert "不需要密码" in letter
    link = re.search(r"http://\S+/a/\S+", letter)
    assert link, letter
    phone = seat(width=390).open(link[0])
    phone.sees(NEED, "为什么找您", "请您答复", "双方都同意之后，才互相显示联系方式").does_not_see(FIRM_PHONE)
    phone.no_sideways_scrolling()
    phone.press("同意").sees("您已答复，等待对方").does_not_see(FIRM_PHONE)
    return phone


def firm_accepts(firm: Seat) -> None:
    firm.menu("首页").sees("2 份邀请等您答复").follow(NEED)
    firm.sees("双方都同意后显示").does_not_see(EXPERT_MAIL)
    firm.press("同意")


def contacts_appear(firm: Seat, phone: Seat) -> None:
    firm.sees("双方都已同意", EXPERT_MAIL)
    phone.page.reload()
    phone.sees("双方都已同意", FIRM_PHONE).no_sideways_scrolling()


def city_plans_the_visit(city: Seat) -> None:
    city.menu("首页").follow("份邀请双方已同意，等待安排").follow(NEED)
    city.follow("安排对接").sees("来自双方已同意的邀请")
    meeting.plan_today(city, "09:30", "11:30")
    city.sees(VISIT, "尚未登记结果")
    visit = city.page.url
    city.menu("首页").follow("份邀请双方已同意，等待安排").does_not_see(NEED)
    city.open(visit)


def city_records_the_visit(city: Seat) -> None:
    city.page.get_by_label(f"{FIRM}的签到姓名或代替人").fill("许志远")
    meeting.record(city, FIRM, LEAD, minutes="看了打磨站试件，团队两周内给出力控方案，企业寄五块样板。")
    city.sees("缺签到表", "尚未核验")
    meeting.attach(city, "签到表.png", SHEET)


def who_recorded_may_not_verify(city: Seat) -> None:
    city.page.reload()
    city.sees("登记人与核验人不能是同一人").cannot_press("核验")


def number_leads_to_the_evidence(leader: Seat, number: int, tmp_path: Path) -> None:
    leader.open_ledger(METRIC).sees("走进合计", "陈立新", "方慧")
    leader.follow(VISIT).sees(f"第 {number} 场", "签到表.png")
    facts = leader.part("登记与核验")
    expect(facts).to_contain_text("陈立新")
    expect(facts).to_contain_text("方慧")
    with leader.page.expect_download() as download:
        leader.follow("签到表.png")
    kept = tmp_path / "签到表.png"
    download.value.save_as(kept)
    assert kept.read_bytes() == SHEET
