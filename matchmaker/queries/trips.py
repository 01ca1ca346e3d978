"""Suggested 微对接: published needs whose best groups share an institute could travel together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from functools import partial
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.orm import Session, defer, lazyload

from matchmaker.db.models import Group, Meeting, MeetingNeed, Need, Organisation, Site, Suggestion, Trip
from matchmaker.domain.judging import judge
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.rules import ExpertPresence, FirmPresence, HostFacts, MeetingFacts, SiteFacts, Verdict, rule_on
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, MeetingKind, MeetingStatus, OwnerKind, Role
from matchmaker.matching import Candidate, rate, suggest_trips
from matchmaker.queries import scopes, texts
from matchmaker.queries.calibration import scale
from matchmaker.queries.counts import rules, tallies
from matchmaker.queries.owners import ids_of, places

GROUPS_PER_NEED = 3  # of a need's best groups, so many may make it travel


@dataclass(frozen=True)
class Stop:
    """A need and the group that would receive it, with the stored reasons."""

    need: Need
    group: Group
    number: int
    terms: list[dict[str, Any]]


@dataclass(frozen=True)
class Option:
    """A trip worth making; `verdict` is what the rule of today would make of it, held with everybody and verified."""

    institute: Organisation
    site: Site | None
    place: str
    stops: list[Stop]
    verdict: Verdict

    @property
    def firms(self) -> list[Organisation]:
        """The firms on the bus, each once."""
        return list({stop.need.firm_id: stop.need.firm for stop in self.stops}.values())

    @property
    def groups(self) -> list[Group]:
        """The groups to meet, each once."""
        return list({stop.group.id: stop.group for stop in self.stops}.values())

    @property
    def average(self) -> int:
        """The mean match of its stops, 0–100."""
        return round(sum(stop.number for stop in self.stops) / len(self.stops))


def options(session: Session, actor: Actor, today: date) -> list[Option]:
    """Trips that could be offered now, the most rewarding first; of needs whose suggestions the actor may see."""
    needs = {need.id: need for need in _needs(session, actor)}
    rows = _rows(session, needs.keys())
    groups = _groups(session, rows)
    planned = _planned(session)
    found = {str(need_id): _best(of_need, groups, planned) for need_id, of_need in rows.items()}
    rule, place = rule_on(rules(session), MetricCode.OUTBOUND, today), places(session)
    judged = partial(judge, rule, seen={})
    kept = {(row.need_id, row.owner_key): row for of_need in rows.values() for row in of_need}
    told = scale(session)
    stops = {
        (need, group): Stop(needs[need], groups[group], told.rate(row.score).points, row.shared[:3])
        for (need, group), row in kept.items()
    }
    return [
        _option([stops[int(need), best.group] for need, best in trip.stops], place, judged)
        for trip in suggest_trips(found)
    ]


def outbound_so_far(session: Session, today: date) -> int:
    """What the board says of this year's outbound meetings now."""
    return tallies(session, today.year)[MetricCode.OUTBOUND].total


def recent(session: Session, actor: Actor, limit: int = 20) -> list[Trip]:
    """Trips on file with a meeting the actor may know of, the latest day first."""
    mine = select(Meeting.trip_id).where(scopes.meetings(actor), Meeting.trip_id.is_not(None))
    return list(
        session.scalars(select(Trip).where(Trip.id.in_(mine)).order_by(Trip.day.desc(), Trip.id.desc()).limit(limit))
    )


def meetings_of(session: Session, trips: Sequence[Trip]) -> dict[int, list[Meeting]]:
    """Trip → its meetings."""
    found: dict[int, list[Meeting]] = defaultdict(list)
    rows = session.scalars(select(Meeting).where(Meeting.trip_id.in_([trip.id for trip in trips])).order_by(Meeting.id))
    for meeting in rows.unique():
        found[meeting.trip_id or 0].append(meeting)
    return found


def _needs(session: Session, actor: Actor) -> list[Need]:
    mine = true() if actor.role is Role.LEADER else scopes.reviewed_needs(actor)
    rows = select(Need).where(texts.published(), mine).options(defer(Need.terms), lazyload(Need.releases))
    return list(session.scalars(rows).unique())


def _rows(session: Session, need_ids: Collection[int]) -> dict[int, list[Suggestion]]:
    """Need → its suggested groups that are worth a journey, the best first."""
    free = (Suggestion.gate.is_(None), ~Suggestion.excluded, Suggestion.owner_key.startswith(OwnerKind.GROUP + ":"))
    statement = select(Suggestion).where(*free).order_by(Suggestion.score.desc(), Suggestion.owner_key)
    found: dict[int, list[Suggestion]] = defaultdict(list)
    for row in session.scalars(statement):
        if row.need_id in need_ids and len(found[row.need_id]) < GROUPS_PER_NEED and rate(row.score).good:
            found[row.need_id].append(row)
    return found


def _groups(session: Session, rows: dict[int, list[Suggestion]]) -> dict[str, Group]:
    ids = ids_of((row.owner_key for of_need in rows.values() for row in of_need), OwnerKind.GROUP)
    found = session.scalars(select(Group).where(Group.id.in_(ids))).unique()
    return {OwnerKind.GROUP.key(group.id): group for group in found}


def _planned(session: Session) -> set[tuple[int, int]]:
    """(need, institute) that already have an outbound meeting which is not cancelled."""
    statement = (
        select(MeetingNeed.need_id, Meeting.host_id)
        .join(Meeting, Meeting.id == MeetingNeed.meeting_id)
        .where(Meeting.kind == MeetingKind.OUTBOUND, Meeting.status != MeetingStatus.CANCELLED)
    )
    return {(need_id, host_id) for need_id, host_id in session.execute(statement) if host_id is not None}


def _best(rows: Sequence[Suggestion], groups: dict[str, Group], planned: set[tuple[int, int]]) -> list[Candidate]:
    return [
        Candidate(row.owner_key, str(groups[row.owner_key].institute_id), row.score)
        for row in rows
        if row.owner_key in groups and (row.need_id, groups[row.owner_key].institute_id) not in planned
    ]


def _option(
    stops: list[Stop], place: Callable[[Site | None], str], judged: Callable[[MeetingFacts], Verdict]
) -> Option:
    """The trip of these stops, the best first; it goes to where the first one's group works."""
    site, institute = stops[0].group.site, stops[0].group.institute
    found = Option(institute, site, place(site), stops, Verdict(None, (), 0, ()))
    return replace(found, verdict=judged(_as_held(found, place(site))))


def _visited(site: Site, place: str, owner: Organisation) -> SiteFacts:
    return SiteFacts(site.name, site.region_code, place, site.organisation_id, owner.name, site.unit_id is not None)


def _as_held(option: Option, place: str) -> MeetingFacts:
    """The trip as a meeting of today to which all came, with all its papers, verified by another person."""
    site, came = option.site, Attendance.ATTENDED
    return MeetingFacts(
        id=0,
        title="",
        kind=MeetingKind.OUTBOUND,
        status=MeetingStatus.VERIFIED,
        day=date.min,
        starts=time.min,
        trip_id=0,
        host=HostFacts(option.institute.id, option.institute.name, option.institute.institute_type),
        site=_visited(site, place, option.institute) if site else None,
        firms=tuple(FirmPresence(firm.id, firm.name, firm.unit_id, came) for firm in option.firms),
        experts=tuple(
            ExpertPresence(group.id, group.name, option.institute.id, "", in_group=True, attendance=came)
            for group in option.groups
        ),
        recorder=1,
        verifier=2,
        evidence=frozenset(EvidenceKind),
    )
