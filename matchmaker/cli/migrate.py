"""`matchmaker migrate`, `matchmaker downgrade`."""

import click

from matchmaker.cli.preconditions import prepare_data_dir
from matchmaker.config import Settings
from matchmaker.db import migrate as migrations
from matchmaker.db.session import Sessions
from matchmaker.services.search import rebuild_if_stale


@click.command()
def migrate() -> None:
    """Bring the database up to this version; safe to start on several hosts at once."""
    settings = Settings()
    prepare_data_dir(settings)
    migrations.upgrade(settings.database_url)
    sessions = Sessions(settings.database_url)
    rebuild_if_stale(sessions)
    sessions.close()
    click.echo(f"database at {migrations.head()}")


@click.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to REVISION (base: empty)."""
    settings = Settings()
    migrations.downgrade(settings.database_url, revision)
    click.echo(f"database at {migrations.current(settings.database_url) or 'base'}")
