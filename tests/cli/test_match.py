import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matchmaker.exchange.tables import read_rows, save_rows

NEEDS = [
    {"id": "n2", "title": "废水处理", "text": None, "budget": 3},
    {"id": "n1", "title": "铝合金焊接变形", "keywords": ["激光", "薄壁"], "text": "需要控制变形。"},
    {"id": "n0"},
]
OFFERS = [
    {"id": "c1", "title": "铝合金激光焊接", "owner": "李", "organisation": "甲大学"},
    {"id": "c2", "title": "印染废水膜处理", "keywords": "纳滤;盐", "owner": "王"},
    {"id": "c3", "title": "古籍修复", "owner": "李"},
    {"id": "c4", "title": "印染废水膜处理", "keywords": "纳滤;盐"},
]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(Path.cwd())}
    (folder / "tmp").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "matchmaker", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def match(folder: Path, *options: str, output: str = "out.jsonl") -> list[dict[str, Any]]:
    inputs = ("--needs", "needs.jsonl", "--capabilities", "caps.jsonl")
    done = run(folder, "match", *inputs, "--output", output, *options)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return [row.values for row in read_rows(folder / output)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_rows(tmp_path / "needs.jsonl", ["id", "title", "keywords", "text", "budget"], NEEDS)
    save_rows(tmp_path / "caps.jsonl", ["id", "title", "keywords", "owner", "organisation"], OFFERS)
    return tmp_path


def test_rows_come_by_need_and_rank_without_zeros(folder: Path) -> None:
    rows = match(folder)
    assert [(row["need"], row["rank"], row["capability"]) for row in rows] == [
        ("n2", 1, "c2"),
        ("n2", 2, "c4"),
        ("n1", 1, "c1"),
    ]
    assert list(rows[0]) == ["need", "rank", "capability", "score", "reasons"]
    assert rows[0]["score"] == rows[1]["score"] > 0
    assert rows[2]["reasons"][0]["term"] == "铝合金"
    assert {path.name for path in folder.iterdir()} == {"needs.jsonl", "caps.jsonl", "out.jsonl", "tmp"}
    assert list((folder / "tmp").iterdir()) == []


def test_top_limits_and_reasons_can_be_left_out(folder: Path) -> None:
    rows = match(folder, "--top", "1", "--no-reasons")
    assert [list(row) for row in rows] == [["need", "rank", "capability", "score"]] * 2


def test_by_owner_names_the_owner_and_its_best_item(folder: Path) -> None:
    rows = match(folder, "--by", "owner")
    found = [(row["need"], row["owner"], row["item"]) for row in rows]
    assert found == [("n2", "c4", "c4"), ("n2", "王", "c2"), ("n1", "李", "c1")]
    assert list(rows[0]) == ["need", "rank", "owner", "item", "score", "reasons"]


def test_pairs_are_scored_exactly_zeros_included(folder: Path) -> None:
    (folder / "pairs.tsv").write_text("x\ty\tz\nn1\tc2\t1\nn1\tc1\t4\nn0\tc1\t1\nn1\tc3\t1\n", encoding="utf-8")
    rows = match(folder, "--pairs", "pairs.tsv", "--top", "1")
    assert [(row["need"], row["rank"], row["capability"], row["score"] > 0) for row in rows] == [
        ("n1", 1, "c1", True),
        ("n1", 2, "c2", False),
        ("n1", 3, "c3", False),
        ("n0", 1, "c1", False),
    ]
    assert [bool(row["reasons"]) for row in rows] == [True, False, False, False]


def test_pairs_by_owner(folder: Path) -> None:
    (folder / "pairs.tsv").write_text("need\towner\nn1\t李\nn1\t王\n", encoding="utf-8-sig")
    rows = match(folder, "--pairs", "pairs.tsv", "--by", "owner")
    assert [(row["owner"], row["item"]) for row in rows] == [("李", "c1"), ("王", "c2")]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_tables_say_the_same(folder: Path, suffix: str) -> None:
    plain = match(folder)
    for name, rows in (("needs", NEEDS), ("caps", OFFERS)):
        flat = [{**r, "keywords": ";".join(k) if isinstance(k := r.get("keywords", ""), list) else k} for r in rows]
        save_rows(folder / f"{name}{suffix}", ["id", "title", "keywords", "text", "owner"], flat)
    inputs = ("--needs", f"needs{suffix}", "--capabilities", f"caps{suffix}", "--output", f"out{suffix}")
    assert run(folder, "match", *inputs).returncode == 0
    found = [row.values for row in read_rows(folder / f"out{suffix}")]
    assert [(r["need"], int(r["rank"]), r["capability"], float(r["score"])) for r in found] == [
        (r["need"], r["rank"], r["capability"], r["score"]) for r in plain
    ]
    assert found[2]["reasons"].startswith("铝合金 0.")


def test_neither_web_nor_database_is_loaded(folder: Path) -> None:
    code = (
        "import sys\nfrom matchmaker.cli import main\ntry:\n main(sys.argv[1:])\nfinally:\n"
        " print({'flask', 'sqlalchemy', 'jieba'} & set(sys.modules))"
    )
    inputs = ["match", "--needs", "needs.jsonl", "--capabilities", "caps.jsonl", "--output", "out.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    output = subprocess.check_output([sys.executable, "-c", code, *inputs], cwd=folder, env=environment, text=True)
    assert output == "set()\n"


def test_the_same_input_gives_the_same_bytes(folder: Path) -> None:
    first = match(folder, "--by", "owner") and (folder / "out.jsonl").read_bytes()
    match(folder, "--by", "owner")
    assert (folder / "out.jsonl").read_bytes() == first


def put(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)


BAD_NEEDS = [
    (b"", "needs.jsonl: empty file"),
    (b'{"id": "n1"}\n{"title": "x"}\n', 'needs.jsonl:2: field "id": missing'),
    (b'{"id": " "}\n', 'needs.jsonl:1: field "id": missing'),
    (b'{"id": "n1"}\n{"id": "n1"}\n', 'needs.jsonl:2: field "id": duplicate "n1"'),
    (b'{"id": "n1"}\n{"id": \n', "needs.jsonl:2: not JSON"),
    (b'{"id": "n1"}\n{"id": "\xff"}\n', "needs.jsonl:2: not UTF-8 (byte 0xff)"),
    (b'{"id": "n1", "title": ["x"]}\n', 'needs.jsonl:1: field "title": expected text, found ["x"]'),
    (b'{"id": "n1", "keywords": [{}]}\n', 'needs.jsonl:1: field "keywords": expected text, found {}'),
    (b"7\n", "needs.jsonl:1: expected an object, found 7"),
]


@pytest.mark.parametrize(("content", "message"), BAD_NEEDS)
def test_bad_needs_are_one_line_naming_the_place(folder: Path, content: bytes, message: str) -> None:
    put(folder, "needs.jsonl", content)
    refused(folder, message)


BAD_OPTIONS = [
    (("--needs", "gone.jsonl"), "gone.jsonl: no such file or directory"),
    (("--capabilities", "gone.xlsx"), "gone.xlsx: no such file or directory"),
    (("--needs", "needs.txt"), "needs.txt: expected a name ending in"),
    (("--output", "out.pdf"), "out.pdf: expected a name ending in"),
    (("--output", "no/out.csv"), "no/out.csv: cannot be written"),
    (("--top", "0"), "--top"),
    (("--top", "ten"), "--top"),
    (("--by", "firm"), "--by"),
    (("--nonsense",), "--nonsense"),
    (("--pairs", "gone.tsv"), "gone.tsv: no such file or directory"),
    (("stray",), "stray"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_options_are_one_line_naming_the_option(folder: Path, options: tuple[str, ...], message: str) -> None:
    refused(folder, message, *options)


BAD_PAIRS = [
    (b"", "pairs.tsv: empty file"),
    (b"a\tb\nn1\n", "pairs.tsv:2: expected 2 columns separated by tabs, found 1"),
    (b"a\tb\nn1\tc1\nn9\tc1\n", 'pairs.tsv:3: field "need": unknown "n9"'),
    (b"a\tb\nn1\tc9\n", 'pairs.tsv:2: field "capability": unknown "c9"'),
    (b"a\tb\nn1\t\xe9\n", "pairs.tsv:2: not UTF-8"),
]


@pytest.mark.parametrize(("content", "message"), BAD_PAIRS)
def test_bad_pairs_are_one_line_naming_the_place(folder: Path, content: bytes, message: str) -> None:
    put(folder, "pairs.tsv", content)
    refused(folder, message, "--pairs", "pairs.tsv")


def test_a_missing_option_is_one_line(folder: Path) -> None:
    done = run(folder, "match", "--needs", "needs.jsonl")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--capabilities" in done.stderr


def refused(folder: Path, message: str, *options: str) -> None:
    put(folder, "out.jsonl", b"as it was")
    usual = {"--needs": "needs.jsonl", "--capabilities": "caps.jsonl", "--output": "out.jsonl"}
    asked = [part for pair in usual.items() if pair[0] not in options for part in pair]
    done = run(folder, "match", *asked, *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("\n")
    assert (folder / "out.jsonl").read_bytes() == b"as it was"
    assert not list(folder.glob(".*"))


def test_csv_output_is_read_by_any_program(folder: Path) -> None:
    match(folder, output="out.csv")
    with (folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.reader(stream)) == ["need", "rank", "capability", "score", "reasons"]


def test_a_megabyte_of_text_is_a_text(folder: Path) -> None:
    put(folder, "needs.jsonl", json.dumps({"id": "big", "text": "铝合金焊接变形" * 50_000}).encode())
    assert match(folder, "--top", "1")[0]["capability"] == "c1"
