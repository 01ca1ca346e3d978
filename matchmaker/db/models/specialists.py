"""Specialists 科技特派员: people on file who serve one or many hosts."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Stamped, Versioned, word
from matchmaker.db.models.geography import Cluster, Unit
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.people import Expert
from matchmaker.db.models.team_life import ONE_HOST
from matchmaker.domain.vocabulary import SpecialistKind, SpecialistStatus


class Specialist(Versioned, Stamped, Base):
    """A filing 备案 of an expert; `institute` is who sent them. One that has ended stays on file.

    `number` is the one of the filing; `ended_on` is the first day on which it no longer counts.
    """

    __tablename__ = "specialist"
    id: Mapped[Key]
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    institute_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[SpecialistKind] = mapped_column(word(SpecialistKind))
    number: Mapped[str] = mapped_column(String(64), unique=True)
    filed_on: Mapped[date]
    status: Mapped[SpecialistStatus] = mapped_column(
        word(SpecialistStatus), default=SpecialistStatus.ACTIVE, index=True
    )
    status_since: Mapped[datetime]
    ended_on: Mapped[date | None]
    entered_by: Mapped[str] = mapped_column(String(64))
    expert: Mapped[Expert] = relationship(lazy="joined")
    institute: Mapped[Organisation] = relationship(lazy="joined", foreign_keys=[institute_id])
    hosts: Mapped[list["SpecialistHost"]] = relationship(
        order_by="SpecialistHost.id", lazy="selectin", back_populates="specialist"
    )
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class SpecialistHost(Base):
    """Whom a specialist serves from a day on: a firm, a unit or a cluster; `until` is the last day.

    `agreed_on` is the day of the agreement between the expert, the sending institute and the host 三方服务协议, whose
    scan is an attachment of the specialist.
    """

    __tablename__ = "specialist_host"
    __table_args__ = (CheckConstraint(ONE_HOST, name="one_host"),)
    id: Mapped[Key]
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    since: Mapped[date]
    until: Mapped[date | None]
    added_by: Mapped[str] = mapped_column(String(64))
    agreed_on: Mapped[date | None]
    agreed_until: Mapped[date | None]
    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    cluster: Mapped[Cluster | None] = relationship(lazy="joined")
    specialist: Mapped[Specialist] = relationship(back_populates="hosts", lazy="raise")
