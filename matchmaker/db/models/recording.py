"""What a record of a meeting is made of beside its attendance: check-ins, rows of minutes, the parties' word on it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, word
from matchmaker.db.models.organisations import Organisation
from matchmaker.domain.vocabulary import CheckInHow, RecordAnswer, Side


class CheckIn(Base):
    """Somebody who said on the spot that they were there 签到. It proposes an attendance; nobody is counted by it.

    Of an invited firm or expert the id is set; of companions neither. `organisation` is what they wrote. `claim` makes
    the same person's second tap the same row; a voided row gives it up and stays on file.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("meeting_id", "claim"),
        CheckConstraint("firm_id IS NULL OR expert_id IS NULL", name="one_party"),
    )
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    name: Mapped[str] = mapped_column(String(64), default="")
    organisation: Mapped[Short] = mapped_column(default="")
    how: Mapped[CheckInHow] = mapped_column(word(CheckInHow))
    claim: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(64), default="")
    voided_by: Mapped[str] = mapped_column(String(64), default="")
    voided_at: Mapped[datetime | None]


class MinuteItem(Base):
    """One row of the minutes: 问题–建议–下一步–责任人–期限. A row taken out of a later record stays on file."""

    __tablename__ = "minute_item"
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    position: Mapped[int]
    problem: Mapped[str] = mapped_column(default="")
    advice: Mapped[str] = mapped_column(default="")
    next_step: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(String(64), default="")
    due: Mapped[date | None]
    dropped_at: Mapped[datetime | None]


class MeetingConfirmation(Base):
    """What a firm or an institute says of the record; a newer word of the same party replaces the older (audited).

    `expert_id` is set where an expert spoke for the institute. What was said before the meeting was last recorded is
    about another record.
    """

    __tablename__ = "meeting_confirmation"
    __table_args__ = (
        UniqueConstraint("meeting_id", "organisation_id"),
        CheckConstraint("answer <> 'differs' OR remark <> ''", name="difference_says_what"),
    )
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    side: Mapped[Side] = mapped_column(word(Side))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    answer: Mapped[RecordAnswer] = mapped_column(word(RecordAnswer))
    remark: Mapped[str] = mapped_column(default="")
    given_by: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime]
    on_behalf: Mapped[bool] = mapped_column(default=False)  # 代录: an officer typed in what was said
    settled_by: Mapped[str] = mapped_column(String(64), default="")
    settled_at: Mapped[datetime | None]
    settled_note: Mapped[str] = mapped_column(default="")
    organisation: Mapped[Organisation] = relationship(lazy="joined")
