"""When people and places are free, as they say themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key


class Availability(Base):
    """The free half-days of an expert, an institute (开放日) or a firm 可约时间; without a row nothing is stated.

    `weekly` are halves such as `1-morning` (0 is Monday); `dates` says of single ones, `2026-11-24-morning`, whether
    they are free. What was said before is in the audit trail of the party.
    """

    __tablename__ = "availability"
    __table_args__ = (
        CheckConstraint(
            "(expert_id IS NULL AND organisation_id IS NOT NULL)"
            " OR (expert_id IS NOT NULL AND organisation_id IS NULL)",
            name="one_party",
        ),
    )
    id: Mapped[Key]
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), unique=True)
    weekly: Mapped[list[str]] = mapped_column(default=list)
    dates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    said_by: Mapped[str] = mapped_column(String(64))
    on_behalf: Mapped[bool] = mapped_column(default=False)  # 代录
    at: Mapped[datetime]
