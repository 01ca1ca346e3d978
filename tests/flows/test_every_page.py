"""Every page template, once for every role that sees it, at a desk's and at a phone's width.

Addresses are found by following links through the demonstration; each template is then opened in Chromium once per
role and width: nothing serious or critical for axe, no console error, no horizontal scroll. Elder mode and 200 % zoom
are sampled.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, template_rendered
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.serving import make_server

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.models import Account, Invitation, NeedVersion
from matchmaker.domain.vocabulary import Role, Side
from matchmaker.resources import resource_dir
from matchmaker.services import links
from matchmaker.services.demo import PASSWORD
from matchmaker.web import create_app
from tests.support.crawl import pages
from tests.support.demo import TODAY
from tests.support.past import Past, add_past
from tests.support.person import Person
from tests.support.ports import free_port

VISITOR = "visitor"
WIDTHS = (1280, 390)
GRAVE = {"serious", "critical"}
LEVELS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
NOT_THERE = ("/nowhere", "/welcome/used-already")  # answered by a page that says so
READS_VERSIONS = {Role.FIRM.value, Role.COUNTY.value, Role.CITY.value}
NOT_LINKED = {
    VISITOR: ["/register/done", "/forgot/sent"],
    Role.CITY.value: [
        *("/needs/bulk/publish", "/capabilities/bulk/list", "/needs/1/suggestions"),
        *("/registrations/bulk/approve", "/search?q=5G"),
    ],
}


@dataclass
class Site:
    """The demonstration, served; `seen`: who → template → address."""

    app: Flask
    url: str
    logins: dict[str, str]
    past: Past
    seen: dict[str, dict[str, str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def site(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("every_page") / "data"
    shutil.copytree(demo_folder, folder)
    settings = Settings(data_dir=folder, port=free_port(), today=TODAY)
    runtime = Runtime.build(settings)
    past = add_past(runtime, folder)
    app = create_app(runtime=runtime)
    app.testing = True
    server = make_server("127.0.0.1", settings.port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with runtime.sessions.read() as session:
        accounts = session.scalars(select(Account).where(Account.active).order_by(Account.id.desc()))
        logins = {account.role.value: account.login for account in accounts}  # of each role, the first made
    site = Site(app, f"http://127.0.0.1:{settings.port}", logins, past)
    site.seen = {who: _templates(site, who) for who in (VISITOR, *(role.value for role in Role))}
    yield site
    server.shutdown()
    thread.join()
    server.server_close()
    runtime.close()


def _templates(site: Site, who: str) -> dict[str, str]:
    """Template → the first address at which `who` sees it."""
    found: dict[str, str] = {}
    rendered: list[str] = []
    person = Person(site.app)
    if who != VISITOR:
        person.sign_in(site.logins[who], PASSWORD)

    def note(_app: Flask, template: object, **_: object) -> None:
        rendered.append(str(getattr(template, "name", "")))

    with template_rendered.connected_to(note, site.app):
        for path, _page in pages(person, _starts(site, who), of_a_kind=3):
            for name in rendered:
                found.setdefault(name, path)
            rendered.clear()
        for path in NOT_THERE:
            person.get(path)
            for name in rendered:
                found.setdefault(name, path)
            rendered.clear()
    return found


def _starts(site: Site, who: str) -> list[str]:
    runtime = site.app.extensions["matchmaker"]
    if who != VISITOR:
        with runtime.sessions.read() as session:
            edited = f"/needs/{session.scalars(select(NeedVersion.need_id)).first()}/versions"
        more = [*([edited] if who in READS_VERSIONS else []), *(site.past.officer if who == Role.CITY.value else [])]
        return ["/home", *NOT_LINKED.get(who, []), *more]
    with runtime.sessions.read() as session:
        open_one = session.scalars(select(Invitation.id).order_by(Invitation.status.desc(), Invitation.id)).first()
    token = links.answer_token(runtime.settings.key(), open_one or 0, Side.EXPERT, today=TODAY)
    confirming = links.confirmation_path(runtime.settings.key(), "expert:1", today=TODAY)
    return ["/", "/login", f"/a/{token}", *NOT_LINKED[VISITOR], confirming, *site.past.links]


def test_every_page_template_is_seen_by_somebody(site: Site) -> None:
    root = resource_dir("templates")
    whole = {
        path.relative_to(root).as_posix()
        for path in (root / "pages").rglob("*.html")
        if "{% extends" in path.read_text("utf-8")
    }
    seen = {name for found in site.seen.values() for name in found}
    assert whole - seen == set()


@pytest.mark.parametrize("who", [VISITOR, *(role.value for role in Role)])
def test_pages_are_accessible_and_fit(site: Site, who: str, new_page: Callable[..., Page]) -> None:
    page = new_page(WIDTHS[0])
    if who != VISITOR:
        _sign_in(page, site, who)
    wrong: dict[str, list[str]] = {}
    for template, path in site.seen[who].items():
        for width in WIDTHS:
            problems = _problems(page, site.url + path, width)
            if problems:
                wrong[f"{template} at {width} px ({path})"] = problems
    assert wrong == {}


SAMPLED = 8  # pages of each role
LARGE = {"elder mode at a desk": 1280, "elder mode on a phone": 390, "a desk's window at 200 % zoom": 640}


@pytest.mark.parametrize("who", [VISITOR, *(role.value for role in Role)])
def test_large_letters_fit_too(site: Site, who: str, new_page: Callable[..., Page]) -> None:
    """Elder mode, and zoom as browsers do it: half the width in CSS pixels."""
    page = new_page(WIDTHS[0])
    if who != VISITOR:
        _sign_in(page, site, who)
    wrong: dict[str, list[str]] = {}
    chosen = list(site.seen[who].items())
    for template, path in chosen[:: max(1, len(chosen) // SAMPLED)]:
        for what, width in LARGE.items():
            size = "large" if what.startswith("elder") else "normal"
            problems = _problems(page, f"{site.url}{path}{'&' if '?' in path else '?'}size={size}", width)
            if problems:
                wrong[f"{template}: {what} ({path})"] = problems
    assert wrong == {}


def _sign_in(page: Page, site: Site, who: str) -> None:
    page.goto(site.url + "/login")
    page.fill("[name=login]", site.logins[who])
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: not url.endswith("/login"))


def _problems(page: Page, url: str, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(url)
    found = [
        f"{one['impact']}: {one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])})"
        for one in Axe().run(page, options=LEVELS).response["violations"]
        if one["impact"] in GRAVE
    ]
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"{over} px wider than the window"] if over > 0 else [])]
