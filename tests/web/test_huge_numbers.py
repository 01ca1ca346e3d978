"""Numbers that no key column holds are answered like any other record that is not there."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from matchmaker.domain.ids import LARGEST_ID, row_id
from matchmaker.domain.vocabulary import Role
from tests.support.person import Person

Maker = Callable[..., Person]
HUGE = ("2147483648", "99999999999999999999", "9" * 400)


@pytest.mark.parametrize("text", [*HUGE, "", "-1", "1.5", "٣", "x", None])
def test_what_is_no_record_number(text: str | None) -> None:
    assert row_id(text) is None


def test_the_largest_number_is_one() -> None:
    assert row_id("2147483647") == LARGEST_ID


@pytest.mark.both_databases
def test_every_address_with_a_number_answers_404(app: Flask, person: Maker) -> None:
    officer = person(Role.CITY)
    rules = [rule.rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule and "GET" in rule.methods]
    assert len(rules) > 10
    for rule in rules:
        for number in HUGE:
            path = re.sub(r"<[^>]+>", "x", re.sub(r"<int:[^>]+>", number, rule))
            assert officer.get(path).status_code == 404, path
    assert officer.get(f"/needs/{LARGEST_ID}").status_code == 404


@pytest.mark.both_databases
@pytest.mark.parametrize("number", HUGE)
def test_huge_numbers_in_questions_and_forms_are_no_crash(person: Maker, number: str) -> None:
    officer = person(Role.CITY)
    pages = {
        f"/needs?firm={number}": 200,
        f"/capabilities?source={number}": 200,
        f"/needs/bulk/publish?failed={number}": 200,
        f"/experts?institute={number}": 200,
        f"/capabilities/new?owner=expert:{number}": 404,
        f"/meetings/new?invitation={number}": 404,
        f"/invitations/new?need={number}": 404,
    }
    for path, status in pages.items():
        assert officer.get(path).status_code == status, path
    assert officer.post("/needs/bulk/publish", {"ids": [number]}).status_code == 422
    assert officer.post("/needs/1", {"title": "x", "version": number}).status_code == 404
