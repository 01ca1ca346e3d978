"""When to warn that a year goes wrong, and when to warn again."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from matchmaker.domain.forecast import Forecast
from matchmaker.domain.pace import Pace
from matchmaker.domain.vocabulary import WarningLevel

BEHIND, FAR_BEHIND = Fraction(5, 100), Fraction(15, 100)  # of what is expected by the day
LEAST = 2  # visits: one that is late is no reason to write to anybody
QUIET = timedelta(days=30)  # a level must have been left for so long before it is said again


def levels(pace: Pace, forecast: Forecast | None) -> list[WarningLevel]:
    """The levels that hold for a number with its target, the lightest first; none once the target is reached."""
    if not pace.gap:
        return []
    missing = -pace.difference
    found = []
    if missing >= LEAST:
        found += [WarningLevel.BEHIND] if missing > BEHIND * pace.expected else []
        found += [WarningLevel.FAR_BEHIND] if missing > FAR_BEHIND * pace.expected else []
    if forecast is not None and forecast.high < pace.target:
        found.append(WarningLevel.OUT_OF_REACH)
    return found


def to_say(held_on: Mapping[WarningLevel, date], now: list[WarningLevel], today: date) -> list[WarningLevel]:
    """Those of `now` that are to be said: for the first time, or after they were left for at least 30 days.

    `held_on` has for each level said before the last day on which it held.
    """
    return [level for level in now if level not in held_on or today - held_on[level] >= QUIET]
