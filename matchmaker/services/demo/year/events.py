"""Who goes where on a given day: needs that have waited longest, with people who fit them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.services.demo.chance import between, chance, chosen
from matchmaker.services.demo.year.cast import Cast, Party
from matchmaker.services.demo.year.diary import Diary

Event = dict[str, Any]  # a meeting as the story's files tell one
Wanted = Callable[[Party], bool]
# How often a need may be talked about when nothing better is found: days between, times a year, others than who fits.
PATIENCE = ((26, 4, False), (16, 5, False), (12, 7, True), (7, 9, True))
BUS = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4)  # needs on one visit
MOST_PEOPLE, MOST_FIRMS = 4, 5
EAGER = (0.7, 1.5, 1.0, 1.3, 0.9, 1.9, 0.8, 1.1, 1.2, 1.0, 0.75, 1.6)  # of units: below one, their firms go out more
MORNINGS = (("09:00", "11:30"), ("09:30", "11:30"), ("09:30", "12:00"), ("10:00", "12:00"))
AFTERNOONS = (("13:30", "16:00"), ("14:00", "16:00"), ("14:00", "17:00"), ("14:30", "16:30"))


@dataclass(frozen=True)
class Match:
    """A need and the people who are free to talk about it, the one who does first."""

    need: str
    party: Party
    people: tuple[str, ...]


class Organiser:
    """Puts events together from who is free; what it returns is in the diary already."""

    def __init__(self, cast: Cast, diary: Diary) -> None:
        self.cast, self.diary = cast, diary
        self._needs = cast.script.needs

    def outbound(self, day: date, wanted: Wanted | None = None, *, again_at: str = "") -> Event | None:
        """A visit to an institute, to one that was visited least for what it could do; None if nobody is free.

        `wanted` says which parties will do; `again_at` sends a second party to an institute visited that day.
        """
        will_do = wanted or (lambda party: self.cast.in_regions(party.institute, party.site))
        for patience in PATIENCE:
            hosts: dict[tuple[str, int], list[Match]] = defaultdict(list)
            for match in self._matches(day, patience, will_do):
                party = match.party
                if party.institute == again_at or (not again_at and self.diary.host_free(party.institute, day)):
                    hosts[party.institute, party.site].append(match)
            if hosts:
                institute, site = max(sorted(hosts), key=lambda host: self._demand(host[0], hosts[host], day))
                return self._put(self._visit(hosts[institute, site], day, alone=wanted is not None), day)
        return None

    def inbound(self, day: date) -> Event | None:
        """A visit of one or two people to a firm; None if nobody is free."""
        for patience in PATIENCE:
            for match in self._matches(day, patience, bool):
                people = tuple(person for person in match.people if self.cast.works_there(person))
                if people:
                    return self._put(self._call(match.need, people, day), day)
        return None

    def look_in(self, firm: str, day: date) -> Event | None:
        """A visit to a firm, about no need, of somebody who fits one of its needs; None if they are not free."""
        theirs = [key for key in self.cast.needs if self._needs[key]["firm"] == firm]
        people = [one for key in theirs for party in self.cast.parties[key] for one in party.people]
        free = [one for one in people if self.diary.person_free(one, day)]
        if not free or not self.diary.firm_free(firm, day):
            return None
        starts, ends = chosen(AFTERNOONS, "looks in", day, firm)
        event = {"kind": MeetingKind.INBOUND.value, "start": starts, "end": ends, "firms": [firm], "needs": []}
        return self._put(event | {"experts": free[:1], "speakers": {}}, day)

    def _matches(self, day: date, patience: tuple[int, int, bool], will_do: Wanted) -> Iterator[Match]:
        """Needs that may be talked about on the day, the most patient first, each with its first free party."""
        gap, most, others = patience
        for need in sorted(self.cast.met, key=lambda key: self._patience(key, day)):
            first, last = self.cast.windows[need]
            if not first <= day <= last or not self.diary.firm_free(self._needs[need]["firm"], day):
                continue
            if self.diary.visits(need, day.year) >= most or not self.diary.need_rests(need, day, gap):
                continue
            parties = self.cast.parties[need] + (self.cast.related[need] if others else ())
            yield from self._free(need, [party for party in parties if will_do(party)], day)

    def _free(self, need: str, parties: Sequence[Party], day: date) -> Iterator[Match]:
        for party in parties:
            people = tuple(person for person in party.people if self.diary.person_free(person, day))
            if people:
                yield Match(need, party, people[:2])

    def _patience(self, need: str, day: date) -> float:
        unit = self.cast.script.firms[self._needs[need]["firm"]]["unit"]
        return self.diary.visits(need, day.year) * EAGER[unit % len(EAGER)] + chance("patience", need, day)

    def _demand(self, institute: str, matches: Sequence[Match], day: date) -> float:
        needs = len({match.need for match in matches})
        return needs / (1 + self.diary.visits_to(institute)) + 0.2 * chance("host", institute, day)

    def _visit(self, matches: Sequence[Match], day: date, *, alone: bool) -> Event:
        first = matches[0]
        seats = 1 if alone else chosen(BUS, "bus", day, first.need)
        fellows = self._fellows(matches, seats)
        people = list(dict.fromkeys(person for match in fellows for person in match.people[:2]))[:MOST_PEOPLE]
        firms = [self._needs[match.need]["firm"] for match in fellows]
        along = [] if alone else self._along(firms, self._needs[first.need]["field"], day)
        starts, ends = chosen(MORNINGS + AFTERNOONS[:2], "starts", day, first.need)
        found: Event = {
            "kind": MeetingKind.OUTBOUND.value,
            "institute": first.party.institute,
            "site": first.party.site,
        }
        if first.party.group:
            found["group"] = first.party.group
        return found | {
            "start": starts,
            "end": ends,
            "firms": [*firms, *along],
            "experts": people,
            "needs": [match.need for match in fellows],
            "speakers": {match.need: match.people[0] for match in fellows if match.people[0] in people},
        }

    def _fellows(self, matches: Sequence[Match], seats: int) -> list[Match]:
        """The first and others of its field, each of another firm; then of whatever field."""
        found = [matches[0]]
        field = self._needs[matches[0].need]["field"]
        for match in sorted(matches[1:], key=lambda match: self._needs[match.need]["field"] != field):
            firms = {self._needs[other.need]["firm"] for other in found}
            if len(found) < seats and self._needs[match.need]["firm"] not in firms:
                found.append(match)
        return found

    def _along(self, firms: Sequence[str], field: str, day: date) -> list[str]:
        """Firms of the field that come along to listen."""
        free = [firm for firm in self.cast.firms_of[field] if firm not in firms and self.diary.firm_free(firm, day)]
        if not free or chance("along", day, *firms) > 0.3:
            return []
        first = between(0, len(free) - 1, "who comes along", day, *firms)
        number = min(between(1, 2, "how many come along", day, *firms), MOST_FIRMS - len(firms))
        return (free[first:] + free[:first])[:number]

    def _call(self, need: str, people: Sequence[str], day: date) -> Event:
        starts, ends = chosen(MORNINGS + AFTERNOONS, "calls at", day, need)
        colleagues = [one for one in self.cast.colleagues(people[0]) if self.diary.person_free(one, day)]
        if len(people) == 1 and colleagues and chance("brings", day, need) < 0.3:
            people = [people[0], chosen(colleagues, "whom", day, need)]
        return {
            "kind": MeetingKind.INBOUND.value,
            "start": starts,
            "end": ends,
            "firms": [self._needs[need]["firm"]],
            "experts": list(people),
            "needs": [need],
            "speakers": {need: people[0]},
        }

    def _put(self, event: Event, day: date) -> Event:
        self.diary.put(event, day)
        return event | {"day": day}
