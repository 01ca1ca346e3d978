"""What is counted, what was promised, by which rule, and what was true on a day."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.domain.vocabulary import TargetBasis, TargetStatus


class Metric(Base):
    """What is counted."""

    __tablename__ = "metric"
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int]
    name: Mapped[Short]
    name_en: Mapped[Short]
    unit_label: Mapped[str] = mapped_column(String(16))
    unit_label_en: Mapped[str] = mapped_column(String(32))
    counted_from: Mapped[str] = mapped_column(String(16))
    source: Mapped[str]


_CITY_STANDS = text("unit_id IS NULL AND withdrawn_at IS NULL")
_SPLIT_STANDS = text("unit_id IS NOT NULL AND withdrawn_at IS NULL")


class Target(Versioned, Stamped, Base):
    """What was promised for a metric and a year. Two targets of one year may disagree; both are kept.

    One with a unit is that unit's split of the city's. A withdrawn one stays on file and asks nothing.
    """

    __tablename__ = "target"
    __table_args__ = (
        Index(
            "ix_target_stated_once",
            *("metric_code", "year", "basis", "source"),
            unique=True,
            sqlite_where=_CITY_STANDS,
            postgresql_where=_CITY_STANDS,
        ),
        Index(
            "ix_target_split_once",
            *("metric_code", "year", "basis", "unit_id"),
            unique=True,
            sqlite_where=_SPLIT_STANDS,
            postgresql_where=_SPLIT_STANDS,
        ),
    )
    id: Mapped[Key]
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"), index=True)
    year: Mapped[int]
    value: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    basis: Mapped[TargetBasis] = mapped_column(word(TargetBasis))
    status: Mapped[TargetStatus] = mapped_column(word(TargetStatus))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    unit_label: Mapped[str] = mapped_column(String(16))
    source: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    withdrawn_by: Mapped[str] = mapped_column(String(64), default="")
    withdrawn_at: Mapped[datetime | None]
    metric: Mapped[Metric] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class CountingRule(Base):
    """How a metric is counted from a day on: `domain.rules` has the code of the `shape`, `terms` are its parameters.

    Numbers are never used again: a rule withdrawn before its day keeps its own.
    """

    __tablename__ = "rule"
    __table_args__ = (UniqueConstraint("metric_code", "number"),)
    id: Mapped[Key]
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"), index=True)
    number: Mapped[int]
    valid_from: Mapped[date]
    title: Mapped[Short]
    title_en: Mapped[Short]
    text: Mapped[str]
    text_en: Mapped[str]
    sources: Mapped[list[str]]
    shape: Mapped[int] = mapped_column(default=1)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")  # why it was made
    made_by: Mapped[str] = mapped_column(String(64), default="")  # nobody for the profile's own
    made_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(String(64), default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(default="")


class Snapshot(Base):
    """What a recount gave on a day, with the fingerprint of its inputs; a recount must reproduce it."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("metric_code", "day", "year"),)
    id: Mapped[Key]
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"), index=True)
    day: Mapped[date] = mapped_column(index=True)
    year: Mapped[int]
    value: Mapped[int]
    rule_number: Mapped[int]
    inputs: Mapped[list[Any]]  # ids of the meetings counted
    fingerprint: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    audit_number: Mapped[int | None]  # the last link of the audit trail then, and its hash
    audit_hash: Mapped[str] = mapped_column(String(64), default="")


class Revision(Base):
    """How often something changed that results are made from and kept: counted in the change's own transaction."""

    __tablename__ = "revision"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int]


class Workday(Base):
    """A day that differs from the weekday rule: a holiday, or a weekend day worked instead. Editable."""

    __tablename__ = "workday"
    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool]
    note: Mapped[str] = mapped_column(String(64), default="")


class Subsidy(Base):
    """A policy measure: conditions, formula, cap and clause. The table may be empty."""

    __tablename__ = "subsidy"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Short]
    conditions: Mapped[list[Any]]
    formula: Mapped[str]
    cap_wan: Mapped[int | None]
    source: Mapped[str]
    status: Mapped[TargetStatus] = mapped_column(word(TargetStatus))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    details: Mapped[dict[str, Any]]
