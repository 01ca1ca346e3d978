"""The profile loads whole, twice without effect, and never over an officer's edits."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from matchmaker.clock import FixedDayClock
from matchmaker.db.base import Base
from matchmaker.db.models import (
    City,
    Cluster,
    CountingRule,
    Metric,
    Region,
    Setting,
    Subsidy,
    Target,
    TechnicalField,
    Unit,
    Workday,
    Zone,
)
from matchmaker.db.session import Sessions
from matchmaker.errors import Conflict, InputError
from matchmaker.resources import resource_dir
from matchmaker.services import profile
from tests.factories import TODAY

CLOCK = FixedDayClock(TODAY)
TABLES = (City, Cluster, CountingRule, Metric, Region, Setting, Subsidy, Target, TechnicalField, Unit, Workday, Zone)
pytestmark = pytest.mark.both_databases


def load(sessions: Sessions, seeds: profile.Seeds | None = None) -> None:
    with sessions.write() as session:
        profile.load(session, seeds or profile.read(), clock=CLOCK)


def dump(sessions: Sessions) -> dict[str, list[Any]]:
    with sessions.read() as session:
        return {
            model.__tablename__: sorted(map(repr, session.execute(select(*model.__table__.columns))))
            for model in TABLES
        }


def count(sessions: Sessions, model: type[Base]) -> int:
    with sessions.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_profile_becomes_rows(sessions: Sessions) -> None:
    load(sessions)
    seeds = profile.read()
    assert (count(sessions, Unit), count(sessions, Zone), count(sessions, TechnicalField)) == (12, 3, 8)
    assert count(sessions, Target) == len(seeds.profile.targets)
    assert count(sessions, Region) == len(seeds.regions)
    with sessions.read() as session:
        city = session.scalars(select(City)).one()
        assert city.host_regions == ["110000", "120000"]
        units = session.scalars(select(Unit).order_by(Unit.position)).all()
        assert [unit.code for unit in units] == [part.code for part in seeds.profile.units]
        assert all(unit.zone is not None for unit in units)
        both = session.scalars(select(Target.value).filter_by(metric_code="contract_turnover", year=2025)).all()
        assert {Decimal(10), Decimal(300), Decimal(200)} == set(both)
        assert session.scalars(select(CountingRule.number).filter_by(metric_code="outbound")).all() == [1]


def test_loading_again_changes_nothing(sessions: Sessions) -> None:
    load(sessions)
    before = dump(sessions)
    load(sessions)
    assert dump(sessions) == before


def test_what_an_officer_edited_or_removed_stays_so(sessions: Sessions) -> None:
    load(sessions)
    with sessions.write() as session:
        target = session.scalars(select(Target).filter_by(metric_code="outbound", year=2024)).one()
        target.value, target.source = Decimal(120), "正式下达文件"
        session.execute(delete(Workday).where(Workday.day == date(2026, 10, 1)))
    before = dump(sessions)
    load(sessions)
    assert dump(sessions) == before


def test_two_hosts_may_load_at_once(sessions: Sessions) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(load, sessions) for _ in range(2)]:
            done.result()
    assert count(sessions, Unit) == 12
    assert count(sessions, Target) == len(profile.read().profile.targets)


def test_another_city_is_refused(sessions: Sessions) -> None:
    load(sessions)
    seeds = profile.read()
    other = seeds.profile.model_copy(update={"city": seeds.profile.city.model_copy(update={"code": "elsewhere"})})
    with pytest.raises(Conflict):
        load(sessions, profile.Seeds(other, seeds.regions, seeds.workdays))


def test_exactly_one_profile_is_the_default(tmp_path: Path) -> None:
    shutil.copytree(resource_dir("seeds") / "langfang", tmp_path / "one")
    shutil.copyfile(resource_dir("seeds") / "regions.tsv", tmp_path / "regions.tsv")
    assert profile.read(folder=tmp_path).profile.city.default
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    with pytest.raises(InputError, match="2 city profiles"):
        profile.read(folder=tmp_path)
    assert profile.read("two", folder=tmp_path).profile.city.code == "langfang"
    with pytest.raises(InputError, match="no city profile 'three', known: one, two"):
        profile.read("three", folder=tmp_path)


def test_workdays_are_the_exceptions_from_the_weekday_rule() -> None:
    days = {day: works for day, works, _why in profile.workdays()}
    assert all(works != (day.weekday() < 5) for day, works in days.items())
    assert {day.year for day in days} == set(profile.WORKDAY_YEARS)
    assert days[date(2026, 10, 1)] is False
    assert days[date(2025, 9, 28)] is True
