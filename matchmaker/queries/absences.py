"""Who is away when: no day inside an absence is proposed, and whoever plans one is told."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group
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


def of_party(session: Session, party: Counterpart) -> Expert | None:
    """The person whose absence counts: the expert, or the group's lead."""
    return lead_of(session, party) if isinstance(party, Group) else party
