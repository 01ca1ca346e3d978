"""What has been said of a year that goes wrong."""

from datetime import date

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, word
from matchmaker.domain.vocabulary import WarningLevel

_CITY, _UNIT = text("unit_id IS NULL"), text("unit_id IS NOT NULL")


class PaceWarning(Base):
    """A warning of one level about a number of a year: when it was said, and the last day on which it held."""

    __tablename__ = "pace_warning"
    __table_args__ = (
        Index(
            "ix_pace_warning_of_city",
            *("metric_code", "year", "level"),
            unique=True,
            sqlite_where=_CITY,
            postgresql_where=_CITY,
        ),
        Index(
            "ix_pace_warning_of_unit",
            *("metric_code", "year", "level", "unit_id"),
            unique=True,
            sqlite_where=_UNIT,
            postgresql_where=_UNIT,
        ),
    )
    id: Mapped[Key]
    metric_code: Mapped[str] = mapped_column(ForeignKey("metric.code"))
    year: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    level: Mapped[WarningLevel] = mapped_column(word(WarningLevel))
    warned_on: Mapped[date]
    held_on: Mapped[date]
