"""Who could meet about a need, and when the need stands open: read from the script alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from matchmaker.domain.vocabulary import Audience, NeedStatus
from matchmaker.services.demo.audience import audiences
from matchmaker.services.demo.chance import between, chance
from matchmaker.services.demo.script import Row, Script
from matchmaker.services.demo.timeline import Timeline

HOSTS = ("11", "12")  # Beijing and Tianjin in GB/T 2260: where the demonstration's institutes are
MET = frozenset({NeedStatus.PUBLISHED, NeedStatus.SOLVED, NeedStatus.CLOSED})
ENDED_AGO = 55  # days since a need was solved or closed, where the script does not say
EVER_MET = 0.86  # share of the needs
FROM_LAST_YEAR = 0.64  # share of the needs that were there last year
FROM_THE_START = 0.5  # share of these that were there all year


@dataclass(frozen=True)
class Party:
    """With whom a need may be talked about: people of one institute, at one place of it, maybe a group."""

    institute: str
    site: int
    people: tuple[str, ...]
    group: str | None = None


class Cast:
    """Looks up what the choice of events needs to know about firms, needs and experts."""

    def __init__(self, script: Script, line: Timeline) -> None:
        self.script, self.line = script, line

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The needs that somebody fits and that were ever published."""
        rows = self.script.needs.items()
        return tuple(key for key, row in rows if row["status"] in MET and row["fits"] and row.get("talks"))

    @cached_property
    def met(self) -> tuple[str, ...]:
        """Those that people ever met about; the others wait, though some were invited for."""
        return tuple(key for key in self.needs if key in self._told or chance("met", key) < EVER_MET)

    @cached_property
    def parties(self) -> dict[str, tuple[Party, ...]]:
        """Need → who really fits."""
        return {key: tuple(self._party(fit) for fit in self.script.needs[key]["fits"]) for key in self.needs}

    @cached_property
    def related(self) -> dict[str, tuple[Party, ...]]:
        """Need → others in whose offers one of its keywords stands."""
        return {key: tuple(self._related(key)) for key in self.needs}

    def _party(self, key: str) -> Party:
        group = self.script.groups.get(key)
        if group is None:
            row = self.script.experts[key]
            return Party(row["institute"], row["site"], (key,))
        return Party(group["institute"], group["site"], (group["lead"], *group["members"]), key)

    def _related(self, need: str) -> Iterator[Party]:
        row, (audience, institutes) = self.script.needs[need], self._audiences[need]
        for key, offered in self._offers.items():
            if audience is Audience.CHOSEN and self.script.experts[key]["institute"] not in institutes:
                continue
            if key not in row["fits"] and any(word in offered for word in row["keywords"]):
                yield self._party(key)

    @cached_property
    def _audiences(self) -> Mapping[str, tuple[Audience, tuple[str, ...]]]:
        return audiences(self.script)

    @cached_property
    def _offers(self) -> dict[str, str]:
        """Expert → all the words of what they offer; a person's second record is left out."""
        return {
            key: "\n".join(f"{one['title']}{one['text']}{one['keywords']}" for one in row["capabilities"])
            for key, row in self.script.experts.items()
            if "duplicate_of" not in row
        }

    def in_regions(self, institute: str, site: int) -> bool:
        """Whether the place counts."""
        code: str = self.script.institutes[institute]["sites"][site]["region_code"]
        return code.startswith(HOSTS)

    def works_there(self, expert: str) -> bool:
        """Whether the person works at a place that counts."""
        row = self.script.experts[expert]
        return self.in_regions(row["institute"], row["site"])

    @cached_property
    def _fields(self) -> dict[str, str]:
        """Expert → technical field: of the file, else of most needs the person fits."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for key in self.needs:
            for party in self.parties[key]:
                for person in party.people:
                    votes[person][self.script.needs[key]["field"]] += 1
        found = {key: max(sorted(count), key=lambda name: count[name]) for key, count in votes.items()}
        return found | {key: row["field"] for key, row in self.script.experts.items() if "field" in row}

    def colleagues(self, expert: str) -> list[str]:
        """Others of the same field at the same institute."""
        field, institute = self._fields.get(expert), self.script.experts[expert]["institute"]
        return [
            key
            for key in self._offers
            if key != expert and self._fields.get(key) == field and self.script.experts[key]["institute"] == institute
        ]

    @cached_property
    def firms_of(self) -> dict[str, list[str]]:
        """Technical field → firms of it."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for row in self.script.needs.values():
            found[row["field"]][row["firm"]] = None
        for key, firm in self.script.firms.items():
            if "field" in firm and "duplicate_of" not in firm:
                found[firm["field"]][key] = None
        return {field: list(keys) for field, keys in found.items()}

    @cached_property
    def windows(self) -> dict[str, tuple[date, date]]:
        """Need → the first and the last day on which people may meet about it.

        The hand-written story goes on where the generated one ends.
        """
        return {key: (self._from(key), self._until(key)) for key in self.needs}

    def _from(self, key: str) -> date:
        year = self.line.today.year
        if key in self._told or chance("year of", key) < FROM_LAST_YEAR:
            late = chance("from the start", key) >= FROM_THE_START
            return date(year - 1, 1, 1) + timedelta(days=between(0, 210, "from", key) if late else 0)
        return date(year, 1, 5) + timedelta(days=between(0, 280, "from", key))

    def _until(self, key: str) -> date:
        row = self.script.needs[key]
        ended = timedelta(days=ended_ago(row) + 6 if row["status"] != NeedStatus.PUBLISHED else 1)
        until = self.line.today - ended
        return min(until, self._told[key] - timedelta(days=20)) if key in self._told else until

    @cached_property
    def _told(self) -> dict[str, date]:
        """Need → the first day on which the hand-written story speaks of it."""
        found: dict[str, date] = {}
        uses = [(row["days_ago"], row["needs"]) for row in self.script.meetings.values()]
        uses += [(row["sent_days_ago"], [row["need"]]) for row in self.script.invitations.values()]
        for days_ago, needs in uses:
            day = self.line.day(days_ago)
            found |= {key: min(day, found.get(key, day)) for key in needs}
        return found


def ended_ago(row: Row) -> int:
    """Days since a need was solved or closed."""
    days: int = row.get("solved_days_ago", ENDED_AGO)
    return days
