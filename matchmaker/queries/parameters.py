"""The numbers the ranking runs with, and how it does on the bureau's own labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Need, ParameterSet
from matchmaker.matching import Index
from matchmaker.matching.parameters import DEFAULTS, Parameters
from matchmaker.matching.tuning import (
    METRICS,
    PLAIN,
    Interval,
    Verdict,
    bootstrap,
    judge,
    measured,
    space,
    too_few,
)
from matchmaker.queries import boilerplate, texts
from matchmaker.queries.judgements import Judgements, judgements


@dataclass(frozen=True)
class Running:
    """The numbers in use and the version that suggestions are stamped with (0: the built-in ones)."""

    parameters: Parameters
    version: int


def running(session: Session) -> Running:
    """What the newest set says; a number that this release no longer knows is left out."""
    row = session.scalars(select(ParameterSet).order_by(ParameterSet.id.desc()).limit(1)).first()
    if row is None:
        return Running(DEFAULTS, 0)
    known = {name: float(value) for name, value in row.values.items() if name in vars(DEFAULTS)}
    return Running(replace(DEFAULTS, **known), row.id)


@dataclass(frozen=True)
class Report:
    """Metric → the running parameters, the plain baseline and their paired difference, over the measured needs."""

    said: Judgements
    version: int
    rows: Mapping[str, tuple[Interval, Interval, Interval]]


def report(session: Session, *, since: date | None = None) -> Report:
    """Rank the needs that have labels anew, with the running parameters and with plain TF-IDF."""
    said, now = judgements(session, since=since), running(session)
    if not said.grades:
        return Report(said, now.version, {})
    bench = _bench(session, said)
    mine, plain = bench.measure(now.parameters), bench.measure(PLAIN, plain=True)
    rows = {m: (bootstrap(mine[m]), bootstrap(plain[m]), bootstrap(mine[m] - plain[m])) for m in METRICS}
    return Report(said, now.version, rows)


@dataclass(frozen=True)
class Tuned:
    """What tuning says; without a verdict it was refused before anything was measured."""

    said: Judgements
    running: Running
    refusal: str
    verdict: Verdict | None = None


def tune(session: Session) -> Tuned:
    """Try every set of `tuning.space` on the labels; slow, reads only."""
    said, now = judgements(session), running(session)
    if refusal := too_few(said.labels, said.needs):
        return Tuned(said, now, refusal)
    bench = _bench(session, said)
    values = {each: bench.measure(each)[METRICS[0]] for each in space(now.parameters)}
    verdict = judge(values, now.parameters)
    return Tuned(said, now, verdict.refusal, verdict)


@dataclass(frozen=True)
class _Bench:
    """The texts, read once, that every set of numbers ranks."""

    offered: list[Any]
    asked: dict[str, Any]
    said: Judgements
    left_out: frozenset[str]

    def measure(self, parameters: Parameters, *, plain: bool = False) -> dict[str, Any]:
        """Metric → values per need; `plain` keeps the policy prose in."""
        index = Index.fit(self.offered, boilerplate=frozenset() if plain else self.left_out, parameters=parameters)
        return measured(index, self.asked, self.said.grades)


def _bench(session: Session, said: Judgements) -> _Bench:
    wanted = Need.id.in_([int(key) for key in said.grades])
    asked = {posting.key: posting.text for posting in texts.needs(session, wanted)}
    return _Bench(list(texts.capabilities(session, texts.listed())), asked, said, boilerplate.left_out(session))
