"""Accounts and how people come by one, their sessions, failed sign-ins, and what they are half through typing."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Stamped, Versioned, word
from matchmaker.db.models.organisations import Organisation
from matchmaker.domain.vocabulary import Frequency, LinkPurpose, RegistrationStatus, Role


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


class PublicAttempt(Base):
    """Something asked for by somebody not signed in, such as a registration: counted by network, to limit it."""

    __tablename__ = "public_attempt"
    __table_args__ = (Index("ix_public_attempt_network_action", "network", "action"),)
    id: Mapped[Key]
    action: Mapped[str] = mapped_column(String(16))
    network: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)


class AccountLink(Base):
    """A link with which its holder sets the account's password, once and for some days; the row keeps its hash."""

    __tablename__ = "account_link"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(word(LinkPurpose))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship(lazy="joined")


class Registration(Versioned, Stamped, Base):
    """A firm asks to take part: a new organisation, or somebody who speaks for one that is on file already.

    The account stays locked until the bureau approves.
    """

    __tablename__ = "registration"
    id: Mapped[Key]
    status: Mapped[RegistrationStatus] = mapped_column(
        word(RegistrationStatus), default=RegistrationStatus.PENDING, index=True
    )
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    known: Mapped[bool] = mapped_column(default=False)  # the organisation was on file before
    claim: Mapped[dict[str, Any]]  # what the applicant wrote; of a firm on file it stays apart from what is known
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    account: Mapped[Account] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form

    @property
    def title(self) -> str:
        """What the registration is about: the firm's name as the applicant wrote it."""
        return str(self.claim["name"])


class FormDraft(Base):
    """What somebody has typed into a form and not yet sent, kept for them; `key` names the form, as `need:new`."""

    __tablename__ = "form_draft"
    __table_args__ = (UniqueConstraint("account_id", "key"),)
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(index=True)


class Notice(Base):
    """A message in a person's inbox 通知; `params` are those of its letter, and `page` where the reader finds it.

    `frequency` is what the person wanted for its kind when it was made, `digested_on` the day of the letter that
    gathered it.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("account_id", "dedup_key"),
        Index("ix_notice_account_read", "account_id", "read_at"),
    )
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    dedup_key: Mapped[str] = mapped_column(String(200))
    notice: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]]
    frequency: Mapped[Frequency] = mapped_column(word(Frequency))
    made_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
    digested_on: Mapped[date | None]


class NoticePreference(Base):
    """How often a person wants letters of one kind; without a row the kind's default holds."""

    __tablename__ = "notice_preference"
    __table_args__ = (UniqueConstraint("account_id", "notice"),)
    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    notice: Mapped[str] = mapped_column(String(64))
    frequency: Mapped[Frequency] = mapped_column(word(Frequency))


class CalendarFeed(Base):
    """Which address an account's calendar is read at now: a new number makes the older addresses invalid."""

    __tablename__ = "calendar_feed"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int]
