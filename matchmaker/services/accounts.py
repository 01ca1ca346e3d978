"""Accounts: made, locked, signed in and out."""

import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Account, AccountLink, AccountSession, SignInFailure
from matchmaker.domain import logins, passwords
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict, Forbidden, Invalid, TooMany
from matchmaker.i18n import LOCALES
from matchmaker.i18n import gettext as _
from matchmaker.queries import accounts as queries
from matchmaker.queries.accounts import NO_PASSWORD, token_hash
from matchmaker.services import audit

WINDOW = timedelta(minutes=15)
FREE_TRIES = 5  # wrong passwords for one name from one network before a wait
FREE_TRIES_OF_NETWORK = 60  # for all names together: an office shares one address
FIRST_WAIT_SECONDS = 5
LOGINS = "account-login"  # the lock under which names are given out

_hasher = PasswordHasher()


@dataclass(frozen=True)
class Attempt:
    """A sign-in that may be tried; it counts as failed until it succeeds."""

    login: str
    network: str
    account: Account | None


@dataclass(frozen=True)
class NewAccount:
    """What an account is made of; `role` decides which of the three ids must be set.

    Without a `login` the holder chooses one with the welcome link.
    """

    login: str
    name: str
    role: Role
    organisation_id: int | None = None
    expert_id: int | None = None
    unit_id: int | None = None
    email: str = ""


def hash_password(password: str) -> str:
    """Argon2id hash of a password of 8 to 200 characters; slow on purpose, call it before a transaction."""
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise Invalid({"password": passwords.weakness(password)})
    return _hasher.hash(password)


def hash_chosen(password: str, repeated: str, *, names: Iterable[str] = ()) -> str:
    """The hash of a password somebody chose for themselves and typed twice.

    `names` are words it must not contain. Raises `Invalid` for `password` or `repeated`.
    """
    if weak := passwords.weakness(password, names):
        raise Invalid({"password": weak})
    if password != repeated:
        raise Invalid({"repeated": _("两次填写的密码不一样，请重新填写")})
    return hash_password(password)


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
    forget_failures(session, attempt)
    return begin_session(session, queries.actor_of(attempt.account), attempt.account, address=address, clock=clock)


def begin_session(session: Session, actor: Actor, account: Account, *, address: str, clock: Clock) -> str:
    """Begin a session of an account whose holder has proven to be it; its new token."""
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        AccountSession(
            token_hash=token_hash(token), account_id=account.id, started_at=now, seen_at=now, address=address[:64]
        )
    )
    audit.log(session, actor, "sign_in", account, clock=clock, after={})
    return token


def forget_failures(session: Session, attempt: Attempt) -> None:
    """A proven attempt was none of the failed ones."""
    mine = (SignInFailure.login == attempt.login, SignInFailure.network == attempt.network)
    session.execute(delete(SignInFailure).where(*mine))


def touch_session(session: Session, token: str, now: datetime) -> None:
    """Note that the session was used."""
    session.execute(update(AccountSession).where(AccountSession.token_hash == token_hash(token)).values(seen_at=now))


def close_session(session: Session, token: str) -> None:
    """End one session."""
    session.execute(delete(AccountSession).where(AccountSession.token_hash == token_hash(token)))


def close_all_sessions(session: Session, account_id: int, *, but: str = "") -> None:
    """End every session of an account, except the one whose token is `but`."""
    others = (AccountSession.account_id == account_id, AccountSession.token_hash != token_hash(but))
    session.execute(delete(AccountSession).where(*others))


def _manage(actor: Actor) -> None:
    if not can(actor, Permission.ACCOUNT_MANAGE):
        raise Forbidden(_("只有系统管理员可以管理账号"))


