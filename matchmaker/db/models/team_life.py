"""A team at work: its hosts, agreements, task books with what the sides said of them, milestones, certificates."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.geography import Cluster, Unit
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.people import Expert
from matchmaker.db.models.teams import Team
from matchmaker.domain.vocabulary import BookAnswer

ONE_HOST = (
    "(organisation_id IS NOT NULL AND unit_id IS NULL AND cluster_id IS NULL)"
    " OR (organisation_id IS NULL AND unit_id IS NOT NULL AND cluster_id IS NULL)"
    " OR (organisation_id IS NULL AND unit_id IS NULL AND cluster_id IS NOT NULL)"
)


class TeamHost(Base):
    """Whom a team serves 驻在单位, from a day on: a firm, a unit or a cluster; `until` once it has ended."""

    __tablename__ = "team_host"
    __table_args__ = (CheckConstraint(ONE_HOST, name="one_host"),)
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    since: Mapped[date]
    until: Mapped[date | None]
    added_by: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    cluster: Mapped[Cluster | None] = relationship(lazy="joined")
    team: Mapped[Team] = relationship(back_populates="hosts", lazy="raise")


class Agreement(Stamped, Base):
    """What a team and one of its hosts have signed 协议; the scan is an attachment. A void one stays on file."""

    __tablename__ = "agreement"
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("team_host.id"), index=True)
    signed_on: Mapped[date]
    valid_until: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    entered_by: Mapped[str] = mapped_column(String(64))
    voided_by: Mapped[str] = mapped_column(String(64), default="")
    voided_at: Mapped[datetime | None]
    host: Mapped[TeamHost] = relationship(lazy="joined")
    team: Mapped[Team] = relationship(lazy="joined")


class TaskBook(Versioned, Stamped, Base):
    """One version of a team's task book 工作任务书; the newest is the one that is approved and signed.

    `problems`: rows {problem, indicator, firm}; `milestones`: rows {title, due}; `outputs`: kind → number promised.
    Days are counted in half-days.
    """

    __tablename__ = "task_book"
    __table_args__ = (UniqueConstraint("team_id", "number"),)
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    number: Mapped[int]
    parties: Mapped[str]
    problems: Mapped[list[Any]]
    milestones: Mapped[list[Any]]
    outputs: Mapped[dict[str, Any]]
    target_half_days: Mapped[int | None]  # of the whole term
    target_times: Mapped[int | None]
    funds: Mapped[str] = mapped_column(default="")
    property_terms: Mapped[str] = mapped_column(default="")  # 知识产权
    confidentiality: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    made_by: Mapped[str] = mapped_column(String(64))
    signed_on: Mapped[date | None]
    team: Mapped[Team] = relationship(lazy="joined")
    words: Mapped[list["BookWord"]] = relationship(order_by="BookWord.id", lazy="selectin")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class BookWord(Base):
    """What one side says of a version of the task book: a host firm, or the leading expert."""

    __tablename__ = "book_word"
    __table_args__ = (
        CheckConstraint("(organisation_id IS NULL) <> (expert_id IS NULL)", name="one_side"),
        CheckConstraint("answer <> 'changes' OR remark <> ''", name="changes_say_what"),
        UniqueConstraint("task_book_id", "organisation_id"),
        UniqueConstraint("task_book_id", "expert_id"),
    )
    id: Mapped[Key]
    task_book_id: Mapped[int] = mapped_column(ForeignKey("task_book.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    answer: Mapped[BookAnswer] = mapped_column(word(BookAnswer))
    remark: Mapped[str] = mapped_column(default="")
    given_by: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime]
    on_behalf: Mapped[bool] = mapped_column(default=False)


class Milestone(Stamped, Base):
    """What a signed task book promises for a day 里程碑; a later version may drop it."""

    __tablename__ = "milestone"
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    title: Mapped[Short]
    due: Mapped[date]
    done_on: Mapped[date | None]
    proof: Mapped[str] = mapped_column(default="")  # what shows it; files are attachments
    entered_by: Mapped[str] = mapped_column(String(64), default="")
    dropped_at: Mapped[datetime | None]
    team: Mapped[Team] = relationship(lazy="joined")


class Certificate(Base):
    """A 服务证明 as it was issued: what stands in it never changes, it can only be revoked.

    `firms`: rows {name, unit, days}; `results`: lines; `token`: what the code on the paper opens.
    """

    __tablename__ = "certificate"
    id: Mapped[Key]
    token: Mapped[str] = mapped_column(String(43), unique=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    institute: Mapped[Short]
    from_day: Mapped[date]
    to_day: Mapped[date]
    half_days: Mapped[int]
    times: Mapped[int]
    firms: Mapped[list[Any]]
    results: Mapped[list[Any]]
    contracts_wan: Mapped[int | None]  # sum of contracts as the officer knows it
    issued_on: Mapped[date]
    valid_until: Mapped[date]
    issued_by: Mapped[str] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(64), default="")
    revoked_reason: Mapped[str] = mapped_column(default="")
    expert: Mapped[Expert] = relationship(lazy="joined")
