"""What an institute brings in: its people, groups and offers, and what of them rests."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker.db.models import Capability, Expert, Group
from matchmaker.domain.freshness import Freshness
from matchmaker.domain.vocabulary import CapabilityStatus
from matchmaker.queries.confirmations import not_since


@dataclass(frozen=True)
class Supply:
    """Numbers of one institute. `stale`: people whose profile is no longer suggested; `frozen`: offers not matched."""

    experts: int
    groups: int
    listed: int
    review: int
    draft: int
    returned: int
    stale: int
    frozen: int


def supply(session: Session, institute_id: int, fresh: Freshness, today: date) -> Supply:
    """Four queries, however large the institute."""
    mine = (Expert.institute_id == institute_id, Expert.merged_into_id.is_(None))
    lapsed = not_since(Expert, fresh.lapsed_up_to(today))
    own, listed = Capability.source_id == institute_id, Capability.status == CapabilityStatus.LISTED
    by_status = select(Capability.status, func.count()).where(own).group_by(Capability.status)
    states = {row[0]: row[1] for row in session.execute(by_status)}
    people = select(func.count(Expert.id), func.count(Expert.id).filter(lapsed)).where(*mine)
    experts, stale = session.execute(people).one()
    return Supply(
        experts=experts,
        groups=_count(session, Group.id, Group.institute_id == institute_id),
        listed=states.get(CapabilityStatus.LISTED, 0),
        review=states.get(CapabilityStatus.REVIEW, 0),
        draft=states.get(CapabilityStatus.DRAFT, 0),
        returned=states.get(CapabilityStatus.RETURNED, 0),
        stale=stale,
        frozen=_count(session, Capability.id, own, listed, Capability.frozen_on.is_not(None)),
    )


def _count(session: Session, column: InstrumentedAttribute[int], *clauses: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(column)).where(*clauses)) or 0
