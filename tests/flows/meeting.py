"""What officers do with every meeting: plan it for today, record who came, verify it."""

from playwright.sync_api import expect

from tests.flows.conftest import TODAY
from tests.flows.seat import Seat


def plan_today(city: Seat, starts: str, ends: str) -> None:
    """Finish the planning form, which has been opened."""
    city.fill(日期=TODAY.isoformat(), 开始=starts, 结束=ends).press("安排").sees("已安排。")


def record(city: Seat, *present: str, minutes: str = "按计划交流，双方记下了下一步。") -> None:
    """Everybody named came."""
    for name in present:
        city.choose(f"{name}的到会情况", "到会")
    city.fill(纪要=minutes).press("登记").sees("请另一位工作人员核验")


def attach(city: Seat, name: str, content: bytes) -> None:
    """Add a sign-in sheet, photographed or scanned as a PNG."""
    city.choose("材料类型", "签到表")
    city.page.get_by_label("文件").set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    city.press("上传").sees(f"已上传：{name}").does_not_see("缺签到表")


def verify(second: Seat, title: str) -> None:
    """Find it among what waits to be verified."""
    second.menu("首页").follow("场活动待核验").follow(title)
    second.press("核验").sees("已核验。")


def judged(somebody: Seat, *texts: str) -> None:
    """What the counting rule says beside the meeting."""
    for text in texts:
        expect(somebody.part("计数规则的判断")).to_contain_text(text)
