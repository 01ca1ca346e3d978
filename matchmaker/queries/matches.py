"""From the other side: the needs that suit an expert, and experts whom nothing can be matched to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from matchmaker.config import Settings
from matchmaker.db.models import Capability, Expert, GroupMember, Invitation, Label, Need, Suggestion
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import DeclineReason, InvitationStatus, OwnerKind, Side
from matchmaker.i18n import gettext as _
from matchmaker.matching import Index, explain, highlight, shut_gates
from matchmaker.queries import scopes, texts
from matchmaker.queries.calibration import Scale, scale
from matchmaker.queries.candidates import facts, together
from matchmaker.queries.choices import named
from matchmaker.queries.circumstances import Circumstances, circumstances, left, used
from matchmaker.queries.excerpts import Excerpt, marked
from matchmaker.queries.invitations import waiting
from matchmaker.queries.masking import Names
from matchmaker.queries.owners import Owner, ids_of, owners
from matchmaker.queries.suggestions import SHOWN_TERMS
from matchmaker.queries.unmatched import why_unmatched
from matchmaker.text import AnalysedText

TOP = 20
MOST_WAITING = 200
OUTSIDER = Names(knows_all=False, firm_id=None, agreed=frozenset())
_FIRST_LOOK = 3
PERSONAL = frozenset({"capacity", "stale", "away", "withdrawn"})  # said once at the top of the page, not need by need


@dataclass(frozen=True)
class NeedMatch:
    """A need that suits an owner; `owner_key` says in which capacity: as oneself or through a group."""

    need: Need
    where: str
    owner_key: str
    capability_id: int
    number: int
    band: str
    weak: bool
    title: Excerpt
    text: Excerpt
    terms: list[dict[str, Any]]
    invitation: Invitation | None


@dataclass(frozen=True)
class ForExpert:
    """The expert's home. `left`: meetings still taken this year, None without limit; `reason`: why nothing matches."""

    expert: Expert
    needs: list[NeedMatch]
    waiting: list[Invitation]
    capabilities: int
    left: int | None
    reason: str


def for_expert(session: Session, index: Index, expert_id: int, *, settings: Settings, today: date) -> ForExpert:
    """The needs ranked for an expert and their groups, invitations that wait for their answer, and why if none."""
    expert = session.get_one(Expert, expert_id)
    keys = keys_of(session, expert_id)
    around = circumstances(session, settings=settings, today=today)
    invited = _invitations(session, keys)
    best: dict[int, NeedMatch] = {}
    for owner in owners(session, keys).values():
        for found in _for_owner(session, index, owner, around, invited):
            if found.need.id not in best or best[found.need.id].number < found.number:
                best[found.need.id] = found
    return ForExpert(
        expert=expert,
        needs=sorted(best.values(), key=lambda each: (-each.number, each.need.id))[:TOP],
        waiting=_to_answer(session, keys),
        capabilities=listed_count(session, expert_id),
        left=left(expert, used(session, today.year, {expert_id})),
        reason=why_unmatched(session, index, keys),
    )


def keys_of(session: Session, expert_id: int) -> list[str]:
    """The owner keys an expert stands for: their own and those of their groups."""
    groups = session.scalars(select(GroupMember.group_id).where(GroupMember.expert_id == expert_id))
    return [OwnerKind.EXPERT.key(expert_id), *map(OwnerKind.GROUP.key, groups)]


def listed_count(session: Session, expert_id: int) -> int:
    """How many listed capabilities an expert has."""
    statement = select(func.count(Capability.id)).where(Capability.expert_id == expert_id, texts.listed())
    return session.scalar(statement) or 0


@dataclass(frozen=True)
class _Seeker:
    """An owner who looks for needs, with everything they offer and the invitations that concern them."""

    owner: Owner
    own: Sequence[AnalysedText]
    around: Circumstances
    invited: dict[tuple[int, str], Invitation]
    scale: Scale

    def is_barred(self, index: Index, need: Need) -> bool:
        """Whether a gate other than one's own profile keeps the two apart."""
        not_mine = self.around.not_my_field(index, need, self.owner.key)
        barred = shut_gates(facts(need, self.owner, self.around, together(self.own), not_my_field=not_mine))
        return any(each.gate not in PERSONAL for each in barred)


def _for_owner(
    session: Session, index: Index, owner: Owner, around: Circumstances, invited: dict[tuple[int, str], Invitation]
) -> list[NeedMatch]:
    if owner.key not in index.items_of:
        return []
    found = texts.of_items(session, index.items_of[owner.key])
    seeker = _Seeker(owner, [found[key] for key in sorted(found)], around, invited, scale(session))
    keys = [match.key for match in index.rank_needs(owner.key, TOP * _FIRST_LOOK)]
    needs, steered = _needs(session, keys), _excluded(session, owner.key)
    open_to = [needs[key] for key in keys if key in needs and needs[key].id not in steered]
    shown = (_match(index, need, seeker) for need in open_to if not seeker.is_barred(index, need))
    return list(islice((each for each in shown if each is not None), TOP))


