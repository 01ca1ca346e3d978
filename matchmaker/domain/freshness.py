"""How long what people said of themselves counts: asked again after a year, no longer matched after two.

A profile that nobody confirmed for `stale_months` is not suggested: the gate `stale` of `matching.gates`. A capability
is asked about again after the same time and frozen after `frozen_months`: still listed, no longer matched. The
national pool of experts does likewise: it freezes whoever has not confirmed for two years.
"""

from dataclasses import dataclass
from datetime import date, timedelta

DAYS_A_MONTH = 365 / 12
SOON = timedelta(days=14)  # asked this long before the day, so that nothing lapses


@dataclass(frozen=True)
class Freshness:
    """The bureau's two limits, in days."""

    stale_after: int
    frozen_after: int

    def lapses(self, confirmed: date) -> date:
        """The last day on which what was confirmed on a day still counts."""
        return confirmed + timedelta(days=self.stale_after)

    def asked_up_to(self, today: date) -> date:
        """What was confirmed on this day or before is to be confirmed again now."""
        return today + SOON - timedelta(days=self.stale_after)

    def lapsed_up_to(self, today: date) -> date:
        """What was confirmed on this day or before no longer counts: the gate `stale` is shut."""
        return today - timedelta(days=self.stale_after + 1)

    def frozen_up_to(self, today: date) -> date:
        """What was confirmed on this day or before is no longer matched."""
        return today - timedelta(days=self.frozen_after + 1)


def freshness(stale_months: int, frozen_months: int) -> Freshness:
    """The limits for these numbers of months; frozen never comes before stale."""
    stale = round(stale_months * DAYS_A_MONTH)
    return Freshness(stale, max(stale, round(frozen_months * DAYS_A_MONTH)))
