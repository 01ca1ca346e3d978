"""Links by which people open their account or set a new password: once, for some days, known to us by their hash."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, AccountLink
from matchmaker.domain import logins
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import LinkPurpose
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries import accounts as queries
from matchmaker.queries.accounts import token_hash
from matchmaker.services import accounts, audit, outbox, throttle
from matchmaker.services.notices import Reader

LIFE = {LinkPurpose.WELCOME: timedelta(days=7), LinkPurpose.RESET: timedelta(hours=2)}
PATHS = {LinkPurpose.WELCOME: "/welcome/", LinkPurpose.RESET: "/reset/"}
NOTICES = {LinkPurpose.WELCOME: "account_welcome", LinkPurpose.RESET: "account_reset"}
LETTERS_AN_HOUR = 3  # to one account, however often strangers ask


def path_of(purpose: LinkPurpose, token: str) -> str:
    """Where a link leads."""
    return PATHS[purpose] + token


def send(session: Session, actor: Actor, account: Account, *, clock: Clock) -> tuple[LinkPurpose, str]:
    """Make the account's link anew, write to its holder if there is an address, and return purpose and token.

    An account that was never opened gets a welcome link, another one a link to a new password, which only the
    administrator may send. Links sent earlier stop working. The token is not kept: show it once.
    """
    opened = queries.is_opened(account)
    if not (can(actor, Permission.ACCOUNT_MANAGE) if opened else queries.may_invite(actor, account.role)):
        raise Forbidden(_("您不能为这个账号发送链接"))
    if not account.active:
        raise Conflict(_("账号“%(name)s”已停用，请先启用", name=account.name))
    purpose = LinkPurpose.RESET if opened else LinkPurpose.WELCOME
    accounts.expire_links(session, account.id, now=clock.now())
    return purpose, _make(session, actor, account, purpose, clock)


def chat_text(account: Account, purpose: LinkPurpose, link: str, *, sender: str) -> str:
    """The link as one message to paste into a chat."""
    if purpose is LinkPurpose.WELCOME:
        said = _("【开通账号】%(name)s，您好！账号已建好，请在 7 天内点开链接，设置登录名和密码：", name=account.name)
    else:
        said = _("【重设密码】%(name)s，您好！请在 2 小时内点开链接，设置新密码：", name=account.name)
    return "\n".join([said, link, _("链接只能用一次，请不要转给别人。"), f"—— {sender}"])


def send_many(session: Session, actor: Actor, made: Iterable[Account], *, clock: Clock) -> int:
    """Send each account its link; how many of them have an address to be written to."""
    return sum(bool(send(session, actor, account, clock=clock) and account.email) for account in made)


def _make(session: Session, actor: Actor, account: Account, purpose: LinkPurpose, clock: Clock) -> str:
    token, now = secrets.token_urlsafe(32), clock.now()
    link = AccountLink(
        token_hash=token_hash(token),
        account_id=account.id,
        purpose=purpose,
        made_at=now,
        made_by=actor.name,
        expires_at=now + LIFE[purpose],
    )
    session.add(link)
    session.flush()
    payload: dict[str, Any] = {
        "path": path_of(purpose, token),
        "title": account.name,
        "name": account.name,
        "locale": account.locale,
        outbox.ONCE: True,
    }
    key = f"{NOTICES[purpose]}:{account.id}:{link.token_hash[:16]}"
    reader = Reader(account_id=account.id)
    outbox.queue(session, NOTICES[purpose], account.email, payload, dedup_key=key, clock=clock, reader=reader)
    audit.log(session, actor, f"send_{purpose}", account, clock=clock, after={})
    return token


def revoke(session: Session, actor: Actor, account: Account, *, clock: Clock) -> None:
    """End the links that still open the account."""
    if not queries.may_invite(actor, account.role):
        raise Forbidden(_("您不能撤回这个账号的链接"))
    accounts.expire_links(session, account.id, now=clock.now())
    audit.log(session, actor, "revoke_link", account, clock=clock, after={})


def ask_reset(session: Session, actor: Actor, name: str, *, network: str, clock: Clock) -> None:
    """Write to whoever has this login or address; nothing tells the asker whether there is anybody.

    Raises `TooMany` when the asker's network asks too often. Links sent before keep working, or a stranger could stop
    them.
    """
    throttle.take(session, "reset", network, now=clock.now())
    for account in queries.to_be_reset(session, name):
        if _sent_since(session, account, clock.now() - throttle.WINDOW) < LETTERS_AN_HOUR:
            _make(session, actor, account, LinkPurpose.RESET, clock)


def _sent_since(session: Session, account: Account, since: datetime) -> int:
    mine = (AccountLink.account_id == account.id, AccountLink.purpose == LinkPurpose.RESET, AccountLink.made_at > since)
    return session.scalar(select(func.count()).where(*mine)) or 0


def redeem(
    session: Session, token: str, purpose: LinkPurpose, *, password_hash: str, clock: Clock, login: str = ""
) -> Account:
    """Set the password (and, for a welcome, the name to sign in with) of the account a link belongs to.

    Of two at once exactly one succeeds. Raises `Conflict` for a link that is used, over, or of a locked account,
    `Invalid` for a name that is taken: the link stays good then.
    """
    account = _take(session, token, purpose, now=clock.now())
    before = audit.state_of(account)
    if purpose is LinkPurpose.WELCOME and logins.tidy(login) != account.login:
        account.login = accounts.claim_login(session, login)
    account.password_hash, account.updated_at = password_hash, clock.now()
    accounts.close_all_sessions(session, account.id)
    accounts.expire_links(session, account.id, now=clock.now())
    session.flush()
    audit.log(session, queries.actor_of(account), f"use_{purpose}", account, clock=clock, before=before)
    return account


def _take(session: Session, token: str, purpose: LinkPurpose, *, now: datetime) -> Account:
    mine = (AccountLink.token_hash == token_hash(token), AccountLink.purpose == purpose)
    unused = (AccountLink.used_at.is_(None), AccountLink.expires_at > now)
    statement = update(AccountLink).where(*mine, *unused).values(used_at=now).returning(AccountLink.account_id)
    account_id = session.execute(statement).scalar_one_or_none()
    account = session.get(Account, account_id) if account_id is not None else None
    if account is None or not account.active:
        raise Conflict(_("这个链接已经用过或已失效。如果密码已设好，请直接登录；否则请联系发给您链接的人重新发送。"))
    return account
