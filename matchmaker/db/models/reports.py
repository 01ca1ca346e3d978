"""Reports as they were issued: no row and no file of theirs is ever changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base, Key, word
from matchmaker.domain.reports import ReportKind


class Report(Base):
    """A report that somebody issued; the next edition about the same period has its reason, and both stay."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("kind", "year", "number", "edition"),)
    id: Mapped[Key]
    kind: Mapped[ReportKind] = mapped_column(word(ReportKind))
    year: Mapped[int]
    number: Mapped[int]  # of the month or quarter
    edition: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")  # why there is another edition
    content: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(64))
    xlsx_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    docx_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
