"""Keeping when experts, institutes and firms are free, as they state it or an officer for them (代录)."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Availability, Expert, Organisation
from matchmaker.domain.availability import MOST_DATES, Half, HalfDay
from matchmaker.domain.meetings import FURTHEST_DAYS
from matchmaker.domain.permissions import Actor, can
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import availability as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, records

Party = Expert | Organisation


def may_state(actor: Actor, party: Party) -> bool:
    """Whether the actor says when the party is free: the party itself, its institute, officers for it."""
    try:
        require(actor, party)
    except Forbidden:
        return False
    return True


def require(actor: Actor, party: Party) -> None:
    """Raise `Forbidden` for who may not say when the party is free; a county officer may for firms of the unit."""
    of_unit = isinstance(party, Organisation) and party.unit_id is not None and party.unit_id == actor.unit_id
    if actor.is_bureau and of_unit:
        return
    if not can(actor, records.EDIT[type(party)], facts_of(party)):
        raise Forbidden(_("您没有权限维护这份资料"))


def state_week(
    session: Session, actor: Actor, party: Party, weekly: Collection[tuple[int, Half]], *, clock: Clock
) -> None:
    """Name the free halves of every week, Monday is 0, in place of those named before; none says nothing."""
    keys = [
        f"{weekday}-{half.value}" for weekday, half in sorted(weekly, key=lambda one: (one[0], one[1] != Half.MORNING))
    ]
    _write(session, actor, party, "weekly", keys, clock=clock)


def state_day(
    session: Session,
    actor: Actor,
    party: Party,
    day: date | None,
    halves: Collection[Half],
    *,
    free: bool,
    clock: Clock,
) -> None:
    """Say of single half-days to come that they are free or not. Raises `Invalid` for the day, or for too many."""
    today = clock.today()
    if day is None or not today <= day <= today + timedelta(days=FURTHEST_DAYS):
        raise Invalid({"day": _("请选择今天起一年以内的日期")})
    dates = _coming(session, party, today) | {HalfDay(day, half).key: free for half in halves}
    if len(dates) > MOST_DATES:
        raise Invalid({"day": _("最多记 %(limit)s 个半天，请先去掉一些", limit=MOST_DATES)})
    _write(session, actor, party, "dates", dict(sorted(dates.items())), clock=clock)


def take_back_day(session: Session, actor: Actor, party: Party, key: str, *, clock: Clock) -> None:
    """Say nothing any more of one half-day."""
    dates = _coming(session, party, clock.today())
    dates.pop(key, None)
    _write(session, actor, party, "dates", dates, clock=clock)


def _coming(session: Session, party: Party, today: date) -> dict[str, Any]:
    row = queries.row_of(session, party)
    return {key: free for key, free in (row.dates if row else {}).items() if HalfDay.read(key).day >= today}


def _write(session: Session, actor: Actor, party: Party, what: str, said: Any, *, clock: Clock) -> None:
    require(actor, party)
    mine = {"expert_id": party.id} if isinstance(party, Expert) else {"organisation_id": party.id}
    row = queries.row_of(session, party, lock=True) or Availability(**mine, weekly=[], dates={})
    before = {what: getattr(row, what)}
    if row.id is not None and before[what] == said:
        return
    setattr(row, what, said)
    row.said_by, row.on_behalf, row.at = actor.name, actor.is_bureau, clock.now()
    session.add(row)
    session.flush()
    after = {what: said}
    audit.log(session, actor, "state_times", party, clock=clock, before=before, after=after, on_behalf=actor.is_bureau)
