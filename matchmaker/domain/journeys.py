"""A day of several stops: firms on one bus to institutes (a trip), or experts round firms (a route)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise

from matchmaker.domain.meetings import LONGEST_TITLE, Plan
from matchmaker.domain.secrecy import refused
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.i18n import gettext as _

MOST_STOPS = 8
LONGEST_NOTE = 2000
MOST_SEATS = 500
TIGHT = 20  # minutes between two stops, fewer are worth a warning
SHORT_FIELDS = ("gathering", "transport", "contact")


@dataclass(frozen=True)
class Details:
    """How people get there: when the car leaves (Asia/Shanghai), from where, which one, whom to call."""

    departs: time | None = None
    gathering: str = ""
    transport: str = ""
    seats: int | None = None
    contact: str = ""
    note: str = ""

    def problems(self) -> dict[str, str]:
        """Field → what is wrong with it."""
        found = {
            name: _("最多 %(limit)s 个字", limit=LONGEST_TITLE)
            for name in SHORT_FIELDS
            if len(getattr(self, name)) > LONGEST_TITLE
        }
        if len(self.note) > LONGEST_NOTE:
            found["note"] = _("最多 %(limit)s 个字", limit=LONGEST_NOTE)
        if self.seats is not None and not 0 < self.seats <= MOST_SEATS:
            found["seats"] = _("座位数应为 1 到 %(limit)s 的整数", limit=MOST_SEATS)
        return found | refused({"note": (_("备注"), self.note)})


@dataclass(frozen=True)
class Stop:
    """One meeting of the day: at an institute with its people (trip), or at a firm (route)."""

    organisation_id: int
    site_id: int | None = None
    starts: time | None = None
    ends: time | None = None
    group_id: int | None = None
    expert_ids: tuple[int, ...] = ()
    need_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class JourneyPlan:
    """A trip (`kind` outbound; `travellers` are ids of firms) or a route (inbound; ids of experts)."""

    kind: MeetingKind
    day: date | None
    travellers: tuple[int, ...]
    stops: tuple[Stop, ...]
    title: str = ""
    details: Details = field(default_factory=Details)

    def problems(self, today: date) -> dict[str, str]:
        """Field → what is wrong with it; those of a stop begin with `stop_0_`."""
        found = self.details.problems()
        if not self.travellers:
            trip = self.kind is MeetingKind.OUTBOUND
            found["travellers"] = _("请至少选择一家企业") if trip else _("请至少选择一位专家")
        if not 0 < len(self.stops) <= MOST_STOPS:
            found["stops"] = _("一天安排 1 到 %(limit)s 站", limit=MOST_STOPS)
        for number, plan in enumerate(self.plans()):
            wrong = plan.problems(today)
            found |= {name: text for name, text in wrong.items() if name in {"title", "day"}}
            found |= {f"stop_{number}_{name}": text for name, text in wrong.items() if name not in {"title", "day"}}
        return found | self._order_problems()

    def _order_problems(self) -> dict[str, str]:
        """Nobody is at two places at one time: the stops follow one another in the order given."""
        found: dict[str, str] = {}
        for number, (first, second) in enumerate(pairwise(self.stops), 1):
            if first.ends is not None and second.starts is not None and second.starts < first.ends:
                found[f"stop_{number}_starts"] = _("与上一站重叠：上一站 %(ends)s 才结束", ends=f"{first.ends:%H:%M}")
        return found

    def plans(self) -> Iterator[Plan]:
        """The meetings, one a stop; the trip or route itself is for the service to add."""
        for stop in self.stops:
            outbound = self.kind is MeetingKind.OUTBOUND
            yield Plan(
                kind=self.kind,
                day=self.day,
                starts=stop.starts,
                ends=stop.ends,
                host_id=stop.organisation_id if outbound else None,
                site_id=stop.site_id,
                group_id=stop.group_id if outbound else None,
                firm_ids=self.travellers if outbound else (stop.organisation_id,),
                expert_ids=stop.expert_ids if outbound else self.travellers,
                need_ids=stop.need_ids,
            )

    def tight(self) -> list[int]:
        """Numbers (from 1) of the stops that begin less than `TIGHT` minutes after the one before has ended."""
        return [
            number
            for number, (first, second) in enumerate(pairwise(self.stops), 2)
            if first.ends is not None and second.starts is not None and minutes(second.starts, first.ends) < TIGHT
        ]


def minutes(later: time, earlier: time) -> int:
    """From one time of a day to another, in minutes."""
    return (later.hour - earlier.hour) * 60 + later.minute - earlier.minute
