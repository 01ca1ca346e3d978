"""Selects what counting needs as plain facts; `domain.rules` decides. A constant number of queries per year."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from matchmaker.db.models import (
    City,
    CountingRule,
    Expert,
    GroupMember,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Organisation,
    Region,
    Site,
)
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import ExpertPresence, FirmPresence, HostFacts, MeetingFacts, Rule, SiteFacts
from matchmaker.domain.tally import Line, Tally, tally
from matchmaker.domain.vocabulary import MeetingStatus
from matchmaker.i18n import current_locale
from matchmaker.queries.choices import named
from matchmaker.queries.kept import Kept

METRICS = tuple(MetricCode)
MOST_DAYS = 4  # of a year, whose tallies are kept
Where = ColumnElement[bool]


def host_regions(session: Session) -> dict[str, str]:
    """The host regions of the city profile: province code → name (the code where the name is not on file)."""
    codes = session.scalars(select(City.host_regions)).first() or []  # nothing before a profile is loaded
    names = {row.code: named(row) for row in session.scalars(select(Region).where(Region.code.in_(codes)))}
    return {code: names.get(code, code) for code in codes}


def rules(session: Session) -> list[Rule]:
    """The dated rules of the metrics that are counted from meetings."""
    regions = host_regions(session)
    rows = session.execute(
        select(CountingRule.metric_code, CountingRule.number, CountingRule.valid_from).where(
            CountingRule.metric_code.in_([code.value for code in METRICS])
        )
    )
    return [Rule(MetricCode(code), number, valid_from, regions) for code, number, valid_from in rows]


def in_year(year: int) -> Where:
    """Meetings of a civil year; `day` is already the day in Asia/Shanghai."""
    return Meeting.day.between(date(year, 1, 1), date(year, 12, 31))


def meeting_facts(session: Session, where: Where) -> list[MeetingFacts]:
    """The meetings that `where` selects, as facts, in three queries however many there are."""
    firms = _firms(session, where)
    experts = _experts(session, where)
    return [_facts(row, firms, experts) for row in session.execute(_meetings(where))]


def tallies(session: Session, year: int, *, until: date | None = None) -> dict[MetricCode, Tally]:
    """Both metrics' tallies of `year`, counting meetings up to and including the day `until` if given."""
    key = (year, current_locale())  # reasons are in the reader's language
    return _YEARS.get(session, key, lambda: _Year(meeting_facts(session, in_year(year)), rules(session))).tallies(until)


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
    dated = rules(session)
    for year in set(waiting.values()):
        facts = [
            replace(one, status=MeetingStatus.VERIFIED, verifier=verifier_id) if one.id in waiting else one
            for one in meeting_facts(session, in_year(year))
        ]
        for code in METRICS:
            for line in tally(code, dated, facts).lines:
                if line.facts.id in waiting:
                    found[line.facts.id][code] = line
    return found


def _meetings(where: Where) -> Select[*tuple[object, ...]]:
    host, owner = aliased(Organisation), aliased(Organisation)
    return (
        select(
            *(Meeting.id, Meeting.title, Meeting.kind, Meeting.status, Meeting.day, Meeting.starts, Meeting.trip_id),
            *(Meeting.recorded_by_id, Meeting.verified_by_id),
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


def _facts(
    row: Row[*tuple[object, ...]],
    firms: Mapping[int, list[FirmPresence]],
    experts: Mapping[int, list[ExpertPresence]],
) -> MeetingFacts:
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
        firms=tuple(firms.get(row.id, ())),
        experts=tuple(experts.get(row.id, ())),
        recorder=row.recorded_by_id,
        verifier=row.verified_by_id,
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
