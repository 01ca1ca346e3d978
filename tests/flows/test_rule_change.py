"""A rule is changed after a report was issued: board and ledger follow, the report and its files stay, and say so."""

import io
import re
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from tests.flows.conftest import TODAY
from tests.flows.seat import Seat

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

OUTBOUND = "走进京津院所"
MONTH = f"{TODAY.year} 年 {TODAY.month} 月"
LOST = "到访地点不在计数地区"


def test_a_rule_is_changed_and_an_issued_report_is_not(seat: Sit) -> None:
    city, second, leader = map(seat, ("city", "city2", "leader"))
    before = leader.number_of(OUTBOUND)
    address = issue_this_month(city, before)
    old_rule = city.page.locator("#rules").inner_text()
    files = downloaded(leader, address)

    after = only_beijing_counts(second, before)

    assert after < before
    assert leader.number_of(OUTBOUND) == after
    leader.open_ledger(OUTBOUND).sees("规则 2", "实际到访地点在北京市")
    expect(leader.page.locator("tfoot")).to_contain_text(str(after))

    leader.open(address).sees(
        f"报告 {before}，按今天的记录和规则到同一天是 {after}。报告不变。", "报告计了，现在不计", LOST
    )
    expect(leader.page.locator("#recount li")).to_have_count(before - after)
    assert leader.page.locator("#rules").inner_text() == old_rule
    assert outbound_cell(leader) == before
    assert downloaded(leader, address) == files
    said_in(files, before, old_rule.split("\n")[-1])


def issue_this_month(city: Seat, counted: int) -> str:
    """From the list of reports over the draft to the archived one; its address."""
    city.menu("报告").choose("种类和时段", f"月报 · {MONTH}").press("看草稿").sees("这个时段还没有结束")
    assert outbound_cell(city) == counted
    city.press("核对无误，签发").sees("已签发并存档。", "与报告一致")
    return city.page.url


def outbound_cell(somebody: Seat) -> int:
    """What the report's page says of the visits to institutes since January."""
    row = somebody.part("总体情况").get_by_role("row").filter(has_text=OUTBOUND)
    return int(row.locator("td").first.inner_text())


def downloaded(somebody: Seat, address: str) -> dict[str, bytes]:
    found = {suffix: somebody.page.request.get(f"{address}/{suffix}") for suffix in ("xlsx", "docx")}
    assert all(answer.ok for answer in found.values())
    return {suffix: answer.body() for suffix, answer in found.items()}


def only_beijing_counts(second: Seat, before: int) -> int:
    """Another officer lays down that only Beijing counts, all year; what the board will say, from the preview."""
    second.open("/rules")
    second.follow("从某日起另定", within=second.page.locator("#outbound"))
    second.page.get_by_label("天津市").uncheck()
    second.fill(起用日期=f"{TODAY.year}-01-01").tick("从过去的日期起用")
    second.fill(原因="只计到北京的走访").press("看新旧对照").sees("现在的规则", "新的规则", "不再计数或少计", LOST)
    cells = second.part("数字的变化").get_by_role("row").filter(has_text=str(TODAY.year)).locator("td")
    old, new, gained, lost = map(int, cells.all_inner_texts())
    assert (old, gained, old - lost) == (before, 0, new)
    assert second.number_of(OUTBOUND) == before  # looking has changed nothing
    second.page.go_back()
    second.press("确认起用").sees("只计到北京的走访", "追溯起用")
    return new


def said_in(files: dict[str, bytes], counted: int, rule: str) -> None:
    """The old figure and the old rule's words, in both files."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"]))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    assert ["今年以来（场次）", counted] in [row[:2] for row in rows]
    cells = {str(cell) for row in rows for cell in row}
    paper = ZipFile(io.BytesIO(files["docx"])).read("word/document.xml").decode()
    text = re.sub(r"<[^>]+>", "", paper)
    assert any(rule in cell for cell in cells)
    assert rule in text
    assert f"今年以来 {counted} 场次" in text
