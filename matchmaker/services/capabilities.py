"""Capabilities: written, edited, submitted, reviewed, listed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Capability, Expert, Group, Organisation
from matchmaker.domain.drafts import CapabilityDraft, missing
from matchmaker.domain.lifecycle import Requirement, Step
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import CapabilityStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of, group_expert_ids
from matchmaker.services import audit, bulk, capability_notices, comments, transitions
from matchmaker.services.analysis import Analysis
from matchmaker.services.corpus import touch

Owner = Expert | Group | Organisation
OPEN_TO_GAPS = frozenset({CapabilityStatus.DRAFT, CapabilityStatus.RETURNED})
_OWNER_COLUMN: dict[type, str] = {Expert: "expert_id", Group: "group_id", Organisation: "organisation_id"}


def organisation_of(owner: Owner) -> int:
    """The organisation whose words a capability of `owner` are."""
    return owner.id if isinstance(owner, Organisation) else owner.institute_id


def create(
    session: Session,
    actor: Actor,
    owner: Owner,
    draft: CapabilityDraft,
    analysis: Analysis,
    *,
    clock: Clock,
    external_id: str | None = None,
    status: CapabilityStatus = CapabilityStatus.DRAFT,
    reason: str = "",
) -> Capability:
    """A new capability of an expert, a group or an organisation, as a draft unless an import places it further on.

    Raises `Forbidden` unless the actor is the owner, its institute's manager or a city officer.
    """
    if not can(actor, Permission.CAPABILITY_EDIT, _owner_facts(session, owner)):
        raise Forbidden(_("您不能为其填报能力"))
    now = clock.now()
    capability = Capability(
        source_id=organisation_of(owner),
        external_id=external_id,
        status=status,
        status_since=now,
        created_at=now,
        updated_at=now,
    )
    setattr(capability, _OWNER_COLUMN[type(owner)], owner.id)
    _write(capability, draft, analysis)
    session.add(capability)
    session.flush()
    audit.log(session, actor, "create", capability, clock=clock, reason=reason)
    return capability


def _owner_facts(session: Session, owner: Owner) -> Facts:
    people: frozenset[int] = frozenset()
    if isinstance(owner, Expert):
        people = frozenset({owner.id})
    elif isinstance(owner, Group):
        people = group_expert_ids(session, owner.id)
    return Facts(institute_ids=frozenset({organisation_of(owner)}), expert_ids=people)


def edit(
    session: Session,
    actor: Actor,
    capability: Capability,
    draft: CapabilityDraft,
    analysis: Analysis,
    *,
    version: int,
    clock: Clock,
    reason: str = "",
) -> bool:
    """Replace what a capability says; True if anything changed.

    `version` is the one the edit started from. Raises `StaleEdit` with both texts when somebody saved in between,
    `Conflict` for a withdrawn one, `Invalid` when one past its draft would lose a mandatory part.
    """
    require_editable(actor, capability)
    gaps = {} if capability.status in OPEN_TO_GAPS else missing(draft)
    if gaps:
        raise Invalid(gaps)
    content = content_of(capability)
    if capability.version != version:
        yours = draft.model_dump(mode="json", include=set(CapabilityDraft.model_fields))
        message = _("这条能力刚刚被别人修改过，请对照后重新保存")
        raise StaleEdit(message, yours=yours, theirs=content)
    before = audit.state_of(capability)
    _write(capability, draft, analysis)
    if content_of(capability) == content:
        return False
    capability.updated_at = clock.now()
    capability.confirmed_on = clock.today()  # saying it anew is confirming it
    capability.warned_on = capability.frozen_on = None
    if capability.status is CapabilityStatus.LISTED:
        touch(session, capability)
    session.flush()
    audit.log(session, actor, "edit", capability, clock=clock, before=before, reason=reason)
    return True


def require_editable(actor: Actor, capability: Capability) -> None:
    """Raise `Forbidden` when the actor may not edit the capability at all, `Conflict` for a withdrawn one."""
    if not can(actor, Permission.CAPABILITY_EDIT, facts_of(capability)):
        raise Forbidden(_("您没有权限修改这条能力"))
    if capability.status is CapabilityStatus.WITHDRAWN:
        raise Conflict(_("已撤下的能力不能修改，请先重新上架"))


def content_of(capability: Capability) -> dict[str, Any]:
    """What a capability says, field by field as in `CapabilityDraft`, as JSON values."""
    return {
        "kind": capability.kind.value,
        "title": capability.title,
        "text": capability.text,
        "keywords": list(capability.keywords),
        "maturity": capability.maturity.value if capability.maturity else None,
        "ip_number": capability.ip_number,
    }


def draft_of(capability: Capability) -> CapabilityDraft:
    """What a capability says, as a draft to be shown in a form or asked what is missing."""
    return CapabilityDraft.model_validate(content_of(capability))


def _write(capability: Capability, draft: CapabilityDraft, analysis: Analysis) -> None:
    if draft.kind is None:
        raise ValueError("a checked draft has a kind")
    capability.kind = draft.kind
    capability.title = draft.title
    capability.text = draft.text
    capability.keywords = list(draft.keywords)
    capability.maturity = draft.maturity
    capability.ip_number = draft.ip_number
    analysis.store(capability)


def submit(session: Session, actor: Actor, capability: Capability, *, clock: Clock) -> Step:
    """Send a complete capability to review. Raises `Invalid` with every field that must still be filled in."""
    gaps = missing(draft_of(capability))
    if gaps:
        raise Invalid(gaps)
    return transitions.apply(session, actor, capability, "submit", clock=clock)


def review(
    session: Session, actor: Actor, capability: Capability, action: str, *, clock: Clock, reason: str = ""
) -> Step:
    """Take any other step of a capability; a reason is kept as a comment for its owner."""
    if action == "submit":
        return submit(session, actor, capability, clock=clock)
    step = transitions.apply(session, actor, capability, action, clock=clock, reason=reason)
    if Requirement.REASON in step.needs:
        remark = comments.keep(session, actor, capability, reason, clock=clock)
        capability_notices.tell_of_comment(session, actor, capability, remark, clock=clock)
    return step


def comment(session: Session, actor: Actor, capability: Capability, body: str, *, clock: Clock) -> None:
    """Leave a remark on a capability, of which the other side is told; its owners and the city may, in any state."""
    if not may_comment(actor, capability):
        raise Forbidden(_("您没有权限对这项能力发表意见"))
    remark = comments.add(session, actor, capability, body, clock=clock)
    capability_notices.tell_of_comment(session, actor, capability, remark, clock=clock)


def may_comment(actor: Actor, capability: Capability) -> bool:
    """Whether the actor is one of those who talk about it: whose it is, and its reviewers."""
    facts = facts_of(capability)
    return any(can(actor, right, facts) for right in (Permission.CAPABILITY_EDIT, Permission.CAPABILITY_REVIEW))


def review_many(
    session: Session, actor: Actor, capability_ids: Iterable[int], action: str, *, clock: Clock, reason: str = ""
) -> list[bulk.Outcome]:
    """Take the same step for many capabilities, each by itself; a refused one does not hold up the others."""

    def move(capability_id: int) -> None:
        mine = select(Capability).where(Capability.id == capability_id, scopes.capabilities(actor))
        capability = session.scalars(mine).one_or_none()
        if capability is None:
            raise NotFound(_("没有这条能力"))
        review(session, actor, capability, action, clock=clock, reason=reason)

    return bulk.each(capability_ids, move)


def list_many(session: Session, actor: Actor, capability_ids: Iterable[int], *, clock: Clock) -> list[bulk.Outcome]:
    """List the selected capabilities that wait for review."""
    return review_many(session, actor, capability_ids, "list", clock=clock)
