from collections.abc import Callable

from sqlalchemy import update

from matchmaker.db.models import Account
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests.support.person import Person


def test_the_language_is_chosen_by_a_link_and_remembered(visitor: Person) -> None:
    assert '<html lang="zh-CN">' in visitor.get("/").text
    assert '<html lang="en">' in visitor.get("/?lang=en").text
    assert '<html lang="en">' in visitor.get("/login").text
    assert '<html lang="zh-CN">' in visitor.get("/login?lang=zh_CN").text
    assert '<html lang="zh-CN">' in visitor.get("/login?lang=../../etc").text


def test_without_a_choice_the_account_s_language_is_spoken(person: Callable[..., Person], sessions: Sessions) -> None:
    officer = person(Role.CITY)
    assert '<html lang="zh-CN">' in officer.get("/needs").text
    with sessions.write() as session:
        session.execute(update(Account).values(locale="en"))
    assert '<html lang="en">' in officer.get("/needs").text


def test_large_letters_are_a_link_away(visitor: Person) -> None:
    assert 'class="elder"' in visitor.get("/?size=large").text
    assert 'class="elder"' in visitor.get("/login").text
    assert 'class="elder"' not in visitor.get("/login?size=normal").text


def test_a_switch_keeps_the_list_s_arguments(person: Callable[..., Person]) -> None:
    assert 'href="/needs?q=a&amp;status=draft&amp;lang=en"' in person(Role.CITY).get("/needs?q=a&status=draft").text
