"""Who could be in a team for one need or several: persons, what each covers, and what the rules ask about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import City, Expert, GroupMember, Need, Team, TeamMember
from matchmaker.domain.profile import TeamPart
from matchmaker.domain.vocabulary import OwnerKind, TeamStatus
from matchmaker.matching import (
    Gate,
    Index,
    Person,
    Roster,
    TeamRule,
    TeamRules,
    bundle,
    known_terms,
    missing_keywords,
    shut_gates,
    team_terms,
)
from matchmaker.queries import scopes, texts
from matchmaker.queries.candidates import facts, keep, together
from matchmaker.queries.circumstances import Circumstances, left
from matchmaker.queries.listing import contains
from matchmaker.queries.owners import Owner, ids_of, owners

POOL = 80  # owners looked at for each need
NOT_ASKED = frozenset({Gate.CAPACITY, Gate.KEYWORD})  # a rule of the team, and what the team covers together
Barred = tuple[str, str]  # a gate and its particulars, as `queries.suggestions.tell` takes them


@dataclass(frozen=True)
class Known:
    """An expert and the owners, best first, through whom the index knows them: themselves and their groups."""

    expert: Expert
    owners: list[Owner]


@dataclass(frozen=True)
class Pool:
    """The needs, the terms of each with their weights, the people by key, and whom a gate keeps out and which."""

    needs: list[Need]
    terms: list[dict[str, float]]
    roster: Roster
    people: dict[str, Known]
    barred: dict[str, Barred]


@dataclass(frozen=True)
class Question:
    """What is looked for: people for these needs, beside those who are `also` to be there whatever their rank.

    `team_id` is the team that is being changed: who is in it is not taken. `reserved` are people as good as taken.
    """

    needs: Sequence[Need]
    around: Circumstances
    also: Collection[int] = ()
    team_id: int | None = None
    reserved: Collection[int] = ()


def rules(session: Session) -> TeamPart:
    """The city's rules for teams; the plain ones before a profile is loaded."""
    city = session.scalars(select(City)).first()
    return TeamPart.model_validate(city.team_rules) if city else TeamPart()


def may_lead(person: Expert, city: TeamPart) -> bool:
    """Whether title and institute let a person lead; titles are looked for inside theirs: 副教授 holds 教授.

    助理教授 and 助理研究员, which hold them too, are of the middle grade and below both.
    """
    title = person.title.partition("助理")[0]
    titled = not city.leader_titles or any(word in title for word in city.leader_titles)
    return titled and (not city.leader_institutes or person.institute.institute_type in city.leader_institutes)


def in_teams(session: Session, expert_ids: Collection[int], *, but: int | None = None) -> dict[int, Team]:
    """Expert → a team that has not ended and holds them, `but` one."""
    statement = (
        select(TeamMember.expert_id, Team)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.expert_id.in_(expert_ids), TeamMember.left_on.is_(None))
        .where(Team.status != TeamStatus.ENDED, Team.id != (but or 0))
        .order_by(Team.id.desc())
    )
    return {row[0]: row[1] for row in session.execute(statement).unique()}


def named(session: Session, text: str, most: int) -> list[Expert]:
    """Experts whose name holds the text, not those merged into another."""
    known = select(Expert).where(scopes.known_experts(), contains(text, Expert.name))
    return list(session.scalars(known.order_by(func.length(Expert.name), Expert.id).limit(most)).unique())


def gather(session: Session, index: Index, asked: Question) -> Pool:
    """The best owners of each need as persons, with what each covers and what the rules ask about them."""
    found = [texts.analysed(need.terms) for need in asked.needs]
    terms = [team_terms(index, text) for text in found]
    scores: dict[str, float] = {}
    for match in (match for ranked in index.rank_owners(found, POOL) for match in ranked if match.score > 0):
        scores[match.key] = scores.get(match.key, 0.0) + match.score
    people, barred = _admitted(index, asked, _ways(session, index, scores, asked.also), scores)
    weights, musts = bundle(terms), sorted({word for need in asked.needs for word in need.must_have})
    covers = _covers(session, index, people, weights, musts)
    city = rules(session)
    roster = Roster(_persons(session, people, covers, city, asked), weights, musts, _as_rules(city))
    return Pool(list(asked.needs), terms, roster, people, barred)


def _as_rules(city: TeamPart) -> TeamRules:
    return TeamRules(
        smallest=city.smallest,
        largest=city.largest,
        leader=bool(city.leader_titles or city.leader_institutes),
        one_team=city.one_team,
        per_institute=city.per_institute,
        outside_least=city.outside_least,
        outside_most=city.outside_most,
        least_gain=city.least_gain,
    )


