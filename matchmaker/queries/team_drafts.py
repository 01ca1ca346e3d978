"""A team as it would be: who covers what by which item, what nobody covers, what an exchange changes, and why not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import Expert
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.matching import Index, Team, TeamRule, exchanges, form_teams, missing_keywords, team_of, why_not
from matchmaker.queries import texts
from matchmaker.queries.suggestions import tell
from matchmaker.queries.team_people import Known, Pool
from matchmaker.text import AnalysedText

ALTERNATIVES = 3
OFFERED = 12  # people shown for an exchange
EXACT_SECONDS = 10.0
Said = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A person in a proposed team: the terms they cover, each with the capability that says so.

    `alone` are those that no other member covers.
    """

    expert_id: int
    expert: Expert  # as the session that looked had it
    capability_id: int
    covers: list[Said]
    alone: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """A proposed team, the leader first. `coverage`: share (0-1) of the needs' weight, each weighing the same.

    `terms`: for each need its terms as `TeamNeed` keeps them, the heaviest first. `musts`: how many must-haves of how
    many are covered. `gap`: see `matching.Team`. `broken`: rules it does not keep. `differs` from the first proposal.
    """

    need_ids: list[int]
    places: list[Place]
    coverage: float
    uncovered: list[str]
    terms: list[list[Said]]
    musts: tuple[int, int] = (0, 0)
    gap: float | None = None
    broken: tuple[TeamRule, ...] = ()
    differs: str = ""

    def of_need(self, at: int) -> float:
        """The covered share of one need's weight."""
        return covered_share(self.terms[at], (place.covers for place in self.places))


@dataclass(frozen=True)
class Choice:
    """Somebody who could take a member's place, and what the team would then cover; `broken`: rules against it."""

    expert: Expert
    coverage: float
    change: float
    musts: int
    broken: tuple[TeamRule, ...]


def covered_share(terms: Iterable[Mapping[str, Any]], covers: Iterable[Iterable[Mapping[str, Any]]]) -> float:
    """The share of a need's weight that members cover; terms and what members cover as the tables keep them."""
    known = {each["term"] for covered in covers for each in covered}
    weights = {each["term"]: each["weight"] for each in terms}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in known) / total if total else 0.0


def proposals(
    session: Session, index: Index, pool: Pool, *, exact: bool = False, number: int = ALTERNATIVES
) -> tuple[list[Draft], tuple[TeamRule, ...]]:
    """The best team and others that differ from it; without any, the rules that leave none."""
    found = form_teams(pool.roster, alternatives=number, exact_within=EXACT_SECONDS if exact else 0)
    teams = [team for team in found.teams if team.coverage > 0]
    return [_draft(session, index, pool, team, teams[0]) for team in teams], found.blocked_by


def draft(session: Session, index: Index, pool: Pool, expert_ids: Sequence[int]) -> Draft:
    """What these people come to as a team. Raises `NotFound` for somebody who is no candidate."""
    keys = [str(number) for number in dict.fromkeys(expert_ids)]
    if not keys or not all(key in pool.roster.at for key in keys):
        raise NotFound(_("这些成员中有人不能参加这个特派团，请重新选择"))
    return _draft(session, index, pool, team_of(pool.roster, keys))


def choices(pool: Pool, expert_ids: Sequence[int], out: int) -> list[Choice]:
    """Who could take a member's place, those first whom the rules allow and with whom most is covered."""
    keys = [str(number) for number in expert_ids]
    now = team_of(pool.roster, keys).coverage
    found = exchanges(pool.roster, keys, str(out))[:OFFERED]
    return [
        Choice(pool.people[each.key].expert, each.coverage, each.coverage - now, each.musts, each.broken)
        for each in found
    ]


def why_not_words(pool: Pool, expert_ids: Sequence[int], asked: int) -> list[str]:
    """Why somebody is not in the team, in sentences for an officer."""
    key, members = str(asked), [str(number) for number in expert_ids]
    if key in members:
        return [_("已经是成员")]
    if key in pool.barred:
        return [tell(*pool.barred[key])]
    if key not in pool.roster.at:
        return [_("没有上架的能力，系统不知道这位专家能做什么")]
    return list(_reasons(pool, members, key))


