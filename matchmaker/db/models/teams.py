"""Specialist teams 科技特派团."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.people import Expert
from matchmaker.db.models.postings import Need
from matchmaker.domain.vocabulary import MemberRole, TeamLevel, TeamStatus


class Team(Versioned, Stamped, Base):
    """Leader and members who together cover a need's weighted terms (policy 003 (30)).

    `coverage` is the covered share of the need's term weight, 0–1; `uncovered` lists the terms nobody covers.
    """

    __tablename__ = "team"
    id: Mapped[Key]
    name: Mapped[Short]
    level: Mapped[TeamLevel] = mapped_column(word(TeamLevel))
    status: Mapped[TeamStatus] = mapped_column(word(TeamStatus), default=TeamStatus.FORMING)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    coverage: Mapped[float]
    uncovered: Mapped[list[Any]]
    made_by: Mapped[str] = mapped_column(String(64))
    need: Mapped[Need] = relationship(lazy="joined")
    members: Mapped[list["TeamMember"]] = relationship(order_by="TeamMember.id", lazy="selectin")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class TeamMember(Base):
    """A person in a team and the terms of the need they cover, with the capability that says so."""

    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("team_id", "expert_id"),)
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(word(MemberRole))
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    covers: Mapped[list[Any]]
    expert: Mapped[Expert] = relationship(lazy="joined")
