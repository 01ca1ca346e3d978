"""Every metric moves when its fact is recorded through the interface, by the stated amount, and nothing else moves it.

One installation for all rows, which come one after another: each is held against what the page said before it.
"""

import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.models import Clinic, Metric, Unit
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role
from matchmaker.web import create_app
from tests import factories as make
from tests.services.sheets import load_profile
from tests.support.meetings import press
from tests.support.person import PASSWORD_HASH, Person
from tests.support.source import ROOT
from tests.web.test_exports import cells

DAY, YEAR = make.TODAY.isoformat(), make.TODAY.year
SEEDS = sorted((ROOT / "seeds").glob("*/metrics.toml"))  # the default profile is the first
Moves = dict[str, float]


def told() -> dict[str, dict[str, Any]]:
    """Code → metric of all city profiles."""
    found = [tomllib.loads(path.read_text("utf-8"))["metrics"] for path in reversed(SEEDS)]
    return {row["code"]: row for metrics in found for row in metrics}


class World:
    """A firm and its neighbour, a university here and one elsewhere, with what all cities count; who records."""

    def __init__(self, folder: Path, database: Path) -> None:
        folder.mkdir()
        shutil.copyfile(database, folder / "matchmaker.db")
        self.runtime = Runtime.build(Settings(data_dir=folder, today=make.TODAY))
        load_profile(self.runtime.sessions)
        app = create_app(runtime=self.runtime)
        app.testing = True
        with self.runtime.sessions.write() as session:
            known = set(session.scalars(select(Metric.code)))
            more = [row for code, row in told().items() if code not in known]
            session.add_all(Metric(position=90 + place, **row) for place, row in enumerate(more))
            unit = session.scalars(select(Unit).order_by(Unit.position)).first()
            self.firm = make.make_firm(session, unit, name="甲公司")
            self.host = make.make_institute(session, name="京城大学")
            self.expert = make.make_expert(session, self.host, name="张三")
            self.elsewhere = make.make_institute(session, "310104", name="沪上大学")
            self.guest = make.make_expert(session, self.elsewhere, name="李四")
            here = make.make_site(session, self.host, make.LOCAL, unit)  # met this year already, where nothing counts
            met = {"site_id": here.id, "status": MeetingStatus.VERIFIED, "day": make.TODAY - timedelta(days=30)}
            seen = make.make_meeting(session, MeetingKind.OUTBOUND, [self.firm], [self.expert], self.host, **met)
            seen.firms[0].attendance = seen.experts[0].attendance = Attendance.ATTENDED
            accounts = [make.make_account(session, Role.CITY, password_hash=PASSWORD_HASH) for _each in range(2)]
            logins = [account.login for account in accounts]
            self.sites = {one.id: make.site_of(session, one).id for one in (self.firm, self.host, self.elsewhere)}
            session.flush()
            session.expunge_all()
        self.city, self.other = (Person(app).sign_in(login) for login in logins)
        self.kept: dict[str, str] = {}  # what the first half of a row leaves for the second

    def reached(self) -> Moves:
        """Name of the metric → what the page of the year's goals says it has reached; 0 where nobody said anything."""
        head, *rows = cells(self.city, f"/goals/export.xlsx?year={YEAR}")
        name, actual = head.index("指标"), head.index("实际")
        return {str(row[name]): float(row[actual] or 0) for row in rows}


