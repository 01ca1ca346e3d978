"""Accounts and who is signed in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    Account,
    AccountLink,
    AccountSession,
    Expert,
    Organisation,
    Registration,
    SignInFailure,
    Unit,
)
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import LinkPurpose, RegistrationStatus, Role
from matchmaker.i18n import with_detail
from matchmaker.queries.choices import named

NO_PASSWORD = "!"  # noqa: S105 -- no hash at all: nobody signs in before the holder has set a password
MOST_OF_ONE_ADDRESS = 3
SEEN_STEP = timedelta(minutes=1)  # `seen_at` is written at most this often


@dataclass(frozen=True)
class SessionLimits:
    """Minutes without a request, and in all, after which a session is over."""

    idle: int
    absolute: int


def token_hash(token: str) -> str:
    """What the table keeps of a session token (the token itself is random, so a plain hash is enough)."""
    return hashlib.sha256(token.encode()).hexdigest()


def account_of_token(session: Session, token: str, *, now: datetime, limits: SessionLimits) -> Account | None:
    """The active account that holds this session, None when the session is over."""
    row = session.get(AccountSession, token_hash(token))
    if row is None or not row.account.active:
        return None
    idle = now - row.seen_at > timedelta(minutes=limits.idle)
    over = now - row.started_at > timedelta(minutes=limits.absolute)
    return None if idle or over else row.account


def seen_long_ago(session: Session, token: str, now: datetime) -> bool:
    """Whether the session's last request is old enough to be written down anew."""
    row = session.get(AccountSession, token_hash(token))
    return row is not None and now - row.seen_at > SEEN_STEP


def actor_of(account: Account) -> Actor:
    """The person an account stands for."""
    return Actor(
        role=account.role,
        name=account.name,
        account_id=account.id,
        organisation_id=account.organisation_id,
        unit_id=account.unit_id,
        expert_id=account.expert_id,
    )


def by_login(session: Session, login: str) -> Account | None:
    """The account with this name, whether locked or not."""
    return session.scalars(select(Account).where(Account.login == login.strip().lower())).one_or_none()


PARTIES = frozenset({Role.FIRM, Role.EXPERT, Role.INSTITUTE})


def may_invite(actor: Actor, role: Role) -> bool:
    """Whether the actor may make an account of this role and send the link that opens it.

    The administrator: any. The city officer: of firms, experts and institutes.
    """
    everybody = can(actor, Permission.ACCOUNT_MANAGE)
    return everybody or (role in PARTIES and can(actor, Permission.ACCOUNT_INVITE))


def is_opened(account: Account) -> bool:
    """Whether the holder has set a password; before that the account waits for its welcome link."""
    return account.password_hash != NO_PASSWORD


def to_be_reset(session: Session, name: str) -> list[Account]:
    """The open accounts with this login or this address, which a letter can reach; at most a few."""
    wanted = name.strip().lower()
    mine = or_(Account.login == wanted, func.lower(Account.email) == wanted)
    usable = (Account.active, Account.email != "", Account.password_hash != NO_PASSWORD)
    found = select(Account).where(mine, *usable).order_by(Account.id).limit(MOST_OF_ONE_ADDRESS)
    return list(session.scalars(found)) if wanted else []


def open_link(session: Session, token: str, purpose: LinkPurpose, *, now: datetime) -> AccountLink | None:
    """The link with this token while it works: unused, not over, of an active account."""
    link = session.get(AccountLink, token_hash(token))
    if link is None or link.purpose is not purpose or link.used_at is not None:
        return None
    return link if link.expires_at > now and link.account.active else None


def awaits_approval(session: Session, account_id: int) -> bool:
    """Whether the account came by a registration that is not approved."""
    undecided = (Registration.account_id == account_id, Registration.status != RegistrationStatus.ACTIVE)
    return session.scalar(select(Registration.id).where(*undecided).limit(1)) is not None


def failures(session: Session, *, since: datetime, network: str, login: str | None = None) -> list[datetime]:
    """When sign-ins from a network (with one name) failed, newest first."""
    statement = select(SignInFailure.at).where(SignInFailure.network == network, SignInFailure.at >= since)
    if login is not None:
        statement = statement.where(SignInFailure.login == login)
    return list(session.scalars(statement.order_by(SignInFailure.at.desc())))


def sessions_of(session: Session, account_id: int) -> list[AccountSession]:
    """Where the account is signed in, the latest used first."""
    mine = select(AccountSession).where(AccountSession.account_id == account_id)
    return list(session.scalars(mine.order_by(AccountSession.seen_at.desc())))


def belongs_to(session: Session, account: Account) -> str:
    """Whose account it is beside the person's: the firm's, the institute's, the expert's, the unit's."""
    if account.unit_id is not None:
        return named(session.get_one(Unit, account.unit_id))
    if account.expert_id is not None:
        expert = session.get_one(Expert, account.expert_id)
        return with_detail(expert.name, expert.institute.name)
    return session.get_one(Organisation, account.organisation_id).name if account.organisation_id is not None else ""
