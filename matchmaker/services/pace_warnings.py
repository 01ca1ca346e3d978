"""Warnings that a year goes wrong: each level once, to the city's officers and leaders or to a unit's officers."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, PaceWarning, Target, Unit
from matchmaker.domain.forecast import Forecast
from matchmaker.domain.pace import Pace, pace
from matchmaker.domain.pace_warnings import levels, to_say
from matchmaker.domain.vocabulary import Role, WarningLevel
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, use_locale
from matchmaker.queries import pace_warnings as queries
from matchmaker.queries import reminders, targets
from matchmaker.queries.choices import named
from matchmaker.queries.forecasts import outlooks
from matchmaker.services import outbox
from matchmaker.services.notices import Reader


def check(session: Session, day: date, *, clock: Clock) -> str:
    """See for every target of `day`'s year how it stands, and say what has not been said."""
    promised = queries.first_targets(session, day.year)
    found = outlooks(session, day, {unit_id for _code, unit_id in promised if unit_id is not None})
    progress = targets.calendar(session, day.year).progress(day.year, day)
    said = 0
    for (code, unit_id), target in promised.items():
        outlook = found[code][unit_id]
        standing = pace(outlook.course.actual, target.value, progress)
        fresh = _note(session, target, levels(standing, outlook.forecast), day)
        if fresh:
            _tell(session, target, fresh, (standing, outlook.forecast), clock=clock)
            said += 1
    return f"{said} warnings"


def _note(session: Session, target: Target, now: list[WarningLevel], day: date) -> list[PaceWarning]:
    """Keep that these levels hold on `day`; those that are to be said, the lightest first."""
    known = {row.level: row for row in queries.of_number(session, target)}
    fresh = to_say({level: row.held_on for level, row in known.items()}, now, day)
    where = {"metric_code": target.metric_code, "year": target.year, "unit_id": target.unit_id}
    for level in now:
        row = known.setdefault(level, PaceWarning(**where, level=level, warned_on=day, held_on=day))
        row.held_on = max(row.held_on, day)
        row.warned_on = day if level in fresh else row.warned_on
        session.add(row)
    session.flush()
    return [known[level] for level in fresh]


def _tell(
    session: Session,
    target: Target,
    fresh: list[PaceWarning],
    stands: tuple[Pace, Forecast | None],
    *,
    clock: Clock,
) -> None:
    unit = session.get(Unit, target.unit_id) if target.unit_id is not None else None
    words = [row.level for row in fresh]
    for reader in _readers(session, unit):
        with use_locale(reader.locale):
            payload = _payload(target, unit, words, *stands) | {"name": reader.name, "locale": reader.locale}
        outbox.queue(
            session,
            "pace_warning",
            reader.email,
            payload,
            dedup_key=f"pace:{fresh[-1].id}:{fresh[-1].warned_on}:{reader.id}",
            clock=clock,
            reader=Reader(account_id=reader.id),
        )


def _readers(session: Session, unit: Unit | None) -> Iterable[Account]:
    """The unit's officers (the city's where it has none); for the city its officers and leaders."""
    if unit is not None:
        return reminders.officers(session, {unit.id})
    watching = select(Account).where(Account.active, Account.role.in_((Role.CITY, Role.LEADER)))
    return session.scalars(watching.order_by(Account.id)).all()


def _payload(
    target: Target, unit: Unit | None, fresh: list[WarningLevel], standing: Pace, forecast: Forecast | None
) -> dict[str, Any]:
    name = named(target.metric)
    numbers = _(
        "已计 %(actual)s，今天应达 %(expected)s，全年目标 %(target)s",
        actual=standing.actual,
        expected=standing.expected,
        target=f"{target.value:g}",
    )
    if forecast is not None:
        span = {"point": forecast.point, "low": forecast.low, "high": forecast.high}
        numbers += _("；") + _("年底预计 %(point)s（%(low)s–%(high)s）", **span)
    return {
        "title": _("%(unit)s %(metric)s", unit=named(unit), metric=name) if unit else name,
        "reason": joined(_(level.label) for level in fresh),
        "message": numbers,
        "path": f"/board?year={target.year}",
    }
