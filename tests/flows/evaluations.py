"""A team judged: reported on a phone, reviewed, scored by another, published with the line; a province's result."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.flows.conftest import TODAY
from tests.flows.seat import Seat

Sit = Callable[..., Seat]
PHONE = 390
YEAR = TODAY.year
FULL = {
    "任务书完成情况": "28",
    "服务频次": "19",
    "产业支撑": "14",
    "服务成效": "19",
    "企业满意度": "9",
    "县级满意度": "5",
}
LINE = "以上进入前 30%"


def judge(seat: Sit, city: Seat, team_id: int, lead: str) -> None:
    """The team joins the open year; its lead reports, one officer reviews, another scores; the others keep out."""
    name = city.open(f"/teams/{team_id}/work").page.locator("h1").inner_text()
    city.menu("特派团").follow("绩效考评").follow(f"{YEAR} 年特派团绩效考评")
    city.choose("特派团", name).press("加入考评").sees("待自评")
    report(seat, lead, name)
    second = seat("city2").open(f"/evaluations/{YEAR}").follow(name).sees("4.5 天")
    second.fill(县级意见="电话核实，企业满意").press("县级审核通过").sees("待市级评分", "不能是同一人")
    score(city.open(f"/evaluations/{YEAR}").follow(name), "94")
    settle_others(city, second, name)
    city.open(f"/evaluations/{YEAR}").unfold("公布结果")
    city.press("确认公布结果").sees(name, "94", LINE, "线内", "同分的全部进入")
    firm = seat("firm").open(f"/evaluations/{YEAR}/published").sees(name, LINE)
    firm.does_not_see("服务天数")
    record_province(city)


def report(seat: Sit, login: str, name: str) -> None:
    """One link from the first page; what is on file is there already."""
    lead = seat(login, width=PHONE).open("/home").follow(f"特派团自评：{name}").no_sideways_scrolling()
    assert "4.5 天" in lead.page.get_by_label("服务频次").input_value()
    lead.fill(服务成效="合格率由 81% 提高到 95%").press("提交自评").sees(
        "待县级审核", "合格率由 81%"
    ).no_sideways_scrolling()


def score(city: Seat, expected: str) -> None:
    """Each criterion has the facts on file beside it."""
    city.follow("评分").sees("电话核实，企业满意", "企业评分平均")
    for label, points in FULL.items():
        city.page.get_by_label(label, exact=True).fill(points)
    for box in city.page.locator("input[name^='p-']").all():
        box.fill("5")
    city.press("确认评分").sees("已评分，待公布", expected)


def settle_others(city: Seat, second: Seat, name: str) -> None:
    """The other teams of the year do not take part, each with its reason."""
    city.open(f"/evaluations/{YEAR}")
    links = city.page.locator("main tbody a")
    for address in [link.get_attribute("href") for link in links.all() if link.inner_text() != name]:
        second.open(address or "")
        if second.page.locator("main").get_by_text("待县级审核").count():
            second.with_reason("退回修改", "本年度不再参评")
        second.with_reason("不参评", "服务期不满一年").sees("不参评的原因")


def record_province(city: Seat) -> None:
    """Another team, of the province: its result stands in the list, without a place."""
    link = city.open("/teams?status=signed").page.locator("main tbody a").first
    name = link.inner_text()
    link.click()
    city.press("开始派驻").follow("派驻").follow("级别、任期和共建平台")
    city.choose("级别", "省级").press("保存")
    city.sees("省级").open(f"/evaluations/{YEAR}").follow("登记省级结果").choose("省级特派团", name)
    city.fill(公布的结果="良好", 文号="某科 12 号").press("登记").sees("良好", "某科 12 号", "不排名")
    city.open(f"/evaluations/{YEAR}/published")
    row = city.page.locator("tbody tr").filter(has_text=name)
    expect(row).to_contain_text("不排名")
    expect(row).to_contain_text("不适用")
