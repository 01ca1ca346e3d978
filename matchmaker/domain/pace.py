"""Whether a year is on course: what should have been reached by today, by working days."""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from matchmaker.domain.calendar import YearProgress
from matchmaker.domain.vocabulary import Word


class Standing(Word):
    """Where the actual number stands against the expected one; derived, never stored."""

    AHEAD = "ahead", "超前"
    ON_COURSE = "on_course", "与进度持平"
    BEHIND = "behind", "落后"


@dataclass(frozen=True)
class Pace:
    """Actual against target on a day; all numbers in the metric's unit."""

    actual: int
    target: Decimal
    expected: int
    progress: YearProgress

    @property
    def difference(self) -> int:
        """Actual minus expected: positive is ahead."""
        return self.actual - self.expected

    @property
    def standing(self) -> Standing:
        """Ahead, behind, or exactly as expected."""
        if self.difference == 0:
            return Standing.ON_COURSE
        return Standing.AHEAD if self.difference > 0 else Standing.BEHIND

    @property
    def gap(self) -> int:
        """What is still missing to the target; 0 once it is reached."""
        return max(0, math.ceil(self.target) - self.actual)


def expected_by(target: Decimal, progress: YearProgress) -> int:
    """`target` × elapsed ÷ total working days, rounded half up; 0 for a year without working days."""
    if progress.total == 0:
        return 0
    return math.floor(Fraction(target) * progress.elapsed / progress.total + Fraction(1, 2))


def pace(actual: int, target: Decimal, progress: YearProgress) -> Pace:
    """Compare `actual` with what `target` expects after the working days in `progress`."""
    return Pace(actual=actual, target=target, expected=expected_by(target, progress), progress=progress)
