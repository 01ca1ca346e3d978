"""Experts and research groups."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Group, GroupMember, Site
from matchmaker.domain.drafts import Draft, ExpertDraft, GroupDraft, WishesDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MemberRole, OwnerKind, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.scopes import known_experts
from matchmaker.services import audit, records

Wishes = TypeVar("Wishes", bound=WishesDraft)


def save_expert(
    session: Session, actor: Actor, expert: Expert, values: dict[str, Any], *, clock: Clock, reason: str = ""
) -> Expert:
    """Write an expert. Raises `Forbidden` unless it is the actor's own profile or one in their charge."""
    return records.save(session, actor, expert, values, clock=clock, reason=reason)


def values_of(draft: Draft) -> dict[str, Any]:
    """Column → value of a profile's draft."""
    found = {name: getattr(draft, name) for name in type(draft).model_fields}
    return found | ({"modes": [mode.value for mode in found["modes"]]} if "modes" in found else {})


def create(
    session: Session, actor: Actor, institute_id: int, draft: ExpertDraft, *, site_id: int | None, clock: Clock
) -> Expert:
    """Put a person of an institute on file. Raises `Forbidden`, and `Invalid` for a place of another organisation."""
    values = values_of(draft) | {"institute_id": institute_id, "confirmed_on": clock.today()}
    values |= {"site_id": _own_site(session, institute_id, site_id)}
    return records.save(session, actor, Expert(), values, clock=clock)


def edit(
    session: Session,
    actor: Actor,
    expert: Expert,
    draft: WishesDraft,
    *,
    version: int,
    clock: Clock,
    site_id: int | None = None,
) -> None:
    """Write what an expert wishes and, in an `ExpertDraft`, who they are and where they work.

    Saying it is confirming it: the profile counts as confirmed today. Raises `Forbidden`, also when an expert writes
    what their institute keeps, `StaleEdit`, and `Invalid` for a place of another organisation.
    """
    values = values_of(draft) | {"confirmed_on": clock.today()}
    if isinstance(draft, ExpertDraft):
        if not keeps_names(actor):
            raise Forbidden(_("姓名、职称和称号由所在院所维护"))
        values |= {"site_id": _own_site(session, expert.institute_id, site_id)}
    records.save(session, actor, expert, values, clock=clock, version=version, on_behalf=actor.is_bureau)


def _own_site(session: Session, organisation_id: int, site_id: int | None) -> int | None:
    site = session.get(Site, site_id) if site_id else None
    if site_id and (site is None or site.organisation_id != organisation_id):
        raise Invalid({"site": _("工作地点：请从列表中选择")})
    return site_id


@dataclass(frozen=True)
class Seats:
    """Who is to lead a group and who belongs to it beside."""

    lead_id: int | None
    member_ids: Iterable[int] = ()


def write_group(
    session: Session,
    actor: Actor,
    group: Group,
    draft: GroupDraft,
    *,
    institute_id: int,
    site_id: int | None,
    seats: Seats,
    version: int | None,
    clock: Clock,
) -> Group:
    """Make or edit a group from its form. Raises as `save_group`, and `Invalid` for people or places not its own."""
    staff = set(session.scalars(select(Expert.id).where(Expert.institute_id == institute_id, known_experts())))
    kept = set(members_of(session, group.id)) if group.id is not None else set()
    if seats.lead_id is None or seats.lead_id not in staff | kept:
        raise Invalid({"lead": _("负责人：请从本单位的专家中选择")})
    values = {"name": draft.name, "institute_id": institute_id, "site_id": _own_site(session, institute_id, site_id)}
    people = places(seats.lead_id, [one for one in seats.member_ids if one in staff | kept])
    return save_group(session, actor, group, values, people=people, clock=clock, version=version)


def keys_of(session: Session, expert: Expert) -> set[str]:
    """The owners that an expert's profile decides for: the expert, and the groups the expert leads."""
    led = select(GroupMember.group_id).where(GroupMember.expert_id == expert.id, GroupMember.role == MemberRole.LEAD)
    return {OwnerKind.EXPERT.key(expert.id), *map(OwnerKind.GROUP.key, session.scalars(led))}


def keeps_names(actor: Actor) -> bool:
    """Whether the actor keeps the names, titles and honours of experts: their institute and the bureau do."""
    return actor.role is not Role.EXPERT


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
    version: int | None = None,
) -> Group:
    """Write a group and who belongs to it. Raises `Forbidden` unless it is the actor's institute's, and `StaleEdit`."""
    before = members_of(session, group.id) if group.id is not None else {}
    more = {"members": {str(one): role.value for one, role in people.items()}} if people != before else {}
    records.save(session, actor, group, values, clock=clock, reason=reason, more=more, version=version)
    _seat(session, group, people)
    return group


def _seat(session: Session, group: Group, people: dict[int, MemberRole]) -> None:
    known = {row.expert_id: row for row in session.scalars(select(GroupMember).where(GroupMember.group_id == group.id))}
    for expert_id in known.keys() - people.keys():
        session.delete(known[expert_id])
    for expert_id, role in people.items():
        row = known.get(expert_id) or GroupMember(group_id=group.id, expert_id=expert_id)
        row.role = role
        session.add(row)
    session.flush()
    session.expire(group, ["members"])


def leave(session: Session, actor: Actor, group: Group, *, clock: Clock) -> None:
    """A member leaves a group. Raises `Forbidden` for strangers, `Conflict` for the lead, who hands over first."""
    before = members_of(session, group.id)
    place = before.get(actor.expert_id or 0)
    if place is None:
        raise Forbidden(_("您不是这个团队的成员"))
    if place is MemberRole.LEAD:
        raise Conflict(_("您是这个团队的负责人，请先请院所管理员更换负责人"))
    after = {one: role for one, role in before.items() if one != actor.expert_id}
    _seat(session, group, after)
    group.updated_at = clock.now()
    session.flush()
    shown = [{"members": {str(one): role.value for one, role in each.items()}} for each in (before, after)]
    audit.log(session, actor, "leave_group", group, clock=clock, before=shown[0], after=shown[1])
