"""What a sum of service logs says."""

from dataclasses import dataclass

from matchmaker.i18n import gettext as _

BEST_RATING = 5


@dataclass(frozen=True)
class ServiceTotals:
    """Approved logs only: half-days, times, distinct firms, problems dealt with, ratings given and their sum."""

    half_days: int = 0
    times: int = 0
    firms: int = 0
    rated: int = 0
    rating_sum: int = 0

    @property
    def days(self) -> float:
        """Days on the spot."""
        return self.half_days / 2

    @property
    def problems(self) -> int:
        """Problems dealt with: each log tells of one."""
        return self.times

    @property
    def rating(self) -> float | None:
        """The mean rating from 1 to 5; None before the first."""
        return self.rating_sum / self.rated if self.rated else None


def rating_problem(rating: str) -> str:
    """What is wrong with a typed rating; "" for nothing."""
    return "" if rating in {str(number) for number in range(1, BEST_RATING + 1)} else _("请选择 1 到 5 分")