def _admitted(
    index: Index, asked: Question, ways: Mapping[Expert, Sequence[Owner]], scores: Mapping[str, float]
) -> tuple[dict[str, Known], dict[str, Barred]]:
    """Who may take part, the best first, each by the ways that are open; and those with no way, and why."""
    people: dict[str, Known] = {}
    barred: dict[str, Barred] = {}
    for expert in sorted(ways, key=lambda one: (-scores.get(ways[one][0].key, 0.0), one.id)):
        own = _gate(index, asked, Owner(OwnerKind.EXPERT.key(expert.id), expert, expert))
        gates = [_gate(index, asked, owner) for owner in ways[expert]]
        free = [owner for owner, gate in zip(ways[expert], gates, strict=True) if gate is None]
        shut = own or (gates[0] if not free else None)
        if shut is None:
            people[str(expert.id)] = Known(expert, free)
        else:
            barred[str(expert.id)] = shut
    return people, barred


def _gate(index: Index, asked: Question, owner: Owner) -> Barred | None:
    """The weightiest gate that any of the needs shuts."""
    for need in asked.needs:
        said = asked.around.not_my_field(index, need, owner.key)
        shut = shut_gates(facts(need, owner, asked.around, not_my_field=said))
        first = next((each for each in shut if each.gate not in NOT_ASKED), None)
        if first is not None:
            return first.gate, keep(first)
    return None


def _ways(
    session: Session, index: Index, scores: Mapping[str, float], also: Collection[int]
) -> dict[Expert, list[Owner]]:
    """Expert → the owners in the index through whom they are known, the best first."""
    found = {*also, *ids_of(scores, OwnerKind.EXPERT)}
    member_of = _members(session, ids_of(scores, OwnerKind.GROUP), found)
    found |= {expert for _group, expert in member_of}
    mine: dict[int, list[str]] = {number: [OwnerKind.EXPERT.key(number)] for number in found}
    for group, expert in member_of:
        mine[expert].append(OwnerKind.GROUP.key(group))
    known = owners(session, sorted({key for keys in mine.values() for key in keys if key in index.items_of}))
    people = session.scalars(select(Expert).where(Expert.id.in_(found), scopes.known_experts())).unique()
    ways = {person: _ordered(known, mine[person.id], scores) for person in people}
    return {person: through for person, through in ways.items() if through}


def _ordered(known: Mapping[str, Owner], keys: Iterable[str], scores: Mapping[str, float]) -> list[Owner]:
    return [known[key] for key in sorted(keys, key=lambda key: (-scores.get(key, 0.0), key)) if key in known]


def _members(session: Session, group_ids: Collection[int], expert_ids: Collection[int]) -> list[tuple[int, int]]:
    """(group, expert) of these groups, and of these experts."""
    mine = or_(GroupMember.group_id.in_(group_ids), GroupMember.expert_id.in_(expert_ids))
    rows = session.execute(select(GroupMember.group_id, GroupMember.expert_id).where(mine).order_by(GroupMember.id))
    return [(group, expert) for group, expert in rows]


def _covers(
    session: Session, index: Index, people: Mapping[str, Known], weights: Mapping[str, float], musts: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Person → terms that weigh in what they offer, and must-haves that stand in it."""
    keys = sorted({owner.key for known in people.values() for owner in known.owners})
    terms = known_terms(index, weights, keys) if keys else {}
    if musts:
        own = texts.of_items(session, [item for key in keys for item in index.items_of[key]])
        for key in keys:
            whole = together([own[item] for item in sorted(index.items_of[key]) if item in own])
            terms[key] |= set(musts) - set(missing_keywords(musts, whole))
    return {
        person: frozenset[str]().union(*(terms[owner.key] for owner in known.owners))
        for person, known in people.items()
    }


def _persons(
    session: Session, people: Mapping[str, Known], covers: Mapping[str, frozenset[str]], city: TeamPart, asked: Question
) -> list[Person]:
    taken = {*in_teams(session, [one.expert.id for one in people.values()], but=asked.team_id), *asked.reserved}
    used, home = asked.around.used, _home(session, city)
    return [
        replace(
            _person(one.expert, city, home),
            covers=covers[key],
            full=left(one.expert, used) == 0,
            taken=one.expert.id in taken,
        )
        for key, one in people.items()
    ]


def _person(expert: Expert, city: TeamPart, home: str) -> Person:
    return Person(
        key=str(expert.id),
        covers=frozenset(),
        institute=str(expert.institute_id),
        may_lead=may_lead(expert, city),
        outside=bool(home and expert.site and not expert.site.region_code.startswith(home)),
    )


def broken(session: Session, people: Sequence[Expert], city: TeamPart) -> list[TeamRule]:
    """The rules of composition that these people would not keep as a team, whatever else they have taken on."""
    home = _home(session, city)
    roster = Roster([_person(one, city, home) for one in people], {}, (), _as_rules(city))
    return roster.broken(range(len(people)))


def _home(session: Session, city: TeamPart) -> str:
    """The beginning of the region codes that are not outside."""
    code = session.scalars(select(City.region_code)).first() or ""
    return code[: 2 if city.outside_of == "province" else 4]
