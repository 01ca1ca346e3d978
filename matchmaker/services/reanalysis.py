"""Cutting postings again that were cut under another lexicon; the old index serves until it is done."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Corpus, Need
from matchmaker.db.session import Sessions
from matchmaker.queries import texts
from matchmaker.services import suggestions
from matchmaker.services.analysis import Analysis, analyse
from matchmaker.text import Segmenter

BATCH = 200
Posting = TypeVar("Posting", Need, Capability)
Cut = tuple[int, int, Analysis]  # the posting's id, the version that was read, what came of it


def reanalyse(sessions: Sessions, segmenter: Segmenter) -> int:
    """Cut all postings whose stamp is not the segmenter's; how many. Two processes at once do no harm.

    Published needs are ranked again afterwards. A posting edited meanwhile was cut by whoever saved it.
    """
    done = _all(sessions, segmenter, Need) + _all(sessions, segmenter, Capability)
    if done:
        with sessions.write() as session:
            suggestions.ask(session, session.scalars(select(Need.id).where(texts.published())).all())
    return done


def _all(sessions: Sessions, segmenter: Segmenter, model: type[Posting]) -> int:
    done = last = 0
    while True:
        with sessions.read() as session:
            stale = (model.lexicon_stamp != segmenter.stamp, model.id > last)
            rows = session.scalars(select(model).where(*stale).order_by(model.id).limit(BATCH)).unique().all()
            found = [(row.id, row.version, analyse(segmenter, row)) for row in rows]
        if not found:
            return done
        last = found[-1][0]
        with sessions.write() as session:
            done += _store(session, model, found)


def _store(session: Session, model: type[Posting], found: Sequence[Cut]) -> int:
    """Under one new version of the corpus; what a person reads of a posting stays as it is, and so does its version."""
    alone = {"synchronize_session": False}
    number = update(Corpus).values(version=Corpus.version + 1).returning(Corpus.version)
    version = session.execute(number, execution_options=alone).scalar_one()
    done = 0
    for posting_id, seen, made in found:
        same = (model.id == posting_id, model.version == seen)
        values = {"terms": made.terms, "lexicon_stamp": made.stamp, "index_version": version}
        change = update(model).where(*same).values(**values).returning(model.id)
        done += session.execute(change, execution_options=alone).scalar_one_or_none() is not None
    return done
