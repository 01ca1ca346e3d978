"""Four hosts migrate an empty database in the same moment (traps M11)."""

import subprocess
import sys
from pathlib import Path

import pytest

from matchmaker.config import Settings, child_environment
from matchmaker.db import migrate
from tests.support.server import ROOT

HOSTS = 4


@pytest.mark.both_databases
@pytest.mark.slow
def test_all_succeed_and_the_database_is_whole(empty_database_url: str, tmp_path: Path) -> None:
    environment = child_environment(Settings(data_dir=tmp_path / "data", database_url=empty_database_url))
    command = [sys.executable, "-m", "matchmaker", "migrate"]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) for _ in range(HOSTS)]
    errors = [process.communicate()[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * HOSTS, errors
    assert migrate.current(empty_database_url) == migrate.head()
    migrate.check(empty_database_url)
