import os
import stat
import subprocess
from pathlib import Path

import pytest

from matchmaker.config import Settings
from tools.settings_table import BEGIN, END, table, with_table

ROOT = Path(__file__).parent.parent


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
    path.chmod(stat.S_IRWXU)


def test_make_knows_its_targets() -> None:
    targets = ["install", "run", "test", "check", "bench", "clean"]
    run = subprocess.run(["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "matchmaker up --demo" in run.stdout


@pytest.mark.parametrize(("status", "word"), [(0, "passed"), (2, "failed")])
def test_ci_says_what_the_tests_said(tmp_path: Path, status: int, word: str) -> None:
    closing = f"======== 3 {word} in 0.10s ========"
    program(tmp_path / "make", f"echo '{closing}'; [ {status} = 0 ] || echo 'make: Error 1'; exit {status}")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (status, closing)


def test_prerequisites_that_cannot_be_installed_are_named(tmp_path: Path) -> None:
    program(tmp_path / "id", "echo 1000")
    run = subprocess.run(
        ["/bin/bash", ROOT / "tools" / "test-prerequisites"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "apt-get install chromium" in run.stderr


def test_table_names_every_setting() -> None:
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [f"MATCHMAKER_{name.upper()}" for name in Settings.model_fields]


def test_table_is_put_between_its_markers_once() -> None:
    once = with_table(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert once.startswith(f"before\n{BEGIN}\n| setting")
    assert once.endswith(f"{END}\nafter\n")
    assert with_table(once) == once


def test_readme_without_a_place_for_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_table("no markers")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readme_has_the_current_table(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert with_table(text) == text
