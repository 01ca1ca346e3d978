"""`matchmaker outbox …`: messages that wait or could not be sent."""

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.domain.ids import LARGEST_ID
from matchmaker.domain.permissions import SYSTEM
from matchmaker.queries import outbox as queries
from matchmaker.services import dead_letters


@click.group()
def outbox() -> None:
    """Messages on their way out."""


@outbox.command("list")
def list_messages() -> None:
    """Every message that is not sent yet, with its last error."""
    runtime = _runtime()
    with runtime.sessions.read() as session:
        for message in queries.unsent(session):
            said = f"{message.id:>6} {message.made_at:%Y-%m-%d} {message.state:<7} {message.tries:>2} tries"
            click.echo(f"{said} {message.notice} to {message.recipient} {message.last_error}".rstrip())
    runtime.close()


@outbox.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(1, LARGEST_ID))
def revive(numbers: tuple[int, ...]) -> None:
    """Queue again what was given up: the letters with these numbers, or all."""
    runtime = _runtime()
    with runtime.sessions.write() as session:
        again = dead_letters.resend(session, SYSTEM, numbers or None, clock=runtime.clock)
        click.echo(f"{again} messages queued again")
    runtime.close()


def _runtime() -> Runtime:
    settings = Settings()
    require_migrated(settings)
    return Runtime.build(settings)
