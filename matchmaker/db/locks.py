"""One at a time, for work that reads a lot before it writes."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def exclusive(session: Session, name: str) -> None:
    """Wait until no other transaction holds `name`, and hold it until this one ends.

    What is read afterwards includes all that the earlier holders wrote (READ COMMITTED). SQLite needs nothing: a unit
    of work that writes has the whole database to itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
