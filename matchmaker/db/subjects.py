"""What the global search knows of each kind of record: its title, its texts, and on whose names they rest."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import aliased

from matchmaker.db.base import Base
from matchmaker.db.models import (
    Capability,
    Expert,
    Group,
    GroupMember,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Need,
    Organisation,
    Site,
    Team,
    TeamMember,
    TeamNeed,
    TechnicalField,
)
from matchmaker.domain.vocabulary import Audience, Noun

Texts = Select[*tuple[Any, ...]]
Resting = dict[Noun, list[Select[int]]]
_host, _place = aliased(Organisation), aliased(Organisation)
_NONE = literal("")
_of_team = (
    select(Organisation.name)
    .join(Need, Need.firm_id == Organisation.id)
    .join(TeamNeed, TeamNeed.need_id == Need.id)
    .where(TeamNeed.team_id == Team.id, Need.audience != Audience.CHOSEN)
    .order_by(TeamNeed.id)
    .correlate(Team)
    .subquery()
)
_firms_of_team = select(func.coalesce(func.aggregate_strings(_of_team.c.name, "\n"), "")).scalar_subquery()


@dataclass(frozen=True)
class Subject:
    """A kind of record that can be searched.

    `whole` selects id, title, names of firms, then any texts: one row per record. `parts` select (id, text) of what a
    record has several of. `watched` are the columns that `whole` reads; `children` the kinds of row that belong to it,
    each with the attribute that says to which.
    """

    noun: Noun
    model: type[Base]
    watched: frozenset[str]
    whole: Texts
    parts: tuple[Texts, ...] = ()
    children: dict[type[Base], str] = field(default_factory=dict)

    @property
    def key(self) -> ColumnElement[int]:
        """The column of the record's id."""
        return self.model.__table__.c["id"]


SUBJECTS = (
    Subject(
        Noun.NEED,
        Need,
        frozenset({"title", "problem", "indicators", "goal", "keywords", "must_have", "external_id"})
        | {"firm_id", "firm", "field_id", "field"},
        select(Need.id, Need.title, Organisation.name)
        .add_columns(Need.problem, Need.indicators, Need.goal, Need.keywords, Need.must_have, Need.external_id)
        .add_columns(TechnicalField.name, TechnicalField.name_en)
        .join(Organisation, Organisation.id == Need.firm_id)
        .outerjoin(TechnicalField, TechnicalField.id == Need.field_id),
    ),
    Subject(
        Noun.CAPABILITY,
        Capability,
        frozenset({"title", "text", "keywords", "ip_number", "external_id", "source_id", "expert_id", "group_id"}),
        select(Capability.id, Capability.title, _NONE)
        .add_columns(Capability.text, Capability.keywords, Capability.ip_number, Capability.external_id)
        .add_columns(Organisation.name, Expert.name, Group.name)
        .join(Organisation, Organisation.id == Capability.source_id)
        .outerjoin(Expert, Expert.id == Capability.expert_id)
        .outerjoin(Group, Group.id == Capability.group_id),
    ),
    Subject(
        Noun.EXPERT,
        Expert,
        frozenset({"name", "title", "honour", "institute_id", "institute"}),
        select(Expert.id, Expert.name, _NONE)
        .add_columns(Expert.title, Expert.honour, Organisation.name)
        .join(Organisation, Organisation.id == Expert.institute_id),
    ),
    Subject(
        Noun.GROUP,
        Group,
        frozenset({"name", "institute_id", "institute"}),
        select(Group.id, Group.name, _NONE)
        .add_columns(Organisation.name)
        .join(Organisation, Organisation.id == Group.institute_id),
        (select(GroupMember.group_id, Expert.name).join(Expert, Expert.id == GroupMember.expert_id),),
        {GroupMember: "group_id"},
    ),
    Subject(
        Noun.ORGANISATION,
        Organisation,
        frozenset({"name", "about", "tags", "credit_code", "external_id"}),
        select(Organisation.id, Organisation.name, _NONE).add_columns(
            Organisation.about, Organisation.tags, Organisation.credit_code, Organisation.external_id
        ),
        (select(Site.organisation_id, Site.name), select(Site.organisation_id, Site.address)),
        {Site: "organisation_id"},
    ),
    Subject(
        Noun.MEETING,
        Meeting,
        frozenset({"title", "minutes", "host_id", "host", "group_id", "group"}),
        select(Meeting.id, Meeting.title, _NONE)
        .add_columns(Meeting.minutes, _host.name, Group.name)
        .outerjoin(_host, _host.id == Meeting.host_id)
        .outerjoin(Group, Group.id == Meeting.group_id),
        (
            select(MeetingFirm.meeting_id, _place.name).join(_place, _place.id == MeetingFirm.firm_id),
            select(MeetingExpert.meeting_id, Expert.name).join(Expert, Expert.id == MeetingExpert.expert_id),
        ),
        {MeetingFirm: "meeting_id", MeetingExpert: "meeting_id"},
    ),
    Subject(
        Noun.TEAM,
        Team,
        frozenset({"name"}),
        select(Team.id, Team.name, _firms_of_team),
        (
            select(TeamNeed.team_id, Need.title)
            .join(Need, Need.id == TeamNeed.need_id)
            .where(Need.audience != Audience.CHOSEN),
            select(TeamMember.team_id, Expert.name).join(Expert, Expert.id == TeamMember.expert_id),
        ),
        {TeamNeed: "team_id", TeamMember: "team_id"},
    ),
)
BY_NOUN = {subject.noun: subject for subject in SUBJECTS}


def _on_organisations(ids: Collection[int]) -> Resting:
    needs = select(Need.id).where(Need.firm_id.in_(ids))
    return {
        Noun.NEED: [needs],
        Noun.CAPABILITY: [select(Capability.id).where(Capability.source_id.in_(ids))],
        Noun.EXPERT: [select(Expert.id).where(Expert.institute_id.in_(ids))],
        Noun.GROUP: [select(Group.id).where(Group.institute_id.in_(ids))],
        Noun.MEETING: [
            select(Meeting.id).where(Meeting.host_id.in_(ids)),
            select(MeetingFirm.meeting_id).where(MeetingFirm.firm_id.in_(ids)),
        ],
        Noun.TEAM: [select(TeamNeed.team_id).where(TeamNeed.need_id.in_(needs))],
    }


def _on_experts(ids: Collection[int]) -> Resting:
    return {
        Noun.CAPABILITY: [select(Capability.id).where(Capability.expert_id.in_(ids))],
        Noun.GROUP: [select(GroupMember.group_id).where(GroupMember.expert_id.in_(ids))],
        Noun.MEETING: [select(MeetingExpert.meeting_id).where(MeetingExpert.expert_id.in_(ids))],
        Noun.TEAM: [select(TeamMember.team_id).where(TeamMember.expert_id.in_(ids))],
    }


def _on_groups(ids: Collection[int]) -> Resting:
    return {
        Noun.CAPABILITY: [select(Capability.id).where(Capability.group_id.in_(ids))],
        Noun.MEETING: [select(Meeting.id).where(Meeting.group_id.in_(ids))],
    }


# Kinds of record whose name others say: their ids → those others by kind, as statements that select their ids.
RESTING_ON: dict[type[Base], Callable[[Collection[int]], Resting]] = {
    Organisation: _on_organisations,
    Expert: _on_experts,
    Group: _on_groups,
    Need: lambda ids: {Noun.TEAM: [select(TeamNeed.team_id).where(TeamNeed.need_id.in_(ids))]},
}
