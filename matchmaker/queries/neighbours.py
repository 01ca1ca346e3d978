"""What stands near a need or a capability: the same asked before or elsewhere, solved by whom; and what is related."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Label, Need
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import LabelKind, NeedStatus, Role
from matchmaker.matching import Index
from matchmaker.matching.likeness import likenesses, nearest_items
from matchmaker.matching.related import Related
from matchmaker.queries import scopes, texts
from matchmaker.queries.owners import Owner, owners
from matchmaker.queries.same_needs import Same, same, set_apart
from matchmaker.queries.similar import ALIKE, Similar, similar

SHOWN = 5
RELATED = 0.3  # below it what is related is chance: measured in docs/benchmarks.md
_SOLVED = 200  # the newest solved needs that are compared one by one: they are in no index
_LOOKED_AT = 20
_WORKED = (LabelKind.HELD, LabelKind.SIGNED)


@dataclass(frozen=True)
class Near:
    """A capability and how near it is (0–1)."""

    capability: Capability
    likeness: float


@dataclass(frozen=True)
class Solved:
    """A need that is solved, and who has talked or signed about it, for readers who may know."""

    need: Need
    likeness: float
    by: list[Owner]


@dataclass(frozen=True)
class AroundNeed:
    """`again`: most likely the firm's same need, and `apart`: said not to be; `same`: what was found to be one.

    `others` are published, `related` shares no term with the need.

    `waits`: what is related is being learned, for some seconds after a process has begun.
    """

    again: list[Similar]
    apart: list[Similar]
    same: Same
    others: list[Similar]
    solved: list[Solved]
    related: list[Near]
    waits: bool = False

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to show."""
        own = self.again or self.apart or self.same.into or self.same.joined
        return not (own or self.others or self.solved or self.related)


def around_need(
    session: Session, actor: Actor, index: Index, related: Related | None, need: Need, *, waits: bool = False
) -> AroundNeed:
    """As far as the actor may know of it; `waits`: `related` is still being learned."""
    text = texts.analysed(need.terms)
    knows_firm = (
        actor.is_system or actor.is_bureau or (actor.role is Role.FIRM and actor.organisation_id == need.firm_id)
    )
    found = similar(session, actor, index, text, firm_id=need.firm_id if knows_firm else None, but=need.id)
    visible = _visible(session, actor, (each.need.id for each in found))
    found = [each for each in found if each.need.id in visible]
    apart, one = (set_apart(session, need), same(session, need)) if knows_firm else (set(), Same(None, []))
    told = apart | {each.id for each in (one.into, *one.joined) if each is not None}
    lane = related.nearest(index, [text], SHOWN)[0] if related is not None else []
    return AroundNeed(
        again=[each for each in found if each.same and each.need.id not in told],
        apart=[each for each in found if each.same and each.need.id in apart],
        same=one,
        others=[each for each in found if not each.same],
        solved=_solved(session, actor, index, need),
        related=_capabilities(session, actor, {match.key: match.score for match in lane if match.score >= RELATED}),
        waits=waits,
    )


def around_capability(session: Session, actor: Actor, index: Index, capability: Capability) -> list[Near]:
    """The capabilities of other owners most like this one; none while it takes no part in matching."""
    key = str(capability.id)
    if key not in index.items.position:
        return []
    own = index.items_of.get(capability.owner_key, frozenset())
    found = nearest_items(index, key, _LOOKED_AT, exclude=own)
    near = {match.key: match.score for match in found if match.score >= ALIKE}
    return _capabilities(session, actor, near)[:SHOWN]


def _visible(session: Session, actor: Actor, ids: Iterable[int]) -> set[int]:
    return set(session.scalars(select(Need.id).where(Need.id.in_(list(ids)), scopes.needs(actor))))


def _solved(session: Session, actor: Actor, index: Index, need: Need) -> list[Solved]:
    mine = (Need.status == NeedStatus.SOLVED, Need.id != need.id, scopes.needs(actor))
    rows = list(session.scalars(select(Need).where(*mine).order_by(Need.id.desc()).limit(_SOLVED)).unique())
    scores = likenesses(index, texts.analysed(need.terms), [texts.analysed(row.terms) for row in rows])
    alike = [(row, score) for row, score in zip(rows, scores, strict=True) if score >= ALIKE]
    nearest = sorted(alike, key=lambda pair: (-pair[1], pair[0].id))[:SHOWN]
    watches = actor.is_system or actor.is_bureau or actor.role is Role.LEADER
    by = _worked(session, [row.id for row, _score in nearest]) if watches else {}
    return [Solved(row, score, by.get(row.id, [])) for row, score in nearest]


def _worked(session: Session, ids: Collection[int]) -> dict[int, list[Owner]]:
    pairs = select(Label.need_id, Label.owner_key).where(Label.need_id.in_(ids), Label.kind.in_(_WORKED)).distinct()
    rows = session.execute(pairs.order_by(Label.need_id, Label.owner_key)).all()
    known = owners(session, {key for _need, key in rows})
    found: dict[int, list[Owner]] = defaultdict(list)
    for need_id, key in rows:
        if key in known:
            found[need_id].append(known[key])
    return found


def _capabilities(session: Session, actor: Actor, near: dict[str, float]) -> list[Near]:
    wanted = (Capability.id.in_([int(key) for key in near]), scopes.capabilities(actor))
    rows = {str(row.id): row for row in session.scalars(select(Capability).where(*wanted)).unique()}
    return [Near(rows[key], score) for key, score in near.items() if key in rows]
