import json
from pathlib import Path

import pytest

from matchmaker.exchange.tables import read_rows, save_rows
from tests.cli.test_match import run

MATCHES = [
    {"need": "n1", "rank": 1, "capability": "a", "score": 0.9},
    {"need": "n1", "rank": 2, "capability": "x", "score": 0.5},
    {"need": "n1", "rank": 3, "capability": "b", "score": 0.5},
    {"need": "n3", "rank": 1, "capability": "a", "score": 0.5},
]
JUDGED = "need\ttarget\tgrade\nn1\ta\t1\nn1\tb\t3\nn2\ta\t3\nn2\tb\t1\nn4\ta\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_rows(tmp_path / "out.jsonl", list(MATCHES[0]), MATCHES)
    (tmp_path / "judged.tsv").write_text(JUDGED)
    return tmp_path


ARGUMENTS = ("evaluate", "--matches", "out.jsonl", "--judgements", "judged.tsv")
OPTIONS = ("--lowest", "1", "--relevant-from", "3", "--min-judged", "2", "--k", "2")


def test_it_prints_one_object_and_counts_what_it_left_out(folder: Path) -> None:
    done = run(folder, *ARGUMENTS, *OPTIONS)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert list(found) == ["nDCG@2", "Recall@2", "MRR", "MAP"]
    assert found["MRR"] == {"mean": pytest.approx(1 / 6), "se": pytest.approx(1 / 6), "n": 2}
    assert found["nDCG@2"]["mean"] == found["Recall@2"]["mean"] == 0
    assert done.stderr == "left out: 2 needs with too few judgements or none that is relevant\n"


@pytest.mark.parametrize("name", ["per.jsonl", "per.csv", "per.xlsx"])
def test_values_of_each_need_can_be_kept(folder: Path, name: str) -> None:
    assert run(folder, *ARGUMENTS, *OPTIONS, "--per-need", name).returncode == 0
    rows = [row.values for row in read_rows(folder / name)]
    assert [(row["need"], float(row["MRR"])) for row in rows] == [("n1", pytest.approx(1 / 3)), ("n2", 0)]


def test_owner_lists_and_csv_are_evaluated_alike(folder: Path) -> None:
    rows = [{"need": row["need"], "owner": row["capability"], "score": row["score"]} for row in MATCHES]
    save_rows(folder / "owners.csv", ["need", "owner", "score"], rows)
    other = run(folder, *ARGUMENTS, *OPTIONS, "--matches", "owners.csv")
    assert other.stdout == run(folder, *ARGUMENTS, *OPTIONS).stdout


def test_everything_left_out_is_not_an_error(folder: Path) -> None:
    done = run(folder, *ARGUMENTS, "--min-judged", "9")
    assert done.returncode == 0
    assert json.loads(done.stdout)["MAP"] == {"mean": 0.0, "se": 0.0, "n": 0}


BAD = [
    ("judged.tsv", "", "judged.tsv: empty file"),
    ("judged.tsv", "a\tb\tc\nn1\ta\n", "judged.tsv:2: expected 3 columns"),
    ("judged.tsv", "a\tb\tc\nn1\ta\thigh\n", 'judged.tsv:2: field "grade": not a whole number: "high"'),
    ("judged.tsv", "a\tb\tc\nn1\ta\t-1\n", 'judged.tsv:2: field "grade": -1 is below --lowest 0'),
    ("judged.tsv", "a\tb\tc\nn1\ta\t1\nn1\ta\t2\n", 'judged.tsv:3: field "grade": 2 contradicts an earlier 1'),
    ("out.jsonl", '{"need": "n", "score": 1}', 'out.jsonl:1: field "capability": missing'),
    ("out.jsonl", '{"need": "n", "capability": "a"}', 'out.jsonl:1: field "score": missing'),
    ("out.jsonl", '{"need": "n", "capability": "a", "score": NaN}', 'field "score": not a number'),
    ("out.jsonl", '{"need": "n", "capability": "a", "score": 1}\n' * 2, 'out.jsonl:2: field "capability": duplicate'),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_bad_files_are_one_line_naming_the_place(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    refused(folder, message)


@pytest.mark.parametrize("option", ["--k", "--min-judged"])
def test_bad_options_are_one_line_naming_the_option(folder: Path, option: str) -> None:
    refused(folder, option, option, "0")


def test_a_missing_file_is_one_line(folder: Path) -> None:
    (folder / "out.jsonl").unlink()
    refused(folder, "out.jsonl: no such file or directory")


def refused(folder: Path, message: str, *options: str) -> None:
    done = run(folder, *ARGUMENTS, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
