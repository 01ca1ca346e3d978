"""`matchmaker …`: one table of commands, each imported when it is called."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Never

import click
from pydantic import ValidationError

from matchmaker import __version__
from matchmaker.errors import MatchmakerError

# name → module:command under `matchmaker.cli`, in the order of `--help`
COMMANDS = {
    "up": "up:up",
    "web": "web:web",
    "scheduler": "scheduler:scheduler",
    "jobs": "jobs:jobs",
    "migrate": "migrate:migrate",
    "downgrade": "migrate:downgrade",
    "outbox": "outbox:outbox",
    "doctor": "doctor:doctor",
    "report": "report:report",
    "recount": "recount:recount",
    "audit": "recount:audit",
    "account": "account:account",
    "profile": "profile:profile",
    "import": "import_:import_",
    "search": "search:search",
    "backtest": "backtest:backtest",
    "match": "match:match",
    "evaluate": "evaluate:evaluate",
    "history-report": "learning:history_report",
    "tune": "learning:tune",
    "calibrate": "learning:calibrate",
}


class Commands(click.Group):
    """Reads a command's module only when it is needed: `match` never loads the web, `up` never the matcher."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"matchmaker.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def group() -> None:
    """Bring local firms together with experts and institutes, and prove that it happened."""


def main(arguments: Sequence[str] | None = None) -> Never:
    """Run one command and exit: 0 done, 2 bad input, 1 refused; a refusal is one line on standard error."""
    try:
        status = group.main(arguments, prog_name="matchmaker", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        _leave(error.format_message(), error.exit_code)
    except click.ClickException as error:
        _leave(" ".join(error.format_message().split()), error.exit_code)
    except click.Abort:
        _leave("aborted", 130)
    except ValidationError as error:
        _leave(_settings(error), 2)
    except MatchmakerError as error:
        _leave(str(error), error.exit_status)
    sys.exit(status if isinstance(status, int) else 0)


def _leave(message: str, status: int) -> Never:
    click.echo(message, err=True)
    sys.exit(status)


def _settings(error: ValidationError) -> str:
    """One line for settings that cannot be used."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or error.title}: {each['msg']}" for each in error.errors())
