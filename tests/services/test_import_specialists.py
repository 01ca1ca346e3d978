"""Sheets of specialists: filed, found again by number, hosts added, refused by cell, taken back whole."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from matchmaker.db.models import ImportBatch, Specialist, SpecialistHost
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.services.imports import undo as undoing
from matchmaker.services.imports.template import template
from tests.services.sheets import CITY, CLOCK, EXPERTS, FIRMS, INSTITUTES, Rows, bring_rows, load_profile

K = ImportKind
ROWS: Rows = [
    {
        "备案编号": "T-1", "姓名": "周某", "派出单位": "U1", "类别": "企业", "备案日期": "2025-05-06",
        "服务对象": "甲乙精工（演示）；固安县", "三方协议日期": "2025-06-01",
    },
    {"备案编号": "T-2", "姓名": "林某", "派出单位": "某某大学", "类别": "农业科技特派员", "备案日期": "2026-03-01"},
]  # fmt: skip


@pytest.fixture
def profile(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    assert not bring_rows(sessions, K.ORGANISATIONS, FIRMS + INSTITUTES, tmp_path).errors
    assert not bring_rows(sessions, K.EXPERTS, EXPERTS, tmp_path).errors


def told(sessions: Sessions) -> dict[str, tuple[str, int]]:
    with sessions.read() as session:
        rows = session.scalars(select(Specialist).order_by(Specialist.number)).unique()
        return {row.number: (row.filed_on.isoformat(), len(row.hosts)) for row in rows}


def undo(sessions: Sessions, batch_id: int | None) -> None:
    with sessions.write() as session:
        undoing.undo(session, CITY, session.get_one(ImportBatch, batch_id), reason="传错了", clock=CLOCK)


@pytest.mark.both_databases
@pytest.mark.usefixtures("profile")
def test_filed_taken_back_filed_the_same_and_corrected(sessions: Sessions, tmp_path: Path) -> None:
    first = bring_rows(sessions, K.SPECIALISTS, ROWS, tmp_path)
    assert (first.created, first.errors) == (2, ())
    assert told(sessions) == {"T-1": ("2025-05-06", 2), "T-2": ("2026-03-01", 0)}
    undo(sessions, first.batch_id)
    assert told(sessions) == {}
    bring_rows(sessions, K.SPECIALISTS, ROWS, tmp_path)
    assert bring_rows(sessions, K.SPECIALISTS, ROWS, tmp_path).unchanged == 2
    changed = ROWS[0] | {"备案日期": "2025-05-07", "服务对象": "丙丁热控（演示）", "三方协议日期": "2026-01-02"}
    second = bring_rows(sessions, K.SPECIALISTS, [changed], tmp_path)
    assert (second.updated, second.errors) == (1, ())
    assert told(sessions)["T-1"] == ("2025-05-07", 3)  # a sheet ends nothing
    with sessions.read() as session:
        latest = select(SpecialistHost).order_by(SpecialistHost.id.desc()).limit(1)
        assert session.scalars(latest).one().since.isoformat() == "2026-01-02"  # not back to the filing
    undo(sessions, second.batch_id)
    assert told(sessions)["T-1"] == ("2025-05-06", 2)
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(SpecialistHost)) == 2


@pytest.mark.usefixtures("profile")
def test_what_does_not_fit_is_refused_by_cell(sessions: Sessions, tmp_path: Path) -> None:
    bring_rows(sessions, K.SPECIALISTS, ROWS[:1], tmp_path)
    bad: Rows = [
        ROWS[0] | {"备案编号": "T-9"},
        ROWS[1] | {"服务对象": "没有这家"},
        ROWS[1] | {"备案编号": "T-3", "备案日期": "2099-01-01"},
        ROWS[1] | {"备案编号": "T-4", "派出单位": ""},
        ROWS[1] | {"备案编号": "T-1"},
        ROWS[1] | {"备案编号": ""},
    ]
    report = bring_rows(sessions, K.SPECIALISTS, bad, tmp_path)
    found = {(error.line, error.column) for error in report.errors}
    assert found == {(2, "姓名"), (3, "服务对象"), (4, "备案日期"), (5, "派出单位"), (6, "备案编号"), (7, "备案编号")}
    assert list(told(sessions)) == ["T-1"]


@pytest.mark.usefixtures("profile")
def test_there_is_a_sheet_to_fill_in(sessions: Sessions) -> None:
    with sessions.read() as session:
        assert template(session, K.SPECIALISTS)[:2] == b"PK"
