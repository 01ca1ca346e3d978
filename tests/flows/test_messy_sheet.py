"""A messy sheet at the officer's own screen: dragged in, its columns named once, cells mended, a long one followed."""

import base64
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, Role
from tests.factories import make_account
from tests.flows.seat import Seat
from tests.services.sheets import Rows, bring_rows, write
from tests.support import messy
from tests.support.person import PASSWORD, PASSWORD_HASH
from tests.support.server import Server

pytestmark = pytest.mark.slow
PATIENCE_MS = 90_000
GRAVE = {"serious", "critical"}
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
  const dragged = new DataTransfer();
  dragged.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: dragged, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture
def bureau(
    settings: Settings, start_server: Callable[..., Server], new_page: Callable[..., Page], tmp_path: Path
) -> Callable[..., Seat]:
    """`bureau(width=…, javascript=…)`: the city officer of an installation that has only firms, at a screen."""
    server = start_server(settings, "up").wait_until_ready()
    sessions = Sessions(settings.database_url)
    bring_rows(sessions, ImportKind.ORGANISATIONS, messy.firms(), tmp_path)
    with sessions.write() as session:
        make_account(session, Role.CITY, login="officer", password_hash=PASSWORD_HASH)
    sessions.close()

    def sit_down(width: int = 1280, *, javascript: bool = True) -> Seat:
        return Seat(new_page(width, javascript=javascript), server.url).sign_in("officer", PASSWORD)

    return sit_down


def upload(seat: Seat, path: Path, kind: str = "技术需求") -> Seat:
    seat.open("/imports").choose("名录类别", kind)
    seat.page.get_by_label("文件").first.set_input_files(path)
    return seat.press("上传并检查")


def accessible(seat: Seat) -> None:
    seat.no_sideways_scrolling()
    found = Axe().run(seat.page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in GRAVE] == []


def test_a_sheet_is_dragged_in_named_mended_and_followed(bureau: Callable[..., Seat], tmp_path: Path) -> None:
    sheet = messy.make(tmp_path / "需求汇总.xlsx", rows=80, each=1)
    city = bureau()
    city.menu("导入").choose("名录类别", "技术需求")
    content = base64.b64encode(sheet.path.read_bytes()).decode()
    city.page.evaluate(DROP, [sheet.path.name, content])
    city.press("上传并检查")
    city.sees("工作表：需求汇总", "表头在第 4 行", "同样表头的文件不再询问")
    expect(city.page.get_by_label("需求信息 > 需求描述")).to_have_value("problem")
    accessible(city)
    city.press("确认各列，检查内容").sees(f"只导入无误的 {len(sheet.good)} 行")
    accessible(city)

    alone = Counter(one.line for one in sheet.spoilt)
    unknown = next(one for one in sheet.spoilt if one.reason == "名录中没有" and alone[one.line] == 1)
    city.page.get_by_label(f"第 {unknown.line} 行 · 企业名称").fill("F1")
    city.press("改好后重新检查").sees(f"只导入无误的 {len(sheet.good) + 1} 行")
    city.press(f"只导入无误的 {len(sheet.good) + 1} 行").sees("导入结果", f"新增 {len(sheet.good) + 1} 行")

    again = messy.make(tmp_path / "第二批.xlsx", rows=70, each=1, seed=3, first=501)
    upload(city, again.path).sees("检查结果", f"只导入无误的 {len(again.good)} 行")

    long = [{"机构类别": "企业", "机构全称": f"第{n}铸造厂（演示）"} for n in range(3_000)]
    upload(city, write(tmp_path / "机构.xlsx", long), "机构").sees("将在后台导入")
    city.press("导入全部 3000 行")
    result = city.page.get_by_role("heading", name="导入结果")  # by itself: the page follows it to the end
    expect(result).to_be_visible(timeout=PATIENCE_MS)
    city.sees("3000 行")
    accessible(city)


def test_the_same_without_javascript_on_a_phone(bureau: Callable[..., Seat], tmp_path: Path) -> None:
    rows: Rows = [
        {"甲方": "F1", "题目": "焊接变形", "预算（元）": "30万", "备注": ""},
        {"甲方": "没有这家", "题目": "检漏", "预算（元）": "面议", "备注": "急"},
    ]
    city = bureau(390, javascript=False)
    upload(city, write(tmp_path / "需求.xlsx", rows)).sees("请核对文件的每一列是什么")
    city.no_sideways_scrolling()
    city.choose("甲方", "企业（必填）").choose("题目", "技术需求名称（必填）").press("确认各列，检查内容")
    city.sees("共 1 行、2 处有误").no_sideways_scrolling()
    city.page.get_by_label("第 3 行 · 甲方").fill("F2")
    city.page.get_by_label("第 3 行 · 预算（元）").fill("50万")
    city.press("改好后重新检查").sees("导入全部 2 行").press("导入全部 2 行").sees("新增 2 行")

    long = [{"机构类别": "企业", "机构全称": f"第{n}铸造厂（演示）"} for n in range(600)]
    upload(city, write(tmp_path / "机构.xlsx", long), "机构").press("导入全部 600 行")
    until = time.monotonic() + PATIENCE_MS / 1000
    while city.page.get_by_role("link", name="刷新进度").count() and time.monotonic() < until:
        city.no_sideways_scrolling()
        city.page.wait_for_timeout(500)
        city.follow("刷新进度", within=city.page.locator("body"))
    city.sees("导入结果", "600 行")
