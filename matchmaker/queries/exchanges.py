"""Institutes from elsewhere that firms here met: a university or research institute counts once a year, however often.

Our reading of a yearly number of institutes "brought in": a verified meeting in person, at which a firm and the host or
somebody of the institute were present, and a place of the institute outside the city.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, exists, select, union_all
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Meeting, MeetingExpert, MeetingFirm, Metric, Organisation, Site
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.vocabulary import InstituteType, MeetingKind, MeetingStatus

TYPES = (InstituteType.UNIVERSITY, InstituteType.RESEARCH_INSTITUTE)


def by_year(session: Session) -> dict[int, set[int]]:
    """Year → ids of the institutes; nothing where the city's profile has no such metric."""
    asked = exists(select(Metric.code).where(Metric.code == EntryCode.INSTITUTES))
    found: dict[int, set[int]] = defaultdict(set)
    for day, institute_id in session.execute(_met(asked)):
        found[day.year].add(institute_id)
    return found


def met(year: ColumnElement[bool]) -> ColumnElement[bool]:
    """The institutes of the meetings that `year` selects, as a condition of lists of organisations."""
    return Organisation.id.in_(_met(year).with_only_columns(Organisation.id))


def _met(*which: ColumnElement[bool]) -> Select[Any]:
    """(day, institute) of the meetings that `which` selects, each pair once."""
    there = _there(*which)
    outside = select(Site.organisation_id).where(Site.unit_id.is_(None))
    return (
        select(there.c.day, Organisation.id)
        .join(Organisation, Organisation.id == there.c.institute_id)
        .where(Organisation.institute_type.in_(TYPES), Organisation.id.in_(outside))
        .distinct()
    )


def _there(*which: ColumnElement[bool]) -> Subquery:
    """(day, institute) of hosts and of those who came."""
    firms = select(MeetingFirm.meeting_id).where(MeetingFirm.attendance.in_(HERE))
    visits = (Meeting.status == MeetingStatus.VERIFIED, Meeting.kind != MeetingKind.ONLINE, Meeting.id.in_(firms))
    hosts = select(Meeting.day, Meeting.host_id.label("institute_id")).where(*visits, *which)
    people = (
        select(Meeting.day, Expert.institute_id)
        .join(MeetingExpert, MeetingExpert.meeting_id == Meeting.id)
        .join(Expert, Expert.id == MeetingExpert.expert_id)
        .where(*visits, *which, MeetingExpert.attendance.in_(HERE))
    )
    return union_all(hosts, people).subquery()
