"""Chromium as a person would use it, with everything that goes wrong in a page written down."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Response, Route

from tests.support.network import is_loopback

PROGRAM = "/usr/bin/chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
ASKED_FOR = {"document", "xhr", "fetch"}  # a refusal (4xx) may be the right answer to these


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS)


class Windows:
    """Opens windows, each with its own cookies (another person), and keeps their problems."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.problems: list[str] = []

    def open(self, width: int = 1280, height: int = 800, *, javascript: bool = True) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(20_000)
        context.route(lambda url: not _local(url), self._refuse)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("response", self._response)
        return page

    def close(self) -> None:
        for context in self.browser.contexts:
            context.close()

    def _refuse(self, route: Route, request: Request) -> None:
        self.problems.append(f"a page asked for {request.url}")
        route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        # Answers with an error status are judged in _response, where their kind is known.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        refused = response.status >= 400 and response.request.resource_type not in ASKED_FOR
        if response.status >= 500 or refused:
            self.problems.append(f"{response.status} for {response.url}")


def _local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"about", "data", "blob"} or is_loopback(parts.hostname)
