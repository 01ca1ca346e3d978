"""走进, five firms at one university: checked in by QR, recorded on a phone, confirmed from letters, verified."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import expect

from matchmaker.exchange.tables import read_rows
from matchmaker.services.demo.papers import group_photo, sign_in_sheet
from tests.flows import meeting
from tests.flows.conftest import TODAY
from tests.flows.seat import Seat
from tests.support import qr
from tests.support.mail import MailServer

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]

METRIC = "走进京津院所"
VISIT, HOST, TRIP = "五家企业同访北航", "北京航空航天大学", "11 月走进北航"
FIRMS = (
    "衡跃传动科技有限公司（演示）",
    "厚砧精密铸造有限公司（演示）",
    "坚牙高强紧固件有限公司（演示）",
    "澄镀钢管制造有限公司（演示）",
    "翎舟航空器有限公司（演示）",
)
FIRM_MAIL, EXPERT_MAIL = "demo-joint@example.org", "demo-fan-qiming@example.org"
EXPERT, VISITOR = "樊启明", "孔总工"
PHONE = 390
PROBLEM, STEP, OWNER, DUE = "柔轮齿根早期裂纹", "寄三件样件做断口分析", "孔总工", "2026-12-10"


def test_from_the_code_at_the_door_to_five_visits_counted(seat: Sit, mail_server: MailServer, tmp_path: Path) -> None:
    leader, city, second = map(seat, ("leader", "city", "city2"))
    before, firms_before = leader.number_of(METRIC), firm_visits(leader)

    city_plans_the_trip(city)
    visit = city.page.url
    papers_name_the_five_firms(city, tmp_path)
    city.open(visit)
    participants_check_in(city, seat)
    assert leader.number_of(METRIC) == before
    officer_records_on_the_phone(seat, visit)
    confirmed_from_the_letter(seat, mail_server, FIRM_MAIL)
    told_from_the_letter(seat, mail_server)
    assert (leader.number_of(METRIC), firm_visits(leader)) == (before, firms_before)

    verifier_sees_everything(second)
    meeting.judged(second, "已计数")
    assert leader.number_of(METRIC) == before + 1
    assert firm_visits(leader) == firms_before + 5
    officer_settles_the_difference(city, visit)


def firm_visits(leader: Seat) -> int:
    """企业·次 on the board."""
    found = re.search(r"(\d+) 企业·次", leader.menu("看板").part(METRIC).inner_text())
    assert found
    return int(found[1])


def city_plans_the_trip(city: Seat) -> None:
    city.menu("对接活动").follow("安排活动").tick("走进（微对接）").fill(企业=FIRMS[0], 接待院所=HOST).press("下一步")
    city.choose("实际到访的地点", city.page.locator("#f-site option", has_text="学院路校区").inner_text())
    city.fill(同行的其他企业="\n".join(FIRMS[1:]), 或新建行程=TRIP, 活动名称=VISIT)
    city.tick(EXPERT)
    meeting.plan_today(city, "09:30", "11:30")


def papers_name_the_five_firms(city: Seat, tmp_path: Path) -> None:
    """The letter, the list of the bus and the sheet to be signed, from the page of the trip, as files."""
    trip = city.follow(TRIP).sees(*FIRMS).page.url
    city.press("出对接函").sees("已出函：对接函")
    letter = Document(downloaded(city.open(trip), "对接函", tmp_path))
    cells = [cell.text for table in letter.tables for row in table.rows for cell in row.cells]
    assert all(firm in cells for firm in FIRMS)
    assert any(HOST in paragraph.text for paragraph in letter.paragraphs)
    bus = rows_of(downloaded(city.open(trip).follow("车辆名单"), "导出表格", tmp_path))
    assert list(dict.fromkeys(row["单位"] for row in bus)) == list(FIRMS)
    sheet = rows_of(downloaded(city.open(trip).follow("签到表"), "导出表格", tmp_path))
    assert [row["单位"] for row in sheet] == [*FIRMS, HOST]
    assert sheet[-1]["姓名"] == EXPERT


def downloaded(city: Seat, link: str, folder: Path) -> str:
    with city.page.expect_download() as download:
        city.follow(link)
    kept = folder / download.value.suggested_filename
    download.value.save_as(kept)
    return str(kept)


def rows_of(path: str) -> list[dict[str, str]]:
    """The rows of a sheet by heading."""
    return [row.values for row in read_rows(Path(path))]


def participants_check_in(city: Seat, seat: Sit) -> None:
    """The code is read from the screen, as a camera does."""
    city.follow("现场签到").sees("扫码签到", "还没有人签到")
    link = qr.text_in(qr.grey(city.page.locator(".qr").screenshot()))
    phone = seat(width=PHONE).open(link).sees(VISIT, "您是哪一方？").does_not_see(FIRM_MAIL)
    phone.no_sideways_scrolling()
    phone.tick(FIRMS[0]).fill(您的姓名=VISITOR).press("签到").sees("签到成功", VISITOR).no_sideways_scrolling()
    seat(width=PHONE).open(link).tick(EXPERT).press("签到").sees("签到成功", EXPERT)
    city.page.reload()
    city.sees("已签到 2 项", VISITOR)
    for firm in FIRMS[1:]:
        city.tick(firm)
    city.press("登记签到").sees("已签到 6 项").follow("返回活动")


def officer_records_on_the_phone(seat: Sit, visit: str) -> None:
    phone = seat("city", width=PHONE).open(visit)
    phone.sees("请逐项核对后再登记").no_sideways_scrolling()
    expect(phone.page.get_by_label(f"{FIRMS[0]}的到会情况")).to_have_value("attended")
    expect(phone.page.get_by_label(f"{FIRMS[0]}的签到姓名或代替人")).to_have_value(VISITOR)
    rows = phone.page.get_by_label(re.compile(r"第 \d+ 行问题"))
    typed, there = phone.page.get_by_label("第 1 行问题"), rows.count()
    typed.fill(PROBLEM)
    phone.press("再加两行")
    expect(rows).to_have_count(there + 2)
    expect(typed).to_have_value(PROBLEM)
    phone.fill(**{"第 1 行下一步": STEP, "第 1 行责任人": OWNER, "第 1 行期限": DUE})
    for label, picture in (("拍签到表", sign_in_sheet), ("拍现场照片", group_photo)):
        taken = {"name": "IMG.png", "mimeType": "image/png", "buffer": picture(TODAY.isoformat(), [*FIRMS, EXPERT])}
        phone.page.get_by_label(label).set_input_files(taken)
    phone.press("登记").sees("请另一位工作人员核验", PROBLEM, STEP, "齐全").no_sideways_scrolling()


def letter_for(mail_server: MailServer, address: str) -> str:
    text = mail_server.wait_for(address, "请确认活动记录").get_content()
    link = re.search(r"http://\S+/v/\S+", text)
    assert link, text
    return link[0]


def confirmed_from_the_letter(seat: Sit, mail_server: MailServer, address: str) -> None:
    phone = seat(width=PHONE).open(letter_for(mail_server, address))
    phone.sees(VISIT, PROBLEM, "属实吗").no_sideways_scrolling()
    phone.press("属实").sees("已确认属实，谢谢").no_sideways_scrolling()


def told_from_the_letter(seat: Sit, mail_server: MailServer) -> None:
    """The university's side: its expert, for the demonstration's institutes have no address."""
    phone = seat(width=PHONE).open(letter_for(mail_server, EXPERT_MAIL))
    asked = phone.unfold("有出入")
    phone.fill(within=asked, 哪里有出入="样件是五件").press("告诉科技主管部门", within=asked)
    phone.sees("您的意见已转给科技主管部门", "样件是五件")


def verifier_sees_everything(second: Seat) -> None:
    second.menu("首页").follow("场活动待核验").follow(VISIT)
    second.sees(f"{HOST}认为记录有出入：样件是五件", PROBLEM, VISITOR, "属实", "齐全")
    expect(second.page.locator("img.thumb")).to_have_count(2)
    meeting.judged(second, "核验后可计入走进", "计入走进第")
    second.press("核验").sees("已核验。")


def officer_settles_the_difference(city: Seat, visit: str) -> None:
    city.menu("首页").follow("方认为活动记录有出入").sees(VISIT).open(visit)
    words = city.part("双方对记录的确认")
    asked = city.unfold("已处理", within=words)
    asked.get_by_label("怎么处理的").fill("电话核对，确为五件，下次寄样注明")
    city.press("确认已处理", within=asked).sees("已处理：电话核对")
    city.menu("首页")
    expect(city.page.locator("main")).to_contain_text("今天")
