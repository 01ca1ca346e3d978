"""What does not count: a base outside Beijing, a call, a visit called off, one nobody verified. Each page says why."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.flows import meeting
from tests.flows.seat import Seat

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

OUTBOUND, INBOUND = "走进京津院所", "京津专家入企"
FIRM, HOST, EXPERT = "济芷药业有限公司（演示）", "清华大学", "何思源"


def test_four_meetings_that_change_no_number(seat: Sit) -> None:
    leader, city, second = map(seat, ("leader", "city", "city2"))
    before = [leader.number_of(metric) for metric in (OUTBOUND, INBOUND)]

    visit_to_the_local_base(city, second)
    call(city, second)
    cancelled_visit(city)
    visit_nobody_verified(city)

    assert [leader.number_of(metric) for metric in (OUTBOUND, INBOUND)] == before
    left_out(leader, OUTBOUND, "院所基地参观", "到访地点不在计数地区")
    left_out(leader, OUTBOUND, "视频会商", "线上活动不计")
    left_out(leader, INBOUND, "视频会商", "线上活动不计")
    left_out(leader, OUTBOUND, "校本部走访", "活动已取消")
    left_out(leader, INBOUND, "车间诊断", "尚未核验")


def begin(city: Seat, kind: str, title: str, *, host: str = "") -> None:
    """The two pages on which a meeting is planned that no invitation led to."""
    city.menu("对接活动").follow("安排活动")
    city.page.get_by_role("radio", name=kind).check()
    city.fill(企业=FIRM, 接待院所=host).press("下一步")
    city.fill(活动名称=title)


def choose_place(city: Seat, name: str) -> None:
    """Choose the site really visited by a part of its name."""
    places = city.page.get_by_label("实际到访的地点")
    places.select_option(places.locator("option", has_text=name).get_attribute("value"))


def visit_to_the_local_base(city: Seat, second: Seat) -> None:
    begin(city, "走进", "院所基地参观", host=HOST)
    choose_place(city, "中试孵化基地")
    city.tick(EXPERT)
    meeting.plan_today(city, "08:30", "09:30")
    meeting.record(city, FIRM, EXPERT)
    meeting.verify(second, "院所基地参观")
    meeting.judged(second, "不计入走进", "到访地点不在计数地区")


def call(city: Seat, second: Seat) -> None:
    begin(city, "线上", "视频会商", host=HOST)
    city.tick(EXPERT)
    meeting.plan_today(city, "10:00", "11:00")
    meeting.record(city, FIRM, EXPERT)
    meeting.verify(second, "视频会商")
    meeting.judged(second, "不计入走进", "不计入请进", "线上活动不计")


def cancelled_visit(city: Seat) -> None:
    begin(city, "走进", "校本部走访", host=HOST)
    choose_place(city, "校本部")
    city.tick(EXPERT)
    meeting.plan_today(city, "13:00", "14:00")
    city.with_reason("取消活动", "院所当天封控演练").sees("已取消", "院所当天封控演练")
    city.sees("不需要登记").does_not_see("缺签到表")
    meeting.judged(city, "不计入走进", "活动已取消")


def visit_nobody_verified(city: Seat) -> None:
    begin(city, "请进", "车间诊断")
    city.fill(专家姓名=f"{EXPERT}，{HOST}")
    meeting.plan_today(city, "15:00", "16:00")
    meeting.record(city, FIRM, EXPERT)
    meeting.judged(city, "核验后可计入请进", "尚未核验")


def left_out(leader: Seat, metric: str, title: str, reason: str) -> None:
    row = leader.open_ledger(metric).page.get_by_role("row").filter(has_text=title)
    expect(row).to_contain_text(reason)
