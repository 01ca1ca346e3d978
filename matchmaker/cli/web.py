"""`matchmaker web`: the pages, served by gunicorn."""

import os
import sys
from typing import Never

import click

from matchmaker.cli.preconditions import prepare_data_dir, require_free_port, require_migrated
from matchmaker.cli.supervisor import end_with_parent
from matchmaker.config import Settings, child_environment


@click.command()
@click.option("--tied", type=int, hidden=True, help="End when this parent process ends.")
def web(*, tied: int | None) -> Never:
    """Serve the pages on this host. The database must be migrated."""
    settings = Settings()
    prepare_data_dir(settings)
    require_free_port(settings)
    require_migrated(settings)
    settings.key()  # made once, before several workers look for it
    end_with_parent(tied)
    command = [sys.executable, "-m", "gunicorn", "-c", "python:matchmaker.cli.gunicorn_config"]
    sys.stdout.flush()
    os.execve(sys.executable, command, child_environment(settings))  # noqa: S606 -- our own interpreter, no shell
