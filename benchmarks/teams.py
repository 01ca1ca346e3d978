"""Teams among 5,000 experts: a proposal beside the exact optimum, and beside the best single experts side by side.

(1) 5,000 experts, one paper each; a bundle of three mixed needs: the time from the needs to a team (ranking, terms,
greedy choice with swaps) and the ratio to the integer programme (HiGHS) on the same people, with what each covers.
(2) Experts with the papers left in their profile; three held-out queries of unlike fields at a time, three members:
the share of each topic's weight that a team covers, and that the three best-ranked experts cover.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any, TypeVar

from match_speed import rows

from matchmaker.matching import Index, Person, Posting, Roster, TeamRules, bundle, form_teams, known_terms, team_terms
from matchmaker.text import AnalysedText, Segmenter

DATA = Path(os.environ.get("MATCHMAKER_TEST_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")) / "chinaxiv"
EXPERTS, ROUNDS, POOL, SIZE = 5_000, 20, 80, 5
BUNDLES = 60
T = TypeVar("T")
Pool = tuple[list[dict[str, float]], Roster]


def pool(index: Index, needs: list[AnalysedText], size: int) -> Pool:
    """The best people of each need and what each covers, as the product gathers them."""
    terms = [team_terms(index, need) for need in needs]
    weights = bundle(terms)
    keys = list(dict.fromkeys(match.key for ranked in index.rank_owners(needs, POOL) for match in ranked))
    known = known_terms(index, weights, keys)
    return terms, Roster([Person(key, known[key]) for key in keys], weights, rules=TeamRules(largest=size))


def among_many(index: Index, bundles: list[list[AnalysedText]]) -> None:
    quick, exact, gather, share = [], [], [], []
    for needs in bundles:
        start = perf_counter()
        _terms, roster = pool(index, needs, SIZE)
        gathered = perf_counter()
        [team] = form_teams(roster).teams
        formed = perf_counter()
        [best] = form_teams(roster, exact_within=60).teams
        exact.append(perf_counter() - formed)
        quick.append(formed - gathered)
        gather.append(gathered - start)
        share.append(team.coverage / best.coverage)
    print(
        f"{len(index.owners):,} experts, {len(bundles)} bundles of three needs, up to {SIZE} members: gathering "
        f"{median(gather) * 1e3:,.0f} ms, greedy and swaps {median(quick) * 1e3:,.0f} ms, exact "
        f"{median(exact) * 1e3:,.0f} ms (exact/greedy {median(exact) / median(quick):.1f}); coverage of the optimum's: "
        f"mean {fmean(share):.4f}, least {min(share):.4f}"
    )


def beside_singles(index: Index, bundles: list[list[AnalysedText]]) -> None:
    teams, singles, each_best = [], [], []
    for needs in bundles:
        terms, roster = pool(index, needs, len(needs))
        [team] = form_teams(roster).teams
        together = [match.key for match in index.rank_owners([_joined(needs)], len(needs))[0]]
        best = [ranked[0].key for ranked in index.rank_owners(needs, 1)]
        for people, found in ((team.members, teams), (together, singles), (best, each_best)):
            found.append(fmean(_share(index, of_need, people) for of_need in terms))
    wins = [sum(ours > theirs for ours, theirs in zip(teams, other, strict=True)) for other in (singles, each_best)]
    print(
        f"{len(index.owners):,} experts with their papers, {len(bundles)} mixes of three queries, three members: a "
        f"team covers {fmean(teams):.3f} of the three topics; the three best for all three {fmean(singles):.3f} (the "
        f"team more in {wins[0]}), the best one for each {fmean(each_best):.3f} (the team more in {wins[1]})"
    )


def _joined(needs: list[AnalysedText]) -> AnalysedText:
    names = {name for need in needs for name in need.fields}
    return AnalysedText(
        stamp="", fields={name: tuple(s for need in needs for s in need.fields.get(name, ())) for name in names}
    )


def _share(index: Index, terms: dict[str, float], members: Sequence[str]) -> float:
    known = frozenset[str]().union(*known_terms(index, terms, list(dict.fromkeys(members))).values())
    return sum(weight for term, weight in terms.items() if term in known) / sum(terms.values())


def _mixed(listed: list[T], number: int) -> list[list[T]]:
    """Three at a time from far apart in the list, which goes by field; the same ones in every run."""
    third = len(listed) // 3
    step = max(1, third // number)
    return [[listed[at], listed[third + at], listed[2 * third + at]] for at in range(0, third, step)][:number]


def main() -> None:
    if not (DATA / "papers.jsonl").exists():
        print(f"left out: no real data at {DATA}")
        sys.exit(0)
    analyse = Segmenter().analyse

    def analysed(paper: dict[str, Any]) -> AnalysedText:
        return analyse(title=paper["title"], keywords=paper["keywords"], body=paper["abstract"])

    papers = sorted(rows(DATA / "papers.jsonl"), key=lambda paper: (paper["clc"] or "", paper["id"]))
    offered, other = papers[::2][:EXPERTS], papers[1::2]
    many = Index.fit([Posting(row["id"], analysed(row)) for row in offered])
    among_many(many, [[analysed(row) for row in mixed] for mixed in _mixed(other, ROUNDS)])
    experts = rows(DATA / "expert_finding/experts.jsonl")
    written = [(expert["expert_id"], paper) for expert in experts for paper in expert["papers"]]
    field = {paper["id"]: paper["clc"] or "" for paper in papers}
    queries = sorted(
        rows(DATA / "expert_finding/queries_dev.jsonl"), key=lambda row: (field.get(row["id"], ""), row["id"])
    )
    asked = [analyse(title=row["title"], body=row["abstract"]) for row in queries]
    offers = [Posting(f"{who} {paper['id']}", analysed(paper), owner=who) for who, paper in written]
    beside_singles(Index.fit(offers), _mixed(asked, BUNDLES))


if __name__ == "__main__":
    main()
