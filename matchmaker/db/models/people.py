"""Experts and research groups."""

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.organisations import Organisation, Site
from matchmaker.domain.vocabulary import MemberRole


class Expert(Versioned, Stamped, Base):
    """A person who works at an institute; one person is one record. `site` says where the work is done."""

    __tablename__ = "expert"
    __table_args__ = (UniqueConstraint("institute_id", "external_id"),)
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64), index=True)
    external_id: Mapped[str | None] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(32), default="")
    institute_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    capacity: Mapped[int | None]  # meetings a year the person will take; None: not stated
    confirmed_on: Mapped[date | None]  # last re-confirmation of the profile
    honour: Mapped[str] = mapped_column(String(64), default="")  # 称号
    modes: Mapped[list[str]] = mapped_column(default=list)  # `ServiceMode` values; none: not stated
    travel: Mapped[str] = mapped_column(String(200), default="")  # when and how far, in the person's words
    away_from: Mapped[date | None]
    away_until: Mapped[date | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)  # a duplicate of it
    institute: Mapped[Organisation] = relationship(lazy="joined")
    site: Mapped[Site | None] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Group(Versioned, Stamped, Base):
    """A research group 科研项目团队: the policy's counterpart of an outbound meeting (policy 003, annex goal 4)."""

    __tablename__ = "research_group"
    __table_args__ = (UniqueConstraint("institute_id", "external_id"),)
    id: Mapped[Key]
    name: Mapped[Short]
    external_id: Mapped[str | None] = mapped_column(String(64))
    institute_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    institute: Mapped[Organisation] = relationship(lazy="joined")
    site: Mapped[Site | None] = relationship(lazy="joined")
    members: Mapped[list["GroupMember"]] = relationship(back_populates="group", order_by="GroupMember.id", lazy="raise")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class GroupMember(Base):
    """An expert in a group; exactly the lead has role `lead`."""

    __tablename__ = "group_member"
    __table_args__ = (UniqueConstraint("group_id", "expert_id"),)
    id: Mapped[Key]
    group_id: Mapped[int] = mapped_column(ForeignKey("research_group.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(word(MemberRole))
    group: Mapped[Group] = relationship(back_populates="members", lazy="raise")
    expert: Mapped[Expert] = relationship(lazy="joined")
