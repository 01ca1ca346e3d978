"""The facts of counting as the audit trail tells them, link by link: what a count is made from, without any table.

What things are called is not in the trail; lines counted from it have numbers for names.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.facts import Values
from matchmaker.db.models import AuditLink
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import terms_of
from matchmaker.domain.rules import (
    Excluded,
    ExpertPresence,
    FirmPresence,
    HostFacts,
    MeetingFacts,
    Rule,
    SiteFacts,
)
from matchmaker.domain.tally import Tally, tally
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, InstituteType, MeetingKind, MeetingStatus
from matchmaker.queries.counts import signed_by

AT_ONCE = 500
Rows = dict[int, Values]


@dataclass
class State:
    """Every row that counting reads, as it was after a link of the trail."""

    tables: dict[str, Rows] = field(default_factory=lambda: defaultdict(dict))

    def take(self, link: AuditLink) -> None:
        """Go on by one link."""
        for table, rows in (link.facts or {}).items():
            for number, values in rows.items():
                if values is None:
                    self.tables[table].pop(int(number), None)
                else:
                    self.tables[table][int(number)] = values

    def rows(self, table: str) -> Rows:
        """The rows of a table by number."""
        return dict(sorted(self.tables.get(table, {}).items()))

    def row(self, table: str, number: int) -> Values:
        """One row; nothing for one that the trail does not tell of."""
        return self.tables.get(table, {}).get(number, {})


def links(session: Session, *, until: int | None = None) -> Iterator[AuditLink]:
    """The links that brought facts, in order."""
    ordered = select(AuditLink).where(AuditLink.facts.is_not(None)).order_by(AuditLink.number)
    if until is not None:
        ordered = ordered.where(AuditLink.number <= until)
    for link in session.scalars(ordered.execution_options(yield_per=AT_ONCE)):
        yield link
        session.expunge(link)


def state(session: Session, *, until: int | None = None) -> State:
    """What the trail tells up to and including the link `until`, up to its end for None."""
    found = State()
    for link in links(session, until=until):
        found.take(link)
    return found


def tallies(told: State, year: int, *, until: date | None = None) -> dict[MetricCode, Tally]:
    """Both metrics counted from what the trail tells, meetings up to and including the day `until` if given."""
    facts = [one for one in _Reading(told).meetings(year) if until is None or one.day <= until]
    dated = rules(told)
    return {code: tally(code, dated, facts) for code in MetricCode}


def rules(told: State) -> list[Rule]:
    """The rules that the trail tells of, without those withdrawn."""
    usual: list[str] = next((row["host_regions"] for row in told.rows("city").values()), [])
    found = []
    for row in told.rows("rule").values():
        if row["withdrawn_at"] or row["metric_code"] not in set(MetricCode):
            continue
        metric = MetricCode(row["metric_code"])
        terms = terms_of(metric, row["terms"])
        regions = {code: code for code in terms.regions or usual}
        begins = date.fromisoformat(row["valid_from"])
        found.append(Rule(metric, row["number"], begins, regions, terms, row["shape"]))
    return found


class _Reading:
    """Rows of the trail put together to meetings, as `queries.counts` puts together those of the tables."""

    def __init__(self, told: State) -> None:
        self._told = told
        self._firms = _by(told.rows("meeting_firm"))
        self._experts = _by(told.rows("meeting_expert"))
        self._evidence = _by(told.rows("evidence"))
        self._checked_in = _by(told.rows("check_in"))
        self._excluded = _by(told.rows("exclusion"))
        self._members = {(row["group_id"], row["expert_id"]) for row in told.rows("group_member").values()}
        self._sites = told.rows("site")
        self._only = _only_sites(self._sites)

    def meetings(self, year: int) -> Iterator[MeetingFacts]:
        for number, row in self._told.rows("meeting").items():
            if row["day"].startswith(f"{year:04}-"):
                yield self._facts(number, row)

    def _facts(self, number: int, row: Values) -> MeetingFacts:
        firms = tuple(self._firm(each) for each in self._firms[number])
        experts = tuple(self._expert(each, row["group_id"]) for each in self._experts[number])
        return MeetingFacts(
            id=number,
            title=f"#{number}",
            kind=MeetingKind(row["kind"]),
            status=MeetingStatus(row["status"]),
            day=date.fromisoformat(row["day"]),
            starts=time.fromisoformat(row["starts"]),
            trip_id=row["trip_id"],
            host=self._host(row["host_id"]),
            site=self._site(row["site_id"]),
            firms=firms,
            experts=experts,
            recorder=row["recorded_by_id"],
            verifier=row["verified_by_id"],
            evidence=self._papers(number, row) | self._signed(number, firms, experts),
            from_history=row["from_history"],
            excluded=tuple(_excluded(each) for each in self._excluded[number] if not each["taken_back_at"]),
        )

    def _host(self, number: int | None) -> HostFacts | None:
        if number is None:
            return None
        kind = self._told.row("organisation", number).get("institute_type")
        return HostFacts(number, f"#{number}", InstituteType(kind) if kind else None)

    def _site(self, number: int | None) -> SiteFacts | None:
        if number is None:
            return None
        row = self._sites[number]
        region, owner = row["region_code"], row["organisation_id"]
        return SiteFacts(f"#{number}", region, region, owner, f"#{owner}", local=row["unit_id"] is not None)

    def _firm(self, row: Values) -> FirmPresence:
        number = row["firm_id"]
        unit = self._told.row("organisation", number).get("unit_id")
        return FirmPresence(number, f"#{number}", unit, _attendance(row))

    def _expert(self, row: Values, group: int | None) -> ExpertPresence:
        number = row["expert_id"]
        person = self._told.row("expert", number)
        institute = person["institute_id"]
        site = self._sites.get(person["site_id"] or 0)
        region = site["region_code"] if site else self._only.get(institute, "")
        return ExpertPresence(
            number, f"#{number}", institute, region, (group, number) in self._members, _attendance(row)
        )

    def _papers(self, number: int, row: Values) -> frozenset[EvidenceKind]:
        filed = {EvidenceKind(each["kind"]) for each in self._evidence[number] if not each["voided_at"]}
        return frozenset(filed | ({EvidenceKind.MINUTES} if row["minutes"] else set()))

    def _signed(
        self, number: int, firms: tuple[FirmPresence, ...], experts: tuple[ExpertPresence, ...]
    ) -> frozenset[EvidenceKind]:
        stand = {(row["firm_id"], row["expert_id"]) for row in self._checked_in[number] if not row["voided_at"]}
        return frozenset({EvidenceKind.SIGN_IN} if signed_by(firms, experts, stand) else ())


def _by(rows: Rows) -> Mapping[int, list[Values]]:
    """Rows by the meeting they belong to."""
    found: dict[int, list[Values]] = defaultdict(list)
    for row in rows.values():
        found[row["meeting_id"]].append(row)
    return found


def _only_sites(sites: Rows) -> dict[int, str]:
    """Institute → region, for those with one site."""
    regions: dict[int, list[str]] = defaultdict(list)
    for row in sites.values():
        regions[row["organisation_id"]].append(row["region_code"])
    return {owner: found[0] for owner, found in regions.items() if len(found) == 1}


def _attendance(row: Values) -> Attendance | None:
    return Attendance(row["attendance"]) if row["attendance"] else None


def _excluded(row: Values) -> Excluded:
    return Excluded(MetricCode(row["metric_code"]), "", date.min, "")
