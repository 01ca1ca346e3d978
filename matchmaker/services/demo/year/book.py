"""The year that was and the year that is, around the hand-written story: events, invitations, minutes.

Everything follows from the script, the calendar and the demonstration's own today. It is told in the same rows as the
story, so it is played through the same services.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus
from matchmaker.services.demo.chance import between, chance
from matchmaker.services.demo.script import Row, Script
from matchmaker.services.demo.timeline import Timeline
from matchmaker.services.demo.year.cast import Cast, Party
from matchmaker.services.demo.year.diary import Diary
from matchmaker.services.demo.year.events import AFTERNOONS, MORNINGS, Event, Organiser
from matchmaker.services.demo.year.letters import Post
from matchmaker.services.demo.year.season import spread, without
from matchmaker.services.demo.year.wording import Wording

# What is counted in the year before today's and planned for today's: ahead with the one, behind with the other.
LAST_YEAR = {MeetingKind.OUTBOUND: 112, MeetingKind.INBOUND: 104}
THIS_YEAR = {MeetingKind.OUTBOUND: 118, MeetingKind.INBOUND: 84}
SETTLED = 2  # days after which an event is recorded and verified
TWO_HOSTS = 0.28  # share of the visits that go on to a second institute in the afternoon
UNVERIFIED_AGO = (6, 10)  # days since events that wait for the second officer
SEARCH = 12  # working days to look for somebody free
CALLED_OFF = (0.17, 0.38, 0.62, 0.86)  # places in last year of meetings that were cancelled
LATE, NO_PHOTO, NO_SHEET = 0.13, 0.06, 0.07  # shares of the events that are not as they should be


def told(script: Script, line: Timeline) -> Script:
    """The script with the generated events and invitations beside the hand-written ones."""
    cast, diary = Cast(script, line), Diary(script, line)
    book = Book(cast, Organiser(cast, diary), line)
    events = sorted(book.events(), key=lambda event: (event["day"], event["start"]))
    wording = Wording(script)
    post = Post(cast, diary, wording, line)
    meetings, invitations, trips = dict(script.meetings), dict(script.invitations), dict(script.trips)
    for number, event in enumerate(events, 1):
        if "minutes" not in event and event["status"] != MeetingStatus.CANCELLED:
            event["minutes"] = wording.minutes(event)
        letter = post.before(event) if event["counts"] else None
        if letter is not None:
            event["invitation"] = f"letter_{number:03d}"
            invitations[event["invitation"]] = letter
        meetings[f"event_{number:03d}"] = event | {"days_ago": (line.today - event["day"]).days}
        if "trip" in event:
            trips[event["trip"]] = {"title": event["trip_title"]}
    invitations |= {f"beside_{number:02d}": letter for number, letter in enumerate(post.beside(), 1)}
    return replace(script, meetings=meetings, invitations=invitations, trips=trips)


class Book:
    """Fills the days of the season, early to late."""

    def __init__(self, cast: Cast, organiser: Organiser, line: Timeline) -> None:
        self._cast, self._organiser, self._line = cast, organiser, line

    def events(self) -> Iterator[Event]:
        """Those that count, then those that do not, each marked with what the rules must find."""
        yield from self._oddities()
        outbound, inbound = self._days(MeetingKind.OUTBOUND), self._days(MeetingKind.INBOUND)
        visits = [(day, MeetingKind.OUTBOUND, both) for day, both in self._buses(outbound)]
        calls = [(day, MeetingKind.INBOUND, False) for day in inbound]
        for day, kind, both in sorted(visits + calls, key=lambda slot: slot[0]):
            found = self._found(
                self._organiser.outbound if kind is MeetingKind.OUTBOUND else self._organiser.inbound, day
            )
            if found is not None:
                yield from self._with_second(found) if both else [self._held(found)]

    def _days(self, kind: MeetingKind) -> list[date]:
        """The days of both years on which an event of the kind is still to be made up."""
        found: list[date] = []
        for year, number in ((self._line.today.year - 1, LAST_YEAR[kind]), (self._line.today.year, THIS_YEAR[kind])):
            days = spread(self._line.calendar, year, number, kind)
            found += without(days, (day for day in self._story(kind) if day.year == year))
        return [day for day in found if day < self._line.today - timedelta(days=SETTLED)]

    def _story(self, kind: MeetingKind) -> list[date]:
        rows = self._cast.script.meetings.values()
        return [self._line.day(row["days_ago"]) for row in rows if row["counts"] and row["kind"] == kind]

    def _buses(self, days: list[date]) -> Iterator[tuple[date, bool]]:
        """Each visit's day, and whether the next one is made on the same day by the same bus."""
        skip = False
        for day, following in pairwise([*days, date.max]):
            if skip:
                skip = False
                continue
            skip = following.year == day.year and chance("two hosts", day) < TWO_HOSTS
            yield day, skip

    def _found(self, look: Callable[[date], Event | None], day: date) -> Event | None:
        """What can be organised on the day, or on a working day soon after or before it in the same year."""
        for attempt in range(2 * SEARCH):
            other = day
            for _ in range(attempt // 2):
                other = self._line.following(other) if attempt % 2 else self._line.preceding(other)
            if other.year == day.year and other < self._line.today - timedelta(days=SETTLED) and (found := look(other)):
                return found
        return None

    def _with_second(self, first: Event) -> Iterator[Event]:
        """Two institutes on one bus, morning and afternoon; by itself where nobody else is free."""
        second = self._organiser.outbound(first["day"])
        if second is None:
            yield self._held(first)
            second = self._found(self._organiser.outbound, first["day"])
            if second is not None:
                yield self._held(second)
            return
        title = "、".join(self._cast.script.institutes[one["institute"]]["name"] for one in (first, second))
        bus = {"trip": f"bus_{first['day']:%y%m%d}", "trip_title": f"{title}一日对接（演示）"}
        for event, times in ((first, MORNINGS), (second, AFTERNOONS)):
            start, end = times[int(chance("bus leaves", event["day"]) * len(times))]
            yield self._held(event | bus | {"start": start, "end": end})

    def _held(self, event: Event) -> Event:
        """As a counted meeting, with the slips of daily work."""
        about = (event["day"], *event["firms"])
        event |= {"status": MeetingStatus.VERIFIED.value, "counts": True}
        event["attendance"] = list(self._absences(event))
        if chance("late", *about) < LATE:
            after = between(6, 20, "how late", *about)
            if event["day"] + timedelta(days=after + SETTLED) < self._line.today:
                event["recorded_after"] = after
        if chance("no photo", *about) < NO_PHOTO:
            event["photo"] = False
        if chance("no sheet", *about) < NO_SHEET:
            event["signed"] = False
        return event

    def _absences(self, event: Event) -> Iterator[Row]:
        """Who did not come themselves: never the one expert by whom the meeting counts, nor its first firm."""
        about = (event["day"], *event["firms"])
        for person in event["experts"][1:]:
            if chance("absent", person, *about) < 0.12:
                yield {"expert": person, "outcome": Attendance.EXCUSED.value}
        for firm in event["firms"]:
            dice = chance("absent", firm, *about)
            if dice < 0.09:
                yield {"firm": firm, "outcome": Attendance.STAND_IN.value, "people": self._stand_in(firm, *about)}
            elif dice < 0.15 and firm != event["firms"][0]:
                outcome = Attendance.EXCUSED if dice < 0.12 else Attendance.ABSENT
                yield {"firm": firm, "outcome": outcome.value}

    def _stand_in(self, firm: str, *about: object) -> str:
        people = self._cast.script.phrases["stand_in"]
        return people[int(chance("stands in", firm, *about) * len(people))]

    def _oddities(self) -> Iterator[Event]:
        """Last year's events that do not count, one of each sort, and what waits for verification these days."""
        january = date(self._line.today.year - 1, 1, 1)
        for place, oddity in ((0.3, self._elsewhere), (0.45, self._online), (0.7, self._branch), (0.56, self._nobody)):
            found = self._found(oddity, self._line.workday(january + timedelta(days=int(365 * place))))
            if found is not None:
                yield found
        for place in CALLED_OFF:
            day = self._line.workday(january + timedelta(days=int(365 * place)))
            look = self._organiser.inbound if chance("called off", day) < 0.5 else self._organiser.outbound
            if found := self._found(look, day):
                reason = self._cast.script.phrases["cancelled"][CALLED_OFF.index(place)]
                yield found | {"status": "cancelled", "counts": False, "why_not": "cancelled", "cancel_reason": reason}
        for ago in UNVERIFIED_AGO:
            look = self._organiser.inbound if ago == UNVERIFIED_AGO[0] else self._organiser.outbound
            if found := self._found(look, self._line.day(ago)):
                yield found | {"status": "held", "counts": False, "why_not": "not_verified"}

    def _elsewhere(self, day: date) -> Event | None:
        """A visit to an institute that is in neither of the two cities."""

        def outside(party: Party) -> bool:
            return not self._cast.in_regions(party.institute, party.site)

        found = self._organiser.outbound(day, outside)
        return found and found | {"status": "verified", "counts": False, "why_not": "elsewhere"}

    def _online(self, day: date) -> Event | None:
        """A call instead of a visit."""
        found = self._organiser.inbound(day)
        return found and found | {"kind": "online", "status": "verified", "counts": False, "why_not": "online"}

    def _branch(self, day: date) -> Event | None:
        """A look at a firm's works in another province, about no need in particular."""
        script = self._cast.script
        firm = next(key for key, row in script.firms.items() if "branch" in row)
        found = self._organiser.look_in(firm, day)
        more = {"status": "verified", "counts": False, "why_not": "not_at_firm", "at": 1}
        return found and found | more | {"minutes": script.phrases["at_branch"][0]}

    def _nobody(self, day: date) -> Event | None:
        """A visit to an institute whose expert was called away."""
        found = self._organiser.outbound(day, lambda party: self._cast.in_regions(party.institute, party.site))
        if found is None:
            return None
        away = [{"expert": person, "outcome": Attendance.EXCUSED.value} for person in found["experts"]]
        name = self._cast.script.experts[found["experts"][0]]["name"]
        minutes = self._cast.script.phrases["nobody"][0].format(expert=f"{name}老师")
        more = {"attendance": away, "minutes": minutes, "counts": False, "why_not": "nobody_of_host"}
        return found | more | {"status": "verified"}
