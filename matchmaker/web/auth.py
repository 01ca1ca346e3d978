"""Sign-in over our own session table: the cookie holds a random token, the row its hash (traps T26, T27)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from matchmaker.db.models import Account
from matchmaker.domain.permissions import NO_FACTS, Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import Role
from matchmaker.queries import accounts as queries
from matchmaker.services import accounts
from matchmaker.web.context import clock, current_actor, reading, runtime, writing

__all__ = ["allow", "current_actor", "end", "guard", "init_app", "public", "safe_next", "start"]

View = TypeVar("View", bound=Callable[..., Any])
OPEN = "open_to_all"


class SignedIn(UserMixin):
    """The person of one signed-in browser, as Flask-Login wants to see them."""

    def __init__(self, token: str, account: Account) -> None:
        self.token = token
        self.account = account
        self.actor: Actor = queries.actor_of(account)

    def get_id(self) -> str:
        return self.token


def init_app(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None  # phones change their address; the token is random and revocable
    manager.init_app(app)
    manager.user_loader(_load)
    app.before_request(_require_sign_in)


def public(view: View) -> View:
    """Open a view to everybody; without this every page asks for sign-in."""
    setattr(view, OPEN, True)
    return view


def guard(permission: Permission, facts: Facts = NO_FACTS) -> Callable[[View], View]:
    """Answer 403 to roles that never hold `permission`; services still check each record themselves."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not can(current_actor(), permission, facts):
                abort(403)
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


def allow(*roles: Role) -> Callable[[View], View]:
    """Answer 403 to other roles; for pages that no single permission stands for."""

    def decorate(view: View) -> View:
        @wraps(view)
        def allowed(*args: Any, **kwargs: Any) -> Any:
            if current_actor().role not in roles:
                abort(403)
            return view(*args, **kwargs)

        return allowed  # type: ignore[return-value]

    return decorate


def start(token: str) -> None:
    """Begin a signed-in session in this browser; what the cookie held before is dropped."""
    session.clear()
    with reading() as db:
        account = queries.account_of_token(db, token, now=clock().now(), limits=_limits())
        db.expunge_all()
    if account is None:
        abort(401)
    login_user(SignedIn(token, account))


def end() -> None:
    """Sign this browser out: the row goes, so a copy of the cookie is worth nothing."""
    with writing() as db:
        accounts.close_session(db, current_user.token)
    logout_user()
    session.clear()


def safe_next(target: str) -> str:
    """`target` if it is a path on this site, else the home page."""
    ours = target.startswith("/") and not target.startswith("//")
    return target if ours and "\\" not in target and target.isprintable() else "/home"


def _limits() -> queries.SessionLimits:
    settings = runtime().settings
    return queries.SessionLimits(settings.session_idle_minutes, settings.session_absolute_minutes)


def _load(token: str) -> SignedIn | None:
    now = clock().now()
    with reading() as db:
        account = queries.account_of_token(db, token, now=now, limits=_limits())
        stale = account is not None and queries.seen_long_ago(db, token, now)
        db.expunge_all()  # the account outlives this snapshot
    if account is None:
        return None
    if stale:
        with writing() as db:
            accounts.touch_session(db, token, now)
    return SignedIn(token, account)


def _require_sign_in() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static" or getattr(view, OPEN, False):
        return
    current_actor()
