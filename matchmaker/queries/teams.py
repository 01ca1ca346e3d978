"""Specialist teams: lists, one visible team, and a first greedy proposal for a need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session, aliased

from matchmaker.db.models import Capability, Need, Organisation, Team, TeamNeed
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import TeamStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.matching import Index, form_team, known_terms, missing_keywords, team_terms
from matchmaker.queries import masking, scopes, texts
from matchmaker.queries.candidates import Candidate, candidates
from matchmaker.queries.capabilities import by_id
from matchmaker.queries.circumstances import Circumstances
from matchmaker.queries.listing import Page, Sorts, Wanted, fetch

FILTERS = ("status",)
DEFAULT_SORT = "-id"
SORTS: Sorts = {
    "id": Team.id,
    "name": Team.name,
    "status": Team.status,
    "coverage": Team.coverage,
    "made": Team.created_at,
}
POOL = 60  # candidates looked at
SIZE = 4
SENIOR = ("院士", "教授", "研究员", "正高", "副高", "高级工程师")  # who may lead: senior titles, deputies included


@dataclass(frozen=True)
class Place:
    """A person in a proposed team: the terms they bring, each with the capability that says so."""

    expert_id: int
    title: str
    capability_id: int
    covers: list[dict[str, Any]]


@dataclass(frozen=True)
class Draft:
    """A proposed team, the leader first. `coverage` is the share (0–1) of the need's weight."""

    need_id: int
    places: list[Place]
    coverage: float
    uncovered: list[str]


def get_visible(session: Session, actor: Actor, team_id: int) -> Team:
    """The team, if the actor is one of those who may know of it; `NotFound` otherwise."""
    found = session.scalar(select(Team).where(Team.id == team_id, scopes.teams(actor)))
    if found is None:
        raise NotFound(_("没有找到这个特派团"))
    return found


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Team]:
    """The teams the actor may know of: filtered, sorted, cut."""
    statement = (
        select(Team)
        .join(Need, Need.id == Team.need_id)
        .join(Organisation, Organisation.id == Need.firm_id)
        .where(scopes.teams(actor), _narrowed(wanted))
    )
    if wanted.text:
        statement = statement.where(Team.id.in_(_mentioning(actor, wanted.text)))
    return fetch(session, statement, wanted, {**SORTS, "firm": masking.by_firm(actor)}, default=DEFAULT_SORT)


def _mentioning(actor: Actor, words: str) -> Select[int]:
    """Teams by their name, a need of theirs, or its firm where the actor may know it."""
    team, need = aliased(Team), Need
    found = select(TeamNeed.team_id).join(team, team.id == TeamNeed.team_id).join(need, need.id == TeamNeed.need_id)
    firms = found.join(Organisation, Organisation.id == need.firm_id).correlate(None)
    return firms.where(masking.mentions(actor, words, team.name, need.title))


def _narrowed(wanted: Wanted) -> ColumnElement[bool]:
    status = wanted.filters.get("status", "")
    return Team.status == status if status in {each.value for each in TeamStatus} else true()


def standing(session: Session, need_id: int) -> Team | None:
    """The team of a need that has not ended, or None."""
    of_need = select(TeamNeed.team_id).where(TeamNeed.need_id == need_id)
    statement = select(Team).where(Team.id.in_(of_need), Team.status != TeamStatus.ENDED)
    return session.scalars(statement.order_by(Team.id)).first()


def items_of(session: Session, team: Team) -> dict[int, Capability]:
    """The capabilities that the members' terms were found in."""
    covered = [term["capability_id"] for member in team.members for term in member.covers]
    return by_id(session, {*covered, *(member.capability_id for member in team.members if member.capability_id)})


def draft(session: Session, index: Index, need: Need, around: Circumstances) -> Draft:
    """A first team by greedy choice with swaps: people no gate keeps out who together cover most of the need.

    A group stands for its lead; everything a person offers, alone or with a group, counts for them.
    """
    weights = team_terms(index, texts.analysed(need.terms))
    people = _people(candidates(session, index, need, around, top=POOL))
    known = known_terms(index, weights, [one.owner.key for found in people.values() for one in found])
    covers = {str(person): _union(known, found) for person, found in people.items()}
    team = form_team(weights, covers, size=SIZE)
    places = [_place(session, index, people[int(member.key)], member.covers) for member in team.members]
    return Draft(need.id, _leader_first(places), team.coverage, list(team.uncovered))


def _people(found: Sequence[Candidate]) -> dict[int, list[Candidate]]:
    """Person → the ways in which they were found."""
    people: dict[int, list[Candidate]] = {}
    for candidate in found:
        person = candidate.owner.person
        if candidate.gate is None and person is not None:
            people.setdefault(person.id, []).append(candidate)
    return people


def _union(known: Mapping[str, frozenset[str]], found: Sequence[Candidate]) -> frozenset[str]:
    return frozenset().union(*(known[candidate.owner.key] for candidate in found))


def _place(session: Session, index: Index, found: Sequence[Candidate], covers: Sequence[str]) -> Place:
    person = found[0].owner.person
    if person is None:
        raise ValueError("a place in a team is a person's")
    keys = sorted({key for candidate in found for key in index.items_of[candidate.owner.key]}, key=int)
    own = texts.of_items(session, keys)
    first = found[0].item
    order = [str(first), *(key for key in keys if key != str(first))]
    said = [{"term": term, "capability_id": _says(term, order, own, first)} for term in covers]
    return Place(person.id, person.title, first, said)


def _says(term: str, keys: Sequence[str], own: Mapping[str, Any], otherwise: int) -> int:
    """The capability in which a term stands, the nearest one first."""
    return next((int(key) for key in keys if key in own and not missing_keywords([term], own[key])), otherwise)


def _leader_first(places: list[Place]) -> list[Place]:
    """The leader is who covers most among those with a senior title, else who covers most."""
    lead = next((place for place in places if any(word in place.title for word in SENIOR)), None)
    return places if lead is None else [lead, *(place for place in places if place is not lead)]
