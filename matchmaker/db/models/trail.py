"""The chain over the audit trail: what was written in which order, sealed."""

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db.base import Base


class AuditLink(Base):
    """One link: an entry of the audit trail, the facts of counting that came with it, and the seal over both.

    Numbers run from 1 without a gap, in the order of the commits. `hash` covers the hash before it (`db.seal`).
    `facts`: table → id → what counting reads of that row from now on, None for a row that is gone. A link without an
    entry seals facts that nobody's entry tells of, such as those of a city profile. Links are only ever inserted.
    """

    __tablename__ = "audit_link"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    audit_id: Mapped[int | None] = mapped_column(index=True)  # no foreign key: a missing entry is to be named
    noun: Mapped[str] = mapped_column(String(32), default="")  # what the entry was about
    record_id: Mapped[int | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    hash: Mapped[str] = mapped_column(String(64))
