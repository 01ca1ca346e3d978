"""`matchmaker scheduler`: what happens by itself."""

from importlib import import_module
from typing import Never

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli import logs
from matchmaker.cli.preconditions import prepare_data_dir, require_migrated
from matchmaker.cli.supervisor import end_with_parent
from matchmaker.config import Settings
from matchmaker.scheduler.jobs import JOBS, Job


@click.command()
@click.option("--tied", type=int, hidden=True, help="End when this parent process ends.")
@click.option("--more-jobs", metavar="MODULE:ATTRIBUTE", help="A tuple of further jobs; for tests.")
def scheduler(*, tied: int | None, more_jobs: str | None) -> Never:
    """Run the jobs of the table `matchmaker jobs list`; on as many hosts as there are, each slot runs once."""
    from matchmaker.scheduler.runner import Runner  # noqa: PLC0415 -- APScheduler is loaded by this command only

    settings = Settings()
    prepare_data_dir(settings)
    require_migrated(settings)
    end_with_parent(tied)
    logs.configure(settings, "scheduler")
    Runner(Runtime.build(settings), (*JOBS, *_named(more_jobs))).run()


def _named(address: str | None) -> tuple[Job, ...]:
    if not address:
        return ()
    module, _, attribute = address.partition(":")
    jobs: tuple[Job, ...] = getattr(import_module(module), attribute)
    return jobs
