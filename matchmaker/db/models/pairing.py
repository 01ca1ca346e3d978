"""Suggestions, invitations and the answers of the two sides."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Stamped, Versioned, word
from matchmaker.db.models.people import Expert, Group
from matchmaker.db.models.postings import Need
from matchmaker.domain.vocabulary import (
    Decision,
    DeclineReason,
    InvitationStatus,
    LabelKind,
    MeetingKind,
    OwnerKind,
    Side,
)


class Suggestion(Base):
    """A stored pair: a need and an owner's best capability for it, with the terms they share.

    One row per need and owner. A row with a `gate` is a candidate left out, kept to say why not. `pinned` and
    `excluded` are an officer's and survive every refresh.
    """

    __tablename__ = "suggestion"
    __table_args__ = (UniqueConstraint("need_id", "owner_key"),)
    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    owner_key: Mapped[str] = mapped_column(String(32), index=True)
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)
    rank: Mapped[int]
    score: Mapped[float]
    reasons: Mapped[list[Any]]  # [{"term", "share", …}] as `matching.explain` returns them
    gate: Mapped[str | None] = mapped_column(String(32))
    gate_detail: Mapped[str] = mapped_column(default="")
    pinned: Mapped[bool] = mapped_column(default=False)
    excluded: Mapped[bool] = mapped_column(default=False)
    steer_reason: Mapped[str] = mapped_column(default="")
    steered_by: Mapped[str] = mapped_column(String(64), default="")
    matcher_version: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]

    @property
    def shared(self) -> list[dict[str, Any]]:
        """The terms that both sides share, the strongest first."""
        return [reason for reason in self.reasons if not reason.get("missing")]

    @property
    def missing(self) -> list[str]:
        """What the need asks and the owner does not speak of."""
        return [reason["term"] for reason in self.reasons if reason.get("missing")]


class RefreshRequest(Base):
    """A need whose suggestions are to be made anew with at least this version of the corpus; the scheduler does it."""

    __tablename__ = "refresh_request"
    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    corpus_version: Mapped[int]


def _when_made(context: DefaultExecutionContext) -> datetime:
    """A new proposal stands since the invitation was made."""
    made: datetime = context.get_current_parameters()["created_at"]  # type: ignore[no-untyped-call]
    return made


class Invitation(Versioned, Stamped, Base):
    """One side, or an officer, asks the two sides of a pair to meet. Exactly one of expert and group is asked."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END + CASE WHEN group_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_counterpart",
        ),
    )
    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("research_group.id"), index=True)
    status: Mapped[InvitationStatus] = mapped_column(word(InvitationStatus), default=InvitationStatus.OPEN)
    kind: Mapped[MeetingKind] = mapped_column(word(MeetingKind))
    proposed_on: Mapped[date | None]
    proposed_at: Mapped[time | None]
    proposed_since: Mapped[datetime] = mapped_column(default=_when_made)  # a consent given before is to another day
    message: Mapped[str] = mapped_column(default="")
    answer_by: Mapped[date]
    sent_by: Mapped[str] = mapped_column(String(64))
    sent_side: Mapped[Side | None] = mapped_column(word(Side))  # None: an officer
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)  # 承办人
    reminded_on: Mapped[date | None]
    passed_from_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), index=True)  # a colleague's
    need: Mapped[Need] = relationship(lazy="joined")
    expert: Mapped[Expert | None] = relationship(lazy="joined")
    group: Mapped[Group | None] = relationship(lazy="joined")
    answers: Mapped[list["Answer"]] = relationship(back_populates="invitation", order_by="Answer.id", lazy="selectin")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form

    @property
    def owner_key(self) -> str:
        """The key in the index of who is asked."""
        return OwnerKind.key_of(self.expert_id, self.group_id)


class Answer(Base):
    """What one side says to an invitation; a newer answer of the same side replaces the older one (audited)."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("invitation_id", "side"),
        CheckConstraint("decision <> 'decline' OR reason IS NOT NULL", name="decline_says_why"),
    )
    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), index=True)
    side: Mapped[Side] = mapped_column(word(Side))
    decision: Mapped[Decision] = mapped_column(word(Decision))
    reason: Mapped[DeclineReason | None] = mapped_column(word(DeclineReason))
    note: Mapped[str] = mapped_column(default="")
    other_day: Mapped[date | None]
    other_time: Mapped[time | None]
    given_by: Mapped[str] = mapped_column(String(64))
    on_behalf: Mapped[bool] = mapped_column(default=False)  # 代录: an officer typed in what was said
    companion_ids: Mapped[list[Any]] = mapped_column(default=list)  # experts who will come along: a team's reply
    given_at: Mapped[datetime]
    invitation: Mapped[Invitation] = relationship(back_populates="answers", lazy="raise")


class Label(Base):
    """What became of a pair, for learning 反馈标记; a newer one of the same pair and kind replaces the older.

    `side` is who declined; None where both sides did it together.
    """

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("need_id", "owner_key", "kind"),)
    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    owner_key: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[LabelKind] = mapped_column(word(LabelKind))
    reason: Mapped[DeclineReason | None] = mapped_column(word(DeclineReason))
    side: Mapped[Side | None] = mapped_column(word(Side))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
