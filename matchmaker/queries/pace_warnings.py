"""Warnings on file, and the targets by which they are given."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import PaceWarning, Target
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import TargetBasis
from matchmaker.queries import targets


def first_targets(session: Session, year: int) -> dict[tuple[MetricCode, int | None], Target]:
    """The year's total asked of the city (None) and of units, for what is counted; of two the firmest."""
    found: dict[tuple[MetricCode, int | None], Target] = {}
    for target in targets.of_year(session, year):
        if target.metric_code in set(MetricCode) and target.basis is TargetBasis.ABSOLUTE:
            found.setdefault((MetricCode(target.metric_code), target.unit_id), target)
    return found


def of_number(session: Session, target: Target) -> Sequence[PaceWarning]:
    """What was said of the number that a target is for, at any level."""
    return session.scalars(
        select(PaceWarning).where(
            PaceWarning.metric_code == target.metric_code,
            PaceWarning.year == target.year,
            PaceWarning.unit_id == target.unit_id if target.unit_id is not None else PaceWarning.unit_id.is_(None),
        )
    ).all()


def standing(session: Session, year: int) -> Sequence[PaceWarning]:
    """The city's warnings of a year, the newest first."""
    own = select(PaceWarning).where(PaceWarning.year == year, PaceWarning.unit_id.is_(None))
    return session.scalars(own.order_by(PaceWarning.held_on.desc(), PaceWarning.id.desc())).all()
