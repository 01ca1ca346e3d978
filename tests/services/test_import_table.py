# ruff: noqa: RUF001 -- what people type is what is tested
"""Where the header is, what the columns are called, which lines are rows: of sheets in all sorts of shapes."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from matchmaker.domain.drafts import NeedRow, OrganisationRow, match_headings
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.errors import InputError
from matchmaker.services.imports import Reading, look, read_sheet
from matchmaker.services.imports.table import Table, read_table

Lines = list[list[Any]]
HEAD = ["企业名称", "需求名称", "需求描述"]
ROW = ["甲厂", "焊接变形", "变形大"]


def book(path: Path, *merges: tuple[int, int, int, int, str], **sheets: Lines) -> Path:
    """Sheets by name, cells where they stand; merged cells of the first one as (top, left, bottom, right, text)."""
    with xlsxwriter.Workbook(path) as made:
        for number, (name, lines) in enumerate(sheets.items()):
            sheet = made.add_worksheet(name)
            for line, cells in enumerate(lines):
                sheet.write_row(line, 0, cells)
            for merge in merges if not number else ():
                sheet.merge_range(*merge)
    return path


def table(path: Path, **more: Any) -> Table:
    return read_table(NeedRow, path, **more)


def rows(found: Table) -> list[tuple[int, dict[str, Any]]]:
    return [(row.line, row.values) for row in found.rows]


def test_titles_above_the_header_are_no_rows(tmp_path: Path) -> None:
    lines = [["技术需求汇总表"], [], ["填报单位：甲县", "", "2026 年"], HEAD, ROW]
    found = table(book(tmp_path / "a.xlsx", 表=lines))
    assert (found.header_line, rows(found)) == (4, [(5, dict(zip(HEAD, ROW, strict=True)))])


def test_a_header_of_two_rows_is_joined_and_understood(tmp_path: Path) -> None:
    lines = [
        ["企业", "需求", "", "联系方式", ""],
        ["", "名称", "描述", "联系人", "电话"],
        ["甲厂", "焊接", "变形", "王", "1"],
    ]
    merges = [(0, 0, 1, 0, "企业"), (0, 1, 0, 2, "需求"), (0, 3, 0, 4, "联系方式")]
    found = table(book(tmp_path / "a.xlsx", *merges, 表=lines))
    assert found.headings == ("企业", "需求 > 名称", "需求 > 描述", "联系方式 > 联系人", "联系方式 > 电话")
    assert match_headings(NeedRow, found.headings) == (
        {"title": "需求 > 名称", "problem": "需求 > 描述", "firm": "企业"},
        ["联系方式 > 联系人", "联系方式 > 电话"],
    )
    assert [row.line for row in found.rows] == [3]


def test_so_is_one_in_a_csv_where_nothing_says_what_is_merged(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("企业名称,需求,,备注\n,需求名称,需求描述,\n甲厂,焊接,变形,急\n", "utf-8")
    assert table(path).headings == ("企业名称", "需求 > 需求名称", "需求 > 需求描述", "备注")


def test_notes_side_by_side_above_the_header_are_no_upper_row(tmp_path: Path) -> None:
    merges = [(0, 0, 0, 1, "填报单位：甲县"), (0, 2, 0, 3, "日期：2026")]
    found = table(book(tmp_path / "a.xlsx", *merges, 表=[[], [*HEAD, "备注"], [*ROW, "急"]]))
    assert found.headings == (*HEAD, "备注")


def test_a_header_nobody_knows_is_found_by_its_shape(tmp_path: Path) -> None:
    lines = [["某表"], ["甲", "乙", "丙"], ["x", 1, date(2026, 3, 5).isoformat()]]
    found = table(book(tmp_path / "a.xlsx", 表=lines))
    assert (found.header_line, found.headings) == (2, ("甲", "乙", "丙"))


def test_the_header_may_be_pointed_at(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 表=[HEAD, ROW, ["栏一", "栏二", "栏三"], ["x", "y", "z"]])
    assert table(path, header_line=3).headings == ("栏一", "栏二", "栏三")
    with pytest.raises(InputError, match="第 9 行没有内容"):
        table(path, header_line=9)


def test_the_sheet_with_the_needed_columns_goes_before_a_larger_one(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", 说明=[["填表说明", "内容"]] + [["x", "y"]] * 9, 乙=[HEAD, ROW], 丙=[HEAD, ROW, ROW]
    )
    found = table(path)
    assert (found.sheet, found.sheets) == ("丙", ("说明", "乙", "丙"))
    assert table(path, sheet="乙").sheet == "乙"


def test_what_is_no_row_is_left_out_and_told(tmp_path: Path) -> None:
    lines = [
        HEAD, ROW, ["", "合 计", 3], [], HEAD, ["【示例】甲厂", "示例", ""], ["乙厂", "检漏", "慢"],
        ["注：本表一式两份"], ["合计：", "", 7],
    ]  # fmt: skip
    found = table(book(tmp_path / "a.xlsx", 表=lines))
    assert [row.line for row in found.rows] == [2, 7]
    assert [(one.line, one.why) for one in found.skipped] == [
        (3, "合计行"), (5, "重复的表头"), (6, "模板的示例行"), (8, "表尾说明"), (9, "合计行"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["合计科技有限公司", "合计"])
def test_a_row_that_only_sounds_like_a_sum_stays(tmp_path: Path, name: str) -> None:
    found = table(book(tmp_path / "a.xlsx", 表=[HEAD, [name, "焊接", "变形"], ROW]))
    assert [row.line for row in found.rows] == [2, 3]


def test_blank_lines_and_columns_count_for_nothing(tmp_path: Path) -> None:
    lines = [[*HEAD, "", " "], [], [*ROW, "", "\u3000"], [" ", "\u200b", "\xa0"]]
    found = table(book(tmp_path / "a.xlsx", 表=lines))
    assert (found.headings, [row.line for row in found.rows]) == (tuple(HEAD), [3])


def test_a_column_without_a_heading_and_a_second_of_the_same_are_told_apart(tmp_path: Path) -> None:
    found = table(book(tmp_path / "a.xlsx", 表=[[*HEAD, "", "备注", "备注"], [*ROW, "x", "y", "z"]]))
    assert found.headings == (*HEAD, "第 4 列（无标题）", "备注", "备注（2）")


def test_a_value_merged_over_several_rows_counts_in_each(tmp_path: Path) -> None:
    lines = [HEAD, ["", "一", "x"], ["", "二", "y"], ["乙厂", "三", "z"]]
    found = table(book(tmp_path / "a.xlsx", (1, 0, 2, 0, "甲厂"), 表=lines))
    assert [row.values["企业名称"] for row in found.rows] == ["甲厂", "甲厂", "乙厂"]


def test_the_unit_in_a_heading_counts_for_bare_numbers(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 表=[[*HEAD, "预算（元）"], [*ROW, 500_000], ["乙", "检漏", "x", "30万元"]])
    sheet = read_sheet(ImportKind.NEEDS, path)
    assert [line.row.budget_wan for line in sheet.lines] == [50, 30]


def test_traditional_headings_and_choices_are_understood(tmp_path: Path) -> None:
    lines = [["機構類別", "機構全稱", "聯絡電話", "聯系電話"], ["企業", "鴻運鑄造廠", "", "１３８ ００１３ ８０００"]]
    sheet = read_sheet(ImportKind.ORGANISATIONS, book(tmp_path / "a.xlsx", 表=lines))
    [line] = sheet.lines
    row: OrganisationRow = line.row
    assert (row.name, row.kind, row.contact_phone) == ("鴻運鑄造廠", "firm", "13800138000")
    assert sheet.unknown == ("聯絡電話",)


def test_mended_cells_are_checked_like_any_and_rows_can_be_left_out(tmp_path: Path) -> None:
    lines = [[*HEAD, "预算"], [*ROW, "面议"], ["乙", "检漏", "x", "很多"], ["丙", "", "x", 5]]
    path = book(tmp_path / "a.xlsx", 表=lines)
    fixes = {"2": {"budget_wan": "50万"}, "3": {"budget_wan": "更多"}, "4": {"": "1"}}
    sheet = read_sheet(ImportKind.NEEDS, path, reading=Reading(fixes=fixes))
    assert [(line.number, line.row.budget_wan) for line in sheet.lines] == [(2, 50)]
    assert [(error.line, error.column, error.value) for error in sheet.errors] == [(3, "预算", "更多")]
    assert [(one.line, one.why) for one in sheet.skipped] == [(4, "您选择不导入")]


def test_a_chosen_mapping_is_what_counts(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 表=[["甲", "乙", "丙"], ROW])
    mapping = {"甲": "firm", "乙": "title", "丙": ""}
    sheet = read_sheet(ImportKind.NEEDS, path, reading=Reading(mapping=mapping))
    assert (sheet.lines[0].row.firm, sheet.lines[0].row.problem, sheet.unknown) == ("甲厂", "", ("丙",))


def test_a_file_of_spoilt_headings_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ä¼\x81ä¸šå\x90\x8dç§°,title\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="表头是乱码"):
        look(ImportKind.NEEDS, path)
