"""What became of pairs, read as judgements of the ranking."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.db.models import Label
from matchmaker.domain.vocabulary import DeclineReason, LabelKind
from matchmaker.matching.tuning import PROTOCOL

GRADES = {LabelKind.DECLINED: 0, LabelKind.ACCEPTED: 1, LabelKind.HELD: 2, LabelKind.SIGNED: 3}
CIRCUMSTANCE = frozenset({
    DeclineReason.NO_TIME,
    DeclineReason.ALREADY_SOLVED,
    DeclineReason.CONFLICT,
    DeclineReason.PASSED_ON,
})  # fmt: skip
"""Reasons that say nothing about whether the two fit: such a decline is no judgement."""


@dataclass(frozen=True)
class Judgements:
    """Need id → owner key → grade of the needs that can be measured; how many labels there are, and needs left out."""

    grades: dict[str, dict[str, int]]
    labels: int
    left_out: int

    @property
    def needs(self) -> int:
        """How many needs are measured."""
        return len(self.grades)


def judgements(session: Session, *, since: date | None = None) -> Judgements:
    """All labelled pairs, each by the best that became of it; needs without a pair that fitted are left out.

    `since`: only what was said from that day on.
    """
    found = graded(session, since=since)
    kept = {need: pairs for need, pairs in found.items() if PROTOCOL.evaluates(pairs)}
    return Judgements(kept, sum(map(len, kept.values())), len(found) - len(kept))


def graded(session: Session, *, since: date | None = None) -> dict[str, dict[str, int]]:
    """Need id → owner key → the best grade that became of the pair, for every judged pair."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(Label.need_id, Label.owner_key, Label.kind, Label.reason, Label.made_at).order_by(Label.id)
    )
    for need_id, key, kind, reason, made_at in rows:
        if reason in CIRCUMSTANCE or (since is not None and shanghai_date(made_at) < since):
            continue
        pairs = found[str(need_id)]
        pairs[key] = max(GRADES[kind], pairs.get(key, 0))
    return dict(found)
