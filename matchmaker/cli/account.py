"""`matchmaker account …`: the first administrator, and a way back in."""

import secrets

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import NotFound
from matchmaker.queries import accounts as queries
from matchmaker.services import accounts

PASSWORD_BYTES = 12


@click.group()
def account() -> None:
    """Make the first administrator; give somebody a new password."""


@account.command("create-admin")
@click.argument("login")
@click.option("--name", default="系统管理员", show_default=True, help="Name shown for the account.")
@click.option("--email", default="", help="Address for messages.")
def create_admin(login: str, name: str, email: str) -> None:
    """Make an administrator named LOGIN and print the password once."""
    runtime, password = _runtime(), secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = accounts.hash_password(password)
    new = accounts.NewAccount(login=login, name=name, role=Role.ADMIN, email=email)
    with runtime.sessions.write() as session:
        accounts.create(session, SYSTEM, new, password_hash=hashed, clock=runtime.clock)
    runtime.close()
    _say(login, password)


@account.command("reset-password")
@click.argument("login")
def reset_password(login: str) -> None:
    """Give LOGIN a new password, end its sessions, and print the password once."""
    runtime, password = _runtime(), secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = accounts.hash_password(password)
    with runtime.sessions.write() as session:
        found = queries.by_login(session, login)
        if found is None:
            raise NotFound(f"no account {login!r}")
        accounts.set_password(session, SYSTEM, found, password_hash=hashed, clock=runtime.clock)
    runtime.close()
    _say(login, password)


def _say(login: str, password: str) -> None:
    click.echo(f"login: {login}\npassword: {password}\nShown once; sign in and change it.")


def _runtime() -> Runtime:
    settings = Settings()
    require_migrated(settings)
    return Runtime.build(settings)