def create(
    session: Session, actor: Actor, new: NewAccount, *, clock: Clock, password_hash: str = NO_PASSWORD
) -> Account:
    """Make an account; without a hash from `hash_password` it waits for its holder to open it by a link.

    The administrator makes any, a city officer those of firms, institutes and experts. `Invalid` when the name is
    taken.
    """
    if not queries.may_invite(actor, new.role):
        _manage(actor)
    if not new.name.strip():
        raise Invalid({"name": _("请填写姓名或称呼")})
    now = clock.now()
    account = Account(
        login=claim_login(session, new.login) if new.login.strip() else logins.UNSET + secrets.token_hex(8),
        name=new.name.strip()[:64],
        email=new.email.strip(),
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


def claim_login(session: Session, login: str) -> str:
    """`login` as it is stored, if it is free; nobody else can take it before this transaction ends."""
    if wrong := logins.problem(login):
        raise Invalid({"login": wrong})
    exclusive(session, LOGINS)
    if queries.by_login(session, login) is not None:
        raise Invalid({"login": _("登录名“%(login)s”已被使用，请换一个", login=logins.tidy(login))})
    return logins.tidy(login)


def claim_free_login(session: Session, login: str) -> str:
    """`login`, or the first of login2, login3 … that is free: whoever asks does not learn which names there are."""
    exclusive(session, LOGINS)
    wanted = logins.tidy(login)
    names = (f"{wanted[:56]}{number}" if number > 1 else wanted for number in count(1))
    return next(name for name in names if queries.by_login(session, name) is None)


def set_active(session: Session, actor: Actor, account: Account, *, active: bool, clock: Clock) -> None:
    """Lock or unlock; locking ends every session and every link. Nobody locks themselves out.

    Raises `Conflict` for an account whose firm's registration has not been approved: that decision is the bureau's.
    """
    _manage(actor)
    if account.id == actor.account_id:
        raise Conflict(_("不能停用自己的账号"))
    if active and queries.awaits_approval(session, account.id):
        raise Conflict(_("这个账号的企业注册还没有核准，请先由县（区）或市科技局核准"))
    before = audit.state_of(account)
    account.active, account.updated_at = active, clock.now()
    close_all_sessions(session, account.id)
    expire_links(session, account.id, now=clock.now())
    audit.log(session, actor, "unlock" if active else "lock", account, clock=clock, before=before)


def expire_links(session: Session, account_id: int, *, now: datetime) -> None:
    """End the links that still open the account."""
    still_open = (AccountLink.account_id == account_id, AccountLink.used_at.is_(None), AccountLink.expires_at > now)
    session.execute(update(AccountLink).where(*still_open).values(expires_at=now))


def change(session: Session, actor: Actor, account: Account, new: NewAccount, *, clock: Clock, version: int) -> None:
    """Rename an account or give it another role or place; every session ends when what it may do changes.

    Raises `Conflict` for one's own role and when somebody saved since `version`.
    """
    _manage(actor)
    if version != account.version:
        raise Conflict(_("这个账号刚刚被别人修改过，请刷新后重试"))
    if not new.name.strip():
        raise Invalid({"name": _("请填写姓名或称呼")})
    before = audit.state_of(account)
    if new.login.strip() and logins.tidy(new.login) != account.login:
        account.login = claim_login(session, new.login)
    account.name, account.email = new.name.strip()[:64], new.email.strip()
    if _place(new) != _place(account):
        _move(session, actor, account, new)
    account.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "edit", account, clock=clock, before=before)


def _place(of: Account | NewAccount) -> tuple[Role, int | None, int | None, int | None]:
    return of.role, of.organisation_id, of.expert_id, of.unit_id


def _move(session: Session, actor: Actor, account: Account, new: NewAccount) -> None:
    if account.id == actor.account_id:
        raise Conflict(_("不能修改自己的角色"))
    account.role, account.organisation_id, account.expert_id, account.unit_id = _place(new)
    close_all_sessions(session, account.id)


def change_role(session: Session, actor: Actor, account: Account, role: Role, *, clock: Clock) -> None:
    """Give another role; every session ends, because what was allowed a moment ago may no longer be."""
    new = NewAccount(account.login, account.name, role, **_attached(account), email=account.email)
    change(session, actor, account, new, clock=clock, version=account.version)


def _attached(account: Account) -> dict[str, int | None]:
    return {name: getattr(account, name) for name in ("organisation_id", "expert_id", "unit_id")}


def set_password(
    session: Session, actor: Actor, account: Account, *, password_hash: str, clock: Clock, keep: str = ""
) -> None:
    """Put a new hash; every session of the account ends, except the one whose token is `keep`, and every link."""
    if account.id != actor.account_id:
        _manage(actor)
    account.password_hash, account.updated_at = password_hash, clock.now()
    close_all_sessions(session, account.id, but=keep)
    expire_links(session, account.id, now=clock.now())
    audit.log(session, actor, "set_password", account, clock=clock, after={})


def edit_own(
    session: Session, actor: Actor, account: Account, *, name: str, email: str, locale: str, clock: Clock
) -> None:
    """One's own name, address and language; `Invalid` by field."""
    errors = {"name": _("请填写姓名或称呼")} if not name.strip() else {}
    if locale not in LOCALES:
        errors["locale"] = _("请选择语言")
    if errors:
        raise Invalid(errors)
    before = audit.state_of(account)
    account.name, account.email, account.locale = name.strip()[:64], email, locale
    account.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "edit", account, clock=clock, before=before)


def end_others(session: Session, actor: Actor, *, keep: str, clock: Clock) -> None:
    """End one's own sessions elsewhere; `keep` is the token of the one that stays."""
    account = session.get_one(Account, actor.account_id)
    close_all_sessions(session, account.id, but=keep)
    audit.log(session, actor, "end_sessions", account, clock=clock, after={})
