"""Making the search entries anew: after a migration, after a bulk copy, and when the way texts are folded changes."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker.db import search
from matchmaker.db.insert import insert_into
from matchmaker.db.models import SearchEntry, Setting
from matchmaker.db.session import Sessions
from matchmaker.db.subjects import SUBJECTS, Subject

RULES = "2"  # of folding and of what an entry holds: raise it when either changes
FOLDED_BY = "search_rules"  # the setting that holds the rules the entries were made by


def is_current(session: Session) -> bool:
    """Whether every record has its entry, every entry its record, all made by today's rules."""
    setting = session.get(Setting, FOLDED_BY)
    if setting is None or setting.value != RULES:
        return False
    return not any(_lacks(session, subject) for subject in SUBJECTS)


def _lacks(session: Session, subject: Subject) -> bool:
    held = select(SearchEntry.record_id).where(SearchEntry.noun == subject.noun)
    missing = select(subject.key).where(subject.key.not_in(held)).limit(1)
    gone = held.where(SearchEntry.record_id.not_in(select(subject.key))).limit(1)
    return any(session.scalars(statement).first() is not None for statement in (missing, gone))


def rebuild(sessions: Sessions) -> int:
    """Make every entry anew, a few hundred to a transaction; how many differed."""
    changed = sum(_rebuild(sessions, subject) for subject in SUBJECTS)
    with sessions.write() as session:
        insert = insert_into(session, Setting, key=FOLDED_BY, value=RULES)  # another host may have come first
        session.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": RULES}))
    return changed


def rebuild_if_stale(sessions: Sessions) -> int:
    """`rebuild` unless the entries are current; how many differed."""
    with sessions.read() as session:
        current = is_current(session)
    return 0 if current else rebuild(sessions)


def _rebuild(sessions: Sessions, subject: Subject) -> int:
    last, changed = 0, 0
    while True:
        with sessions.write() as session:
            following = select(subject.key).where(subject.key > last).order_by(subject.key).limit(search.BATCH)
            ids = list(session.scalars(following))
            if not ids:
                return changed + _sweep(session, subject)
            changed += search.refresh(session.connection(), subject.noun, ids)
            last = ids[-1]


def _sweep(session: Session, subject: Subject) -> int:
    """Drop the entries of records that are gone."""
    gone = select(SearchEntry.id).where(
        SearchEntry.noun == subject.noun, SearchEntry.record_id.not_in(select(subject.key))
    )
    ids = list(session.scalars(gone))
    session.execute(delete(SearchEntry).where(SearchEntry.id.in_(ids)))
    return len(ids)
