"""What people decide beside the rules, and how they like to read the ledger."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, Short


class Exclusion(Base):
    """A meeting that an officer keeps out of a metric, and why. Taken back, it stays on file and means nothing."""

    __tablename__ = "exclusion"
    __table_args__ = (
        Index(
            "ix_exclusion_stands_once",
            "metric_code",
            "meeting_id",
            unique=True,
            sqlite_where=text("taken_back_at IS NULL"),
            postgresql_where=text("taken_back_at IS NULL"),
        ),
    )
    id: Mapped[Key]
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    reason: Mapped[str]
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    taken_back_by: Mapped[str] = mapped_column(String(64), default="")
    taken_back_at: Mapped[datetime | None]
    taken_back_reason: Mapped[str] = mapped_column(default="")


class SavedView(Base):
    """Filters of the ledger under a name, of one account; a shared one is there for all who read the ledger."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("account_id", "name"),)
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[Short]
    query: Mapped[str] = mapped_column(String(500))  # as in the address, without year and page
    shared: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