@pytest.fixture(scope="module")
def world(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(tmp_path_factory.mktemp("moves") / "data", migrated_sqlite)
    yield found
    found.runtime.close()


def sent(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.location)


# Meetings: what is only recorded counts nowhere, another officer verifies


def recorded(kind: str, *, at: str, with_guest: bool = False, hours: tuple[str, str]) -> Callable[[World], None]:
    def act(world: World) -> None:
        party = world.guest if with_guest else world.expert
        place = {"firm": world.firm, "host": world.host, "elsewhere": world.elsewhere}.get(at)
        plan = {"kind": kind, "day": DAY, "starts": hours[0], "ends": hours[1], "firm_ids": [world.firm.id]}
        plan |= {"expert_ids": [party.id], "site_id": world.sites[place.id] if place else ""}
        plan |= {"host_id": place.id if place is not None and kind == "outbound" else ""}
        world.kept["meeting"] = sent(world.city.post("/meetings", plan))
        said = {f"firm_{world.firm.id}": "attended", f"expert_{party.id}": "attended", "minutes": "谈了焊接。"}
        sent(world.city.post(f"{world.kept['meeting']}/record", said))

    return act


def verified(world: World) -> None:
    sent(press(world.other, world.kept["meeting"], "verify"))


# Entered records: one that was taken out again counts nowhere


def entered(address: str, form: dict[str, str]) -> Callable[[World], None]:
    def act(world: World) -> None:
        world.kept["entry"] = sent(world.city.post(address, form)).partition("#")[0]

    return act


def voided(address: str, form: dict[str, str]) -> Callable[[World], None]:
    def act(world: World) -> None:
        entered(address, form)(world)
        sent(world.city.post(f"{world.kept['entry']}/void", {"reason": "录错了"}))

    return act


def refused(address: str, form: dict[str, str]) -> Callable[[World], None]:
    def act(world: World) -> None:
        assert world.city.post(address, form).status_code == 422

    return act


# A clinic: planned, with its sheet filled in, it counts nowhere


def diagnosed(world: World) -> None:
    plan = {"title": "焊接巡诊", "experts": "张三", "visit_firm_0": "甲公司"}
    plan |= {"visit_day_0": DAY, "visit_half_0": "afternoon"}
    world.kept["clinic"] = sent(world.city.post("/clinics", plan))
    with world.runtime.sessions.read() as session:
        [visit] = session.get_one(Clinic, int(world.kept["clinic"].rpartition("/")[2])).visits
        number = visit.id
    sheet = {"visited": "yes", "people": "王工", "findings": "焊缝不稳", "seen": ""}
    sent(world.city.post(f"/clinics/sheets/{number}/fill", sheet))


def held(world: World) -> None:
    sent(press(world.city, world.kept["clinic"], "hold"))


ABSORPTION = {"title": "薄板焊接工艺", "firm": "甲公司", "origin": "京城大学", "day": DAY}
TRAINING = {"name": "王五", "organisation": "甲公司", "course": "第一期", "certificate": "A1", "day": DAY}
TURNOVER = {"year": str(YEAR), "span": "to_date", "month": "3", "total": "12.5", "hosts": "2.5", "source": "快报"}
SPECIALIST = {"expert": "张三", "number": "T1", "kind": "enterprise", "filed_on": DAY}
FARMER = SPECIALIST | {"number": "T2", "kind": "agricultural"}


@dataclass(frozen=True)
class Fact:
    """What moves metrics, by how much, and an unfinished form of it that moves nothing."""

    name: str
    unfinished: Callable[[World], None]
    finished: Callable[[World], None]
    moves: Moves


FACTS = (
    Fact(
        "outbound meeting",
        recorded("outbound", at="host", hours=("09:00", "10:00")),
        verified,
        {"outbound": 1},
    ),
    Fact(
        "inbound meeting",
        recorded("inbound", at="firm", hours=("10:30", "11:30")),
        verified,
        {"inbound": 1},
    ),
    Fact(
        "institute from elsewhere",
        recorded("outbound", at="elsewhere", with_guest=True, hours=("14:00", "15:00")),
        verified,
        {"institutes": 1},
    ),
    Fact(
        "online meeting",
        recorded("online", at="", hours=("16:00", "17:00")),
        verified,
        {},
    ),
    Fact("absorption", voided("/absorptions", ABSORPTION), entered("/absorptions", ABSORPTION), {"absorption": 1}),
    Fact("training", voided("/trainings", TRAINING), entered("/trainings", TRAINING), {"broker_training": 1}),
    Fact(
        "turnover",
        voided("/turnover", TURNOVER),
        entered("/turnover", TURNOVER),
        {"contract_turnover": 12.5, "contract_turnover_hosts": 2.5},
    ),
    Fact(
        "turnover of a month without the hosts' part",
        refused("/turnover", TURNOVER | {"span": "month", "month": "4", "total": "1", "hosts": "2"}),
        entered("/turnover", TURNOVER | {"span": "month", "month": "4", "total": "1.25", "hosts": ""}),
        {"contract_turnover": 1.25},
    ),
    Fact("clinic", diagnosed, held, {"clinic_firms": 1}),
    Fact(
        "specialist",
        refused("/specialists", SPECIALIST | {"number": ""}),
        entered("/specialists", SPECIALIST),
        {"specialists": 1},
    ),
    Fact(
        "agricultural specialist",
        refused("/specialists", FARMER | {"filed_on": f"{YEAR + 1}-01-01"}),
        entered("/specialists", FARMER),
        {"agricultural_specialists": 1},
    ),
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_moves_its_metric_and_no_other(world: World, fact: Fact) -> None:
    names = {code: row["name"] for code, row in told().items()}
    before = world.reached()
    assert set(before) == set(names.values())
    fact.unfinished(world)
    assert world.reached() == before, "unfinished, it moves nothing"
    fact.finished(world)
    after = world.reached()
    moved = {name: round(after[name] - before[name], 4) for name in after if after[name] != before[name]}
    assert moved == {names[code]: amount for code, amount in fact.moves.items()}


def test_every_metric_of_every_city_has_its_fact() -> None:
    assert set().union(*(fact.moves for fact in FACTS)) == set(told())
