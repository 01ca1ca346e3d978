"""People who were not there yesterday: a firm that registers, and a bureau's first hour on an empty installation."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from matchmaker.config import Settings, child_environment
from tests.flows.seat import Seat
from tests.support.firms import credit_code
from tests.support.mail import MailServer
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.slow
Sit = Callable[..., Seat]
FIRM = "新来焊接技术有限公司"
PASSWORD = "lang genug 42"


def test_a_firm_registers_without_javascript_and_signs_in_once_approved(
    demo: Server, seat: Sit, new_page: Callable[..., Page], mail_server: MailServer
) -> None:
    firm = Seat(new_page(390, javascript=False), demo.url)
    register(firm)
    county = seat("county").sees("2 家待核准企业注册")
    county.follow("家待核准企业注册").follow(FIRM)
    county.sees(credit_code(4), "王某", "名录中没有信用代码相同或名称相近的企业").press("核准").sees("已完成：核准")
    county.menu("首页").sees("1 家待核准企业注册")
    firm.sign_in("newcomer", PASSWORD).sees("您还没有填报需求").no_sideways_scrolling()
    assert "newcomer" in mail_server.wait_for("wang@example.org", "注册已核准").get_content()
    seat("city").menu("专家与院所").open("/organisations?q=" + FIRM).sees(FIRM)


def register(firm: Seat) -> None:
    firm.open("/").follow("企业注册").sees("营业执照上的 18 位代码").no_sideways_scrolling()
    firm.fill(统一社会信用代码=credit_code(4)[:-1] + "I", 企业全称=FIRM, 通讯地址="某路 9 号", 企业简介="做薄板焊接。")
    firm.choose("责任单位", "廊坊开发区")
    firm.fill(联系人="王某", 联系电话="0316-5551234", 电子邮箱="wang@example.org", 登录名="newcomer")
    secrets_and_consent(firm)
    firm.sees("还有 1 处需要修改", "校验位不符")
    expect(firm.page.get_by_label("企业全称")).to_have_value(FIRM)
    firm.fill(统一社会信用代码=credit_code(4))
    secrets_and_consent(firm)
    firm.sees("注册已提交", "核准之前还不能登录")


def secrets_and_consent(firm: Seat) -> None:
    passwords = firm.page.locator("input[type=password]")
    for place in range(2):
        passwords.nth(place).fill(PASSWORD)
    firm.tick("我代表本企业填写").press("提交注册")


def test_an_empty_installation_leads_to_its_first_account_and_first_steps(
    settings: Settings, start_server: Callable[..., Server], new_page: Callable[..., Page]
) -> None:
    server = start_server(settings, "up").wait_until_ready()
    admin = Seat(new_page(), server.url).open("/")
    admin.sees("刚刚安装好，还没有账号", "matchmaker account create-admin admin")
    command = [sys.executable, "-m", "matchmaker", "account", "create-admin", "admin"]
    made = subprocess.run(
        command, cwd=ROOT, env=child_environment(settings), capture_output=True, text=True, check=True
    )
    assert "no account yet" in server.output()
    admin.sign_in("admin", re.search(r"password: (\S+)", made.stdout)[1])
    admin.sees("第一步：为市科技局工作人员建立账号").follow("新建账号").fill(姓名="张三")
    admin.choose("角色", "市科技局工作人员").press("建立并发送链接").sees("这个账号没有登记邮箱")
    link = re.search(r"https?://\S+", admin.page.locator("#sent-link").inner_text())[0]
    officer = Seat(new_page(390), server.url).open_account(link, "zhangsan", PASSWORD)
    officer.sees("账号已开通", "开局指引：已完成 1 / 6 步").follow("继续下一步")
    officer.sees("导入企业和院所", "下一步").no_sideways_scrolling()
    admin.open(link).sees("这个链接已经用过")