def _reasons(pool: Pool, members: Sequence[str], key: str) -> Iterable[str]:
    found = why_not(pool.roster, members, key)
    if found.broken:
        yield _("不合规则：%(rules)s", rules=joined(_(rule.label) for rule in found.broken))
    if not found.adds and not found.shared:
        yield _("能力条目中没有这些需求的用词")
    elif not found.adds:
        yield _("涉及的内容团队都已覆盖：%(terms)s", terms=joined(found.shared[:8]))
    else:
        yield _("只会新增：%(terms)s", terms=joined(found.adds[:8]))
        if found.shared:
            yield _("其余内容团队已覆盖：%(terms)s", terms=joined(found.shared[:8]))
    yield _(
        "换下%(name)s后覆盖率为 %(share)s%%，现在是 %(now)s%%",
        name=pool.people[found.instead_of].expert.name,
        share=round(found.best.coverage * 100),
        now=round(team_of(pool.roster, members).coverage * 100),
    )


def _draft(session: Session, index: Index, pool: Pool, team: Team, first: Team | None = None) -> Draft:
    covers = {key: pool.roster.people[pool.roster.at[key]].covers for key in team.members}
    own = texts.of_items(session, _items(index, [pool.people[key] for key in team.members]))
    rows = [pool.roster.at[key] for key in team.members]
    return Draft(
        need_ids=[need.id for need in pool.needs],
        places=[_place(index, pool, key, covers, own) for key in team.members],
        coverage=team.coverage,
        uncovered=list(team.uncovered),
        terms=[_kept(pool, at) for at in range(len(pool.needs))],
        musts=(team.musts, len(set(pool.roster.musts))),
        gap=team.gap,
        broken=tuple(pool.roster.broken(rows)),
        differs=_difference(team, first) if first is not None and team is not first else "",
    )


def _difference(team: Team, first: Team) -> str:
    others = len(set(team.members) - set(first.members))
    if team.members[0] != first.members[0]:
        return _("与方案一相比：团长不同，%(others)s 人不同", others=others)
    return _("与方案一相比：团长相同，%(others)s 人不同", others=others)


def _kept(pool: Pool, at: int) -> list[Said]:
    """A need's must-haves and terms as they are kept with the team, the weightiest first."""
    musts, weights = pool.needs[at].must_have, pool.terms[at]
    order = [*musts, *sorted(weights.keys() - set(musts), key=lambda term: (-weights[term], term))]
    return [{"term": term, "weight": round(weights.get(term, 0.0), 6), "must": term in musts} for term in order]


def _items(index: Index, people: Iterable[Known]) -> list[str]:
    return sorted({item for known in people for owner in known.owners for item in index.items_of[owner.key]})


def _place(
    index: Index, pool: Pool, key: str, covers: Mapping[str, Collection[str]], own: Mapping[str, AnalysedText]
) -> Place:
    others = {term for other, terms in covers.items() if other != key for term in terms}
    known = pool.people[key]
    items = [item for owner in known.owners for item in sorted(index.items_of[owner.key], key=int) if item in own]
    ordered = [term for term in pool.roster.terms if term in covers[key]]
    most = [_says(term, items, own) for term in ordered]
    said = [{"term": term, "capability_id": item} for term, item in zip(ordered, most, strict=True)]
    chief = max(most, key=lambda number: (most.count(number), -number)) if most else int(items[0])
    return Place(known.expert.id, known.expert, chief, said, frozenset(covers[key]) - others)


def _says(term: str, items: Sequence[str], own: Mapping[str, AnalysedText]) -> int:
    """The first capability in which a term stands."""
    return int(next((item for item in items if not missing_keywords([term], own[item])), items[0]))


@dataclass(frozen=True)
class Covered:
    """A term and what it weighs among all needs (0-1).

    `needs`: those it stands in, counted from 1. `by`: who covers it by which capability; empty where nobody does.
    """

    term: str
    must: bool
    weight: float
    needs: list[int]
    by: list[tuple[str, int]]


def term_rows(terms: Sequence[Sequence[Said]], people: Iterable[tuple[str, Sequence[Said]]]) -> list[Covered]:
    """Every term of the needs, must-haves first and then the heaviest; terms and covers as the tables keep them."""
    by: dict[str, list[tuple[str, int]]] = {}
    for name, covers in people:
        for each in covers:
            by.setdefault(each["term"], []).append((name, each["capability_id"]))
    found: dict[str, Covered] = {}
    for number, of_need in enumerate(terms, start=1):
        for each in of_need:
            term, before = each["term"], found.get(each["term"])
            must, share = bool(each.get("must")), each["weight"] / len(terms)
            if before is not None:
                must, share = must or before.must, share + before.weight
            found[term] = Covered(term, must, share, [*(before.needs if before else []), number], by.get(term, []))
    return sorted(found.values(), key=lambda row: (not row.must, -row.weight, row.term))