def _match(index: Index, need: Need, seeker: _Seeker) -> NeedMatch | None:
    """The pair as the expert reads it; None without a reason."""
    text, key = texts.analysed(need.terms), seeker.owner.key
    [match] = index.score_owners(text, [key])
    [reasons] = explain(index, text, [match], {key: seeker.own}, by_owner=True, wording=texts.wording(need))
    if not reasons:
        return None
    rating = seeker.scale.rate(match.score)
    spans = highlight(text, [reason.term for reason in reasons])
    return NeedMatch(
        need=need,
        where=_where(need),
        owner_key=key,
        capability_id=int(match.item),
        number=rating.points,
        band=_(rating.band.label),
        weak=rating.weak,
        title=marked(need.title, spans, "title"),
        text=marked(texts.body_of(need), spans, "body"),
        terms=[asdict(reason) for reason in reasons[:SHOWN_TERMS]],
        invitation=seeker.invited.get((need.id, key)),
    )


def _where(need: Need) -> str:
    """Unit (else firm, unless it is masked) and technical field, in the reader's language."""
    unit = named(need.firm.unit) if need.firm.unit else OUTSIDER.firm(need)
    return f"{unit} · {named(need.field)}" if need.field else unit


def _needs(session: Session, keys: Sequence[str]) -> dict[str, Need]:
    rows = session.scalars(select(Need).where(Need.id.in_([int(key) for key in keys]), texts.published())).unique()
    return {str(row.id): row for row in rows}


def _excluded(session: Session, owner_key: str) -> set[int]:
    rows = select(Suggestion.need_id).where(Suggestion.owner_key == owner_key, Suggestion.excluded)
    return set(session.scalars(rows))


def dismissed(session: Session, actor: Actor, keys: Sequence[str]) -> list[tuple[Suggestion, Need]]:
    """What the owners have said "not for me" to, or an officer has excluded for them, the newest first."""
    mine = (Suggestion.owner_key.in_(keys), Suggestion.excluded, texts.published(), scopes.needs(actor))
    statement = select(Suggestion, Need).join(Need, Need.id == Suggestion.need_id).where(*mine)
    latest = statement.order_by(Suggestion.id.desc()).limit(MOST_WAITING).options(lazyload(Need.releases))
    return [(row, need) for row, need in session.execute(latest)]


def not_my_field(session: Session, keys: Sequence[str]) -> list[tuple[Label, Need]]:
    """The needs the owners have called not their field, on whose account others are not suggested, newest first."""
    said = (Label.owner_key.in_(keys), Label.reason == DeclineReason.NOT_MY_FIELD, Label.side == Side.EXPERT)
    statement = select(Label, Need).join(Need, Need.id == Label.need_id).where(*said)
    latest = statement.order_by(Label.id.desc()).limit(MOST_WAITING).options(lazyload(Need.releases))
    return [(label, need) for label, need in session.execute(latest)]


def nearest_item(index: Index, need: Need, owner_key: str) -> int | None:
    """The capability of an owner that speaks most for it; None for one that is not in the index."""
    if owner_key not in index.items_of:
        return None
    [match] = index.score_owners(texts.analysed(need.terms), [owner_key])
    return int(match.item)


def _invitations(session: Session, keys: Sequence[str]) -> dict[tuple[int, str], Invitation]:
    """(need, owner key) → the newest invitation to the owner."""
    experts, groups = ids_of(keys, OwnerKind.EXPERT), ids_of(keys, OwnerKind.GROUP)
    mine = Invitation.expert_id.in_(experts) | Invitation.group_id.in_(groups)
    bare = (lazyload(Invitation.need), lazyload(Invitation.expert), lazyload(Invitation.group))
    rows = session.scalars(
        select(Invitation).where(mine).order_by(Invitation.id).options(*bare, lazyload(Invitation.answers))
    )
    return {(row.need_id, row.owner_key): row for row in rows}


def _to_answer(session: Session, keys: Sequence[str]) -> list[Invitation]:
    """The open invitations that wait for the owners' answer, the most urgent first."""
    experts, groups = ids_of(keys, OwnerKind.EXPERT), ids_of(keys, OwnerKind.GROUP)
    mine = Invitation.expert_id.in_(experts) | Invitation.group_id.in_(groups)
    statement = select(Invitation).where(mine, Invitation.status == InvitationStatus.OPEN)
    ordered = statement.order_by(Invitation.answer_by, Invitation.id).limit(MOST_WAITING)
    rows = session.scalars(ordered.execution_options(populate_existing=True)).unique()
    return [row for row in rows if Side.EXPERT in waiting(row)]
