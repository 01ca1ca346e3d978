"""The bureau's own words and pairs of names, on top of those every bureau starts with."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import LexiconEntry
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch
from matchmaker.text import Lexicon

SORTS: Sorts = {"name": LexiconEntry.name, "made_at": LexiconEntry.made_at, "id": LexiconEntry.id}
STATES = ("valid", "undone")
FILTERS = ("state",)
DEFAULT_SORT = "-made_at"

Version = tuple[int, int]


def version(session: Session) -> Version:
    """Changes with every entry that is made or undone: how many there are, and how many of them are undone."""
    made, undone = session.execute(select(func.count(LexiconEntry.id), func.count(LexiconEntry.undone_at))).one()
    return made, undone


def lexicon(session: Session) -> Lexicon:
    """All that holds now."""
    rows = select(LexiconEntry.name, LexiconEntry.other).where(LexiconEntry.undone_at.is_(None))
    found = [(name, other) for name, other in session.execute(rows.order_by(LexiconEntry.id))]
    words = [name for name, other in found if not other]
    return Lexicon.bundled().with_own(words, [pair for pair in found if pair[1]])


def search(session: Session, wanted: Wanted) -> Page[LexiconEntry]:
    """The bureau's entries; filter `state`: in force, or undone."""
    statement = select(LexiconEntry).where(contains(wanted.text, LexiconEntry.name, LexiconEntry.other))
    state = wanted.filters.get("state", "")
    if state in STATES:
        done = LexiconEntry.undone_at.is_not(None)
        statement = statement.where(done if state == "undone" else ~done)
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)
