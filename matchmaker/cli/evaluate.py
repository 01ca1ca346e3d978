"""`matchmaker evaluate`: how good a list of matches is, by people's judgements."""

import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import click

from matchmaker.cli.postings import field_error, good_rows, required
from matchmaker.exchange.tables import Row, quoted, read_tab_separated, save_rows, table_suffix
from matchmaker.matching.quality import Protocol, measure, summarise

_FILE = click.Path(path_type=Path)
_POSITIVE = click.IntRange(min=1)


@click.command()
@click.option("--matches", type=_FILE, required=True, help="What `matchmaker match` wrote.")
@click.option("--judgements", type=_FILE, required=True, help="Need, target, grade; tab-separated with a header.")
@click.option("--k", type=_POSITIVE, default=10, show_default=True, help="Length of the list for nDCG and Recall.")
@click.option("--lowest", type=int, default=0, show_default=True, help="The lowest grade there is.")
@click.option("--relevant-from", type=int, default=1, show_default=True, help="The lowest grade that is relevant.")
@click.option("--min-judged", type=_POSITIVE, default=1, show_default=True, help="Judgements a need must have.")
@click.option("--per-need", type=_FILE, help="Write each need's values here: .jsonl, .csv or .xlsx.")
def evaluate(*, matches: Path, judgements: Path, per_need: Path | None, **options: int) -> None:
    """Measure matches: nDCG, Recall, MRR and MAP with standard errors, as JSON."""
    protocol = Protocol(**options)
    if per_need:
        table_suffix(per_need)
    found = _read_matches(matches)
    grades = _read_judgements(judgements, protocol.lowest)
    judged = {need: given for need, given in grades.items() if protocol.evaluates(given)}
    values = {need: measure(found.get(need, []), given, protocol) for need, given in judged.items()}
    summary = summarise(list(values.values()), protocol)
    if per_need:
        rows = [{"need": need, **measured} for need, measured in values.items()]
        save_rows(per_need, ["need", *summary], rows, guard_formulas=False)
    if left_out := len(found.keys() | grades.keys()) - len(judged):
        click.echo(f"left out: {left_out} needs with too few judgements or none that is relevant", err=True)
    click.echo(json.dumps({name: asdict(value) for name, value in summary.items()}))


def _read_matches(path: Path) -> dict[str, list[tuple[str, float]]]:
    """Need → (target, score) as listed."""
    found: dict[str, dict[str, float]] = {}
    for row in good_rows(path):
        target = "owner" if "owner" in row.values else "capability"
        need, key = required(path, row, "need"), required(path, row, target)
        if key in found.setdefault(need, {}):
            raise field_error(path, row.line, target, f"duplicate {quoted(key)} for need {quoted(need)}")
        found[need][key] = _score(path, row)
    return {need: list(targets.items()) for need, targets in found.items()}


def _score(path: Path, row: Row) -> float:
    text = required(path, row, "score")
    try:
        score = float(text)
    except ValueError:
        score = float("nan")
    if not isfinite(score):
        raise field_error(path, row.line, "score", f"not a number: {quoted(text)}")
    return score


def _read_judgements(path: Path, lowest: int) -> dict[str, dict[str, int]]:
    """Need → target → grade, in the order of the file; repeating a judgement is harmless."""
    grades: dict[str, dict[str, int]] = {}
    for line, (need, target, text) in read_tab_separated(path, columns=3):
        grade = _grade(path, line, text, lowest)
        before = grades.setdefault(need, {}).setdefault(target, grade)
        if before != grade:
            raise field_error(path, line, "grade", f"{grade} contradicts an earlier {before} for {quoted(target)}")
    return grades


def _grade(path: Path, line: int, text: Any, lowest: int) -> int:
    try:
        grade = int(text)
    except ValueError:
        raise field_error(path, line, "grade", f"not a whole number: {quoted(text)}") from None
    if grade < lowest:
        raise field_error(path, line, "grade", f"{grade} is below --lowest {lowest}")
    return grade
