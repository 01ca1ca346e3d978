"""`matchmaker profile`."""

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.services import profile as profiles


@click.command()
@click.argument("city", required=False)
def profile(city: str | None) -> None:
    """Load the profile of CITY (left out: the default one) into the database; harmless when it is there."""
    settings = Settings()
    require_migrated(settings)
    runtime = Runtime.build(settings)
    try:
        seeds = profiles.read(city or settings.city)
        with runtime.sessions.write() as session:
            profiles.load(session, seeds, clock=runtime.clock)
    finally:
        runtime.close()
    click.echo(f"profile {seeds.profile.city.code} loaded")
