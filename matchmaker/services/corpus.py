"""The corpus counter: tells every process which postings its index has not seen yet."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Corpus, Need

ONLY_ROW = 1


def touch(session: Session, posting: Need | Capability) -> None:
    """Stamp a changed posting with the next corpus version.

    The counter row stays locked until commit, so versions become visible in the order they were given out and a
    process that has seen version v can ask for the postings above it without missing one.
    """
    statement = update(Corpus).where(Corpus.id == ONLY_ROW).values(version=Corpus.version + 1).returning(Corpus.version)
    alone = {"synchronize_session": False}  # nobody holds the counter's row, so no record in memory needs telling
    with session.no_autoflush:  # the posting is written once, with its stamp
        posting.index_version = session.execute(statement, execution_options=alone).scalar_one()
