"""An officer compares a team's firm with the policy measures, states what was paid, and takes the sheet to finance."""

from collections.abc import Callable

from python_calamine import CalamineWorkbook

from tests.flows.seat import Seat

NOTICE = "不代表能够获得或将要拨付"
PAID, OTHERS = "项目榜单实际支付的金额", "已得到的各级财政资金（连同这一笔合计不超过1000万元）"
MEASURE, PROJECT = "市级揭榜挂帅（技术攻关类）", "A&B<揭榜>"


def check_conditions(seat: Callable[..., Seat], city: Seat, firm: str) -> None:
    """What is met and what is missing, an amount by formula and cap, the sheet; a firm reads nothing of a draft."""
    city.menu("特派团").follow("政策措施").sees("征求意见稿", NOTICE).follow("市级特派团任务书支持").follow(firm)
    city.sees("已具备", "市级", "10 万元", NOTICE).does_not_see("尚缺")
    city.follow("条件对照").follow("共建省级研发平台支持").follow(firm).sees("尚缺", "没有登记共建平台")
    city.follow("条件对照")
    city.page.get_by_label(f"{MEASURE}的项目名称").fill(PROJECT)
    city.press("为这个项目对照", within=city.part(MEASURE)).sees("系统无法判断", "待填报金额")
    for condition, wan, amount in ((PAID, "1000", "200 万元"), (OTHERS, "900", "100 万元")):
        city.follow(f"填报：{condition}").fill(金额=wan, 证明文件="付款凭证 1 号").press("填报").sees(amount, "填报")
    said = exported(city)
    assert (said["企业"], said["特派团或项目"], said["条款"][:5]) == (firm, PROJECT, "科技强市意")
    assert (said["条件都具备时按公式（万元）"], said["上限（万元）"], said["状态"]) == (100, 200, "征求意见稿")
    assert str(said[PAID]).startswith("已具备：1000 万元（工作人员填报：")
    assert NOTICE in str(said["说明"])
    reader = seat("firm").menu("首页").follow("条件对照").sees("现在没有正式下达", NOTICE)
    reader.does_not_see(MEASURE, "市级特派团任务书支持")


def exported(city: Seat) -> dict[str, object]:
    """The row of the project in the measure's sheet, opened again; the page has the same."""
    city.menu("特派团").follow("政策措施").follow(MEASURE).sees(PROJECT)
    with city.page.expect_download() as started:
        city.page.get_by_role("link", name="导出表格").click()
    head, *found = CalamineWorkbook.from_path(started.value.path()).get_sheet_by_index(0).to_python()
    [row] = [one for one in found if PROJECT in one]
    city.sees(*(str(value) for value in row[: len(head) - 1] if isinstance(value, str)))
    return dict(zip(head, row, strict=True))
