"""What meetings are prepared with: routes, a receiving party's reply, letters."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.domain.vocabulary import LetterKind, ReceptionAnswer


class Journey(Versioned, Stamped):
    """What a trip and a route have in common: a day, a car, and whom to call. Times are Asia/Shanghai."""

    title: Mapped[Short]
    day: Mapped[date]
    made_by: Mapped[str] = mapped_column(String(64))
    departs: Mapped[time | None]
    gathering: Mapped[Short] = mapped_column(default="")  # where people get on
    transport: Mapped[Short] = mapped_column(default="")  # which car, whose
    seats: Mapped[int | None]
    contact: Mapped[Short] = mapped_column(default="")  # who looks after it, with a number to call
    note: Mapped[str] = mapped_column(default="")


class Route(Journey, Base):
    """The inbound meetings of one day: experts go round several firms 入企路线."""

    __tablename__ = "route"
    id: Mapped[Key]
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Reception(Base):
    """What the party that receives a meeting says to it: the latest reply and the time it was about.

    The host institute of an outbound meeting, the firm of an inbound one. What was said before is in the audit trail.
    """

    __tablename__ = "reception"
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), unique=True)
    answer: Mapped[ReceptionAnswer] = mapped_column(word(ReceptionAnswer))
    remark: Mapped[str] = mapped_column(default="")
    said_by: Mapped[str] = mapped_column(String(64))
    on_behalf: Mapped[bool]  # 代录
    at: Mapped[datetime]
    day: Mapped[date]
    starts: Mapped[time]
    ends: Mapped[time]


class Letter(Base):
    """A letter about a meeting as it was issued: its number in the year's register and what its template was given."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("year", "number"),)
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    kind: Mapped[LetterKind] = mapped_column(word(LetterKind))
    year: Mapped[int]
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
