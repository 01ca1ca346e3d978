"""Who is away when: no day inside an absence is proposed, and whoever plans one is told."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, short_day
from matchmaker.queries.invitations import Counterpart, lead_of


def away_on(session: Session, expert_ids: Collection[int], day: date) -> list[Expert]:
    """Those of these people who are away on `day`, by name."""
    absent = (Expert.id.in_(expert_ids), Expert.away_from <= day, Expert.away_until >= day)
    return list(session.scalars(select(Expert).where(*absent).order_by(Expert.name, Expert.id)).unique())


def told(people: Iterable[Expert]) -> str:
    """Who is away from when until when, as one line; "" for nobody."""
    return joined(
        _(
            "%(name)s %(first)s至%(last)s外出",
            name=one.name,
            first=short_day(one.away_from),
            last=short_day(one.away_until),
        )
        for one in people
        if one.away_from is not None and one.away_until is not None
    )


def coming(session: Session, party: Counterpart, today: date) -> str:
    """When the expert, or the group's lead, is away now or later; "" if never."""
    person = _speaker(session, party)
    away = person is not None and person.away_until is not None and person.away_until >= today
    return told([person]) if person is not None and away else ""


def check_day(session: Session, party: Counterpart, day: date | None) -> None:
    """Raise `Invalid` for a day to meet on which the expert, or the group's lead, is away."""
    person = _speaker(session, party)
    if day is not None and person is not None and away_on(session, [person.id], day):
        raise Invalid({"day": _("建议日期：%(away)s，请另选日期", away=told([person]))})


def _speaker(session: Session, party: Counterpart) -> Expert | None:
    return lead_of(session, party) if isinstance(party, Group) else party
