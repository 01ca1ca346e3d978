"""What an expert's page says beside the profile: meetings held, room left, and why nothing is suggested."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.config import Settings
from matchmaker.db.models import Capability, Expert, Meeting, MeetingExpert
from matchmaker.domain.freshness import freshness
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, CapabilityStatus, MeetingStatus
from matchmaker.i18n import gettext as _
from matchmaker.i18n import ngettext
from matchmaker.matching import Index
from matchmaker.queries import scopes
from matchmaker.queries.circumstances import used
from matchmaker.queries.confirmations import confirmed_on
from matchmaker.queries.matches import keys_of
from matchmaker.queries.unmatched import why_unmatched

HELD = frozenset({MeetingStatus.HELD, MeetingStatus.VERIFIED})
MOST_MEETINGS = 10


@dataclass(frozen=True)
class Record:
    """How many meetings an expert has attended, and those of them and of the planned ones that the reader may see."""

    held: int
    meetings: list[Meeting]


def record_of(session: Session, actor: Actor, expert: Expert) -> Record:
    """Strangers see the number alone; parties and officers the latest meetings too."""
    mine = select(MeetingExpert.meeting_id).where(MeetingExpert.expert_id == expert.id)
    came = mine.where(MeetingExpert.attendance == Attendance.ATTENDED)
    held = select(func.count(Meeting.id)).where(Meeting.id.in_(came), Meeting.status.in_(HELD))
    seen = select(Meeting).where(
        Meeting.id.in_(mine), scopes.meetings(actor), Meeting.status != MeetingStatus.CANCELLED
    )
    latest = seen.order_by(Meeting.day.desc(), Meeting.id.desc()).limit(MOST_MEETINGS)
    return Record(session.scalar(held) or 0, list(session.scalars(latest).unique()))


def why_not(session: Session, index: Index, expert: Expert, *, settings: Settings, today: date) -> list[str]:
    """Why the matcher suggests nothing of an expert at all, for the owner and officers; empty when it can."""
    return list(_reasons(session, index, expert, settings, today))


def _reasons(session: Session, index: Index, expert: Expert, settings: Settings, today: date) -> Iterator[str]:
    nothing = why_unmatched(session, index, keys_of(session, expert.id))
    frozen = _frozen(session, expert)
    if nothing and not frozen:
        yield nothing
    if frozen:
        yield ngettext("%(num)s 项能力两年没有确认，已冻结", "%(num)s 项能力两年没有确认，已冻结", frozen)
    if (today - confirmed_on(expert)).days > freshness(settings.stale_months, settings.frozen_months).stale_after:
        yield _("资料超过 %(months)s 个月没有确认", months=settings.stale_months)
    if expert.away_from and expert.away_until and expert.away_from <= today <= expert.away_until:
        yield _("外出到 %(day)s", day=expert.away_until.isoformat())
    taken = used(session, today.year, {expert.id}).get(expert.id, 0)
    if expert.capacity is not None and taken >= expert.capacity:
        yield _("本年可接 %(limit)s 次，已接 %(taken)s 次", limit=expert.capacity, taken=taken)


def _frozen(session: Session, expert: Expert) -> int:
    own = (Capability.expert_id == expert.id, Capability.status == CapabilityStatus.LISTED)
    return session.scalar(select(func.count(Capability.id)).where(*own, Capability.frozen_on.is_not(None))) or 0
