"""A pool that was used before a fork (traps T4)."""

import subprocess
import sys

import pytest

from tests.support.server import ROOT

REQUESTS = 200


@pytest.mark.postgres
def test_children_do_not_share_their_parents_connections(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.concurrency.forking", database_url]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == 0
