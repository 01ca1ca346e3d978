"""Specialist teams 科技特派团."""

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.people import Expert
from matchmaker.db.models.postings import Need
from matchmaker.domain.vocabulary import MemberRole, PlatformLevel, TeamLevel, TeamStatus

if TYPE_CHECKING:
    from matchmaker.db.models.team_life import TeamHost


class Team(Versioned, Stamped, Base):
    """Leader and members who together cover the weighted terms of one need or of several (policy 003 (30)).

    `need` is the first of `needs`, whose firm lists show. `coverage` is the covered share of the needs' term weight,
    0–1, each need weighing the same; `uncovered` lists the terms nobody covers.
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
    platform: Mapped[Short] = mapped_column(default="")  # built together with a host 共建平台
    platform_level: Mapped[PlatformLevel | None] = mapped_column(word(PlatformLevel))
    platform_on: Mapped[date | None]  # the day its agreement was signed
    renewed_from_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)  # the term before
    need: Mapped[Need] = relationship(lazy="joined")
    needs: Mapped[list["TeamNeed"]] = relationship(order_by="TeamNeed.id", lazy="selectin")
    members: Mapped[list["TeamMember"]] = relationship(order_by="TeamMember.role, TeamMember.id", lazy="selectin")
    hosts: Mapped[list["TeamHost"]] = relationship(order_by="TeamHost.id", lazy="selectin", back_populates="team")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class TeamNeed(Base):
    """A need that a team answers; its terms as they were when the team was put together: {term, weight, must}."""

    __tablename__ = "team_need"
    __table_args__ = (UniqueConstraint("team_id", "need_id"),)
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    terms: Mapped[list[Any]] = mapped_column(default=list)
    need: Mapped[Need] = relationship(lazy="joined")


class TeamMember(Base):
    """A person in a team and the terms of its needs they cover, each with the capability that says so."""

    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("team_id", "expert_id"),)
    id: Mapped[Key]
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(word(MemberRole))
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    covers: Mapped[list[Any]]
    joined_on: Mapped[date | None]  # None: with the team
    left_on: Mapped[date | None]  # the first day without them; whoever left stays on file
    expert: Mapped[Expert] = relationship(lazy="joined")
