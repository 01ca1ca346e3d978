"""Accounts, their sessions, and failed sign-ins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Stamped, Versioned, word
from matchmaker.domain.vocabulary import Role


class Account(Versioned, Stamped, Base):
    """Who may sign in: one role, and what it is attached to."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "role NOT IN ('firm', 'institute') OR organisation_id IS NOT NULL", name="party_has_organisation"
        ),
        CheckConstraint("role <> 'expert' OR expert_id IS NOT NULL", name="expert_has_person"),
        CheckConstraint("role <> 'county' OR unit_id IS NOT NULL", name="county_has_unit"),
    )
    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True)
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class AccountSession(Base):
    """A signed-in browser. The cookie holds a random token, the row its hash; deleting the row ends the session."""

    __tablename__ = "account_session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64), default="")
    account: Mapped[Account] = relationship(lazy="joined")


class SignInFailure(Base):
    """A failed sign-in, for the delay by account and network (traps, conflict C3)."""

    __tablename__ = "sign_in_failure"
    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(64), index=True)
    network: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
