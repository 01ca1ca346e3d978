"""请进, three at once: a route is planned on one page, told, recorded at each firm, verified: three visits."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.flows import meeting
from tests.flows.conftest import TODAY
from tests.flows.seat import Seat

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

METRIC = "京津专家入企"
EXPERT = "冯砚秋"
FIRMS = ("契贴光学胶有限公司（演示）", "邻屏模组制造有限公司（演示）", "削璃玻璃减薄加工厂（演示）")
WORDS = ("契贴", "邻屏", "削璃")
NEED = "怎么让光学胶膜在双曲屏上不回弹、不冒延迟泡"
ROUTE = "贴合专家一日三厂"


def test_a_route_of_three_firms_counts_three_visits(seat: Sit) -> None:
    leader, city, second = map(seat, ("leader", "city", "city2"))
    before = leader.number_of(METRIC)

    city_chooses_whom_and_where(city)
    city_plans_the_day(city)
    city_prepares_the_first_visit(city)
    letter_is_issued(city)
    list_of_the_car(city, leader)

    for firm in FIRMS:
        open_visit(city, firm)
        meeting.record(city, firm, EXPERT, minutes=f"在{firm}看了贴合线，约定先试三批。")
    assert leader.number_of(METRIC) == before
    for firm in FIRMS:
        meeting.verify(second, f"{EXPERT}到{firm}")
        meeting.judged(second, "已计数")
    assert leader.number_of(METRIC) == before + 3


def city_chooses_whom_and_where(city: Seat) -> None:
    city.menu("微对接").follow("入企路线").follow("安排路线")
    city.fill(哪一天=TODAY.isoformat(), 专家姓名或单位=EXPERT)
    find(city)
    city.tick(EXPERT)
    for word, firm in zip(WORDS, FIRMS, strict=True):
        city.fill(企业名称=word)
        find(city)
        city.tick(firm)
    city.press("下一步").sees("第 3 站", *FIRMS, EXPERT)


def find(city: Seat) -> None:
    """What was ticked before stays so."""
    city.page.get_by_role("button", name="查找").first.click()
    city.page.wait_for_load_state()


def city_plans_the_day(city: Seat) -> None:
    city.fill(
        名称=ROUTE, 出发时间="08:00", 集合地点="高铁站东广场", 车辆="7 座商务车", 联系人和电话="陈立新 000-00001101"
    )
    second_stop = city.page.locator("section").filter(has_text="第 2 站").last
    city.fill(within=second_stop, 开始="09:30")
    city.tick(NEED).press("安排").sees("与上一站重叠")
    expect(city.page.get_by_label(NEED)).to_be_checked()
    city.fill(within=city.page.locator("section").filter(has_text="第 2 站").last, 开始="11:00")
    city.press("安排").sees("已安排 3 场活动。", ROUTE, "高铁站东广场", "未答复")
    city.no_sideways_scrolling()


def open_visit(city: Seat, firm: str) -> None:
    city.menu("微对接").follow("入企路线").follow(ROUTE).follow(f"{EXPERT}到{firm}")


def city_prepares_the_first_visit(city: Seat) -> None:
    open_visit(city, FIRMS[0])
    city.follow("填写准备事项")
    city.fill(议程="09:00 看贴合线\n10:00 定试样方案", 需带资料="返泡样件", 保密提示="不拍照")
    city.fill(**{FIRMS[0]: "赵工、钱工"}).press("保存").sees("看贴合线", "返泡样件", "不拍照", "高铁站东广场")
    answer = city.unfold("代录接待方的答复")
    city.choose("答复", "已确认接待")
    city.fill(within=answer, 谁答复的="办公室，电话").press("记下答复", within=answer).sees("已确认接待", "代录")
    text = city.page.get_by_label("邀请同去", exact=True).input_value()
    assert len(text) <= 200
    assert re.search(r"请参加 11 月 23 日 09:00–10:30.*/meetings/\d+$", text, re.DOTALL)


def letter_is_issued(city: Seat) -> None:
    city.press("出接待函").sees("已出函：接待函")
    with city.page.expect_download() as download:
        city.follow("接待函", within=city.part("函"))
    assert download.value.suggested_filename.endswith(f"{FIRMS[0]}.docx")
    city.follow("打印签到表").sees("赵工", "钱工", EXPERT)
    expect(city.page.locator("table")).to_contain_text(re.compile(r"000-\d{8}"))


def list_of_the_car(city: Seat, leader: Seat) -> None:
    city.menu("微对接").follow("入企路线").follow(ROUTE).follow("车辆名单").sees(EXPERT, "高铁站东广场")
    leader.menu("微对接").follow("入企路线").follow(ROUTE).follow("车辆名单").sees(EXPERT)
