"""Loading the demonstration: once, on any day, in any city, on both databases, and never among real records."""

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.base import Base
from matchmaker.db.models import Meeting, Organisation, Setting, Suggestion, Target, Team, TeamMember
from matchmaker.domain.vocabulary import MeetingStatus, OrganisationKind, TargetStatus
from matchmaker.errors import Conflict
from matchmaker.queries import counts, installation
from matchmaker.services.demo import load_demo
from matchmaker.services.demo.script import read
from tests import factories
from tests.support.demo import TODAY, installed, loaded

SCRIPT = read()


def contents(runtime: Runtime) -> dict[str, str]:
    with runtime.sessions.read() as session:
        tables = Base.metadata.sorted_tables
        rows = {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}
    return {name: hashlib.sha256("\n".join(found).encode()).hexdigest() for name, found in rows.items()}


@pytest.mark.both_databases
def test_loading_twice_changes_nothing(settings: Settings) -> None:
    runtime = installed(settings)
    first = load_demo(runtime)
    before = contents(runtime)
    assert load_demo(runtime) == first
    assert contents(runtime) == before
    runtime.close()


def test_loading_goes_on_where_it_was_cut_off(settings: Settings) -> None:
    runtime = loaded(settings)
    with runtime.sessions.write() as session:
        session.get_one(Setting, installation.DEMO_SETTING).value = "staged"
        for table in (Suggestion, TeamMember, Team):
            session.execute(delete(table))
    load_demo(runtime)
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count(Suggestion.id)))
        assert session.scalar(select(func.count(Team.id))) == 1
    runtime.close()


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


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2027, 2, 6)])
def test_loads_on_other_days(settings: Settings, day: date) -> None:
    runtime = loaded(settings, day=day)
    with runtime.sessions.read() as session:
        held = [MeetingStatus.HELD, MeetingStatus.VERIFIED]
        assert session.scalar(select(func.max(Meeting.day)).where(Meeting.status.in_(held))) < day
        assert set(session.scalars(select(Target.year).where(Target.status == TargetStatus.DEMO))) == {day.year}
        assert Counter(session.scalars(select(Meeting.status))) == Counter(
            row["status"] for row in SCRIPT.meetings.values()
        )
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


def test_any_city_will_do(settings: Settings, tmp_path: Path) -> None:
    """Two units, one of them without a region of its own, and none of the technical fields the needs name."""
    folder = tmp_path / "seeds"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "profile.toml").write_text(SMALL_CITY, "utf-8")
    (folder / "small" / "metrics.toml").write_text(METRIC.format("outbound") + METRIC.format("inbound"), "utf-8")
    (folder / "regions.tsv").write_text("130200\t甲市\tSmall\n", "utf-8")
    runtime = loaded(settings, folder)
    with runtime.sessions.read() as session:
        totals = [sums.total for sums in counts.tallies(session, TODAY.year).values()]
        assert totals == [30, 20]
        firms = session.scalars(select(Organisation).where(Organisation.kind == OrganisationKind.FIRM)).all()
        assert {firm.unit.code for firm in firms if firm.unit} == {"one", "two"}
    runtime.close()
