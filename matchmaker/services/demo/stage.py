"""What the acts of the demonstration share: the open transaction, the records made so far, and who plays whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from matchmaker.config import Settings
from matchmaker.db.models import (
    Account,
    Expert,
    Group,
    Invitation,
    Meeting,
    Need,
    Organisation,
    Site,
    Trip,
    Unit,
)
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.queries.accounts import actor_of
from matchmaker.services.analysis import Analysis
from matchmaker.services.demo.script import Script
from matchmaker.services.demo.timeline import Timeline

OFFICER, VERIFIER, COUNTY = "city", "city_verifier", "county"  # keys of accounts


@dataclass
class Stage:
    """Records by the keys of the script; `analyses` by the key of the need or capability.

    `goals`: the metrics for which the city profile has targets; for the others nothing is invented either.
    """

    session: Session
    settings: Settings
    script: Script
    timeline: Timeline
    analyses: Mapping[str, Analysis]
    units: list[Unit]
    goals: frozenset[str]
    accounts: dict[str, Account] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    sites: dict[str, list[Site]] = field(default_factory=dict)
    experts: dict[str, Expert] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    needs: dict[str, Need] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    trips: dict[str, Trip] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)

    def unit(self, number: int) -> Unit:
        """The profile's unit with this number; a city with fewer units starts again."""
        return self.units[number % len(self.units)]

    @property
    def officer(self) -> Actor:
        """The city officer who does the daily work."""
        return actor_of(self.accounts[OFFICER])

    @property
    def verifier(self) -> Actor:
        """The second city officer, who verifies what the first one recorded."""
        return actor_of(self.accounts[VERIFIER])

    def reviewer(self, unit_id: int | None) -> Actor:
        """The county officer of the unit; the city officer stands in for units without one."""
        county = self.accounts[COUNTY]
        return actor_of(county) if county.unit_id == unit_id else self.officer

    def firm(self, key: str) -> Actor:
        """Who speaks for a firm: its account, or its contact person by a signed link."""
        firm = self.organisations[key]
        known = (each for each in self.accounts.values() if each.role is Role.FIRM and each.organisation_id == firm.id)
        account = next(known, None)
        return actor_of(account) if account else Actor(Role.FIRM, firm.contact_name, organisation_id=firm.id)

    def owner(self, key: str) -> Actor:
        """Who posts what an expert, a group or an institute offers; for an institute the city officer types it in."""
        return self.officer if key in self.organisations else self.expert(key)

    def expert(self, key: str) -> Actor:
        """An expert: the account, or the person by a signed link; for a group its lead."""
        person = self.experts[self.script.groups[key]["lead"] if key in self.script.groups else key]
        account = next((each for each in self.accounts.values() if each.expert_id == person.id), None)
        return actor_of(account) if account else Actor(Role.EXPERT, person.name, expert_id=person.id)
