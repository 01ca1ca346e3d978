"""Reports as LibreOffice reads them: Chinese intact, no formula, totals equal to the board's."""

import io
import re
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from matchmaker.clock import FixedDayClock
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.reports import OtherFigure, Period, ReportKind
from matchmaker.exchange import reports as files
from matchmaker.queries import reports as queries
from matchmaker.queries.counts import tallies
from matchmaker.services import reports
from tests import factories as make
from tests.support.office import converted, rows_of, text_of
from tests.support.reports import FIRM, make_year

KINDS = [
    Period(ReportKind.MONTHLY, make.TODAY.year, 6),
    Period(ReportKind.QUARTERLY, make.TODAY.year, 2),
    Period(ReportKind.BULLETIN, make.TODAY.year, 6),
]


@pytest.fixture
def year(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        for _ in range(8):  # a dozen units with those of the visits
            make.make_unit(session)
        return make_year(session)


@pytest.mark.parametrize("period", KINDS, ids=lambda period: period.kind.value)
def test_every_report_opens_and_its_totals_are_the_boards(
    sessions: Sessions, year: SimpleNamespace, tmp_path: Path, period: Period
) -> None:
    with sessions.read() as session:
        made = reports.draft(session, year.city, period, clock=FixedDayClock(make.TODAY))
        sums = tallies(session, period.year)
    expected = [sums[code].total for code in (MetricCode.OUTBOUND, MetricCode.INBOUND)]
    book, paper = tmp_path / "报告.xlsx", tmp_path / "报告.docx"
    book.write_bytes(made.xlsx)
    paper.write_bytes(made.docx)
    rows = {row[0]: row[1:] for row in rows_of(book, tmp_path)}
    assert period.title in next(iter(rows))
    assert [int(cell) for cell in rows["今年以来（场次）"][:2]] == expected
    text = text_of(paper, tmp_path)
    assert "某市科技局" in text
    assert period.title in text
    for code, total in zip(MetricCode, expected, strict=True):
        assert f"今年以来 {total} 场次" in text
        assert f"{code.value} 规则 1 全文" in text
    assert "自 2023 年 1 月 1 日 起" in text
    assert "{{" not in text
    assert "{%" not in text
    if period.kind is ReportKind.BULLETIN:
        pages = re.findall(rb"/Type\s*/Page[^s]", converted(paper, "pdf", tmp_path).read_bytes())
        assert len(pages) == 1


def test_a_name_like_a_formula_stays_a_name(sessions: Sessions, year: SimpleNamespace) -> None:
    with sessions.read() as session:
        made = reports.draft(session, year.city, KINDS[0], clock=FixedDayClock(make.TODAY))
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(made.xlsx))
    cells = [cell for row in workbook.get_sheet_by_name("附表（台账）").to_python() for cell in row]
    assert FIRM in cells
    assert b"<f>" not in b"".join(_parts(made.xlsx))
    numbers = dict(row[:2] for row in workbook.get_sheet_by_name("总体情况").to_python() if len(row) > 1)
    assert numbers["今年以来（场次）"] == 2.0


def test_what_is_entered_says_once_until_when_it_is_known(
    sessions: Sessions, year: SimpleNamespace, tmp_path: Path
) -> None:
    with sessions.read() as session:
        said = queries.content(session, KINDS[0], make.TODAY)
    shape = {"unit": "亿元", "unit_en": "", "value": "12", "targets": ()}
    figures = (OtherFigure(name="成交额", through=10, **shape), OtherFigure(name="成果", through=None, **shape))
    paper = tmp_path / "月报.docx"
    paper.write_bytes(files.document(said.model_copy(update={"others": figures})))
    text = text_of(paper, tmp_path)
    assert "成交额：12亿元（截至 10 月）" in text
    assert f"成果：12亿元（截至 {make.TODAY.year} 年" in text


def _parts(data: bytes) -> list[bytes]:
    with ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
