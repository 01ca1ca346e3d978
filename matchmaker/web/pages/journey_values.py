"""Forms of trips and routes: text as it was typed → what the services take."""

from collections.abc import Mapping
from typing import Any

from matchmaker.domain.ids import row_id
from matchmaker.domain.journeys import MOST_STOPS, Details, JourneyPlan, Stop
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.web import pairing

KINDS = {"trips": MeetingKind.OUTBOUND, "routes": MeetingKind.INBOUND}
NOUN = "<any(trips, routes):noun>"
STOP_LISTS = tuple(f"stop_{at}_{name}" for at in range(MOST_STOPS) for name in ("experts", "needs"))
LISTS = ("travellers", *STOP_LISTS)


def details_of(values: Mapping[str, Any]) -> Details:
    """The fields of the car. Raises `Invalid` for a number or a time that cannot be read."""
    seats = values.get("seats", "")
    if seats and not (seats.isascii() and seats.isdecimal() and len(seats) < 6):
        raise Invalid({"seats": _("座位数请填整数")})
    texts = {name: values.get(name, "") for name in ("gathering", "transport", "contact", "note")}
    return Details(departs=pairing.clock_time(values, "departs"), seats=int(seats) if seats else None, **texts)


def plan_of(kind: MeetingKind, values: Mapping[str, Any]) -> JourneyPlan:
    """A whole day as sent. Raises `Invalid` for what cannot be read."""
    return JourneyPlan(
        kind=kind,
        day=pairing.day(values, "day"),
        travellers=numbers(values.get("travellers", [])),
        stops=tuple(stop_of(values, at) for at in range(MOST_STOPS) if row_id(values.get(f"stop_{at}_organisation"))),
        title=values.get("title", ""),
        details=details_of(values),
    )


def stop_of(values: Mapping[str, Any], at: int) -> Stop:
    """One stop as sent."""
    name = f"stop_{at}_"
    return Stop(
        organisation_id=row_id(values.get(f"{name}organisation")) or 0,
        site_id=row_id(values.get(f"{name}site")),
        starts=pairing.clock_time(values, f"{name}starts"),
        ends=pairing.clock_time(values, f"{name}ends"),
        group_id=row_id(values.get(f"{name}group")),
        expert_ids=numbers(values.get(f"{name}experts", [])),
        need_ids=numbers(values.get(f"{name}needs", [])),
    )


def numbers(texts: Any) -> tuple[int, ...]:
    """Ids among what was ticked."""
    return tuple(number for number in map(row_id, texts) if number is not None)
