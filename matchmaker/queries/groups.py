"""A research group's page: its meetings, and the needs it could be asked about."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group, Meeting, Need, Site, Suggestion
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import MeetingStatus, MemberRole, OwnerKind
from matchmaker.queries import scopes, texts
from matchmaker.queries.calibration import scale
from matchmaker.queries.expert_pages import HELD, MOST_MEETINGS, Record

MOST_SUGGESTIONS = 5


@dataclass(frozen=True)
class Asked:
    """A need the group is suggested for."""

    need: Need
    points: int


def record_of(session: Session, actor: Actor, group: Group) -> Record:
    """How many meetings the group was visited in, and the latest and coming ones that the reader may see."""
    mine = Meeting.group_id == group.id
    held = session.scalar(select(func.count(Meeting.id)).where(mine, Meeting.status.in_(HELD)))
    seen = select(Meeting).where(mine, scopes.meetings(actor), Meeting.status != MeetingStatus.CANCELLED)
    latest = seen.order_by(Meeting.day.desc(), Meeting.id.desc()).limit(MOST_MEETINGS)
    return Record(held or 0, list(session.scalars(latest).unique()))


def suggestions_for(session: Session, actor: Actor, group: Group, facts: Facts) -> list[Asked]:
    """The published needs that the group is suggested for and the reader may see, the best first."""
    if not can(actor, Permission.SUGGESTION_VIEW, facts):
        return []
    own = (Suggestion.owner_key == OwnerKind.GROUP.key(group.id), Suggestion.gate.is_(None), ~Suggestion.excluded)
    statement = select(Suggestion, Need).join(Need, Need.id == Suggestion.need_id)
    found = statement.where(*own, texts.published(), scopes.needs(actor)).order_by(Suggestion.score.desc())
    rows, told = session.execute(found.limit(MOST_SUGGESTIONS)), scale(session)
    rated = ((need, told.rate(row.score)) for row, need in rows)
    return [Asked(need, rating.points) for need, rating in rated if not rating.weak]


def lead_of(group: Group) -> int | None:
    """The id of the member who leads a loaded group."""
    return next((member.expert_id for member in group.members if member.role is MemberRole.LEAD), None)


def people_of(session: Session, institute_id: int) -> list[tuple[int, str]]:
    """(id, name with title) of those who may belong to a group of the institute, by name."""
    mine = select(Expert).where(Expert.institute_id == institute_id, Expert.merged_into_id.is_(None))
    rows = session.scalars(mine.order_by(Expert.name, Expert.id)).unique()
    return [(row.id, f"{row.name} {row.title}".strip()) for row in rows]


def sites_of(session: Session, organisation_id: int) -> list[tuple[int, str]]:
    """(id, name and address) of an organisation's places."""
    rows = session.scalars(select(Site).where(Site.organisation_id == organisation_id).order_by(Site.id))
    return [(row.id, f"{row.name} {row.address}".strip()) for row in rows]
