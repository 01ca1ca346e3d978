"""请进: an expert comes in by a letter's link and offers to come; the firm asks for another day; the visit counts, is
taken back, counts again.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from matchmaker.config import Settings
from matchmaker.services.demo.papers import sign_in_sheet
from tests.flows import meeting
from tests.flows.conftest import TODAY
from tests.flows.pairs import Pair, free_pair
from tests.flows.seat import Seat
from tests.support.mail import MailServer

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

METRIC = "京津专家入企"
CALL = "11 月 20 日电话，企业联系人：26 日停产检修，改 27 日下午"


def test_from_an_offer_to_a_counted_visit(seat: Sit, settings: Settings, mail_server: MailServer) -> None:
    pair = free_pair(settings)
    visit = f"{pair.expert}到{pair.firm}"
    leader, city, second = map(seat, ("leader", "city", "city2"))
    before = leader.number_of(METRIC)

    city_invites_the_expert(city, pair)
    expert = expert_opens_an_account(seat, mail_server, pair)
    expert_offers_to_come(expert, pair)
    city_takes_down_another_time(city, pair)
    expert_accepts_the_new_time(expert)

    city_plans_and_records_the_visit(city, pair)
    assert leader.number_of(METRIC) == before
    meeting.verify(second, visit)
    meeting.judged(second, "已计数")
    assert leader.number_of(METRIC) == before + 1

    verification_is_taken_back(second)
    assert leader.number_of(METRIC) == before
    second.press("核验").sees("已核验。")
    assert leader.number_of(METRIC) == before + 1
    ledger_shows_both_names(leader, visit)


def city_invites_the_expert(city: Seat, pair: Pair) -> None:
    city.menu("首页").open(f"/access/people?kind=expert&q={pair.expert}")
    city.tick(f"选择 {pair.expert}").press("邀请勾选的人").sees("已建立 1 个待开通账号", pair.expert)


def expert_opens_an_account(seat: Sit, mail_server: MailServer, pair: Pair) -> Seat:
    letter = mail_server.wait_for(pair.email, "开通您的账号").get_content()
    link = re.search(r"http://\S+/welcome/\S+", letter)
    assert link, letter
    return seat().open_account(link[0], "dachuan").menu("首页").sees(f"{pair.expert}，您好")


def expert_offers_to_come(expert: Seat, pair: Pair) -> None:
    wanted = expert.page.get_by_role("article").filter(has_text=pair.need)
    expect(wanted.locator("mark", has_text=pair.shared).first).to_be_visible()
    expect(wanted.get_by_role("list", name="匹配理由")).to_contain_text("%")
    expert.follow("愿意对接", within=wanted).sees(f"愿意与{pair.firm}对接", "为什么合适")
    expert.choose("形式", "请进（入企）").fill(建议日期="2026-11-26", 时间="09:30", 附言="可以到现场看两箱样品。")
    expert.press("告诉企业").sees("邀请已发出", "待答复")


def city_takes_down_another_time(city: Seat, pair: Pair) -> None:
    """The firm rang up: the officer types in what it said, marked as such."""
    city.menu("邀请").follow(pair.need)
    answer = city.unfold("代录企业方的答复")
    elsewhen = city.unfold("改时间", within=answer)
    city.fill(within=elsewhen, 哪一天="2026-11-27", 几点="14:00", 通过什么方式答复=CALL)
    city.press("提出新的时间", within=elsewhen)
    city.sees("已把新的时间转给对方", "改时间", "代录", CALL, "需要重新确认")


def expert_accepts_the_new_time(expert: Seat) -> None:
    expert.menu("首页").sees("1 份邀请等您答复", "11 月 27 日 14:00").follow("去答复")
    expert.sees("代录", CALL).press("同意").sees("双方都已同意")


def city_plans_and_records_the_visit(city: Seat, pair: Pair) -> None:
    city.menu("邀请").follow(pair.need)
    city.follow("安排对接").sees("来自双方已同意的邀请", "请进（入企）")
    expect(city.page.get_by_label("日期")).to_have_value("2026-11-27")
    expect(city.page.get_by_label("开始")).to_have_value("14:00")
    meeting.plan_today(city, "14:00", "16:30")
    meeting.record(city, pair.firm, pair.expert, minutes="看了两台样机，按商定的参数改好后再试一批。")
    meeting.attach(city, "签到表.png", sign_in_sheet(TODAY.isoformat(), [pair.firm, pair.expert]))
    meeting.judged(city, "核验后可计入请进", "尚未核验")


def verification_is_taken_back(second: Seat) -> None:
    second.with_reason("撤销核验", "签到表日期写错，请登记人更正").sees("已登记待核验", "签到表日期写错")
    meeting.judged(second, "核验后可计入请进", "尚未核验")


def ledger_shows_both_names(leader: Seat, visit: str) -> None:
    row = leader.open_ledger(METRIC).page.get_by_role("row").filter(has_text=visit).filter(has_text=TODAY.isoformat())
    expect(row).to_contain_text("陈立新")
    expect(row).to_contain_text("方慧")
