"""A person at a browser, in the words of the screen: what they press, follow, fill in and see."""

import re
from typing import Self

from playwright.sync_api import Locator, Page, expect

from matchmaker.services.demo.load import PASSWORD


class Seat:
    """One person with a window of their own. Everything waits for the page, nothing sleeps."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def sign_in(self, login: str, password: str = PASSWORD) -> Self:
        self.open("/login")
        self.fill(账号=login, 密码=password)
        self.press("登录")
        expect(self.page.get_by_role("button", name="退出")).to_be_visible()
        return self

    def open_account(self, link: str, login: str, password: str = PASSWORD) -> Self:
        """By the link that an officer or the administrator has sent."""
        self.open(link).fill(登录名=login)
        for field in self.page.locator("input[type=password]").all():
            field.fill(password)
        return self.press("开通并登录")

    def open(self, address: str) -> Self:
        self.page.goto(address if address.startswith("http") else self.url + address)
        return self

    def menu(self, entry: str) -> Self:
        """Choose an entry of the bar at the top."""
        self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name=entry, exact=True).click()
        return self

    def follow(self, text: str, *, within: Locator | None = None) -> Self:
        """Follow the first link whose text contains `text`."""
        (within or self.page.locator("main")).get_by_role("link", name=text).first.click()
        return self

    def press(self, name: str, *, within: Locator | None = None) -> Self:
        (within or self.page).get_by_role("button", name=name, exact=True).click()
        return self

    def unfold(self, text: str, *, within: Locator | None = None) -> Locator:
        """Open what is folded away behind `text`; return it."""
        folded = (within or self.page).locator("details").filter(has=self.page.locator("summary", has_text=text)).first
        folded.locator("summary").first.click()
        return folded

    def with_reason(self, action: str, reason: str) -> Self:
        """Take a step that asks why."""
        asked = self.unfold(action)
        asked.get_by_label("原因").fill(reason)
        return self.press(f"确认{action}", within=asked)

    def fill(self, *, within: Locator | None = None, **fields: str) -> Self:
        """Fill in fields by their labels."""
        typed_in = self.page.locator("input:not([type=radio], [type=checkbox]), textarea")
        for label, text in fields.items():
            (within or self.page).get_by_label(label).and_(typed_in).first.fill(text)
        return self

    def choose(self, label: str, option: str) -> Self:
        self.page.get_by_label(label).first.select_option(label=option)
        return self

    def tick(self, label: str) -> Self:
        self.page.get_by_label(label).first.check()
        return self

    def part(self, heading: str) -> Locator:
        """The part of the page under a heading."""
        return self.page.locator("section").filter(has=self.page.get_by_role("heading", name=heading)).first

    def sees(self, *texts: str) -> Self:
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)
        return self

    def does_not_see(self, *texts: str) -> Self:
        for text in texts:
            expect(self.page.locator("body")).not_to_contain_text(text)
        return self

    def cannot_press(self, name: str) -> Self:
        expect(self.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
        return self

    def no_sideways_scrolling(self) -> Self:
        expect(self.page.locator("main")).to_be_visible()  # the page that was followed to, not an empty one between
        wide, shown = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= shown, f"{self.page.url} is {wide} wide on a screen of {shown}"
        return self

    def number_of(self, metric: str) -> int:
        """The number that stands on the board for `metric`."""
        link = self.menu("看板").part(metric).get_by_role("link", name=re.compile("看台账"))
        return int(link.inner_text())

    def open_ledger(self, metric: str) -> Self:
        """Click the board's number, and let the ledger show all of the year on one page."""
        self.menu("看板").part(metric).get_by_role("link", name=re.compile("看台账")).click()
        return self.follow("全部列出供打印")
