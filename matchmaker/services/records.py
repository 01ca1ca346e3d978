"""Writing a party's row with its audit trail: what organisations, experts and groups have in common."""

from typing import Any, TypeVar

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Group, Organisation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.errors import Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.services import audit

Party = TypeVar("Party", Organisation, Expert, Group)


def differs(record: object | None, values: dict[str, Any]) -> bool:
    """Whether writing `values` into `record` would change it; None always does."""
    return record is None or any(getattr(record, name) != value for name, value in values.items())


def save(
    session: Session,
    actor: Actor,
    record: Party,
    values: dict[str, Any],
    *,
    clock: Clock,
    reason: str = "",
    more: dict[str, Any] | None = None,
) -> Party:
    """Write `values` into a new or known record and say so in the audit trail.

    `more` is what changed beside the columns, as {name: value} for the trail. Raises `Forbidden` unless the actor may
    bring records in.
    """
    if not can(actor, Permission.IMPORT_RUN):
        raise Forbidden(_("您没有权限维护机构和专家名录"))
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
    audit.log(session, actor, action, record, clock=clock, before=before, after=after, reason=reason)
    return record
