"""What follows from a meeting: tasks, and the asking of both sides how it goes on."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Stamped, Versioned, word
from matchmaker.db.models.accounts import Account
from matchmaker.db.models.meetings import Meeting
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.people import Expert
from matchmaker.db.models.postings import Need
from matchmaker.domain.vocabulary import FollowUpStatus, Side, TaskStatus


class FollowUp(Versioned, Stamped, Base):
    """One side of one firm at a meeting is asked `days` after it how it goes on 跟踪回访.

    The expert side is the host institute and its experts who were there. A row whose status is `signed` says that a
    contract came of it; `amount_wan` is what it is worth in 万元 if they say so. `asked_on`: when the letter went.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("meeting_id", "firm_id", "side", "days"),
        CheckConstraint("status <> 'stopped' OR remark <> ''", name="stopped_says_why"),
        CheckConstraint("amount_wan >= 0", name="amount"),
    )
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    side: Mapped[Side] = mapped_column(word(Side))
    days: Mapped[int]
    due: Mapped[date] = mapped_column(index=True)
    status: Mapped[FollowUpStatus] = mapped_column(word(FollowUpStatus), default=FollowUpStatus.DUE)
    remark: Mapped[str] = mapped_column(default="")
    amount_wan: Mapped[int | None]
    asked_on: Mapped[date | None]
    answered_by: Mapped[str] = mapped_column(String(64), default="")
    answered_at: Mapped[datetime | None]
    on_behalf: Mapped[bool] = mapped_column(default=False)  # 代录: an officer typed in what was said
    meeting: Mapped[Meeting] = relationship(lazy="joined")
    firm: Mapped[Organisation] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Task(Versioned, Stamped, Base):
    """Something to be done by a day 待办.

    It came from a row of a meeting's minutes, or from what an officer gave to somebody. At most one of organisation,
    expert and account is the owner; `owner` is how the minutes name them, also where nobody on file is meant.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END + CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN account_id IS NULL THEN 0 ELSE 1 END <= 1",
            name="one_owner",
        ),
        CheckConstraint("meeting_id IS NOT NULL OR need_id IS NOT NULL", name="comes_from"),
    )
    id: Mapped[Key]
    title: Mapped[str]
    owner: Mapped[str] = mapped_column(String(64))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    due: Mapped[date] = mapped_column(index=True)
    status: Mapped[TaskStatus] = mapped_column(word(TaskStatus), default=TaskStatus.OPEN)
    result: Mapped[str] = mapped_column(default="")
    closed_by: Mapped[str] = mapped_column(String(64), default="")
    closed_at: Mapped[datetime | None]
    made_by: Mapped[str] = mapped_column(String(64))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("minute_item.id"), unique=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"), index=True)
    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    expert: Mapped[Expert | None] = relationship(lazy="joined")
    account: Mapped[Account | None] = relationship(lazy="joined")
    meeting: Mapped[Meeting | None] = relationship()
    need: Mapped[Need | None] = relationship()
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form
