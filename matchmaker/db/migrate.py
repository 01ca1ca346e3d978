"""Migrations by Alembic, from our own command; several hosts may call it at once."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from matchmaker.db.session import make_engine
from matchmaker.resources import resource_dir

LOCK_KEY = 7_305_118_001  # any constant; names the migration lock among this database's advisory locks


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")))
    config.attributes["url"] = url
    return config


def lock_migrations(connection: Connection) -> None:
    """Let one host migrate at a time; released when the connection closes (traps T18). SQLite locks the file itself."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`; a no-op when it is there."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision` (`base` for empty)."""
    command.downgrade(_config(url), revision)


def check(url: str) -> None:
    """Raise if the models and the migrated database differ."""
    command.check(_config(url))


def head() -> str:
    """The newest revision this code knows."""
    revision = ScriptDirectory.from_config(_config("")).get_current_head()
    if revision is None:
        raise RuntimeError("no migrations found")
    return revision


def current(url: str) -> str | None:
    """The revision the database is at, None when it is empty."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
