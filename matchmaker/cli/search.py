"""`matchmaker search`: the entries that the global search reads."""

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.services import search as services


@click.command()
@click.option("--rebuild", is_flag=True, help="Make every entry anew, also where nothing seems to be missing.")
def search(*, rebuild: bool) -> None:
    """Make the entries of the global search anew where they are not current."""
    settings = Settings()
    require_migrated(settings)
    runtime = Runtime.build(settings)
    changed = services.rebuild(runtime.sessions) if rebuild else services.rebuild_if_stale(runtime.sessions)
    runtime.close()
    click.echo(f"search: {changed} entries changed")
