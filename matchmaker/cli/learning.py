"""`matchmaker history-report`, `tune`, `calibrate`: the ranking judged, and changed, by the bureau's own labels."""

import json
from datetime import datetime
from pathlib import Path

import click

from matchmaker.bootstrap import Runtime
from matchmaker.cli.preconditions import require_migrated
from matchmaker.config import Settings
from matchmaker.domain.permissions import SYSTEM
from matchmaker.errors import MatchmakerError
from matchmaker.exchange.tables import save_rows, table_suffix
from matchmaker.matching.tuning import METRICS, Interval, changed
from matchmaker.queries import calibration
from matchmaker.queries import parameters as queries
from matchmaker.services import calibration as meanings
from matchmaker.services import parameters as services

FIELDS = ["metric", "running", "low", "high", "plain", "difference", "difference_low", "difference_high", "needs"]
HEAD = f"{'metric':<11}{'running (95 %)':<29}{'plain (95 %)':<29}{'difference (95 %)'}"


@click.command("history-report")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only labels from this day on.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the figures here too: .jsonl, .csv or .xlsx.")
def history_report(*, since: datetime | None, output: Path | None) -> None:
    """How well the running parameters rank what was accepted, held and signed, against plain TF-IDF."""
    if output:
        table_suffix(output)
    runtime = _runtime()
    with runtime.sessions.read() as session:
        found = queries.report(session, since=since.date() if since else None)
    runtime.close()
    click.echo(_counted(found.said.labels, found.said.needs, found.said.left_out, found.version))
    if not found.rows:
        click.echo("nothing to measure: no need has a pair that was accepted, held or signed")
        return
    click.echo("\n".join([HEAD, *(f"{name:<11}" + "".join(map(_cell, row)) for name, row in found.rows.items())]))
    if output:
        save_rows(output, FIELDS, [_row(found, name) for name in METRICS], guard_formulas=False)


def _row(found: queries.Report, name: str) -> dict[str, float | str]:
    mine, plain, difference = found.rows[name]
    values = (name, mine.mean, mine.low, mine.high, plain.mean, difference.mean, difference.low, difference.high)
    return dict(zip(FIELDS, (*values, found.said.needs), strict=True))


def _cell(each: Interval) -> str:
    return f"{f'{each.mean:+.4f} ({each.low:+.4f} … {each.high:+.4f})':<29}"


def _counted(labels: int, needs: int, left_out: int, version: int) -> str:
    told = f"{labels} labels; {needs} needs measured, {left_out} left out without a pair that fitted"
    return f"{told}; parameters version {version}"


@click.command()
@click.option("--apply", "apply_", is_flag=True, help="Let the chosen parameters hold from now on.")
@click.option("--revert", type=click.IntRange(min=0), help="Let this earlier version hold again (0: the built-in one).")
@click.option("--reason", default="", help="Why, for the audit trail.")
def tune(*, apply_: bool, revert: int | None, reason: str) -> int:
    """Look for better parameters by the bureau's labels; exit status 1 if no change is justified."""
    runtime = _runtime()
    try:
        return _revert(runtime, revert, reason) if revert is not None else _tune(runtime, apply_=apply_)
    finally:
        runtime.close()


def _revert(runtime: Runtime, version: int, reason: str) -> int:
    with runtime.sessions.write() as session:
        row = services.revert(session, SYSTEM, version, reason=reason, clock=runtime.clock)
        click.echo(f"version {row.id} holds: {json.dumps(row.values) if row.values else 'the built-in parameters'}")
    return 0


def _tune(runtime: Runtime, *, apply_: bool) -> int:
    with runtime.sessions.read() as session:
        found = queries.tune(session)
    said, verdict = found.said, found.verdict
    click.echo(_counted(said.labels, said.needs, said.left_out, found.running.version))
    if verdict is not None:
        click.echo(f"best of the space: {json.dumps(changed(verdict.chosen)) or 'as built in'}")
        click.echo(f"nDCG@10 on needs left out of the choice: {verdict.before:.4f} → {verdict.after:.4f}")
        click.echo(f"paired difference: {_cell(verdict.gain).strip()}")
    if found.refusal:
        raise MatchmakerError(f"no change: {found.refusal}")
    if apply_:
        with runtime.sessions.write() as session:
            row = services.adopt(session, SYSTEM, found, clock=runtime.clock)
            click.echo(f"version {row.id} holds; suggestions are made anew")
    else:
        click.echo("a change is justified: run again with --apply to take it over")
    return 0


@click.command()
@click.option("--apply", "apply_", is_flag=True, help="Let the curve hold from now on.")
@click.option("--end", is_flag=True, help="Show plain likeness again; the weekly job leaves it at that.")
@click.option("--reason", default="", help="Why, for the audit trail; needed with --end.")
def calibrate(*, apply_: bool, end: bool, reason: str) -> int:
    """Say how often pairs of a score come to something, by the labels; exit status 1 if the score does not tell."""
    runtime = _runtime()
    try:
        if end:
            with runtime.sessions.write() as session:
                meanings.end(session, SYSTEM, reason=reason, clock=runtime.clock)
                click.echo("plain likeness is shown")
            return 0
        return _calibrate(runtime, apply_=apply_)
    finally:
        runtime.close()


def _calibrate(runtime: Runtime, *, apply_: bool) -> int:
    with runtime.sessions.read() as session:
        found = calibration.fit(session, runtime.index.current(session))
    verdict = found.verdict
    click.echo(f"{verdict.labels} labels, {verdict.good} of them came to something")
    for row in verdict.bins:
        click.echo(f"predicted {row.predicted:.2f}  observed {row.observed:.2f}  pairs {row.pairs}")
    if verdict.gain is not None:
        click.echo(
            f"Brier: points {verdict.before:.4f}, base rate {verdict.base:.4f}, {verdict.method} {verdict.after:.4f}"
        )
        click.echo(f"gain by need over the base rate: {_cell(verdict.gain).strip()}")
    if verdict.refusal:
        raise MatchmakerError(f"not calibrated: {verdict.refusal.value}")
    if apply_:
        with runtime.sessions.write() as session:
            click.echo(f"calibration {meanings.adopt(session, SYSTEM, found, clock=runtime.clock).id} holds")
    return 0


def _runtime() -> Runtime:
    settings = Settings()
    require_migrated(settings)
    return Runtime.build(settings)
