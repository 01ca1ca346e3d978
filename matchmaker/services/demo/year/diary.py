"""Who is taken on which day, and how often each need has been talked about."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from matchmaker.services.demo.script import Row, Script
from matchmaker.services.demo.timeline import Timeline

EXPERT_RESTS, FIRM_RESTS = 3, 6  # days before and after a meeting
USUAL_CAPACITY = 6  # meetings a year of somebody who has not said
KEPT_FREE = 2  # meetings that the story leaves everybody this year, so that visitors can try invitations


class Diary:
    """Begins with the hand-written story; every event generated is put down in it."""

    def __init__(self, script: Script, line: Timeline) -> None:
        self._script, self._year = script, line.today.year
        self._people: Mapping[str, list[date]] = defaultdict(list)
        self._firms: Mapping[str, list[date]] = defaultdict(list)
        self._needs: Mapping[str, list[date]] = defaultdict(list)
        self._hosts: set[tuple[str, date]] = set()
        for row in script.meetings.values():
            if row["status"] != "cancelled":
                self.put(row, line.day(row["days_ago"]))

    def put(self, row: Row, day: date) -> None:
        """Take the day of everybody in the event."""
        for person in row["experts"]:
            self._people[person].append(day)
        for firm in row["firms"]:
            self._firms[firm].append(day)
        for need in row["needs"]:
            self._needs[need].append(day)
        if "institute" in row:
            self._hosts.add((row["institute"], day))

    def person_free(self, person: str, day: date) -> bool:
        """Whether the expert has nothing else around the day, and has not taken on enough in the year."""
        kept = KEPT_FREE if day.year == self._year else 0
        return _rests(self._people[person], day, EXPERT_RESTS) and self.room(person, day.year) > kept

    def room(self, person: str, year: int) -> int:
        """How many more meetings the expert would take in the year."""
        most = self._script.experts[person].get("capacity_per_year") or USUAL_CAPACITY
        return int(most) - sum(day.year == year for day in self._people[person])

    def firm_free(self, firm: str, day: date) -> bool:
        """Whether the firm has no other meeting around the day."""
        return _rests(self._firms[firm], day, FIRM_RESTS)

    def host_free(self, institute: str, day: date) -> bool:
        """Whether the institute receives nobody else on the day, so that the visit is an event of its own."""
        return (institute, day) not in self._hosts

    def need_rests(self, need: str, day: date, gap: int) -> bool:
        """Whether the need has not been talked about within `gap` days."""
        return _rests(self._needs[need], day, gap)

    def visits(self, need: str, year: int) -> int:
        """How often the need has been talked about in the year."""
        return sum(day.year == year for day in self._needs[need])

    def visits_to(self, institute: str) -> int:
        """How often the institute has received somebody."""
        return sum(host == institute for host, _ in self._hosts)


def _rests(days: list[date], day: date, gap: int) -> bool:
    return all(abs(other - day) > timedelta(days=gap) for other in days)
