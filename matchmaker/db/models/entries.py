"""What counts towards a goal and is no meeting: each row is one fact that an officer entered with its proof."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.meetings import Meeting
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.postings import Need
from matchmaker.domain.vocabulary import TurnoverSpan


class Entered:
    """Who entered a row, and who took it out of the count: a voided one stays on file."""

    entered_by: Mapped[str] = mapped_column(String(64))
    voided_by: Mapped[str] = mapped_column(String(64), default="")
    voided_at: Mapped[datetime | None]


class Absorption(Entered, Versioned, Stamped, Base):
    """One achievement of another organisation (`origin`) put to use by a firm 成果吸纳."""

    __tablename__ = "absorption"
    id: Mapped[Key]
    title: Mapped[Short]
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    origin_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    day: Mapped[date] = mapped_column(index=True)
    amount_wan: Mapped[int | None]
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    firm: Mapped[Organisation] = relationship(foreign_keys=firm_id, lazy="joined")
    origin: Mapped[Organisation] = relationship(foreign_keys=origin_id, lazy="joined")
    need: Mapped[Need | None] = relationship()
    meeting: Mapped[Meeting | None] = relationship()
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Turnover(Entered, Versioned, Stamped, Base):
    """What a document states of the technology contracts of a span that ends with `month` 技术合同成交额.

    `total` and `hosts` (the part absorbed from the host regions, None: the document does not say) are in 亿元.
    """

    __tablename__ = "turnover"
    __table_args__ = (
        CheckConstraint("month BETWEEN 1 AND 12", name="month_of_year"),
        CheckConstraint("span <> 'quarter' OR month IN (3, 6, 9, 12)", name="quarter_ends"),
        CheckConstraint("total >= 0 AND hosts >= 0 AND hosts <= total", name="part_of_total"),
        Index(
            "ix_turnover_stated_once",
            "year",
            "span",
            "month",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
    )
    id: Mapped[Key]
    year: Mapped[int]
    span: Mapped[TurnoverSpan] = mapped_column(word(TurnoverSpan))
    month: Mapped[int]
    total: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    hosts: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    source: Mapped[Short]
    note: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Training(Entered, Versioned, Stamped, Base):
    """One person trained as a technology broker 技术经理人培训, with the certificate that shows it."""

    __tablename__ = "training"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(64))
    organisation: Mapped[Short]  # as on the certificate; need not be on file
    course: Mapped[Short]
    certificate: Mapped[str] = mapped_column(String(64))
    day: Mapped[date] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Assessment(Versioned, Stamped, Base):
    """What an officer says of a metric's year in the mid-term report, and the figure of one that nothing else counts.

    Older texts are in the audit trail.
    """

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("metric_code", "year"),)
    id: Mapped[Key]
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"))
    year: Mapped[int]
    explanation: Mapped[str] = mapped_column(default="")
    value: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    source: Mapped[str] = mapped_column(String(200), default="")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form
