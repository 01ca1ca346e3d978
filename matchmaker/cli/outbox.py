"""`matchmaker outbox …`: messages that wait or could not be sent."""

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.queries import health
from matchmaker.services import outbox as services


@click.group()
def outbox() -> None:
    """Messages on their way out."""


@outbox.command("list")
def list_messages() -> None:
    """Every message that is not sent yet, with its last error."""
    runtime = _runtime()
    with runtime.sessions.read() as session:
        for message in health.unsent(session):
            said = f"{message.made_at:%Y-%m-%d} {message.state:<7} {message.tries:>2} tries {message.notice}"
            click.echo(f"{said} to {message.recipient} {message.last_error}".rstrip())
    runtime.close()


@outbox.command()
def revive() -> None:
    """Queue again what was given up after ten tries."""
    runtime = _runtime()
    with runtime.sessions.write() as session:
        click.echo(f"{services.revive(session)} messages queued again")
    runtime.close()


def _runtime() -> Runtime:
    settings = Settings()
    require_migrated(settings)
    return Runtime.build(settings)
