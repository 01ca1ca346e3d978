"""Engines and units of work. The only place that commits.

SQLite: WAL, `BEGIN IMMEDIATE` for writes and plain `BEGIN` for reads, because the driver's own transaction handling
loses updates and `busy_timeout` does not help a read that turns into a write. PostgreSQL: READ COMMITTED with row
locks taken by the services. Two kinds of session, so that a read never queues behind writers.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matchmaker.db import chain, revisions, search
from matchmaker.errors import Conflict
from matchmaker.i18n import gettext as _

BUSY_TIMEOUT_MS = 30_000
STATEMENT_TIMEOUT_MS = 30_000
REFERS_TO_NOTHING = "23503"  # PostgreSQL's word for it; on SQLite writers come one after another


def _on_sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("matchmaker_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class WritingSession(Session):
    """A session that keeps level what is derived from the records it writes."""


for part in (search, chain, revisions):  # in this order: what the second locks everybody else wants too
    event.listen(WritingSession, "after_flush", part.note)
    event.listen(WritingSession, "before_commit", part.keep)


def make_engine(url: str) -> Engine:
    """An engine for `url` with the settings every process needs; it opens no connection yet."""
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 15,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
        },
    )


class Sessions:
    """Opens units of work on one database. Safe to share between threads; never across a fork (call `after_fork`)."""

    def __init__(self, url: str) -> None:
        """Remember the database; connections are opened on first use."""
        self.url = url
        self.engine = make_engine(url)
        self._writer = self.engine.execution_options(matchmaker_write=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that commits on a clean exit and rolls back on any error.

        Raises `Conflict` when another transaction changed one of the same records first.
        Parse files, segment text and call other hosts before entering, never inside.
        """
        try:
            with WritingSession(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
        except StaleDataError as error:  # somebody else changed the same record first (traps T16)
            raise Conflict(_("这条记录刚刚被别人修改过，请刷新后重试")) from error
        except IntegrityError as error:  # or took back the import that brought it
            if getattr(error.orig, "sqlstate", "") != REFERS_TO_NOTHING:
                raise
            raise Conflict(_("这条记录刚刚被别人撤下，请刷新后重试")) from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent snapshot; nothing written in it is kept."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            try:
                yield session
            finally:
                session.rollback()

    def after_fork(self) -> None:
        """Forget the parent's pooled connections; sharing them mixes up answers (traps T4)."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
