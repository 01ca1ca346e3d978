"""Three needs of one cluster to a team, its signed task book, half a year at work, a certificate, the judgement, the
checklist of subsidies.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import expect

from matchmaker.services.demo.papers import group_photo, minutes_sheet
from tests.flows import teams
from tests.flows.conftest import TODAY
from tests.flows.evaluations import judge
from tests.flows.seat import Seat
from tests.flows.subsidies import check_conditions

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]
PHONE = 390
BEGUN = TODAY - timedelta(days=180)
CLUSTER = "固安高新区新型显示产业集群"
NEEDS = ("扩散膜狭缝涂布横纹与车速瓶颈", "量子点膜裁切边缘遇湿热发蓝失效", "铟锡氧化物旋转靶用到后半程长黑瘤")
NAME = "固安显示产业特派团"
LEAD = "tuanzhang"  # the login that the leader chooses
PARTIES = "甲方 A&B<公司>等，乙方特派团"
LOGS = 6  # one a month


def test_a_team_from_three_needs_to_its_subsidies(seat: Sit, tmp_path: Path) -> None:
    city = seat("city")
    address, expert = teams.form(city, CLUSTER, NEEDS, NAME)
    team_id, firm = int(address.rpartition("/")[2]), teams.firm_of(city, NEEDS[0])
    reader = seat("leader").open(address).sees("逐词看谁覆盖")
    expect(reader.page.get_by_role("link", name="调整成员")).to_have_count(0)
    teams.open_account(seat, city, expert, LEAD)
    sign_task_book(seat, city, team_id, firm, tmp_path)
    log_half_a_year(seat, city, team_id, firm, tmp_path)
    rate(seat, city, team_id)
    certify(seat, city, team_id, expert, firm)
    judge(seat, city, team_id, LEAD)
    check_conditions(seat, city, firm)


def sign_task_book(seat: Sit, city: Seat, team_id: int, firm: str, tmp_path: Path) -> None:
    """Hosts and an agreement, a task book begun from the needs, Word, the firm by link, the leader signed in."""
    city.open(f"/teams/{team_id}/work").follow("增加服务对象").fill(企业=firm, 从哪天起=BEGUN.isoformat()).press("保存")
    city.sees(firm, "未签协议").follow(f"登记与{firm}的协议")
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(minutes_sheet(["DEMO"]))
    city.fill(签订日期=BEGUN.isoformat())
    city.page.get_by_label("扫描件或照片").set_input_files(scan)
    city.press("保存").does_not_see("未签协议").press("起草任务书").follow("任务书").follow("起草任务书")
    assert city.page.get_by_label("指标").first.input_value()  # from the need
    city.fill(双方=PARTIES, 服务开始=BEGUN.isoformat(), 服务结束=(TODAY + timedelta(days=700)).isoformat())
    city.fill(做到什么="小试通过", 服务天数目标="24", 知识产权="双方共有", 保密约定="三年")
    city.page.get_by_label("完成日期").first.fill((TODAY + timedelta(days=60)).isoformat())
    city.press("保存任务书").sees("第 1 版", "小试通过", "24")
    word_says(city, PARTIES, "小试通过", "24", "双方共有")
    link = re.search(r"http://\S+/b/\S+", city.page.get_by_label(f"发给{firm}", exact=True).input_value())
    assert link, "no link to send"
    phone = seat(width=PHONE).open(link[0]).sees("小试通过").no_sideways_scrolling()
    phone.press("同意").sees("已记下，谢谢").no_sideways_scrolling()
    lead = seat(LEAD, width=PHONE).open(f"/teams/{team_id}/task-book").sees("小试通过").no_sideways_scrolling()
    lead.press("同意").sees("已记下，谢谢")
    city.open(f"/teams/{team_id}/task-book")
    city.page.get_by_label("添加附件").set_input_files(scan)
    city.press("上传").sees("scan.pdf").open(f"/teams/{team_id}/work").press("登记任务书已签").sees("小试通过")
    city.press("开始派驻").sees("派驻中")


def word_says(city: Seat, *texts: str) -> None:
    """The Word file, opened again, has what was typed."""
    with city.page.expect_download() as started:
        city.follow("下载 Word")
    document = Document(BytesIO(started.value.path().read_bytes()))
    said = [paragraph.text for paragraph in document.paragraphs]
    said += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for text in texts:
        assert any(text in one for one in said), text


def log_half_a_year(seat: Sit, city: Seat, team_id: int, firm: str, tmp_path: Path) -> None:
    """A log a month from a phone, the first with a photograph; one comes back and is mended."""
    photo = tmp_path / "现场.png"
    photo.write_bytes(group_photo(BEGUN.isoformat(), ["甲", "乙"]))
    phone = seat(LEAD, width=PHONE)
    for month in range(LOGS):
        day = BEGUN + timedelta(days=15 + 27 * month)
        phone.open("/home").follow("记一次服务").sees("解决什么问题").no_sideways_scrolling()
        write_log(phone, day, firm, month)
        if month == 0:
            phone.page.get_by_label("现场照片").set_input_files(photo)
        phone.press("提交审核").sees("已提交审核", "待县级审核").no_sideways_scrolling()
    second = seat("city2")  # who passes for a unit without officers does not approve as well
    city.menu("首页").follow("条服务日志待县级审核")
    for status, press in (("unit_review", "县级审核通过"), ("city_review", "审核通过")):
        for month in range(LOGS):
            by = second if status == "unit_review" else city
            by.open(f"/service-logs?status={status}&team={team_id}&sort=day").follow("解决第")
            if status == "city_review" and month == 0:
                city.with_reason("退回修改", "请写明试验数据")
                phone.open("/service-logs?status=returned").follow("解决第").sees("请写明试验数据").follow("修改")
                phone.fill(做了什么="三组试验，合格率 95%").press("提交审核").sees("待县级审核")
                second.page.goto(city.page.url)
                second.press("县级审核通过")
                city.page.reload()
                city.press("审核通过").sees("已通过")
            else:
                by.press(press)
    city.open(f"/teams/{team_id}/work").sees("4.5 天", "6")


def write_log(phone: Seat, day: date, firm: str, month: int) -> None:
    phone.choose("企业", firm).choose("时长", "半天" if month % 2 else "一天")
    phone.fill(
        服务日期=day.isoformat(), 解决什么问题=f"解决第 {month + 1} 个问题", 做了什么=f"第 {month + 1} 次试验有改善"
    )


def rate(seat: Sit, city: Seat, team_id: int) -> None:
    """The firm has said it by telephone; an officer takes it down."""
    city.open(f"/service-logs?status=approved&team={team_id}&sort=day").follow("解决第")
    city.page.get_by_label("5 分").check()
    city.fill(对方何时="11 月 20 日电话：很满意").press("代录评价").sees("5 分", "很满意", "代录")
    city.open(f"/teams/{team_id}/work").sees("企业评分")


def certify(seat: Sit, city: Seat, team_id: int, expert: str, firm: str) -> None:
    """From approved logs; a stranger checks it by its code, sees no firm, and hears when it is revoked."""
    city.open(f"/teams/{team_id}/work").follow("开具服务证明").choose("专家", expert)
    city.fill(从=BEGUN.isoformat()).press("保存").sees("兹证明", expert, "4.5 天", firm)
    address = city.page.locator(".copy").inner_text().strip()
    stranger = seat(width=PHONE).open(re.sub(r"^https?://[^/]+", "", address))
    stranger.sees("这份服务证明属实", expert, "4.5 天").does_not_see(firm)
    stranger.no_sideways_scrolling()
    city.with_reason("撤销证明", "天数算错")
    stranger.page.reload()
    stranger.sees("已撤销")
