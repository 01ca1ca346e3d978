"""Writing a party's row with its audit trail: what organisations, experts and groups have in common."""

from typing import Any, TypeVar

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Group, Organisation
from matchmaker.domain.permissions import NO_FACTS, Actor, Facts, Permission, can
from matchmaker.errors import Forbidden, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit

Party = TypeVar("Party", Organisation, Expert, Group)
DERIVED = frozenset({"confirmed_on", "site_id", "institute_id", "unit_id"})  # not fields that somebody typed
EDIT: dict[type, Permission] = {
    Organisation: Permission.ORGANISATION_EDIT,
    Expert: Permission.EXPERT_EDIT,
    Group: Permission.GROUP_EDIT,
}


def differs(record: object | None, values: dict[str, Any]) -> bool:
    """Whether writing `values` into `record` would change it; None always does."""
    return record is None or any(getattr(record, name) != value for name, value in values.items())


def require_editable(actor: Actor, record: Party, *, institute_id: int | None = None) -> None:
    """Raise `Forbidden` unless the actor may write the record, or make it at this institute."""
    known = NO_FACTS if record.id is None else facts_of(record)
    fresh = Facts(institute_ids=frozenset({institute_id})) if institute_id is not None else NO_FACTS
    facts = [each for each in (known, fresh) if each is not NO_FACTS] or [NO_FACTS]
    if not all(can(actor, EDIT[type(record)], each) for each in facts):
        raise Forbidden(_("您没有权限维护这份资料"))


def save(
    session: Session,
    actor: Actor,
    record: Party,
    values: dict[str, Any],
    *,
    clock: Clock,
    reason: str = "",
    more: dict[str, Any] | None = None,
    version: int | None = None,
    on_behalf: bool = False,
) -> Party:
    """Write `values` into a new or known record and say so in the audit trail.

    `more` is what changed beside the columns, as {name: value} for the trail; `version` the one the edit started from,
    if somebody looked at one. Raises `Forbidden` unless it is the actor's own to keep or the actor is a city officer,
    `StaleEdit` with both texts when somebody saved in between.
    """
    require_editable(actor, record, institute_id=values.get("institute_id"))
    if version is not None and record.version != version:
        yours = {name: value for name, value in values.items() if name not in DERIVED}
        theirs = {name: getattr(record, name) for name in yours}
        raise StaleEdit(_("这份资料刚刚被别人修改过，请对照后重新保存"), yours=yours, theirs=theirs)
    new = record.id is None
    before = {} if new else audit.state_of(record)
    for name, value in values.items():
        setattr(record, name, value)
    record.updated_at = clock.now()
    if new:
        record.created_at = clock.now()
        session.add(record)
    session.flush()
    action, after = "create" if new else "edit", audit.state_of(record) | (more or {})
    audit.log(
        session, actor, action, record, clock=clock, before=before, after=after, reason=reason, on_behalf=on_behalf
    )
    return record
