"""Lines of a small chart as points in its own coordinates; the template draws them and prints the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matchmaker.domain.forecast import Forecast
from matchmaker.queries.board import Month

LEFT, RIGHT, TOP, BOTTOM = 32.0, 330.0, 14.0, 102.0
NICE = (5, 10, 20, 50, 100, 120, 150, 200, 300, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True)
class Chart:
    """Polylines `x,y x,y …`, and grid lines as (y, number); `last` is the end of the actual line.

    `band` is the forecast's interval from today to the year's end.
    """

    actual: str
    expected: str
    grid: list[tuple[float, int]]
    last: tuple[float, float] | None
    band: str = ""


def pace_chart(months: Sequence[Month], year: int, today: date, forecast: Forecast | None = None) -> Chart:
    """The running count of a year, what the target expects at each month's end, and what the year will end with."""
    numbers = [number for month in months for number in (month.actual, month.expected) if number is not None]
    numbers += [forecast.high] if forecast else []
    top = next((nice for nice in NICE if nice >= max(numbers, default=0)), max(numbers, default=1))
    actual = [_point(min(month.end, today), month.actual, top) for month in months if month.actual is not None]
    expected = [_point(month.end, month.expected, top) for month in months if month.expected is not None]
    start = _point(date(year, 1, 1), 0, top)
    last = actual[-1] if actual else None
    return Chart(
        actual=_line([start, *actual]) if actual else "",
        expected=_line([start, *expected]) if expected else "",
        grid=[(_y(number, top), number) for number in sorted({0, top // 2, top})],
        last=last,
        band=_line([last, *((RIGHT, _y(end, top)) for end in (forecast.high, forecast.low))])
        if forecast and last
        else "",
    )


def _point(day: date, number: int | None, top: int) -> tuple[float, float]:
    days = (day - date(day.year, 1, 1)).days
    return round(LEFT + (RIGHT - LEFT) * days / 365, 1), _y(number or 0, top)


def _y(number: int, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * number / top, 1)


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
