"""Selects what counting needs as plain facts; `domain.rules` decides. A constant number of queries per year."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from matchmaker.clock import shanghai_date
from matchmaker.db.models import (
    CheckIn,
    City,
    CountingRule,
    Evidence,
    Exclusion,
    Expert,
    GroupMember,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Organisation,
    Region,
    Site,
)
from matchmaker.domain.check_ins import signed_in
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
from matchmaker.domain.tally import Line, Tally, judged_again, tally
from matchmaker.domain.vocabulary import EvidenceKind, MeetingStatus
from matchmaker.i18n import current_locale
from matchmaker.queries.choices import named
from matchmaker.queries.kept import Kept

METRICS = tuple(MetricCode)
MOST_DAYS = 4  # of a year, whose tallies are kept
Where = ColumnElement[bool]


def host_regions(session: Session) -> dict[str, str]:
    """The host regions of the city profile: province code → name (the code where the name is not on file)."""
    return _named_regions(session, _profile_regions(session))


def _profile_regions(session: Session) -> list[str]:
    return session.scalars(select(City.host_regions)).first() or []  # nothing before a profile is loaded


def _named_regions(session: Session, codes: Iterable[str]) -> dict[str, str]:
    wanted = list(dict.fromkeys(codes))
    names = {row.code: named(row) for row in session.scalars(select(Region).where(Region.code.in_(wanted)))}
    return {code: names.get(code, code) for code in wanted}


def rules(session: Session) -> list[Rule]:
    """The dated rules of the metrics that are counted from meetings, without those withdrawn."""
    standing = (
        CountingRule.metric_code.in_([code.value for code in METRICS]),
        CountingRule.withdrawn_at.is_(None),
    )
    columns = (CountingRule.metric_code, CountingRule.number, CountingRule.valid_from)
    rows = session.execute(select(*columns, CountingRule.shape, CountingRule.terms).where(*standing)).all()
    usual = _profile_regions(session)
    found = [(terms_of(MetricCode(row.metric_code), row.terms), row) for row in rows]
    names = _named_regions(session, [*usual, *(code for terms, _ in found for code in terms.regions)])
    return [
        Rule(
            MetricCode(row.metric_code),
            row.number,
            row.valid_from,
            {code: names[code] for code in terms.regions or usual},
            terms,
            row.shape,
        )
        for terms, row in found
    ]


def named_terms(session: Session, rule: Rule) -> Rule:
    """A rule that is not on file yet, with the names of its regions."""
    return replace(rule, regions=_named_regions(session, rule.how.regions or _profile_regions(session)))


def in_year(year: int) -> Where:
    """Meetings of a civil year; `day` is already the day in Asia/Shanghai."""
    return Meeting.day.between(date(year, 1, 1), date(year, 12, 31))


def meeting_facts(session: Session, where: Where, *, papers: bool = True) -> list[MeetingFacts]:
    """The meetings that `where` selects, as facts, in a few queries however many there are.

    `papers`: whether to look for the evidence, which not every rule asks for.
    """
    parts = _Parts(
        _firms(session, where),
        _experts(session, where),
        _excluded(session, where),
        _evidence(session, where) if papers else None,
        _checked_in(session, where) if papers else {},
    )
    return [_facts(row, parts) for row in session.execute(_meetings(where))]


def tallies(session: Session, year: int, *, until: date | None = None) -> dict[MetricCode, Tally]:
    """Both metrics' tallies of `year`, counting meetings up to and including the day `until` if given."""
    key = (year, current_locale())  # reasons are in the reader's language
    return _YEARS.get(session, key, lambda: _year(session, year)).tallies(until)


def _year(session: Session, year: int) -> "_Year":
    dated = rules(session)
    return _Year(meeting_facts(session, in_year(year), papers=any(rule.how.evidence for rule in dated)), dated)


@dataclass(frozen=True)
class _Year:
    """A year's meetings and the rules that judge them; tallies are made when first asked for."""

    facts: list[MeetingFacts]
    rules: list[Rule]
    made: dict[date | None, dict[MetricCode, Tally]] = field(default_factory=dict)

    def tallies(self, until: date | None) -> dict[MetricCode, Tally]:
        """Both metrics' tallies of the meetings up to and including `until`, of all for None."""
        found = self.made.get(until)
        if found is None:
            facts = self.facts if until is None else [one for one in self.facts if one.day <= until]
            if len(self.made) >= MOST_DAYS:
                self.made.clear()
            found = self.made[until] = {code: tally(code, self.rules, facts) for code in METRICS}
        return found


