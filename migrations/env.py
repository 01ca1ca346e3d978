"""Alembic's entry: one connection of its own, one host at a time."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

import matchmaker.db.models  # noqa: F401 -- registers every table
from matchmaker.db.base import Base, UtcDateTime
from matchmaker.db.migrate import lock_migrations
from matchmaker.db.session import make_engine


def render_item(kind: str, item: Any, _: Any) -> str | bool:
    """Write our own column type as what it is in the database, so that old migrations need no code of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _plainly(connection: Connection, statement: str) -> None:
    """Outside any transaction, where SQLite heeds this pragma."""
    connection.connection.driver_connection.execute(statement)  # type: ignore[union-attr]


def run() -> None:
    engine = make_engine(context.config.attributes["url"]).execution_options(matchmaker_write=True)
    with engine.connect() as connection:
        lock_migrations(connection)
        lite = connection.dialect.name == "sqlite"
        if lite:  # it changes a table by copying it, which other tables refer to meanwhile
            _plainly(connection, "PRAGMA foreign_keys = OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if lite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise RuntimeError("the migration left rows that refer to nothing")
    engine.dispose()


run()
