"""Loading the demonstration: once, on any day, in any city, on both databases, and never among real records."""

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Float, Table, delete, func, select

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.base import Base, UtcDateTime
from matchmaker.db.models import (
    Clinic,
    EvaluationRound,
    Meeting,
    Organisation,
    Setting,
    Specialist,
    SubsidyStatement,
    Suggestion,
    Target,
    Team,
)
from matchmaker.domain.vocabulary import MeetingStatus, OrganisationKind, TargetStatus
from matchmaker.errors import Conflict
from matchmaker.queries import counts, installation
from matchmaker.services.demo import load_demo, script
from matchmaker.services.demo.judging import PAST
from tests import factories
from tests.support.demo import TODAY, installed, loaded


def contents(runtime: Runtime) -> dict[str, str]:
    with runtime.sessions.read() as session:
        tables = Base.metadata.sorted_tables
        rows = {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}
    return {name: hashlib.sha256("\n".join(found).encode()).hexdigest() for name, found in rows.items()}


TOLD = (
    *("organisation", "site", "expert", "research_group", "group_member", "need", "need_release", "capability"),
    *("invitation", "answer", "meeting", "meeting_firm", "meeting_expert", "meeting_need", "trip", "evidence"),
    *("target", "suggestion", "team", "team_need", "team_member", "absorption", "turnover", "training", "assessment"),
)


def story(runtime: Runtime) -> dict[str, list[str]]:
    """What the tables say, but for moments: those of today depend on the hour."""
    found: dict[str, list[str]] = {}
    with runtime.sessions.read() as session:
        for name in TOLD:
            table = Base.metadata.tables[name]
            columns = [column for column in table.columns if not isinstance(column.type, UtcDateTime | Float)]
            if name == "suggestion":  # numbered as a database inserts many rows at once
                columns.remove(table.c.id)
            found[name] = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
    return found


@pytest.mark.slow
@pytest.mark.both_databases
def test_loading_again_gives_the_same(settings: Settings, demo_folder: Path) -> None:
    """In another database, of another kind, at another hour; and a second time it changes nothing."""
    runtime = installed(settings)
    first = load_demo(runtime)
    before = contents(runtime)
    assert load_demo(runtime) == first
    assert contents(runtime) == before
    other = Runtime.build(Settings(data_dir=demo_folder, today=TODAY))
    for name, rows in story(other).items():
        assert story(runtime)[name] == rows, name
    other.close()
    runtime.close()


def test_loading_goes_on_where_it_was_cut_off(demo_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_folder, tmp_path / "data")
    runtime = Runtime.build(Settings(data_dir=tmp_path / "data", today=TODAY))
    with runtime.sessions.write() as session:
        session.get_one(Setting, installation.DEMO_SETTING).value = "staged"
        for table in [Suggestion.__table__, *_made_last()]:
            session.execute(delete(table))
    load_demo(runtime)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count(Suggestion.id)))
        assert session.scalar(select(func.count(Team.id))) == len(script.read().teams) + PAST
    runtime.close()


def _made_last() -> list[Table]:
    """What the last step of the loading makes and all that refers to it, in an order in which it can be deleted."""
    found = [one.__table__ for one in (Team, Specialist, Clinic, EvaluationRound, SubsidyStatement)]
    for table in Base.metadata.sorted_tables:
        if table not in found and any(key.column.table in found for key in table.foreign_keys):
            found.append(table)
    return found[::-1]


def test_a_real_database_is_refused(settings: Settings) -> None:
    runtime = installed(settings)
    with runtime.sessions.write() as session:
        factories.make_institute(session)
    with pytest.raises(Conflict):
        load_demo(runtime)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count(Organisation.id))) == 1
        assert not installation.site(session).demo
    runtime.close()


@pytest.mark.slow
@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2025, 7, 1)])
def test_loads_on_other_days(settings: Settings, day: date) -> None:
    runtime = loaded(settings, day=day)
    with runtime.sessions.read() as session:
        held = [MeetingStatus.HELD, MeetingStatus.VERIFIED]
        assert max(session.scalars(select(Meeting.day).where(Meeting.status.in_(held)))) < day
        years = {day.year - 1, day.year}
        assert set(session.scalars(select(Target.year).where(Target.status == TargetStatus.DEMO))) == years
        assert [sums.total for sums in counts.tallies(session, day.year - 1).values()] == [112, 104]
        assert [len(sums.counted) < 65 for sums in counts.tallies(session, day.year).values()] == [True, True]
    runtime.close()


SMALL_CITY = """
zones = []
clusters = []
fields = []
targets = []
subsidies = []

[city]
code = "small"
name = "甲市"
name_en = "Small"
bureau = "甲市科学技术局"
bureau_en = "Small bureau"
region_code = "130200"
default = true
product_name = "甲市对接"
product_name_en = "Small match"
host_regions = ["110000", "120000"]

[[units]]
code = "one"
name = "乙区"
name_en = "One"
region_code = "130202"
kind = "district"
source = "测试"

[[units]]
code = "two"
name = "丙园区"
name_en = "Two"
kind = "zone"
source = "测试"
"""
METRIC = """
[[metrics]]
code = "{0}"
name = "{0}"
name_en = "{0}"
unit_label = "次"
unit_label_en = "visits"
counted_from = "meetings"
source = "测试"

[[rules]]
metric = "{0}"
version = 1
valid_from = 2023-01-01
title = "规则"
title_en = "Rule"
text = "规则"
text_en = "Rule"
sources = ["meetings"]
"""


@pytest.mark.slow
def test_any_city_will_do(settings: Settings, tmp_path: Path) -> None:
    """Two units, one of them without a region of its own, and none of the technical fields the needs name."""
    folder = tmp_path / "seeds"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "profile.toml").write_text(SMALL_CITY, "utf-8")
    (folder / "small" / "metrics.toml").write_text(METRIC.format("outbound") + METRIC.format("inbound"), "utf-8")
    (folder / "regions.tsv").write_text("130200\t甲市\tSmall\n", "utf-8")
    runtime = loaded(settings, folder)
    with runtime.sessions.read() as session:
        totals = [sums.total for sums in counts.tallies(session, TODAY.year - 1).values()]
        assert totals == [112, 104]
        firms = session.scalars(select(Organisation).where(Organisation.kind == OrganisationKind.FIRM)).all()
        assert {firm.unit.code for firm in firms if firm.unit} == {"one", "two"}
    runtime.close()
