"""Where things are and what they belong to: rows of the city profile."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short


class Region(Base):
    """An administrative region by its GB/T 2260 code."""

    __tablename__ = "region"
    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[Short]
    name_en: Mapped[Short] = mapped_column(default="")


class City(Base):
    """The city this installation serves: exactly one row, written when the profile is loaded."""

    __tablename__ = "city"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[Short]
    name_en: Mapped[Short]
    bureau: Mapped[Short]
    bureau_en: Mapped[Short] = mapped_column(default="")
    product_name: Mapped[Short]
    product_name_en: Mapped[Short]
    region_code: Mapped[str] = mapped_column(String(6))
    letter_sender: Mapped[Short] = mapped_column(default="")  # who writes letters; empty: the bureau
    letter_seal: Mapped[Short] = mapped_column(default="")  # whose seal is put under them; empty: the sender's
    letter_mark: Mapped[Short] = mapped_column(default="")  # the number, with {year} and {number}
    letter_contact: Mapped[Short] = mapped_column(default="")  # whom to call
    team_rules: Mapped[dict[str, Any]] = mapped_column(default=dict)  # domain.profile.TeamPart
    host_regions: Mapped[list[str]]  # province codes whose institutes and experts the two hundreds count


class Zone(Base):
    """A group of responsible units 板块; a city may have none."""

    __tablename__ = "zone"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[Short]
    name_en: Mapped[Short]


class Unit(Base):
    """A responsible unit 责任单位: officers' scope and splits go by it."""

    __tablename__ = "unit"
    id: Mapped[Key]
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[Short]
    name_en: Mapped[Short]
    region_code: Mapped[str | None] = mapped_column(String(6))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"), index=True)
    zone: Mapped[Zone | None] = relationship(lazy="joined")


class Cluster(Base):
    """A county's industrial cluster 县域特色产业集群."""

    __tablename__ = "cluster"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Short]
    name_en: Mapped[Short]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    source: Mapped[str]


class TechnicalField(Base):
    """One of the profile's technical fields 技术领域."""

    __tablename__ = "technical_field"
    id: Mapped[Key]
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[Short]
    name_en: Mapped[Short]
    source: Mapped[str]
