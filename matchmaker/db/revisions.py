"""Counts the transactions that changed what the yearly numbers are made from, so that a process may keep results."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, UOWTransaction

from matchmaker.db.base import Base
from matchmaker.db.models import (
    Audit,
    CheckIn,
    City,
    CountingRule,
    Evidence,
    Exclusion,
    Expert,
    Group,
    GroupMember,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Organisation,
    Region,
    Revision,
    Site,
    Unit,
    Workday,
)
from matchmaker.domain.vocabulary import Noun

COUNTING = "counting"
FACTS: tuple[type[Base], ...] = (
    *(Meeting, MeetingFirm, MeetingExpert, Organisation, Site, Expert, Group, GroupMember),
    *(City, CountingRule, CheckIn, Evidence, Exclusion, Region, Unit, Workday),
)
# What passes the session by (merging, undoing) says so in the audit trail.
NOUNS = frozenset({Noun.MEETING, Noun.ORGANISATION, Noun.EXPERT, Noun.GROUP, Noun.IMPORT_BATCH})
_CHANGED = "counting_changed"


def note(session: Session, _context: UOWTransaction) -> None:
    """After a flush: remember whether facts were among what it wrote."""
    rows = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(row, FACTS) or (isinstance(row, Audit) and row.noun in NOUNS) for row in rows):
        session.info[_CHANGED] = True


def changed(session: Session) -> None:
    """Say so where nothing of it passes through the session: bulk copies."""
    session.info[_CHANGED] = True


def keep(session: Session) -> None:
    """Before the commit of the whole, last of all because the row stays locked until then: count it."""
    if not session.in_nested_transaction() and session.info.pop(_CHANGED, False):
        postgres = session.get_bind().dialect.name == "postgresql"
        insert = (postgresql.insert if postgres else sqlite.insert)(Revision).values(name=COUNTING, number=1)
        more = {"number": Revision.number + 1}
        session.connection().execute(insert.on_conflict_do_update(index_elements=["name"], set_=more))
