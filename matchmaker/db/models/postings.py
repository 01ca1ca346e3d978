"""Needs and capabilities, with the terms the matcher reads and the counter that tells processes what changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.geography import TechnicalField
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.people import Expert, Group
from matchmaker.domain.vocabulary import (
    Audience,
    CapabilityKind,
    CapabilityStatus,
    Cooperation,
    Maturity,
    NeedStatus,
    OwnerKind,
)


class Analysed:
    """Stored terms of a posting.

    `terms` is the analysed text as JSON, `lexicon_stamp` the dictionary it was made with, `index_version` the corpus
    version at which it last changed (see `Corpus`).
    """

    terms: Mapped[dict[str, Any]]
    lexicon_stamp: Mapped[str] = mapped_column(String(64))
    index_version: Mapped[int] = mapped_column(default=0, index=True)


class Corpus(Base):
    """One row. Its `version` rises in the same transaction as every change of a matchable posting.

    The row's lock serialises writers, so a process that has seen version v only needs postings with a higher one.
    """

    __tablename__ = "corpus"
    id: Mapped[Key]
    version: Mapped[int] = mapped_column(default=0)


class Need(Versioned, Stamped, Analysed, Base):
    """What a firm cannot solve (the Hebei form reduced to what matters)."""

    __tablename__ = "need"
    __table_args__ = (
        UniqueConstraint("firm_id", "external_id"),
        Index("ix_need_status_updated", "status", "updated_at"),
        Index("ix_need_status_since", "status", "status_since"),
        Index("ix_need_status_deadline", "status", "deadline"),
    )
    id: Mapped[Key]
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[NeedStatus] = mapped_column(word(NeedStatus), default=NeedStatus.DRAFT)
    status_since: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    title: Mapped[Short]
    problem: Mapped[str]
    indicators: Mapped[str] = mapped_column(default="")
    goal: Mapped[str] = mapped_column(default="")
    keywords: Mapped[list[str]]
    must_have: Mapped[list[str]]
    field_id: Mapped[int | None] = mapped_column(ForeignKey("technical_field.id"), index=True)
    budget_wan: Mapped[int | None]  # 万元
    deadline: Mapped[date | None]
    cooperation: Mapped[Cooperation | None] = mapped_column(word(Cooperation))
    firm: Mapped[Organisation] = relationship(lazy="joined")
    industry_code: Mapped[str | None] = mapped_column(String(8))  # GB/T 4754
    audience: Mapped[Audience] = mapped_column(word(Audience), default=Audience.OPEN)
    declared: Mapped[bool] = mapped_column(default=False)  # 不含涉密内容
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)  # 承办人
    field: Mapped[TechnicalField | None] = relationship(lazy="joined")
    releases: Mapped[list["NeedRelease"]] = relationship(
        order_by="NeedRelease.id", lazy="selectin", cascade="all, delete-orphan"
    )
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class NeedRelease(Base):
    """An institute that may read a need whose audience is `chosen` 定向发布 (policy 004)."""

    __tablename__ = "need_release"
    __table_args__ = (UniqueConstraint("need_id", "institute_id"),)
    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"))
    institute_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    institute: Mapped[Organisation] = relationship(lazy="joined")


class NeedVersion(Base):
    """What a published need said before an edit."""

    __tablename__ = "need_version"
    __table_args__ = (UniqueConstraint("need_id", "number"),)
    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[Short]


class Capability(Versioned, Stamped, Analysed, Base):
    """What an expert, a group or an organisation offers: exactly one of the three owns it."""

    __tablename__ = "capability"
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END + CASE WHEN group_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_owner",
        ),
        UniqueConstraint("source_id", "external_id"),
        Index("ix_capability_status_updated", "status", "updated_at"),
    )
    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)  # the owner's organisation
    external_id: Mapped[str | None] = mapped_column(String(64))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("research_group.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[CapabilityKind] = mapped_column(word(CapabilityKind))
    status: Mapped[CapabilityStatus] = mapped_column(word(CapabilityStatus), default=CapabilityStatus.DRAFT)
    status_since: Mapped[datetime]
    title: Mapped[Short]
    text: Mapped[str]
    keywords: Mapped[list[str]]
    maturity: Mapped[Maturity | None] = mapped_column(word(Maturity))
    ip_number: Mapped[str] = mapped_column(String(64), default="")  # of a patent or a registered right
    confirmed_on: Mapped[date | None]  # last re-confirmation; None: since it was made
    warned_on: Mapped[date | None]  # since the last confirmation its owner was told that it would be frozen
    frozen_on: Mapped[date | None]  # taken out of matching for want of re-confirmation, though still listed
    source: Mapped[Organisation] = relationship(lazy="joined", foreign_keys=[source_id])
    expert: Mapped[Expert | None] = relationship(lazy="joined")
    group: Mapped[Group | None] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form

    @property
    def owner_key(self) -> str:
        """The owner's key in the index."""
        return OwnerKind.key_of(self.expert_id, self.group_id, self.organisation_id)
