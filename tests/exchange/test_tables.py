import datetime as dt
import json
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from matchmaker.errors import InputError
from matchmaker.exchange.tables import Row, read_rows, read_tab_separated, save_rows

ROWS = [
    {"id": "n1", "title": '铝合金,"焊接"', "n": 3},
    {"id": "=1+1", "title": "https://example.org", "n": 2.5},
]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx", ".XLSX"])
def test_rows_come_back_as_they_went(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    save_rows(path, ["id", "title", "n"], ROWS, guard_formulas=False)
    found = list(read_rows(path))
    kept = str if suffix == ".csv" else lambda value: value
    assert [row.values for row in found] == [{**row, "n": kept(row["n"])} for row in ROWS]
    assert [row.line for row in found] == ([1, 2] if suffix == ".jsonl" else [2, 3])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path, mark: bytes) -> None:
    table = write(tmp_path / "a.csv", mark + "id,title\n1,钢\n".encode())
    lines = write(tmp_path / "a.jsonl", mark + b'{"id": 1}\n')
    assert list(read_rows(table)) == [Row(2, {"id": "1", "title": "钢"})]
    assert list(read_rows(lines)) == [Row(1, {"id": 1})]


def test_lines_count_in_the_file_whatever_a_cell_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'id,text\r\n1,"two\nlines"\r\n\r\n , \r\n2,x\r\n')
    assert [(row.line, row.values["id"]) for row in read_rows(path)] == [(2, "1"), (6, "2")]


def test_a_bad_line_does_not_hide_the_others(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = [b'{"id": 1}', b'{"id": 2', b"[1]", b'{"id": "\xff"}', deep.encode(), b'{"id": 3}']
    found = list(read_rows(write(tmp_path / "a.jsonl", b"\n".join(lines))))
    assert [row.values.get("id") for row in found] == [1, None, None, None, None, 3]
    problems = [row.problem for row in found]
    assert problems[1].startswith("not JSON: ")
    assert problems[2] == "expected an object, found [1]"
    assert problems[3] == "not UTF-8 (byte 0xff)"
    assert problems[4].startswith("not JSON: ")


def test_a_row_longer_than_the_header_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,title\n1,a,\n2,a,b\n3\n")
    assert [row.problem for row in read_rows(path)] == ["", "more cells (3) than the header has (2)", ""]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "empty file"),
        ("a.jsonl", b"\xef\xbb\xbf\n \n", "empty file"),
        ("a.csv", b"", "empty file"),
        ("a.csv", b"id,id\n", '"id" appears twice'),
        ("a.csv", b"id\n\xff\n", "a.csv:2: not UTF-8 (byte 0xff)"),
        ("a.csv", b'id\n"open\n', "a.csv:2: not CSV"),
        ("a.xlsx", b"PK nonsense", "not a readable workbook"),
        ("a.txt", b"id", "expected a name ending in .jsonl, .csv, .xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        list(read_rows(write(tmp_path / name, content)))
    assert message in str(error.value)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: no such file"):
        read_rows(tmp_path / "gone.csv")
    with pytest.raises(InputError, match=r"gone/x\.csv: cannot be written: no such file"):
        save_rows(tmp_path / "gone" / "x.csv", ["id"], [])


def test_a_sheet_keeps_types_and_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(1, 1, ["id", "day", ""])
        sheet.write_row(4, 1, [12.0, dt.date(2026, 3, 1)])
    assert list(read_rows(path)) == [Row(5, {"id": 12, "day": dt.date(2026, 3, 1)})]


def test_an_empty_sheet_is_an_empty_file(tmp_path: Path) -> None:
    xlsxwriter.Workbook(tmp_path / "a.xlsx").close()
    with pytest.raises(InputError, match="empty file"):
        read_rows(tmp_path / "a.xlsx")


def test_cells_are_never_formulas_or_links(tmp_path: Path) -> None:
    save_rows(tmp_path / "a.xlsx", ["id", "title"], ROWS)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
    save_rows(tmp_path / "a.csv", ["id"], ROWS)
    assert (tmp_path / "a.csv").read_text() == "id\nn1\n'=1+1\n"


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
def test_what_fails_midway_leaves_the_old_file_alone(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"out{suffix}", "before")

    def rows() -> object:
        yield {"id": "1"}
        raise RuntimeError("midway")

    with pytest.raises(RuntimeError):
        save_rows(path, ["id"], rows())  # type: ignore[arg-type]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        save_rows(tmp_path / name, ["id", "n"], ROWS)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_cell_too_long_for_a_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="32,767"):
        save_rows(tmp_path / "a.xlsx", ["id"], [{"id": "x" * 32_768}])
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_survives_jsonl(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    save_rows(path, ["id"], [{"id": value} for value in [*values, "\ud800"]])
    assert [row.values["id"] for row in read_rows(path)] == [*values, "\ud800"]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (64 * 2**20))
    with pytest.raises(InputError, match="more than 100 times"):
        read_rows(path)
    with zipfile.ZipFile(tmp_path / "many.xlsx", "w") as archive:
        for number in range(2_001):
            archive.writestr(str(number), b"")
    with pytest.raises(InputError, match="2,001 entries"):
        read_rows(tmp_path / "many.xlsx")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "liar.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", b" " * (64 * 2**20))
    told, real = (1000).to_bytes(4, "little"), (64 * 2**20).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(real, told))
    with pytest.raises(InputError, match=r"liar\.xlsx"):
        read_rows(path)


def test_tab_separated_lines_skip_the_header_and_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "p.tsv", '﻿a\tb\r\nn1\tc1\t4\r\n\r\nn2\t"c2\r\n')
    assert list(read_tab_separated(path, columns=2)) == [(2, ["n1", "c1"]), (4, ["n2", '"c2'])]
    with pytest.raises(InputError, match=r"p\.tsv:2: expected 4 columns separated by tabs, found 3"):
        list(read_tab_separated(path, columns=4))


def test_a_workbook_of_ours_opens_elsewhere(tmp_path: Path) -> None:
    save_rows(tmp_path / "a.xlsx", ["id", "title"], ROWS)
    cells = load_workbook(str(tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python()
    assert cells == [["id", "title"], *([row["id"], row["title"]] for row in ROWS)]


def test_messages_stay_on_one_line_and_short(tmp_path: Path) -> None:
    path = write(tmp_path / "new\nline.jsonl", json.dumps(["x" * 500]))
    [row] = read_rows(path)
    assert len(row.problem) < 120
    with pytest.raises(InputError) as error:
        read_rows(tmp_path / "new\nline.csv")
    assert "\n" not in str(error.value)
