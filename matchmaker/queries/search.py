"""The global search: where what was typed occurs in the records that the actor may see, by kind of record."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select, true
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Need, Organisation, SearchEntry, TeamNeed
from matchmaker.db.subjects import BY_NOUN
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.queries import profiles, scopes
from matchmaker.queries.listing import Page
from matchmaker.queries.search_hits import Hit, hits
from matchmaker.text import Segmenter, fold, needle, search_terms

LONGEST = 200  # characters of what is typed
FEW = 5  # hits of each kind when all kinds are shown
PAGE_SIZE = 20
Clause = ColumnElement[bool]


@dataclass(frozen=True)
class Query:
    """What was typed, and the folded words of it that must all occur; no words find nothing."""

    typed: str
    terms: tuple[str, ...]

    @property
    def phrase(self) -> str:
        """The whole of it, folded."""
        return fold(self.typed).strip()


@dataclass(frozen=True)
class Heap:
    """The hits among one kind of record: those of a page, and how many there are in all."""

    noun: Noun
    page: Page[Hit]

    @property
    def more(self) -> bool:
        """Whether there are hits beside those shown."""
        return self.page.total > len(self.page.rows)


def read(segmenter: Segmenter, typed: str) -> Query:
    """What is looked for; beyond `LONGEST` characters nothing is read."""
    typed = typed.strip()[:LONGEST]
    return Query(typed, tuple(search_terms(segmenter, typed)))


def may_search(actor: Actor) -> bool:
    """Whether there is anything to be found for the actor: not for who keeps accounts alone."""
    return can(actor, Permission.CAPABILITY_VIEW, Facts(public=True))


def search(session: Session, actor: Actor, query: Query, noun: Noun | None = None, number: int = 1) -> list[Heap]:
    """The hits of every kind of record that has any: a few of each, or a page of one kind and the counts of all.

    A hit holds every word of the query. First come those with the phrase in the title, then with all words in the
    title, then with some; newer records first. The number of statements does not depend on that of records.
    """
    if not query.terms or not may_search(actor):
        return []
    found = []
    for kind in BY_NOUN:
        shown = noun in {None, kind}
        size = PAGE_SIZE if kind is noun else FEW
        ids, total, at = _find(session, actor, query, kind, number=number if kind is noun else 1, size=size)
        rows = hits(session, actor, kind, ids, query.terms) if shown and ids else []
        found.append(Heap(kind, Page(rows=rows, total=total, number=at, size=size)))
    return [heap for heap in found if heap.page.total or heap.noun is noun]


def _find(
    session: Session, actor: Actor, query: Query, noun: Noun, *, number: int, size: int
) -> tuple[list[int], int, int]:
    """Ids of one page, how many match in all, and the page's number: the first one where there is no such page."""
    statement = _matching(actor, query, noun).order_by(_rank(query), SearchEntry.record_id.desc())
    rows = session.execute(statement.limit(size).offset((number - 1) * size)).all()
    if not rows and number > 1:
        return _find(session, actor, query, noun, number=1, size=size)
    return [row[0] for row in rows], rows[0][1] if rows else 0, number


def _matching(actor: Actor, query: Query, noun: Noun) -> Select[int, int]:
    subject = BY_NOUN[noun]
    statement = select(SearchEntry.record_id, func.count().over()).join(
        subject.model, subject.key == SearchEntry.record_id
    )
    words = (_occurs(actor, term, noun) for term in query.terms)
    return statement.where(SearchEntry.noun == noun, *words, VISIBLE[noun](actor))


def _occurs(actor: Actor, term: str, noun: Noun) -> Clause:
    """In the text or, where the actor may know it, in the name of the firm behind the record."""
    piece = needle(term)
    said = SearchEntry.text.contains(piece, autoescape=True)
    if noun not in {Noun.NEED, Noun.TEAM}:
        return said
    known = scopes.named_needs(actor) if noun is Noun.NEED else ~_with_unnamed(actor)
    return or_(said, and_(SearchEntry.names.contains(piece, autoescape=True), known))


def _with_unnamed(actor: Actor) -> Clause:
    """A team that also answers a need whose firm the actor may not know."""
    needs = select(TeamNeed.team_id).join(Need, Need.id == TeamNeed.need_id)
    return SearchEntry.record_id.in_(needs.where(not_(scopes.named_needs(actor))))


def _rank(query: Query) -> ColumnElement[int]:
    in_title = [SearchEntry.title.contains(needle(term), autoescape=True) for term in query.terms]
    whole = SearchEntry.title.contains(query.phrase, autoescape=True)
    return case((whole, 0), (and_(*in_title), 1), (or_(*in_title), 2), else_=3)


VISIBLE: dict[Noun, Callable[[Actor], Clause]] = {
    Noun.NEED: scopes.needs,
    Noun.CAPABILITY: scopes.capabilities,
    Noun.EXPERT: lambda _: Expert.merged_into_id.is_(None),
    Noun.GROUP: lambda _: true(),
    Noun.ORGANISATION: lambda actor: and_(profiles.visible_organisations(actor), Organisation.merged_into_id.is_(None)),
    Noun.MEETING: scopes.meetings,
    Noun.TEAM: scopes.teams,
}
