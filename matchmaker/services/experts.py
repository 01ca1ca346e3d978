"""Experts and research groups."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Group, GroupMember
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MemberRole
from matchmaker.services import records


def save_expert(
    session: Session, actor: Actor, expert: Expert, values: dict[str, Any], *, clock: Clock, reason: str = ""
) -> Expert:
    """Write an expert. Raises `Forbidden` unless the actor may bring records in."""
    return records.save(session, actor, expert, values, clock=clock, reason=reason)


def members_of(session: Session, group_id: int) -> dict[int, MemberRole]:
    """Expert id → place in the group."""
    rows = session.execute(
        select(GroupMember.expert_id, GroupMember.role).where(GroupMember.group_id == group_id).order_by(GroupMember.id)
    )
    return dict(rows.all())


def places(lead_id: int, member_ids: Iterable[int]) -> dict[int, MemberRole]:
    """Expert id → place, for a lead and the members beside."""
    return {lead_id: MemberRole.LEAD} | {one: MemberRole.MEMBER for one in member_ids if one != lead_id}


def save_group(
    session: Session,
    actor: Actor,
    group: Group,
    values: dict[str, Any],
    *,
    people: dict[int, MemberRole],
    clock: Clock,
    reason: str = "",
) -> Group:
    """Write a group and who belongs to it. Raises `Forbidden` unless the actor may bring records in."""
    before = members_of(session, group.id) if group.id is not None else {}
    more = {"members": {str(one): role.value for one, role in people.items()}} if people != before else {}
    records.save(session, actor, group, values, clock=clock, reason=reason, more=more)
    known = {row.expert_id: row for row in session.scalars(select(GroupMember).where(GroupMember.group_id == group.id))}
    for expert_id in known.keys() - people.keys():
        session.delete(known[expert_id])
    for expert_id, role in people.items():
        row = known.get(expert_id) or GroupMember(group_id=group.id, expert_id=expert_id)
        row.role = role
        session.add(row)
    session.flush()
    return group
