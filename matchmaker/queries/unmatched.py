"""Experts whom nothing can be matched to, and why: listed, never just dropped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Expert, GroupMember
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityStatus, OwnerKind, Role
from matchmaker.i18n import gettext as _
from matchmaker.i18n import ngettext
from matchmaker.matching import Index
from matchmaker.queries import scopes
from matchmaker.queries.listing import Page, Wanted
from matchmaker.queries.owners import ids_of


@dataclass(frozen=True)
class Unmatched:
    """A person the matcher can do nothing with, and why."""

    expert: Expert
    reason: str


def why_unmatched(session: Session, index: Index, keys: Sequence[str]) -> str:
    """Why nothing can be matched to an owner: nothing listed, or nothing in it that says anything; "" if it can."""
    return _why(index, keys, _pending(session, keys))


def unmatched(session: Session, actor: Actor, index: Index, wanted: Wanted) -> Page[Unmatched]:
    """Experts who can be matched neither by themselves nor through a group, by name; an institute's own for it."""
    groups: dict[int, list[str]] = {}
    for expert_id, group_id in session.execute(select(GroupMember.expert_id, GroupMember.group_id)):
        groups.setdefault(expert_id, []).append(OwnerKind.GROUP.key(group_id))
    speaking = _speaking(index)
    known = session.scalars(
        select(Expert.id).where(scopes.known_experts(), _whose(actor)).order_by(Expert.name, Expert.id)
    )
    keys = {number: [OwnerKind.EXPERT.key(number), *groups.get(number, [])] for number in known}
    silent = [number for number, own in keys.items() if speaking.isdisjoint(own)]
    size = wanted.size or len(silent) or 1
    number = min(wanted.number, max(1, -(-len(silent) // size)))
    shown = silent[(number - 1) * size : number * size]
    rows = {row.id: row for row in session.scalars(select(Expert).where(Expert.id.in_(shown))).unique()}
    pending = _pending(session, [key for one in shown for key in keys[one]])
    found = [Unmatched(rows[one], _why(index, keys[one], pending)) for one in shown]
    return Page(rows=found, total=len(silent), number=number, size=size)


def _whose(actor: Actor) -> ColumnElement[bool]:
    return Expert.institute_id == actor.organisation_id if actor.role is Role.INSTITUTE else true()


def _why(index: Index, keys: Sequence[str], pending: Counter[str]) -> str:
    known = [key for key in keys if key in index.items_of]
    if any(index.owners.rows([key]).nnz for key in known):
        return ""
    if known:
        return _("已上架的能力里没有可以用来匹配的文字，请补充研究方向或成果说明")
    waiting = sum(pending[key] for key in keys)
    if waiting:
        return ngettext("有 %(num)s 项能力还没有上架", "有 %(num)s 项能力还没有上架", waiting)
    return _("还没有填写研究方向、成果等能力")


def _pending(session: Session, keys: Sequence[str]) -> Counter[str]:
    """Owner key → capabilities that are not withdrawn."""
    found: Counter[str] = Counter()
    for kind, column in ((OwnerKind.EXPERT, Capability.expert_id), (OwnerKind.GROUP, Capability.group_id)):
        ours = (column.in_(ids_of(keys, kind)), Capability.status != CapabilityStatus.WITHDRAWN)
        rows = session.execute(select(column, func.count()).where(*ours).group_by(column))
        found.update({kind.key(owner): number for owner, number in rows if owner is not None})
    return found


def _speaking(index: Index) -> set[str]:
    """Owners with at least one term to be matched by."""
    keys = sorted(index.items_of)
    edges = index.owners.rows(keys).indptr if keys else [0]
    return {key for key, (start, end) in zip(keys, pairwise(edges), strict=True) if end > start}
