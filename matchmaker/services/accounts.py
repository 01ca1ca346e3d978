"""Accounts: made, locked, signed in and out."""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, AccountSession, SignInFailure
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict, Forbidden, Invalid, TooMany
from matchmaker.i18n import gettext as _
from matchmaker.queries import accounts as queries
from matchmaker.queries.accounts import token_hash
from matchmaker.services import audit

WINDOW = timedelta(minutes=15)
FREE_TRIES = 5  # wrong passwords for one name from one network before a wait
FREE_TRIES_OF_NETWORK = 60  # for all names together: an office shares one address
FIRST_WAIT_SECONDS = 5
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200

_hasher = PasswordHasher()


@dataclass(frozen=True)
class Attempt:
    """A sign-in that may be tried; it counts as failed until it succeeds."""

    login: str
    network: str
    account: Account | None


@dataclass(frozen=True)
class NewAccount:
    """What an account is made of; `role` decides which of the three ids must be set."""

    login: str
    name: str
    role: Role
    organisation_id: int | None = None
    expert_id: int | None = None
    unit_id: int | None = None
    email: str = ""


def hash_password(password: str) -> str:
    """Argon2id hash of a password of 8 to 200 characters; slow on purpose, call it before a transaction."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(
            {"password": _("密码需为 %(low)s 至 %(high)s 个字符", low=SHORTEST_PASSWORD, high=LONGEST_PASSWORD)}
        )
    return _hasher.hash(password)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def password_matches(attempt: Attempt, password: str) -> bool:
    """Whether the password is the account's; takes as long for a name that does not exist."""
    stored = attempt.account.password_hash if attempt.account else _hash_of_nobody()
    try:
        right = _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and attempt.account is not None and attempt.account.active


def network_of(address: str) -> str:
    """The /24 (IPv6: /64) an address lies in; the address itself where it is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))


def begin_attempt(session: Session, *, login: str, address: str, clock: Clock) -> Attempt:
    """Write the attempt down as failed and return it, so that parallel guesses all count.

    Raises `TooMany` while the wait after repeated failures lasts: 5 s, doubling with each further one, per name and
    network, so that nobody else can lock an account out.
    """
    login, network, now = login.strip().lower()[:64], network_of(address), clock.now()
    own = queries.failures(session, since=now - WINDOW, network=network, login=login)
    everyone = queries.failures(session, since=now - WINDOW, network=network)
    wait = max(_wait(own, FREE_TRIES, now), _wait(everyone, FREE_TRIES_OF_NETWORK, now))
    if wait > 0:
        raise TooMany(_("登录失败次数过多，请 %(seconds)s 秒后再试", seconds=wait))
    session.add(SignInFailure(login=login, network=network, at=now))
    return Attempt(login=login, network=network, account=queries.by_login(session, login))


def _wait(failures: list[datetime], free: int, now: datetime) -> int:
    beyond = len(failures) - free
    if beyond < 0:
        return 0
    seconds = min(FIRST_WAIT_SECONDS * 2 ** min(beyond, 20), WINDOW.total_seconds())
    return max(0, int(seconds - (now - failures[0]).total_seconds()) + 1)


def open_session(session: Session, attempt: Attempt, *, address: str, clock: Clock) -> str:
    """Begin a session for a proven attempt and return its new token; the failures of this name are forgotten."""
    if attempt.account is None:
        raise Forbidden(_("账号或密码不正确"))
    session.execute(
        delete(SignInFailure).where(SignInFailure.login == attempt.login, SignInFailure.network == attempt.network)
    )
    token, now, account_id = secrets.token_urlsafe(32), clock.now(), attempt.account.id
    session.add(
        AccountSession(
            token_hash=token_hash(token), account_id=account_id, started_at=now, seen_at=now, address=address[:64]
        )
    )
    who = queries.actor_of(attempt.account)
    audit.log(session, who, "sign_in", attempt.account, clock=clock, after={})
    return token


def touch_session(session: Session, token: str, now: datetime) -> None:
    """Note that the session was used."""
    session.execute(update(AccountSession).where(AccountSession.token_hash == token_hash(token)).values(seen_at=now))


def close_session(session: Session, token: str) -> None:
    """End one session."""
    session.execute(delete(AccountSession).where(AccountSession.token_hash == token_hash(token)))


def close_all_sessions(session: Session, account_id: int) -> None:
    """End every session of an account."""
    session.execute(delete(AccountSession).where(AccountSession.account_id == account_id))


def _manage(actor: Actor) -> None:
    if not can(actor, Permission.ACCOUNT_MANAGE):
        raise Forbidden(_("只有系统管理员可以管理账号"))


def create(session: Session, actor: Actor, new: NewAccount, *, password_hash: str, clock: Clock) -> Account:
    """Make an account with a hash from `hash_password`; `Invalid` when the name is taken."""
    _manage(actor)
    login = new.login.strip().lower()
    if not login or len(login) > 64:
        raise Invalid({"login": _("请填写登录名，不超过 64 个字符")})
    if not new.name.strip():
        raise Invalid({"name": _("请填写姓名或称呼")})
    if queries.by_login(session, login) is not None:
        raise Invalid({"login": _("登录名“%(login)s”已被使用，请换一个", login=login)})
    now = clock.now()
    account = Account(
        login=login,
        name=new.name.strip()[:64],
        email=new.email,
        role=new.role,
        password_hash=password_hash,
        organisation_id=new.organisation_id,
        expert_id=new.expert_id,
        unit_id=new.unit_id,
        created_at=now,
        updated_at=now,
    )
    session.add(account)
    session.flush()
    audit.log(session, actor, "create", account, clock=clock)
    return account


def set_active(session: Session, actor: Actor, account: Account, *, active: bool, clock: Clock) -> None:
    """Lock or unlock; locking ends every session. Nobody locks themselves out."""
    _manage(actor)
    if account.id == actor.account_id:
        raise Conflict(_("不能停用自己的账号"))
    before = audit.state_of(account)
    account.active, account.updated_at = active, clock.now()
    close_all_sessions(session, account.id)
    audit.log(session, actor, "unlock" if active else "lock", account, clock=clock, before=before)


def change_role(session: Session, actor: Actor, account: Account, role: Role, *, clock: Clock) -> None:
    """Give another role; every session ends, because what was allowed a moment ago may no longer be."""
    _manage(actor)
    if account.id == actor.account_id:
        raise Conflict(_("不能修改自己的角色"))
    before = audit.state_of(account)
    account.role, account.updated_at = role, clock.now()
    close_all_sessions(session, account.id)
    audit.log(session, actor, "change_role", account, clock=clock, before=before)


def set_password(session: Session, actor: Actor, account: Account, *, password_hash: str, clock: Clock) -> None:
    """Put a new hash; every session of the account ends."""
    if account.id != actor.account_id:
        _manage(actor)
    account.password_hash, account.updated_at = password_hash, clock.now()
    close_all_sessions(session, account.id)
    audit.log(session, actor, "set_password", account, clock=clock, after={})
