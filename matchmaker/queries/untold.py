"""What was changed of a meeting's particulars since its parties were last written to, read from the audit trail."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit, Meeting, Trip
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import LazyString
from matchmaker.i18n import lazy_gettext as _
from matchmaker.queries.journeys import journey_of

TELLING = ("schedule", "change", "restore", "tell")  # steps that write to every party, with all that holds then
OWN: Mapping[str, LazyString] = {
    "agenda": _("议程"),
    "bring": _("需带资料"),
    "secrecy": _("保密提示"),
    "travel": _("交通"),
}
OF_JOURNEY: Mapping[str, LazyString] = {
    "departs": _("出发时间"),
    "gathering": _("集合地点"),
    "transport": _("车辆"),
    "contact": _("联系人和电话"),
}


def untold(session: Session, meeting: Meeting) -> dict[str, str]:
    """Field → what it is called, of those that were changed and not told."""
    mine = (Audit.noun == Noun.MEETING, Audit.record_id == meeting.id)
    last = session.scalar(select(func.max(Audit.id)).where(*mine, Audit.action.in_(TELLING))) or 0
    since = select(Audit).where(Audit.id > last).order_by(Audit.id)
    found = {name for row in session.scalars(since.where(*mine, Audit.action == "prepare")) for name in row.after}
    if (journey := journey_of(meeting)) is not None:
        noun = Noun.TRIP if isinstance(journey, Trip) else Noun.ROUTE
        theirs = since.where(Audit.noun == noun, Audit.record_id == journey.id, Audit.action == "change")
        rows = (row for row in session.scalars(theirs) if "day" not in row.after)  # another day was told
        found |= {name for row in rows for name in row.after}
    return {name: str(label) for name, label in {**OWN, **OF_JOURNEY}.items() if name in found}
