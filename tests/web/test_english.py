"""In English no page, sheet or letter shows a Chinese word of the program's own.

The demonstration gives the pages something in every state. Its contents are rewritten in Hangul first, so whatever
Chinese is left was not translated.
"""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from python_calamine import load_workbook
from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.models import Account, Invitation, OutboxMessage
from matchmaker.delivery.letters import Letterhead, compose
from matchmaker.domain.vocabulary import ImportKind, Role, Side
from matchmaker.i18n import SOURCE_LOCALE, current_locale
from matchmaker.services import links
from matchmaker.services.demo import PASSWORD
from matchmaker.services.outbox import letters
from matchmaker.web import create_app
from tests.factories import NOW
from tests.support.crawl import pages
from tests.support.demo import TODAY
from tests.support.foreign import CHINESE, make_foreign
from tests.support.person import Person

SWITCH = re.compile(r'<a [^>]*lang="zh-CN">中文</a>')
OF_A_KIND = 4  # pages of one address pattern that each role opens
HEAD = Letterhead(sender="Match <match@example.org>", public_url="https://match.example.org", signature="Match")
PAYLOAD = {"path": "/a/token", "locale": "en"} | {
    name: name
    for name in "title name firm expert institute day time place answer_by reason message sender".split()  # noqa: SIM905
}


@pytest.fixture(scope="module")
def app(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("english") / "data"
    shutil.copytree(demo_folder, folder)
    settings = Settings(data_dir=folder, today=TODAY)
    first = Runtime.build(settings)
    with first.sessions.write() as session:
        make_foreign(session.connection())
    first.close()
    runtime = Runtime.build(settings)
    app = create_app(runtime=runtime)
    app.testing = True
    yield app
    runtime.close()


def chinese_in(text: str) -> list[str]:
    """What is Chinese in a page, each with the text around it; the language switch may be."""
    text = SWITCH.sub("", text)
    return [text[max(0, found.start() - 40) : found.end() + 20] for found in CHINESE.finditer(text)]


def signed_in(app: Flask, role: Role) -> Person:
    with app.extensions["matchmaker"].sessions.read() as session:
        login = session.scalars(select(Account.login).where(Account.role == role).order_by(Account.id)).first()
    assert login
    person = Person(app)
    person.get("/?lang=en")
    return person.sign_in(login, PASSWORD)


@pytest.mark.parametrize("role", list(Role))
def test_no_page_shows_chinese_of_its_own(app: Flask, role: Role) -> None:
    person = signed_in(app, role)
    found = {path: chinese_in(page) for path, page in pages(person, ["/home"], of_a_kind=OF_A_KIND)}
    assert len(found) > (0 if role is Role.ADMIN else 20)
    assert {path: bad[:5] for path, bad in found.items() if bad} == {}


def test_what_a_visitor_sees(app: Flask) -> None:
    visitor = Person(app)
    with app.extensions["matchmaker"].sessions.read() as session:
        numbers = session.scalars(select(Invitation.id)).all()
    key = app.extensions["matchmaker"].settings.key()
    answers = ["/a/" + links.answer_token(key, number, side, today=TODAY) for number in numbers for side in Side]
    for path in ("/?lang=en", "/login", "/needs", "/nowhere", "/a/broken", *answers):
        page = visitor.get(path, follow_redirects=True)
        assert page.mimetype == "text/html"
        assert chinese_in(page.text) == [], path


def test_refusals_and_corrections(app: Flask) -> None:
    city = signed_in(app, Role.CITY)
    refused = [
        city.post("/needs", {"title": "", "budget_wan": "much", "field": "none"}),
        city.post("/imports", {"kind": "needs"}),
        city.post("/needs/99999/publish"),
        city.get("/accounts"),
        city.get("/meetings/new?kind=outbound&firms=nobody&host=nowhere"),
    ]
    for page in refused:
        assert 400 <= page.status_code < 500, page.request.path
        assert chinese_in(page.text) == [], page.request.path


def test_a_reader_s_language_ends_with_the_request(app: Flask) -> None:
    Person(app).get("/?lang=en")
    assert current_locale() == SOURCE_LOCALE


@pytest.mark.parametrize("noun", ["needs", "capabilities", "invitations", "meetings", "teams", "board/outbound/2026"])
def test_sheets_are_in_english(app: Flask, noun: str) -> None:
    book = load_workbook(io.BytesIO(signed_in(app, Role.CITY).get(f"/{noun}/export.xlsx").data))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) > 1
    assert [cell for row in rows for cell in row if isinstance(cell, str) and CHINESE.search(cell)] == []


@pytest.mark.parametrize("kind", list(ImportKind))
def test_templates_of_lists_are_in_english(app: Flask, kind: ImportKind) -> None:
    book = load_workbook(io.BytesIO(signed_in(app, Role.CITY).get(f"/imports/template/{kind}.xlsx").data))
    assert not CHINESE.search(str(book.get_sheet_by_index(0).to_python()))


@pytest.mark.parametrize("notice", sorted(letters()))
def test_letters_are_in_english(notice: str) -> None:
    message = OutboxMessage(
        id=1, dedup_key="key", recipient="reader@example.org", notice=notice, payload=PAYLOAD, made_at=NOW
    )
    letter = compose(message, HEAD)
    assert not CHINESE.search(f"{letter['Subject']} {letter.get_content()}")
