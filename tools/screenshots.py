"""Take the pictures of docs/screenshots: ten pages of the demonstration at a desk's and a phone's width.

`python -m tools.screenshots [NAME…]` starts a demonstration of its own in an empty folder and stops it afterwards. For
the browser's own words (date fields, file buttons) in Chinese it wants Debian's chromium-l10n.
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
TODAY = "2026-11-22"
PASSWORD = "matchmaker-demo"  # noqa: S105 -- printed at every start of the demonstration
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
# name, who, address, what to follow from there: a link's selector
PICTURES = (
    ("public", "", "/", ""),
    ("firm-home", "firm", "/home", ""),
    ("need-form", "firm", "/needs/new", ""),
    ("need", "city", "/needs?status=published&q=谐波减速器", "tbody a[href^='/needs/']"),
    ("expert-home", "expert", "/home", ""),
    ("answer", "expert", "/invitations", "main a[href^='/invitations/']:not([href*='export'])"),
    ("work-list", "city", "/home", ""),
    ("board", "leader", "/board", ""),
    ("trips", "city", "/trips", ""),
    ("import", "city", "/imports", ""),
)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(url: str) -> None:
    for _ in range(1500):
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- our own server
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("the demonstration did not start")


def _sign_in(page: Page, site: str, login: str) -> None:
    page.goto(f"{site}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile(r"^(?!.*/login)"))


def _take(browser: Browser, site: str, wanted: Sequence[str]) -> None:
    for size, (width, height) in WIDTHS.items():
        for name, login, address, link in (picture for picture in PICTURES if picture[0] in wanted):
            context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
            page = context.new_page()
            if login:
                _sign_in(page, site, login)
            page.goto(site + address)
            if link:
                page.goto(site + str(page.locator(link).first.get_attribute("href")))
            page.screenshot(path=FOLDER / f"{name}-{size}.png")
            context.close()


def main() -> None:
    """Start, take, stop. Pictures that are not wanted stay as they are."""
    port, wanted = _free_port(), sys.argv[1:] or [name for name, *_ in PICTURES]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data:
        command = [sys.executable, "-m", "matchmaker", "up", "--demo", "--data-dir", data, "--port", str(port)]
        server = subprocess.Popen(
            command, cwd=ROOT, env={"MATCHMAKER_TODAY": TODAY, "PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL
        )
        try:
            _wait(f"http://127.0.0.1:{port}/readyz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM,
                    args=["--no-sandbox", "--disable-background-networking", "--lang=zh-CN"],
                    env={**os.environ, "LANGUAGE": "zh_CN"},  # days and file buttons are the browser's own words
                )
                _take(browser, f"http://127.0.0.1:{port}", wanted)
                browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
