"""Needs: lists, one need, and where each one sits."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, defer

from matchmaker.db.models import (
    Audit,
    Need,
    NeedVersion,
    Organisation,
    TechnicalField,
    Unit,
)
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import NeedStatus, Noun
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import edits, funnel, masking, officers, scopes
from matchmaker.queries.facts import facts_of
from matchmaker.queries.listing import Page, Wanted, fetch

FILTERS = ("status", "unit", "field", "firm", "year", "reached", officers.FILTER)
DEFAULT_SORT = "-since"
TURNED_DOWN = frozenset({NeedStatus.RETURNED, NeedStatus.DECLINED})
SORTS = {
    "id": Need.id,
    "title": Need.title,
    "status": Need.status,
    "since": Need.status_since,
    "unit": Unit.position,
    "deadline": Need.deadline,
    "budget": Need.budget_wan,
}


def _narrowed(actor: Actor, filters: dict[str, str]) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.get("status") == edits.EDITED:
        clauses.append(edits.waiting(actor))
    if filters.get("status") in set(NeedStatus):
        clauses.append(Need.status == filters["status"])
    if filters.get("unit"):
        clauses.append(Unit.code == filters["unit"])
    if filters.get("field"):
        clauses.append(TechnicalField.code == filters["field"])
    if (firm := row_id(filters.get("firm"))) is not None:
        clauses += [Need.firm_id == firm, scopes.named_needs(actor)]
    clauses += funnel.narrowed(actor, filters)
    clauses += officers.looked_after(actor, Need.officer_id, filters.get(officers.FILTER))
    return clauses


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Need]:
    """The needs the actor may see, narrowed by status, unit, technical field, firm and words; without their terms."""
    statement = (
        select(Need)
        .join(Organisation, Organisation.id == Need.firm_id)
        .outerjoin(Unit, Unit.id == Organisation.unit_id)
        .outerjoin(TechnicalField, TechnicalField.id == Need.field_id)
        .where(scopes.needs(actor), *_narrowed(actor, dict(wanted.filters)))
        .where(masking.mentions(actor, wanted.text, Need.title, Need.problem, Need.external_id))
        .options(defer(Need.terms))
    )
    return fetch(session, statement, wanted, {**SORTS, "firm": masking.by_firm(actor)}, default=DEFAULT_SORT)


def get_visible(session: Session, actor: Actor, need_id: int) -> Need:
    """The need, if the actor may know of it; `NotFound` otherwise, another firm's draft included."""
    found = session.scalars(select(Need).where(Need.id == need_id, scopes.needs(actor))).one_or_none()
    if found is None:
        raise NotFound(_("没有找到这条需求"))
    return found


def tally(session: Session, actor: Actor) -> dict[NeedStatus, int]:
    """How many needs the actor sees in each state there is one in, in the order of the lifecycle."""
    statement = select(Need.status, func.count()).where(scopes.needs(actor)).group_by(Need.status)
    found = {row[0]: row[1] for row in session.execute(statement)}
    return {status: found[status] for status in NeedStatus if status in found}


def versions(session: Session, need: Need) -> list[NeedVersion]:
    """What a published need said before its edits, newest first."""
    statement = select(NeedVersion).where(NeedVersion.need_id == need.id).order_by(NeedVersion.number.desc())
    return list(session.scalars(statement))


def reasons(session: Session, needs: Iterable[Need]) -> dict[int, str]:
    """Need id → why it was returned or declined, for those that now stand so."""
    ids = [need.id for need in needs if need.status in TURNED_DOWN]
    turned_down = (Audit.noun == Noun.NEED, Audit.record_id.in_(ids), Audit.action.in_(("return", "decline")))
    rows = session.scalars(select(Audit).where(*turned_down).order_by(Audit.id))
    return {row.record_id: row.reason for row in rows}


def sees_history(actor: Actor, need: Need) -> bool:
    """Remarks and reasons are for the firm, its unit's officers and the bureau."""
    facts = facts_of(need)
    shown_to = (Permission.NEED_EDIT, Permission.NEED_COUNTY_REVIEW, Permission.AUDIT_VIEW)
    return any(can(actor, permission, facts) for permission in shown_to)
