from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
import xlsxwriter

from matchmaker.errors import InputError
from matchmaker.exchange.grids import NOT_CALCULATED, Grid, Merge, read_grids


def test_cells_stand_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet('甲 & "乙"')
        sheet.merge_range(2, 1, 3, 2, "合并")
        sheet.write_row(4, 1, [1.0, 0.5, date(2026, 3, 5), " \u3000\u200b"])
    assert read_grids(path) == [
        Grid('甲 & "乙"', {3: ["", "合并"], 5: ["", 1, 0.5, date(2026, 3, 5)]}, (Merge(3, 1, 4, 2),))
    ]


def test_formulas_give_their_values_and_their_failures(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("B2", "=1+1", None, 2)
        sheet.write_formula("C2", '="焊"&"接"', None, "焊接")
        sheet.write_formula("D3", "=NA()", None, "#N/A")
        sheet.write_formula("AA4", "=1/0", None, "#DIV/0!")
    [grid] = read_grids(path)
    assert grid.lines[2][1:] == [2, "焊接"]
    assert (grid.lines[3][3], grid.lines[4][26]) == ("#N/A", "#DIV/0!")


def test_a_formula_that_was_never_calculated_is_told(tmp_path: Path) -> None:
    """Programs that write workbooks leave the value out; only a spreadsheet fills it in."""
    path, raw = tmp_path / "a.xlsx", tmp_path / "raw.xlsx"
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["x", "y"])
        sheet.write_formula("B2", "=A1", None, 7)
    with ZipFile(raw) as source, ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"<v>7</v>", b""))
    [grid] = read_grids(path)
    assert grid.lines[2] == ["", NOT_CALCULATED]


def test_hidden_and_empty_sheets_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("甲").write(0, 0, "x")
        hidden = book.add_worksheet("乙")
        hidden.write(0, 0, "y")
        hidden.hide()
        book.add_worksheet("丙")
    assert [grid.name for grid in read_grids(path)] == ["甲"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_in_any_of_its_forms(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{delimiter.join(['企业', '名称', ''])}\r\n\r\n甲\r\n".encode(encoding))
    assert read_grids(path) == [Grid("", {1: ["企业", "名称"], 3: ["甲"]})]


def test_a_book_without_anything_in_it_is_empty(tmp_path: Path) -> None:
    xlsxwriter.Workbook(tmp_path / "a.xlsx").close()
    with pytest.raises(InputError, match="empty file"):
        read_grids(tmp_path / "a.xlsx")


def test_what_is_no_workbook_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(InputError, match=r"a\.xlsx: not a readable workbook"):
        read_grids(path)
