"""Sheets of achievements, turnover and trainings: new, the same, corrected, refused by cell, taken back whole."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.db.models import Absorption, Audit, ImportBatch, Training, Turnover
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, Noun, TurnoverSpan
from matchmaker.errors import Conflict
from matchmaker.services import entries
from matchmaker.services.imports import Report
from matchmaker.services.imports import undo as undoing
from tests.services.sheets import CITY, CLOCK, FIRMS, INSTITUTES, Rows, bring_rows, load_profile

K = ImportKind
PEOPLE: Rows = [
    {"姓名": "王一", "工作单位": "某某协会", "培训班": "初级班", "证书编号": "Z-1", "结业日期": "2026-03-05"},
    {"姓名": "李二", "工作单位": "某某协会", "培训班": "初级班", "结业日期": "2026年3月5日"},
]
FIGURES: Rows = [
    {"年度": 2026, "数的口径": "累计", "截至月份": 3, "技术合同成交总额": 40.5, "来源文件": "季报"},
    {"年度": 2026, "数的口径": "当月", "截至月份": 4, "技术合同成交总额": "125000万元", "来源文件": "月报"},
]
DEALS: Rows = [
    {
        "成果名称": "焊接仿真",
        "吸纳企业": "甲乙精工（演示）",
        "来源单位": "某某大学",
        "吸纳日期": "2026-04-01",
        "金额（万元）": 30,
    },
]


@pytest.fixture
def profile(sessions: Sessions, tmp_path: Path) -> None:
    load_profile(sessions)
    assert not bring_rows(sessions, K.ORGANISATIONS, FIRMS + INSTITUTES, tmp_path).errors


@pytest.mark.both_databases
@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(
    ("kind", "rows", "cell"),
    [
        (K.TRAININGS, PEOPLE, {"证书编号": "Z-9"}),
        (K.TURNOVER, FIGURES, {"来源文件": "更正"}),
        (K.ABSORPTIONS, DEALS, {"金额（万元）": 45}),
    ],
)
def test_new_and_taken_back_then_the_same_then_corrected_and_taken_back(
    sessions: Sessions, tmp_path: Path, kind: ImportKind, rows: Rows, cell: dict[str, object]
) -> None:
    at_first = told(sessions, kind)
    first = bring_rows(sessions, kind, rows, tmp_path)
    assert (first.created, first.errors) == (len(rows), ())
    undo(sessions, first)
    assert told(sessions, kind) == at_first
    bring_rows(sessions, kind, rows, tmp_path)
    again = bring_rows(sessions, kind, rows, tmp_path)
    assert (again.unchanged, again.batch_id) == (len(rows), None)
    before = told(sessions, kind)
    second = bring_rows(sessions, kind, [rows[0] | cell], tmp_path)
    assert (second.created, second.updated) == (0, 1)
    assert told(sessions, kind) != before
    undo(sessions, second)
    assert told(sessions, kind) == before


MODELS = {K.TRAININGS: Training, K.TURNOVER: Turnover, K.ABSORPTIONS: Absorption}


def told(sessions: Sessions, kind: ImportKind) -> list[dict[str, object]]:
    """What stands in the rows, but for when and how often they were written."""
    model = MODELS[kind]
    names = [one.name for one in model.__table__.columns if one.name not in {"updated_at", "version"}]
    with sessions.read() as session:
        rows = session.scalars(select(model).order_by(model.id))
        return [{name: getattr(row, name) for name in names} for row in rows]


def undo(sessions: Sessions, report: Report) -> None:
    with sessions.write() as session:
        batch = session.get_one(ImportBatch, report.batch_id)
        found = undoing.undo(session, CITY, batch, reason="选错了文件", clock=CLOCK)
        assert found.held == []


@pytest.mark.usefixtures("profile")
def test_what_is_written_is_what_a_form_would_write(sessions: Sessions, tmp_path: Path) -> None:
    bring_rows(sessions, K.TRAININGS, PEOPLE, tmp_path)
    bring_rows(sessions, K.TURNOVER, FIGURES, tmp_path)
    bring_rows(sessions, K.ABSORPTIONS, DEALS, tmp_path)
    with sessions.read() as session:
        person = session.scalars(select(Training).where(Training.name == "李二")).one()
        figure = session.scalars(select(Turnover).where(Turnover.month == 4)).one()
        deal = session.scalars(select(Absorption)).one()
        trail = session.scalars(select(Audit).where(Audit.noun == Noun.TRAINING, Audit.record_id == person.id)).one()
        assert (person.day, person.certificate, person.entered_by) == (date(2026, 3, 5), "", CITY.name)
        assert (figure.span, figure.total, figure.hosts) == (TurnoverSpan.MONTH, Decimal("12.5"), None)
        assert (deal.firm.name, deal.origin.name, deal.amount_wan) == ("甲乙精工（演示）", "某某大学", 30)
        assert (trail.action, trail.reason.startswith("导入 ")) == ("create", True)


@pytest.mark.usefixtures("profile")
def test_a_blank_cell_leaves_what_is_on_file(sessions: Sessions, tmp_path: Path) -> None:
    bring_rows(sessions, K.TRAININGS, PEOPLE[:1], tmp_path)
    fewer = {name: value for name, value in PEOPLE[0].items() if name != "证书编号"}
    assert bring_rows(sessions, K.TRAININGS, [fewer], tmp_path).unchanged == 1
    assert bring_rows(sessions, K.TRAININGS, [fewer | {"备注": "补考"}], tmp_path).updated == 1
    with sessions.read() as session:
        row = session.scalars(select(Training)).one()
        assert (row.certificate, row.note) == ("Z-1", "补考")


@pytest.mark.usefixtures("profile")
def test_a_unit_in_the_heading_counts(sessions: Sessions, tmp_path: Path) -> None:
    row = {name: value for name, value in FIGURES[0].items() if name != "技术合同成交总额"}
    bring_rows(sessions, K.TURNOVER, [row | {"技术合同成交总额（万元）": 405000}], tmp_path)
    with sessions.read() as session:
        assert session.scalars(select(Turnover.total).where(Turnover.year == 2026)).one() == Decimal("40.5")


@pytest.mark.usefixtures("profile")
def test_bad_rows_are_named_by_cell_and_the_good_ones_come_in(sessions: Sessions, tmp_path: Path) -> None:
    bring_rows(sessions, K.TRAININGS, PEOPLE[:1], tmp_path)
    rows = [
        PEOPLE[1],
        PEOPLE[1],
        PEOPLE[1] | {"姓名": "赵三", "证书编号": "Z-1"},
        PEOPLE[1] | {"姓名": "钱四", "结业日期": "2027-01-01"},
        PEOPLE[1] | {"姓名": ""},
    ]
    found = bring_rows(sessions, K.TRAININGS, rows, tmp_path, good_rows=True)
    said = {(error.line, error.column): error.message for error in found.errors}
    assert (found.created, found.failed) == (1, 4)
    assert "与第 2 行重复" in said[3, "姓名"]
    assert "已登记给王一" in said[4, "证书编号"]
    assert "晚于今天" in said[5, "结业日期"]
    assert "不能为空" in said[6, "姓名"]


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(
    ("kind", "row", "column", "why"),
    [
        (K.TURNOVER, FIGURES[1] | {"数的口径": "当季", "截至月份": 6}, "截至月份", "已有同一口径的数"),
        (K.TURNOVER, FIGURES[0] | {"其中：吸纳京津": 50}, "其中：吸纳京津", "大于总额"),
        (K.ABSORPTIONS, DEALS[0] | {"吸纳企业": "没有这家"}, "吸纳企业", "没有"),
        (K.ABSORPTIONS, DEALS[0] | {"成果名称": "另一项", "来自需求": "N-404"}, "来自需求", "没有编号"),
        (K.ABSORPTIONS, DEALS[0] | {"来源单位": "甲乙精工（演示）"}, "来源单位", ""),
    ],
)
def test_what_a_form_refuses_a_sheet_may_not_say(
    sessions: Sessions, tmp_path: Path, kind: ImportKind, row: dict[str, object], column: str, why: str
) -> None:
    bring_rows(sessions, K.TURNOVER, FIGURES, tmp_path)
    found = bring_rows(sessions, kind, [row], tmp_path)
    assert [(error.line, error.column) for error in found.errors] == [(2, column)]
    assert why in found.errors[0].message
    assert not found.written


@pytest.mark.usefixtures("profile")
def test_two_rows_of_a_file_that_state_the_same_months(sessions: Sessions, tmp_path: Path) -> None:
    quarter = FIGURES[1] | {"数的口径": "当季", "截至月份": 6}
    found = bring_rows(sessions, K.TURNOVER, [FIGURES[1], quarter], tmp_path)
    assert [(error.line, error.column) for error in found.errors] == [(3, "截至月份")]


@pytest.mark.usefixtures("profile")
def test_what_was_corrected_since_stays_when_the_sheet_is_taken_back(sessions: Sessions, tmp_path: Path) -> None:
    found = bring_rows(sessions, K.TRAININGS, PEOPLE, tmp_path)
    with sessions.write() as session:
        row = session.scalars(select(Training).where(Training.name == "王一")).one()
        entries.void(session, CITY, row, reason="未结业", clock=CLOCK)
    with sessions.write() as session:
        batch = session.get_one(ImportBatch, found.batch_id)
        with pytest.raises(Conflict, match="王一"):
            undoing.undo(session, CITY, batch, reason="选错了文件", clock=CLOCK)
