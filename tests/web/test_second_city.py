"""The demonstration of a second city: every role's pages open and show its own units, goals and subsidies."""

import shutil
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.models import Account, Subsidy
from matchmaker.domain.vocabulary import Role
from matchmaker.services import profile
from matchmaker.services.demo import PASSWORD, load_demo
from matchmaker.web import create_app
from matchmaker.web.context import EXTENSION
from tests.support.crawl import pages
from tests.support.demo import TODAY
from tests.support.person import Person
from tests.support.source import ROOT
from tests.web.test_exports import cells

pytestmark = pytest.mark.slow
CITY, FIRST_CITY = "tangshan", "langfang"
EVERYBODYS_PAGES = 25  # of each role but the city officer's, who opens one page of every kind
UNSET = "未下达"


def told(city: str, name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "seeds" / city / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def app(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp(CITY)
    shutil.copyfile(migrated_sqlite, folder / "matchmaker.db")
    runtime = Runtime.build(Settings(data_dir=folder, today=TODAY))
    with runtime.sessions.write() as session:
        profile.load(session, profile.read(CITY), clock=runtime.clock)
    load_demo(runtime)
    app = create_app(runtime=runtime)
    app.testing = True
    yield app
    runtime.close()


@pytest.fixture(scope="module")
def logins(app: Flask) -> dict[Role, str]:
    """Role → login of the first account that has it."""
    runtime: Runtime = app.extensions[EXTENSION]
    with runtime.sessions.read() as session:
        rows = session.scalars(select(Account).order_by(Account.id.desc()))
        return {row.role: row.login for row in rows}


@pytest.fixture(scope="module")
def officer(app: Flask, logins: dict[Role, str]) -> Person:
    return Person(app).sign_in(logins[Role.CITY], PASSWORD)


@pytest.mark.parametrize("role", list(Role))
def test_pages_open_and_name_no_other_city(app: Flask, logins: dict[Role, str], role: Role) -> None:
    person = Person(app).sign_in(logins[role], PASSWORD)
    mine, other = told(CITY, "profile.toml"), told(FIRST_CITY, "profile.toml")
    foreign = {other["city"]["name"].removesuffix("市"), *(row["name"] for row in other["units"])}
    found = pages(person, ["/home", "/"], of_a_kind=1)
    opened = list(found if role is Role.CITY else islice(found, EVERYBODYS_PAGES))
    assert len(opened) > 5
    assert [(path, name) for path, page in opened for name in foreign if name in page] == []
    assert all(mine["city"]["product_name"] in page for _path, page in opened)


def test_the_board_has_its_units_and_states_no_goal_that_nobody_set(officer: Person) -> None:
    page = officer.get(f"/board?year={TODAY.year}").text
    units = [row["name"] for row in told(CITY, "profile.toml")["units"]]
    assert [name for name in units if f'<th scope="row">{name}</th>' not in page] == []
    assert UNSET in page
    assert officer.get("/").text.count(f"{TODAY.year} 年目标{UNSET}") == 2  # of visits, in both directions


def test_goals_are_those_of_its_text(officer: Person) -> None:
    metrics = told(CITY, "metrics.toml")
    names = {row["code"]: row["name"] for row in metrics["metrics"]}
    for year in range(2022, 2026):
        head, *rows = cells(officer, f"/goals/export.xlsx?year={year}")
        shown = {(row[0], row[head.index("目标")], row[head.index("出处")]) for row in rows}
        mine = [row for row in metrics["targets"] if row["year"] == year]
        meant = {(names[row["metric"]], str(row["value"]), row["source"]) for row in mine}
        unset = set(names.values()) - {name for name, _value, _source in meant}
        assert shown == meant | {(name, UNSET, "") for name in unset}


def test_the_number_of_institutes_leads_to_them(officer: Person) -> None:
    head, *rows = cells(officer, f"/goals/export.xlsx?year={TODAY.year}")
    (reached,) = (row[head.index("实际")] for row in rows if row[0] == "引入国内高校院所")
    behind = f"/organisations?met={TODAY.year}"
    assert f'href="{behind}"' in officer.get(f"/goals?year={TODAY.year}").text
    listed = cells(officer, behind.replace("?", "/export.xlsx?"))[1:]
    assert len(listed) == reached > 10
    assert {row[1] for row in listed} == {"院所高校"}


def test_its_subsidies_are_on_file_with_clause_and_cap(app: Flask) -> None:
    runtime: Runtime = app.extensions[EXTENSION]
    with runtime.sessions.read() as session:
        found = session.scalars(select(Subsidy)).all()
        shown = [(row.code, row.formula, row.cap_wan, row.source, row.status.value) for row in found]
    wanted = told(CITY, "subsidies.toml")["subsidies"]
    assert shown == [tuple(row[name] for name in ("code", "formula", "cap_wan", "source", "status")) for row in wanted]
