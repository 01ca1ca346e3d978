"""What the bureau teaches the matcher: words of its own, and by labels the ranking's numbers and what a score means."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, Short


class LexiconEntry(Base):
    """A word of the field, or with `other` two names of one thing, on top of `seeds/lexicon`; undone, never deleted."""

    __tablename__ = "lexicon_entry"
    __table_args__ = (CheckConstraint("name <> ''", name="says_something"),)
    id: Mapped[Key]
    name: Mapped[Short]
    other: Mapped[Short] = mapped_column(default="")
    reason: Mapped[str]
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    undone_by: Mapped[str] = mapped_column(String(64), default="")
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str] = mapped_column(default="")


class ParameterSet(Base):
    """The numbers of the ranking from a moment on; the newest row holds, no row means the built-in ones.

    `values` holds what differs from those; `figures` what was measured when it was chosen.
    """

    __tablename__ = "parameter_set"
    id: Mapped[Key]
    values: Mapped[dict[str, Any]]
    figures: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(default="")
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]


class Calibration(Base):
    """What the number shown for a pair means from a moment on; the newest row holds, no row means uncalibrated.

    `scores` and `shares` are the knots of the curve, empty where calibration was ended (`by_hand`: the job leaves it at
    that). It holds for the ranking's numbers of `parameters_version` only. `figures` is what was measured.
    """

    __tablename__ = "calibration"
    id: Mapped[Key]
    scores: Mapped[list[Any]]
    shares: Mapped[list[Any]]
    parameters_version: Mapped[int]
    labels: Mapped[int]
    figures: Mapped[dict[str, Any]]
    by_hand: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="")
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
