"""`matchmaker backtest`: how good the forecasts of past years would have been, month by month."""

import json

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.domain.backtest import FORECAST, LAST_MONTH, STRAIGHT, Backtest, Score, Trial, score
from matchmaker.errors import NotFound
from matchmaker.queries import backtest as queries

NAMES = {FORECAST: "forecast", STRAIGHT: "straight line", LAST_MONTH: "last month on"}
HEAD = f"{'month end':<10}{'n':>4}{'mean error':>12}{'abs. error':>12}{'covered':>9}{'straight':>10}{'last month':>12}"


@click.command()
@click.option("--year", type=click.IntRange(2000, 2100), help="A past year; left out: all past years on file.")
@click.option("--json", "as_json", is_flag=True, help="Print every trial as JSON instead of the table.")
def backtest(*, year: int | None, as_json: bool) -> None:
    """Forecast past years at each month's end from what was known that day, and compare with what they came to."""
    settings = Settings()
    require_migrated(settings)
    runtime = Runtime.build(settings)
    with runtime.sessions.read() as session:
        years = queries.years_to_try(session, runtime.clock.today())
        wanted = [one for one in years if year in {None, one}]
        if not wanted:
            known = ", ".join(map(str, years)) or "none"
            raise NotFound(f"no past year to try{f' {year}' if year else ''}: years with something counted: {known}")
        found = queries.backtest(session, wanted)
    runtime.close()
    click.echo(json.dumps(found.as_json(), ensure_ascii=False) if as_json else _table(found))


def _table(found: Backtest) -> str:
    years = ", ".join(map(str, found.years))
    lines = [f"backtest of {years}: forecasts at each month's end from what was known that day", ""]
    for title, trials in (("the city's two numbers", found.city), ("units' numbers", found.units)):
        if trials:
            lines += [f"{title} (the interval is meant to hold in {found.level:.0%})", HEAD, *_rows(trials), ""]
    return "\n".join(lines).rstrip()


def _rows(trials: list[Trial]) -> list[str]:
    whole = score(trials)
    assert whole is not None  # noqa: S101 -- there are trials
    best = f"least off on the average: {NAMES[whole.best]}"
    return [*(_row(one) for one in Backtest.by_month(trials)), _row(whole), best]


def _row(one: Score) -> str:
    plain = f"{one.absolute[STRAIGHT]:>10.1f}{one.absolute[LAST_MONTH]:>12.1f}"
    off = f"{one.mean_error:>+12.1f}{one.absolute[FORECAST]:>12.1f}{one.coverage:>9.0%}"
    return f"{one.month or 'all':<10}{one.number:>4}{off}{plain}"
