"""Organisations and the places where they are present."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.geography import Unit
from matchmaker.domain.vocabulary import InstituteType, OrganisationKind, RegistrationStatus


class Organisation(Versioned, Stamped, Base):
    """A firm, institute, agency or bureau. A firm with a unit is a local firm."""

    __tablename__ = "organisation"
    id: Mapped[Key]
    kind: Mapped[OrganisationKind] = mapped_column(word(OrganisationKind), index=True)
    institute_type: Mapped[InstituteType | None] = mapped_column(word(InstituteType))
    status: Mapped[RegistrationStatus] = mapped_column(word(RegistrationStatus), default=RegistrationStatus.ACTIVE)
    name: Mapped[Short] = mapped_column(index=True)
    external_id: Mapped[str | None] = mapped_column(String(64), unique=True)  # the sheet's own key
    credit_code: Mapped[str | None] = mapped_column(String(18), unique=True)  # GB 32100
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    tags: Mapped[list[str]]
    about: Mapped[str] = mapped_column(default="")  # 机构简介
    contact_name: Mapped[str] = mapped_column(String(64), default="")
    contact_phone: Mapped[str] = mapped_column(String(32), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)  # a duplicate of it
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    sites: Mapped[list["Site"]] = relationship(back_populates="organisation", order_by="Site.id", lazy="raise")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Site(Base):
    """One place of an organisation: address and GB/T 2260 region code; a local site has a unit."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)
    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[Short]
    address: Mapped[Short]
    region_code: Mapped[str] = mapped_column(String(6))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    organisation: Mapped[Organisation] = relationship(back_populates="sites", lazy="joined")