_YEARS: Kept[_Year] = Kept()


def lines_of(session: Session, meeting: Meeting) -> dict[MetricCode, Line]:
    """What each rule made of one meeting, judged within its year; an online one is judged by both."""
    found = tallies(session, meeting.day.year)
    return {code: line for code, sums in found.items() for line in sums.lines if line.facts.id == meeting.id}


def lines_if_verified(
    session: Session, meetings: Iterable[Meeting], verifier_id: int | None
) -> dict[int, dict[MetricCode, Line]]:
    """Meeting id → what each rule will make of it once `verifier_id` has verified all of `meetings`.

    Judged within its year beside everything that counts already, so that what doubles another shows.
    """
    waiting = {meeting.id: meeting.day.year for meeting in meetings}
    found: dict[int, dict[MetricCode, Line]] = defaultdict(dict)
    for year in set(waiting.values()):
        for code, sums in tallies(session, year).items():
            theirs = (line.facts for line in sums.lines if line.facts.id in waiting)
            changed = [replace(one, status=MeetingStatus.VERIFIED, verifier=verifier_id) for one in theirs]
            for line in judged_again(sums, changed):
                found[line.facts.id][code] = line
    return found


def signed_by(
    firms: Iterable[FirmPresence],
    experts: Iterable[ExpertPresence],
    checked_in: Collection[tuple[int | None, int | None]],
) -> bool:
    """Whether the check-ins, firm and expert of each, stand for the sheet: `domain.check_ins.signed_in` of facts."""
    if not checked_in:
        return False
    came = [(one.id, one.attendance) for one in firms]
    people = [(one.id, one.attendance) for one in experts]
    known_firms = [firm_id for firm_id, _expert in checked_in if firm_id]
    return signed_in(came, people, known_firms, [expert_id for _firm, expert_id in checked_in if expert_id])


def _meetings(where: Where) -> Select[*tuple[object, ...]]:
    host, owner = aliased(Organisation), aliased(Organisation)
    return (
        select(
            *(Meeting.id, Meeting.title, Meeting.kind, Meeting.status, Meeting.day, Meeting.starts, Meeting.trip_id),
            *(Meeting.recorded_by_id, Meeting.verified_by_id, Meeting.from_history),
            (func.trim(Meeting.minutes) != "").label("has_minutes"),
            *(host.id.label("host_id"), host.name.label("host_name"), host.institute_type),
            *(Site.name.label("site_name"), Site.region_code, Site.unit_id.label("site_unit_id")),
            *(Region.name.label("region_name"), owner.id.label("owner_id"), owner.name.label("owner_name")),
        )
        .outerjoin(host, host.id == Meeting.host_id)
        .outerjoin(Site, Site.id == Meeting.site_id)
        .outerjoin(owner, owner.id == Site.organisation_id)
        .outerjoin(Region, Region.code == Site.region_code)
        .where(where)
    )


def _firms(session: Session, where: Where) -> dict[int, list[FirmPresence]]:
    rows = session.execute(
        select(MeetingFirm.meeting_id, Organisation.id, Organisation.name, Organisation.unit_id, MeetingFirm.attendance)
        .join(Organisation, Organisation.id == MeetingFirm.firm_id)
        .join(Meeting, Meeting.id == MeetingFirm.meeting_id)
        .where(where)
        .order_by(MeetingFirm.id)
    )
    found: dict[int, list[FirmPresence]] = defaultdict(list)
    for meeting_id, firm_id, name, unit_id, attendance in rows:
        found[meeting_id].append(FirmPresence(firm_id, name, unit_id, attendance))
    return found


def _experts(session: Session, where: Where) -> dict[int, list[ExpertPresence]]:
    only = _only_sites()
    region = func.coalesce(Site.region_code, only.c.region_code, "").label("region")
    member = and_(GroupMember.group_id == Meeting.group_id, GroupMember.expert_id == Expert.id)
    person = select(MeetingExpert.meeting_id, Expert.id, Expert.name, Expert.institute_id, region)
    rows = session.execute(
        person.add_columns(GroupMember.id.label("member_id"), MeetingExpert.attendance)
        .join(Expert, Expert.id == MeetingExpert.expert_id)
        .join(Meeting, Meeting.id == MeetingExpert.meeting_id)
        .outerjoin(Site, Site.id == Expert.site_id)
        .outerjoin(only, only.c.organisation_id == Expert.institute_id)
        .outerjoin(GroupMember, member)
        .where(where)
        .order_by(MeetingExpert.id)
    )
    found: dict[int, list[ExpertPresence]] = defaultdict(list)
    for row in rows:
        in_group = row.member_id is not None
        expert = ExpertPresence(row.id, row.name, row.institute_id, row.region, in_group, row.attendance)
        found[row.meeting_id].append(expert)
    return found


