"""Organisations and their places."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import City, Organisation, Site
from matchmaker.domain.drafts import Draft, IntroductionDraft, OrganisationDraft, SiteDraft
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import directory
from matchmaker.services import audit, records

MAIN_SITE = "本部"
Form = TypeVar("Form", bound=Draft)


def save(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    values: dict[str, Any],
    *,
    clock: Clock,
    site: Site | None = None,
    place: dict[str, Any] | None = None,
    reason: str = "",
) -> Organisation:
    """Write an organisation, and one of its places when `place` is given: into `site`, or as a new one.

    Raises `Forbidden` unless it is the actor's own or one in their charge.
    """
    more = {f"site.{name}": value for name, value in (place or {}).items()}
    records.save(session, actor, organisation, values, clock=clock, reason=reason, more=more)
    if place:
        _write(session, organisation, site or Site(organisation_id=organisation.id), place)
    return organisation


def edit(
    session: Session, actor: Actor, organisation: Organisation, draft: IntroductionDraft, *, version: int, clock: Clock
) -> None:
    """Write what an organisation says of itself and, in an `OrganisationDraft`, what the bureau keeps of it.

    Raises `Forbidden`, also when it writes what the bureau keeps, `StaleEdit`, and `Invalid` for a unit or a credit
    code that cannot be.
    """
    values = {name: getattr(draft, name) for name in IntroductionDraft.model_fields}
    if isinstance(draft, OrganisationDraft):
        if not can(actor, Permission.IMPORT_RUN):
            raise Forbidden(_("名称、信用代码、责任单位和标签由市科技局维护"))
        values |= _identity(session, organisation, draft)
    records.save(session, actor, organisation, values, clock=clock, version=version, on_behalf=actor.is_bureau)


def _identity(session: Session, organisation: Organisation, draft: OrganisationDraft) -> dict[str, Any]:
    units = directory.units(session).find(draft.unit) if draft.unit else []
    if draft.unit and len(units) != 1:
        raise Invalid({"unit": _("责任单位：请从列表中选择")})
    code, other = draft.credit_code, Organisation.id != organisation.id
    same = select(Organisation.id).where(Organisation.credit_code == code, other)
    if draft.credit_code and session.scalar(same) is not None:
        raise Invalid({"credit_code": _("统一社会信用代码：已属于另一家机构，请核对")})
    return {
        "name": draft.name,
        "institute_type": draft.institute_type,
        "credit_code": draft.credit_code or None,
        "unit_id": units[0].id if units else None,
        "tags": list(draft.tags),
    }


def write_site(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    site: Site | None,
    draft: SiteDraft,
    *,
    unit: str,
    clock: Clock,
) -> Site:
    """Add or change one of an organisation's places; `unit` is the responsible unit's code, "" for the region's own.

    Raises `Forbidden`, and `Invalid` for a name, a region or a unit that cannot be.
    """
    records.require_editable(actor, organisation)
    before = {} if site is None else _said(site)
    row = site or Site(organisation_id=organisation.id)
    place = _place(session, organisation, row, draft, unit)
    _write(session, organisation, row, place)
    audit.log(
        session,
        actor,
        "edit",
        organisation,
        clock=clock,
        before=before,
        after=_said(row),
        on_behalf=actor.is_bureau,
    )
    return row


def _place(session: Session, organisation: Organisation, site: Site, draft: SiteDraft, unit: str) -> dict[str, Any]:
    name = draft.site or MAIN_SITE
    same = select(Site.id).where(Site.organisation_id == organisation.id, Site.name == name, Site.id != (site.id or 0))
    if session.scalar(same) is not None:
        raise Invalid({"site": _("地点名称：已有同名地点，请换一个名称，或修改原来的地点")})
    code = directory.region_code(directory.regions(session), draft.region)
    units = directory.units(session)
    local = directory.unit_of_region(units, code)
    if unit:
        local = next(iter(units.by(0, unit)), None)
        if local is None or code[:4] != session.scalars(select(City.region_code)).one()[:4]:
            raise Invalid({"unit": _("责任单位：只有本市的地点填写，请改正所在地域或清空责任单位")})
    return {
        "name": name,
        "address": draft.address,
        "region_code": code,
        "unit_id": local.id if local else None,
    }


def _said(site: Site) -> dict[str, Any]:
    """A place as the organisation's trail shows it."""
    return {f"site.{name}": getattr(site, name) for name in ("name", "address", "region_code", "unit_id")}


def _write(session: Session, organisation: Organisation, site: Site, place: dict[str, Any]) -> None:
    site.organisation_id = organisation.id
    for name, value in place.items():
        setattr(site, name, value)
    session.add(site)
    session.flush()
