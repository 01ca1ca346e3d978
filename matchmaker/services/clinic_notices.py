"""Letters about technical clinics: each firm of its own visit, each expert of the whole round, and their calendars."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Clinic, ClinicVisit
from matchmaker.domain.availability import HOURS
from matchmaker.exchange.calendar import Entry, Method
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, short_day
from matchmaker.services import outbox
from matchmaker.services.notices import Reader

PLANNED, CHANGED, CANCELLED = "clinic_planned", "clinic_changed", "clinic_cancelled"


@dataclass(frozen=True)
class Told:
    """What a party of a clinic is to know: who they are, when it is, and the entries of their calendar."""

    name: str
    address: str
    reader: Reader
    firm: str
    expert: str
    when: tuple[tuple[date, str], ...]
    entries: tuple[Entry, ...]

    @property
    def last(self) -> date:
        """The last day on which the party is wanted."""
        return max(day for day, _when in self.when)


def told(clinic: Clinic) -> dict[str, Told]:
    """Party → what it is to know of the clinic as it stands."""
    people = joined(row.expert.name for row in clinic.experts)
    found = {
        f"firm-{visit.firm_id}": Told(
            name=visit.firm.contact_name or visit.firm.name,
            address=visit.firm.contact_email,
            reader=Reader(organisation_id=visit.firm_id),
            firm=visit.firm.name,
            expert=people,
            when=((visit.day, _(visit.half.label)),),
            entries=(_entry(clinic, visit),),
        )
        for visit in clinic.visits
    }
    for row in clinic.experts:
        found[f"expert-{row.expert_id}"] = Told(
            name=row.expert.name,
            address=row.expert.email,
            reader=Reader(expert_id=row.expert_id),
            firm=joined(visit.firm.name for visit in clinic.visits),
            expert=people,
            when=tuple((visit.day, f"{_(visit.half.label)} {visit.firm.name}") for visit in clinic.visits),
            entries=tuple(_entry(clinic, visit) for visit in clinic.visits),
        )
    return found


def _entry(clinic: Clinic, visit: ClinicVisit) -> Entry:
    starts, ends = HOURS[visit.half]
    return Entry(
        key=f"clinic-{clinic.id}-{visit.firm_id}",
        sequence=clinic.version,
        title=clinic.title,
        starts=f"{visit.day.isoformat()}T{starts:%H:%M}",
        ends=f"{visit.day.isoformat()}T{ends:%H:%M}",
        place=visit.firm.name,
        path=f"/clinics/{clinic.id}",
    )


def tell(session: Session, clinic: Clinic, notice: str, *, clock: Clock, reason: str = "") -> None:
    """Tell everybody of the clinic whose day is still to come."""
    for key, party in told(clinic).items():
        _queue(session, clinic, notice, key, party, clock=clock, reason=reason)


def tell_changed(session: Session, clinic: Clinic, before: dict[str, Told], *, clock: Clock) -> None:
    """Tell those for whom something changed what holds now, who is new that they are asked, who left that it is off."""
    now = told(clinic)
    for key, party in now.items():
        old = before.get(key)
        if old is None:
            _queue(session, clinic, PLANNED, key, party, clock=clock)
        elif (old.when, old.expert) != (party.when, party.expert):
            kept = {entry.key for entry in party.entries}
            gone = tuple(
                replace(entry, sequence=clinic.version, cancelled=True)
                for entry in old.entries
                if entry.key not in kept
            )
            all_of_it = replace(party, entries=(*party.entries, *gone))
            _queue(session, clinic, CHANGED, key, all_of_it, clock=clock, last=max(old.last, party.last))
    for key in before.keys() - now.keys():
        _queue(session, clinic, CANCELLED, key, before[key], clock=clock)


def _queue(
    session: Session,
    clinic: Clinic,
    notice: str,
    key: str,
    party: Told,
    *,
    clock: Clock,
    reason: str = "",
    last: date | None = None,
) -> None:
    """One letter; of what lies in the past nobody is told."""
    if (last or party.last) < clock.today():
        return
    method = Method.CANCEL if notice == CANCELLED else Method.REQUEST
    first, *others = [replace(entry, sequence=clinic.version).kept() for entry in party.entries]
    payload = {
        "path": f"/clinics/{clinic.id}",
        "title": clinic.title,
        "name": party.name,
        "firm": party.firm,
        "expert": party.expert,
        "day": min(day for day, _when in party.when).isoformat(),
        "time": _lines(party.when),
        "reason": reason,
        "method": method.value,
        "entry": first,
        "entries": others,
    }
    dedup = f"{notice}:{clinic.id}:{key}:{clinic.version}"
    outbox.queue(session, notice, party.address, payload, dedup_key=dedup, clock=clock, reader=party.reader)


def _lines(when: Iterable[tuple[date, str]]) -> str:
    return _("；").join(f"{short_day(day)} {text}" for day, text in when)
