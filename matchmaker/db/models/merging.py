"""Records that were one and the same, put together; and pairs that only look so."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, word
from matchmaker.domain.vocabulary import Noun


class Merge(Base):
    """A duplicate (`gone_id`) put into the record that stays (`kept_id`).

    `moves` lists every cell that was changed and every row that was removed for it, in order, so that exactly that can
    be put back: see `services.merging`.
    """

    __tablename__ = "merge"
    __table_args__ = (Index("ix_merge_noun_kept", "noun", "kept_id"), Index("ix_merge_noun_gone", "noun", "gone_id"))
    id: Mapped[Key]
    noun: Mapped[Noun] = mapped_column(word(Noun))
    kept_id: Mapped[int]
    gone_id: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    moves: Mapped[list[Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64), default="")
    undone_reason: Mapped[str] = mapped_column(default="")


class NotDuplicate(Base):
    """Two records that look alike and are not the same; `first_id` is the smaller number."""

    __tablename__ = "not_duplicate"
    __table_args__ = (UniqueConstraint("noun", "first_id", "second_id"),)
    id: Mapped[Key]
    noun: Mapped[Noun] = mapped_column(word(Noun))
    first_id: Mapped[int]
    second_id: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
