"""`matchmaker match`: a list of needs and a list of capabilities in, ranked reasons out."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click

from matchmaker.cli.postings import Entry, field_error, read_postings
from matchmaker.exchange.tables import quoted, read_tab_separated, save_rows, table_suffix
from matchmaker.matching import Match, Ranker, Reason
from matchmaker.text import Segmenter

_NEEDS_AT_ONCE = 64
_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--needs", type=_FILE, required=True, help="Needs: .jsonl, .csv or .xlsx.")
@click.option("--capabilities", type=_FILE, required=True, help="Capabilities: .jsonl, .csv or .xlsx.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Matches per need.")
@click.option("--by", type=click.Choice(["owner"]), help="Rank the owners of capabilities instead.")
@click.option("--pairs", type=_FILE, help="Score exactly these pairs: need, capability (or owner), tab-separated.")
@click.option("--no-reasons", is_flag=True, help="Leave the reasons out.")
@click.option("--output", type=_FILE, required=True, help="Where to write: .jsonl, .csv or .xlsx.")
def match(
    *, needs: Path, capabilities: Path, top: int, by: str | None, pairs: Path | None, no_reasons: bool, output: Path
) -> None:
    """Match needs with capabilities and say why."""
    table_suffix(output)
    segmenter = Segmenter()
    wanted = read_postings(needs, segmenter)
    offered = [entry.posting for entry in read_postings(capabilities, segmenter).values()]
    ranker = Ranker(by_owner=by == "owner").fit(offered, queries=[entry.posting for entry in wanted.values()])
    found = _ranked(ranker, wanted, top) if pairs is None else _paired(ranker, wanted, pairs)
    target = ("owner", "item") if by else ("capability",)
    columns = ["need", "rank", *target, "score", *([] if no_reasons else ["reasons"])]
    rows = _rows(ranker, found, reasons=not no_reasons, in_one_cell=table_suffix(output) != ".jsonl")
    save_rows(output, columns, rows, guard_formulas=False)


def _ranked(ranker: Ranker, wanted: Mapping[str, Entry], top: int) -> Iterator[tuple[Entry, list[Match]]]:
    waiting = iter(wanted.values())
    while some := list(islice(waiting, _NEEDS_AT_ONCE)):
        yield from zip(some, ranker.rank([entry.posting for entry in some], top), strict=True)


def _paired(ranker: Ranker, wanted: Mapping[str, Entry], path: Path) -> Iterator[tuple[Entry, list[Match]]]:
    asked = _read_pairs(path, wanted, ranker)
    for need, entry in wanted.items():
        matches = ranker.score_pairs([(entry.posting, key) for key in asked.get(need, ())])
        yield entry, sorted(matches, key=lambda found: (-found.score, found.key))


def _read_pairs(path: Path, needs: Mapping[str, Entry], ranker: Ranker) -> dict[str, dict[str, None]]:
    """Need → the distinct keys asked for, in order."""
    asked: dict[str, dict[str, None]] = {}
    field = "owner" if ranker.by_owner else "capability"
    for line, (need, key) in read_tab_separated(path, columns=2):
        if need not in needs:
            raise field_error(path, line, "need", f"unknown {quoted(need)}")
        if key not in ranker.texts_:
            raise field_error(path, line, field, f"unknown {quoted(key)}")
        asked.setdefault(need, {})[key] = None
    return asked


def _rows(
    ranker: Ranker, found: Iterable[tuple[Entry, list[Match]]], *, reasons: bool, in_one_cell: bool
) -> Iterator[dict[str, Any]]:
    for entry, matches in found:
        why = ranker.explain(entry.posting, matches, wording=entry.wording) if reasons else [[]] * len(matches)
        for rank, (each, terms) in enumerate(zip(matches, why, strict=True), start=1):
            yield {
                "need": entry.posting.key,
                "rank": rank,
                "capability": each.key,
                "owner": each.key,
                "item": each.item,
                "score": each.score,
                "reasons": _cell(terms) if in_one_cell else [{"term": r.term, "share": r.share} for r in terms],
            }


def _cell(reasons: Iterable[Reason]) -> str:
    return "; ".join(f"{reason.term} {reason.share:.4f}" for reason in reasons)
