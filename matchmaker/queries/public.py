"""Numbers that anybody may see."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Meeting, Need
from matchmaker.domain.vocabulary import CapabilityStatus, MeetingStatus
from matchmaker.queries.facts import PUBLIC_NEEDS


@dataclass(frozen=True)
class Numbers:
    """Totals without names."""

    needs: int
    capabilities: int
    meetings: int


def numbers(session: Session, today: date) -> Numbers:
    """Published needs, listed capabilities, and meetings verified this year."""
    this_year = Meeting.day.between(date(today.year, 1, 1), date(today.year, 12, 31))
    statements = (
        select(func.count()).select_from(Need).where(Need.status.in_(PUBLIC_NEEDS)),
        select(func.count()).select_from(Capability).where(Capability.status == CapabilityStatus.LISTED),
        select(func.count()).select_from(Meeting).where(Meeting.status == MeetingStatus.VERIFIED, this_year),
    )
    return Numbers(*(session.scalar(statement) or 0 for statement in statements))