def _only_sites() -> Subquery:
    """Where an expert works is the site on file; for one without, the institute's site if it has only one."""
    return (
        select(Site.organisation_id, func.min(Site.region_code).label("region_code"))
        .group_by(Site.organisation_id)
        .having(func.count() == 1)
        .subquery()
    )


def _excluded(session: Session, where: Where) -> dict[int, list[Excluded]]:
    rows = session.scalars(
        select(Exclusion)
        .join(Meeting, Meeting.id == Exclusion.meeting_id)
        .where(where, Exclusion.taken_back_at.is_(None))
        .order_by(Exclusion.id)
    )
    found: dict[int, list[Excluded]] = defaultdict(list)
    for row in rows:
        one = Excluded(MetricCode(row.metric_code), row.made_by, shanghai_date(row.made_at), row.reason)
        found[row.meeting_id].append(one)
    return found


def _evidence(session: Session, where: Where) -> dict[int, set[EvidenceKind]]:
    rows = session.execute(
        select(Evidence.meeting_id, Evidence.kind)
        .join(Meeting, Meeting.id == Evidence.meeting_id)
        .where(where, Evidence.voided_at.is_(None))
    )
    found: dict[int, set[EvidenceKind]] = defaultdict(set)
    for meeting_id, kind in rows:
        found[meeting_id].add(kind)
    return found


def _checked_in(session: Session, where: Where) -> dict[int, set[tuple[int | None, int | None]]]:
    """Meeting → firm and expert of each check-in that stands, one of them None."""
    rows = session.execute(
        select(CheckIn.meeting_id, CheckIn.firm_id, CheckIn.expert_id)
        .join(Meeting, Meeting.id == CheckIn.meeting_id)
        .where(where, CheckIn.voided_at.is_(None))
    )
    found: dict[int, set[tuple[int | None, int | None]]] = defaultdict(set)
    for meeting_id, firm_id, expert_id in rows:
        found[meeting_id].add((firm_id, expert_id))
    return found


@dataclass(frozen=True)
class _Parts:
    """What belongs to meetings, by meeting."""

    firms: Mapping[int, list[FirmPresence]]
    experts: Mapping[int, list[ExpertPresence]]
    excluded: Mapping[int, list[Excluded]]
    evidence: Mapping[int, set[EvidenceKind]] | None
    checked_in: Mapping[int, set[tuple[int | None, int | None]]]

    def papers(self, row: Row[*tuple[object, ...]]) -> frozenset[EvidenceKind]:
        """The kinds on file; minutes may be a file or typed in, check-ins of all may stand for the sheet."""
        if self.evidence is None:
            return frozenset()
        typed = {EvidenceKind.MINUTES} if row.has_minutes else set()
        signed = {EvidenceKind.SIGN_IN} if self._signed(row.id) else set()
        return frozenset(self.evidence.get(row.id, set()) | typed | signed)

    def _signed(self, number: int) -> bool:
        return signed_by(self.firms.get(number, ()), self.experts.get(number, ()), self.checked_in.get(number, ()))


def _facts(row: Row[*tuple[object, ...]], parts: _Parts) -> MeetingFacts:
    return MeetingFacts(
        id=row.id,
        title=row.title,
        kind=row.kind,
        status=row.status,
        day=row.day,
        starts=row.starts,
        trip_id=row.trip_id,
        host=HostFacts(row.host_id, row.host_name, row.institute_type) if row.host_id else None,
        site=_site(row),
        firms=tuple(parts.firms.get(row.id, ())),
        experts=tuple(parts.experts.get(row.id, ())),
        recorder=row.recorded_by_id,
        verifier=row.verified_by_id,
        evidence=parts.papers(row),
        from_history=row.from_history,
        excluded=tuple(parts.excluded.get(row.id, ())),
    )


def _site(row: Row[*tuple[object, ...]]) -> SiteFacts | None:
    if row.site_name is None:
        return None
    return SiteFacts(
        name=row.site_name,
        region=row.region_code,
        region_name=row.region_name or row.region_code,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        local=row.site_unit_id is not None,
    )
