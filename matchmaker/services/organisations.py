"""Organisations and their places."""

from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Organisation, Site
from matchmaker.domain.permissions import Actor
from matchmaker.services import records


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

    Raises `Forbidden` unless the actor may bring records in.
    """
    more = {f"site.{name}": value for name, value in (place or {}).items()}
    records.save(session, actor, organisation, values, clock=clock, reason=reason, more=more)
    if place:
        _write(session, organisation, site or Site(organisation_id=organisation.id), place)
    return organisation


def _write(session: Session, organisation: Organisation, site: Site, place: dict[str, Any]) -> None:
    site.organisation_id = organisation.id
    for name, value in place.items():
        setattr(site, name, value)
    session.add(site)
    session.flush()
