"""The yearly evaluation of teams 绩效考评: a year's sheets, one row per team, one per person, appeals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.people import Expert
from matchmaker.db.models.teams import Team
from matchmaker.domain.vocabulary import AppealStatus, EvaluationStatus, Grade, TeamLevel

_UNRANKED = "level = 'city' OR (score IS NULL AND place IS NULL AND NOT in_line)"


class EvaluationRound(Versioned, Stamped, Base):
    """One year's evaluation: `rules` are the sheets, grades and the line (`domain.scoring.Sheets`), fixed once open."""

    __tablename__ = "evaluation_round"
    id: Mapped[Key]
    year: Mapped[int] = mapped_column(unique=True)
    rules: Mapped[dict[str, Any]]
    due_on: Mapped[date]  # for reports
    made_by: Mapped[str] = mapped_column(String(64))
    opened_on: Mapped[date | None]
    published_on: Mapped[date | None]  # the last time
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Evaluation(Versioned, Stamped, Base):
    """How one team of the city was judged in a year; of a provincial team only what the province published.

    `words`, `points`: criterion → what the lead says, and points given; `proof`: the facts on file when it was sent in
    (`queries.evaluation_proof`). `place` and `in_line` stand as they were published.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("round_id", "team_id"),
        CheckConstraint(_UNRANKED, name="province_unranked"),
        CheckConstraint("level = 'city' OR province_document <> ''", name="province_has_document"),
    )
    id: Mapped[Key]
    round_id: Mapped[int] = mapped_column(ForeignKey("evaluation_round.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    level: Mapped[TeamLevel] = mapped_column(word(TeamLevel))  # when the year's evaluation was opened
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    status: Mapped[EvaluationStatus] = mapped_column(word(EvaluationStatus), default=EvaluationStatus.DRAFT, index=True)
    status_since: Mapped[datetime]
    words: Mapped[dict[str, Any]] = mapped_column(default=dict)
    proof: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reported_by: Mapped[str] = mapped_column(String(64), default="")
    on_behalf: Mapped[bool] = mapped_column(default=False)
    unit_opinion: Mapped[str] = mapped_column(default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    points: Mapped[dict[str, Any]] = mapped_column(default=dict)
    remark: Mapped[str] = mapped_column(default="")  # of the city, with the points
    scored_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    score: Mapped[int | None]  # 0-100
    grade: Mapped[Grade | None] = mapped_column(word(Grade))
    place: Mapped[int | None]
    in_line: Mapped[bool] = mapped_column(default=False)
    published_on: Mapped[date | None]
    province_result: Mapped[Short] = mapped_column(default="")  # the province's own words
    province_document: Mapped[Short] = mapped_column(default="")
    round: Mapped[EvaluationRound] = relationship(lazy="joined")
    team: Mapped[Team] = relationship(lazy="joined")
    lead: Mapped[Expert | None] = relationship(lazy="joined")
    people: Mapped[list["EvaluationPerson"]] = relationship(order_by="EvaluationPerson.id", lazy="selectin")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class EvaluationPerson(Base):
    """The sheet of one member within the team's evaluation."""

    __tablename__ = "evaluation_person"
    __table_args__ = (UniqueConstraint("evaluation_id", "expert_id"),)
    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    words: Mapped[str] = mapped_column(default="")
    proof: Mapped[dict[str, Any]] = mapped_column(default=dict)
    points: Mapped[dict[str, Any]] = mapped_column(default=dict)
    score: Mapped[int | None]
    grade: Mapped[Grade | None] = mapped_column(word(Grade))
    expert: Mapped[Expert] = relationship(lazy="joined")


class Appeal(Versioned, Stamped, Base):
    """What a team's lead objects to a published result 申诉, and the bureau's written answer."""

    __tablename__ = "appeal"
    __table_args__ = (CheckConstraint("reason <> ''", name="says_why"),)
    id: Mapped[Key]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), index=True)
    reason: Mapped[str]
    made_by: Mapped[str] = mapped_column(String(64))
    made_on: Mapped[date]
    status: Mapped[AppealStatus] = mapped_column(word(AppealStatus), default=AppealStatus.OPEN, index=True)
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(String(64), default="")
    answered_on: Mapped[date | None]
    evaluation: Mapped[Evaluation] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form
