"""`matchmaker import` as people call it: what it prints, where, and its exit status."""

from collections.abc import Callable
from pathlib import Path

import pytest

from matchmaker.cli import main
from matchmaker.db.models import Organisation
from matchmaker.db.session import Sessions
from tests.services.sheets import FIRMS, Rows, count, load_profile, write

Run = Callable[..., int]


@pytest.fixture
def run(sessions: Sessions, database_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    load_profile(sessions)
    monkeypatch.setenv("MATCHMAKER_DATABASE_URL", database_url)
    monkeypatch.setenv("MATCHMAKER_DATA_DIR", str(data_dir))

    def call(*arguments: object) -> int:
        with pytest.raises(SystemExit) as left:
            main(["import", *map(str, arguments)])
        return int(left.value.code or 0)

    return call


def spoilt() -> Rows:
    return [FIRMS[0], FIRMS[1] | {"责任单位": "火星"}]


def test_a_sound_file_goes_in(run: Run, sessions: Sessions, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "firms.xlsx", FIRMS)
    assert run("organisations", path) == 0
    assert "新增 2 行" in capsys.readouterr().out
    assert run("organisations", path) == 0
    assert "未变 2 行" in capsys.readouterr().out
    assert count(sessions, Organisation) == 2


def test_a_bad_row_is_named_and_nothing_goes_in(
    run: Run, sessions: Sessions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("organisations", write(tmp_path / "firms.xlsx", spoilt())) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("firms.xlsx:3: 列“责任单位”，值“火星”")
    assert count(sessions, Organisation) == 0


@pytest.mark.parametrize(("option", "left"), [("--good-rows", 1), ("--dry-run", 0), ("--all-or-none", 0)])
def test_options(run: Run, sessions: Sessions, tmp_path: Path, option: str, left: int) -> None:
    assert run("organisations", write(tmp_path / "firms.xlsx", spoilt()), option) == 2
    assert count(sessions, Organisation) == left


@pytest.mark.parametrize("arguments", [("organisations", "missing.xlsx"), ("nonsense", "x.xlsx"), ("needs", "x.doc")])
def test_bad_input_is_one_line(run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]) -> None:
    assert run(*arguments) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert len(out.err.splitlines()) == 1


def test_a_csv_of_chinese_excel_goes_in(run: Run, sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes("机构类别,机构全称,责任单位\n企业,甲乙精工,固安县\n".encode("gb18030"))
    assert run("organisations", path) == 0
    assert count(sessions, Organisation) == 1
