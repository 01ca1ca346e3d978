"""Policy prose that takes no part in matching: what was learned, and what officers have decided about it."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Boilerplate
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch
from matchmaker.text import AnalysedText

SORTS: Sorts = {"organisations": Boilerplate.organisations, "id": Boilerplate.sentence_hash}
STATES = ("out", "in")
FILTERS = ("state",)
DEFAULT_SORT = "-organisations"


def in_force() -> ColumnElement[bool]:
    """Sentences that are left out: learned and not let in again by hand, or marked by hand."""
    return or_(Boilerplate.by_hand.is_(None), Boilerplate.by_hand.is_(True))


def left_out(session: Session, among: Collection[str] | None = None) -> frozenset[str]:
    """The hashes of the sentences that are left out, of all or of these."""
    found = select(Boilerplate.sentence_hash).where(in_force())
    if among is not None:
        found = found.where(Boilerplate.sentence_hash.in_(among))
    return frozenset(session.scalars(found))


def unused(session: Session, text: AnalysedText) -> list[tuple[str, int, int]]:
    """Where a posting's body is policy prose: (field, start, end); nothing when there is nothing else in it."""
    keys = {sentence.key: sentence for sentence in text.sentences("body")}
    hidden = left_out(session, keys)
    stays = any(sentence.key not in hidden for sentence in text.sentences("body"))
    has_more = stays or any(True for _ in text.sentences("title", "keywords"))
    found = [keys[key] for key in sorted(hidden)] if has_more else []
    return [("body", *sentence.source_span(0, len(sentence.text))) for sentence in found]


def listed(session: Session, wanted: Wanted) -> Page[Boilerplate]:
    """All of them, those used by most organisations first; filter `state`: left out, or let in by hand."""
    state = wanted.filters.get("state", "")
    statement = select(Boilerplate).where(contains(wanted.text, Boilerplate.sentence))
    if state in STATES:
        statement = statement.where(in_force() if state == "out" else ~in_force())
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)
