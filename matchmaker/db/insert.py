"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy spells once for each."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matchmaker.db.base import Base


def insert_into(session: Session, model: type[Base], **values: object) -> postgresql.Insert | sqlite.Insert:
    """An insert of one row in the session's dialect; say what a conflict does before executing it."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model).values(values)
    return sqlite.insert(model).values(values)
