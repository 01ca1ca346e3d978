"""One move for many records: each is tried by itself, and each refusal is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matchmaker.errors import MatchmakerError


@dataclass(frozen=True)
class Outcome:
    """What became of one record; `message` says why it was refused, "" when it was done."""

    record_id: int
    message: str = ""

    @property
    def done(self) -> bool:
        """Whether the move was made."""
        return not self.message


def each(record_ids: Iterable[int], move: Callable[[int], object]) -> list[Outcome]:
    """Try `move` on every record once, in id order, so that two people doing the same do not lock each other out."""
    return [_one(record_id, move) for record_id in sorted(set(record_ids))]


def _one(record_id: int, move: Callable[[int], object]) -> Outcome:
    try:
        move(record_id)
    except MatchmakerError as refusal:
        return Outcome(record_id, str(refusal))
    return Outcome(record_id)
