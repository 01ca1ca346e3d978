"""Accounts and who is signed in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Account, AccountSession, Expert, Organisation, Registration, SignInFailure, Unit
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import RegistrationStatus, Role
from matchmaker.errors import Forbidden, NotFound
from matchmaker.i18n import gettext as _
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


@dataclass(frozen=True)
class AccountRow:
    """One line of the administrator's list."""

    account: Account
    belongs_to: str
    open_sessions: int


def every(session: Session, actor: Actor) -> list[AccountRow]:
    """All accounts by role and name; only for the administrator."""
    if not can(actor, Permission.ACCOUNT_MANAGE):
        raise Forbidden(_("只有系统管理员可以查看账号"))
    counted = select(AccountSession.account_id, func.count()).group_by(AccountSession.account_id)
    sessions = {row[0]: row[1] for row in session.execute(counted)}
    statement = (
        select(Account, func.coalesce(Organisation.name, Expert.name, ""), Unit)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .outerjoin(Expert, Expert.id == Account.expert_id)
        .outerjoin(Unit, Unit.id == Account.unit_id)
        .order_by(Account.role, Account.login)
    )
    return [
        AccountRow(row, named(unit) if unit else name, sessions.get(row.id, 0))
        for row, name, unit in session.execute(statement)
    ]


def get(session: Session, actor: Actor, account_id: int) -> Account:
    """One account; only for the administrator."""
    account = session.get(Account, account_id) if can(actor, Permission.ACCOUNT_MANAGE) else None
    if account is None:
        raise NotFound(_("没有这个账号"))
    return account
