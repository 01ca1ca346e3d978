"""What a firm changed in a published need and no officer has looked at since: read off the audit trail."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from matchmaker.db.models import Audit, Need, TechnicalField
from matchmaker.domain.drafts import NeedDraft, fields_of
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, Cooperation, NeedStatus, Noun, Role, Word
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import scopes
from matchmaker.queries.choices import named
from matchmaker.queries.industries import industry_named

OFFICERS = (Role.COUNTY.value, Role.CITY.value)
COLUMNS = {"field": "field_id", "industry": "industry_code"}
WORDS: dict[str, type[Word]] = {"cooperation": Cooperation, "audience": Audience}
EDITED = "edited"  # derived, beside the stored states in the filter


@dataclass(frozen=True)
class Change:
    """One field as the officers last knew it and as it is now, both as texts."""

    label: str
    before: str
    after: str


def _unseen() -> ColumnElement[bool]:
    """A firm's edit after which no officer has dealt with the need: no step, remark, edit or 复核无误."""
    later = aliased(Audit)
    look = (later.noun == Noun.NEED, later.record_id == Audit.record_id, later.id > Audit.id)
    looked_at = exists(select(later.id).where(*look, later.role.in_(OFFICERS)).correlate(Audit))
    return and_(Audit.noun == Noun.NEED, Audit.action == "edit", Audit.role == Role.FIRM.value, ~looked_at)


def waiting(actor: Actor) -> ColumnElement[bool]:
    """Published needs in the officer's charge that their firm has changed since an officer last dealt with them."""
    unseen = Need.id.in_(select(Audit.record_id).where(_unseen()))
    return and_(Need.status == NeedStatus.PUBLISHED, scopes.reviewed_needs(actor), unseen)


def changes(session: Session, need: Need) -> list[Change]:
    """What nobody has looked at yet, field by field; empty when nothing waits."""
    if need.status is not NeedStatus.PUBLISHED:
        return []
    known: dict[str, Any] = {}
    for entry in session.scalars(select(Audit).where(_unseen(), Audit.record_id == need.id).order_by(Audit.id)):
        known = {**entry.before, **known}  # the oldest edit knows what the officers saw
    names = {name: _(about.label) for name, about in fields_of(NeedDraft).items()}
    pairs = {name: _pair(session, need, name, known) for name in names}
    return [Change(names[name], *pair) for name, pair in pairs.items() if pair[0] != pair[1]]


def _pair(session: Session, need: Need, name: str, known: dict[str, Any]) -> tuple[str, str]:
    column = COLUMNS.get(name, name)
    now = [row.institute.name for row in need.releases] if column == "releases" else getattr(need, column)
    return _text(session, column, known.get(column, now)), _text(session, column, now)


def _text(session: Session, column: str, value: Any) -> str:
    if value is None:
        return ""
    if column == "field_id":
        field = session.get(TechnicalField, value)
        return named(field) if field is not None else ""
    if column in WORDS:
        return _(WORDS[column](value).label)
    if column == "industry_code":
        return industry_named(value)
    if column == "declared":
        return _("是") if value else _("否")
    return joined(map(str, value)) if isinstance(value, list) else str(value)
