"""Experts and groups of a sheet."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from matchmaker.db.models import Expert, Group, Organisation
from matchmaker.domain.drafts import ExpertRow, GroupRow
from matchmaker.domain.vocabulary import MemberRole
from matchmaker.services import experts, records
from matchmaker.services.imports.lookup import Parties
from matchmaker.services.imports.natural import Seen, natural_key, on_file
from matchmaker.services.imports.plan import Desk, Lookup, Plan, Verdict
from matchmaker.services.imports.sheet import Line

EXPERT_COLUMNS = (
    "external_id", "name", "title", "honour", "email", "phone", "capacity", "travel", "away_from", "away_until",
)  # fmt: skip
GROUP_COLUMNS = ("external_id", "name")


def _verdict(record: object | None, *, changed: bool) -> Verdict:
    if record is None:
        return Verdict.CREATED
    return Verdict.UPDATED if changed else Verdict.UNCHANGED


def _site(parties: Parties, institute: Organisation, record: Expert | Group | None, text: str) -> dict[str, Any]:
    """The place of work; an empty cell leaves a known one alone."""
    if record is not None and not text:
        return {}
    site = parties.site(institute, text)
    return {"site_id": site.id if site else None}


class Experts:
    """Plans the rows of a sheet of experts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parties = Parties(desk.session)
        self._seen = Seen()

    def plan(self, line: Line) -> Plan:
        """What the row does to an expert."""
        row: ExpertRow = line.row
        institute = self._parties.organisation("institute", row.institute)
        self._seen.once(natural_key(institute.id, row.external_id, row.name), line, "name")
        known = on_file(self._parties.experts(institute).every(), "name", row.external_id, row.name)
        self._parties.not_merged(institute, row.external_id)
        values = {name: getattr(row, name) for name in EXPERT_COLUMNS if name in line.given}
        values |= {"modes": [mode.value for mode in row.modes]} if "modes" in line.given else {}
        values |= _site(self._parties, institute, known, row.site)
        if known is None:
            values |= {"institute_id": institute.id, "confirmed_on": self._desk.clock.today()}
        verdict = _verdict(known, changed=records.differs(known, values))
        return Plan(line, verdict, lambda _analyses: self._write(known or Expert(), values))

    def lookups(self, row: ExpertRow) -> Iterator[Lookup]:
        """The institute and the place there."""
        if row.institute:
            yield lambda: self._parties.site(self._parties.organisation("institute", row.institute), row.site)

    def _write(self, expert: Expert, values: dict[str, Any]) -> None:
        desk = self._desk
        experts.save_expert(desk.session, desk.actor, expert, values, clock=desk.clock, reason=desk.note)


class Groups:
    """Plans the rows of a sheet of groups."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parties = Parties(desk.session)
        self._seen = Seen()

    def plan(self, line: Line) -> Plan:
        """What the row does to a group and to who belongs to it."""
        row: GroupRow = line.row
        institute = self._parties.organisation("institute", row.institute)
        self._seen.once(natural_key(institute.id, row.external_id, row.name), line, "name")
        known = on_file(self._parties.groups(institute).every(), "name", row.external_id, row.name)
        values = {name: getattr(row, name) for name in GROUP_COLUMNS if name in line.given}
        values |= _site(self._parties, institute, known, row.site)
        if known is None:
            values["institute_id"] = institute.id
        people, before = self._people(row, institute, known)
        verdict = _verdict(known, changed=records.differs(known, values) or people != before)
        return Plan(line, verdict, lambda _analyses: self._write(known or Group(), values, people))

    def lookups(self, row: GroupRow) -> Iterator[Lookup]:
        """The institute, the place and the people there."""
        if not row.institute:
            return
        parties, institute = self._parties, partial(self._parties.organisation, "institute", row.institute)
        yield lambda: parties.site(institute(), row.site)
        for field, names in (("lead", (row.lead,)), ("members", row.members)):
            for name in filter(None, names):
                yield partial(self._person, field, institute, name)

    def _person(self, field: str, institute: Callable[[], Organisation], name: str) -> Expert:
        return self._parties.expert(field, institute(), name)

    def _people(
        self, row: GroupRow, institute: Organisation, known: Group | None
    ) -> tuple[dict[int, MemberRole], dict[int, MemberRole]]:
        """(who the row says belongs to it, who does on file); an empty cell of members leaves them as they are."""
        before = experts.members_of(self._desk.session, known.id) if known else {}
        lead = self._parties.expert("lead", institute, row.lead)
        members = [self._parties.expert("members", institute, text).id for text in row.members]
        kept = [one for one, role in before.items() if role is MemberRole.MEMBER]
        return experts.places(lead.id, members or kept), before

    def _write(self, group: Group, values: dict[str, Any], people: dict[int, MemberRole]) -> None:
        desk = self._desk
        experts.save_group(desk.session, desk.actor, group, values, people=people, clock=desk.clock, reason=desk.note)
