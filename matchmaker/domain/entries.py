"""What entered records come to in a year: achievements once each, people once a year, turnover without overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matchmaker.domain.drafts.tidy import comparable
from matchmaker.domain.vocabulary import TurnoverSpan, Word

MONTHS_OF = {TurnoverSpan.MONTH: 1, TurnoverSpan.QUARTER: 3}


class Verdict(Word):
    """Whether an entered record counts; derived, never stored."""

    COUNTED = "counted", "计入"
    AGAIN = "again", "同一成果已计，不重复计"
    ELSEWHERE = "elsewhere", "成果来源不在计数地域，不计"
    SAME_FIRM = "same_firm", "该企业此前已计，不重复计"
    SAME_PERSON = "same_person", "同一人本年已计，不重复计"


@dataclass(frozen=True)
class Achievement:
    """An absorbed achievement: `in_regions` says whether its origin is present in one of the host regions."""

    id: int
    title: str
    origin_id: int
    day: date
    in_regions: bool


@dataclass(frozen=True)
class Trained:
    """A person who was trained on a day."""

    id: int
    name: str
    organisation: str
    day: date


@dataclass(frozen=True)
class Diagnosed:
    """A visit of a held technical clinic: the firm that was diagnosed, and when."""

    id: int
    firm_id: int
    day: date


def judge_firms(rows: Iterable[Diagnosed]) -> dict[int, Verdict]:
    """Id → verdict. A firm counts once and for all, on the first day on which it was diagnosed (cumulative targets)."""
    found: dict[int, Verdict] = {}
    seen: set[int] = set()
    for row in sorted(rows, key=lambda row: (row.day, row.id)):
        found[row.id] = Verdict.SAME_FIRM if row.firm_id in seen else Verdict.COUNTED
        seen.add(row.firm_id)
    return found


def judge_achievements(rows: Iterable[Achievement]) -> dict[int, Verdict]:
    """Id → verdict. One achievement of one origin counts once, when it first comes, whichever firms report it."""
    found: dict[int, Verdict] = {}
    seen: set[tuple[int, str]] = set()
    for row in sorted(rows, key=lambda row: (row.day, row.id)):
        key = (row.origin_id, comparable(row.title))
        if not row.in_regions:
            found[row.id] = Verdict.ELSEWHERE
        else:
            found[row.id] = Verdict.AGAIN if key in seen else Verdict.COUNTED
            seen.add(key)
    return found


def judge_people(rows: Iterable[Trained]) -> dict[int, Verdict]:
    """Id → verdict. A person, known by name and organisation, counts once a year, with the year's first training."""
    found: dict[int, Verdict] = {}
    seen: set[tuple[int, str, str]] = set()
    for row in sorted(rows, key=lambda row: (row.day, row.id)):
        key = (row.day.year, comparable(row.name), comparable(row.organisation))
        found[row.id] = Verdict.SAME_PERSON if key in seen else Verdict.COUNTED
        seen.add(key)
    return found


@dataclass(frozen=True)
class Figure:
    """An amount for a span of one year that ends with `month`."""

    id: int
    span: TurnoverSpan
    month: int
    amount: Decimal

    @property
    def months(self) -> range:
        """The months it covers."""
        return range(self.month - MONTHS_OF.get(self.span, self.month) + 1, self.month + 1)


@dataclass(frozen=True)
class YearSum:
    """What figures come to: of which of them, up to which month, and which months before it nobody has stated."""

    amount: Decimal
    ids: tuple[int, ...]
    through: int
    gaps: tuple[int, ...]


def overlap(figure: Figure, others: Iterable[Figure]) -> Figure | None:
    """One of `others` that states the same months in the same way; a running total may stand beside single months."""
    running = figure.span is TurnoverSpan.TO_DATE
    for other in others:
        if running and other.span is TurnoverSpan.TO_DATE and other.month == figure.month:
            return other
        alike = not running and other.span is not TurnoverSpan.TO_DATE
        if alike and set(figure.months) & set(other.months):
            return other
    return None


def year_sum(figures: Sequence[Figure]) -> YearSum | None:
    """A year's latest running total and, added to it, months and quarters wholly after it; None without figures."""
    running = max((one for one in figures if one.span is TurnoverSpan.TO_DATE), key=lambda one: one.month, default=None)
    since = running.month if running else 0
    later = [one for one in figures if one.span is not TurnoverSpan.TO_DATE and one.months[0] > since]
    used = ([running] if running else []) + sorted(later, key=lambda one: one.month)
    if not used:
        return None
    covered = {month for one in used for month in one.months}
    return YearSum(
        amount=sum((one.amount for one in used), Decimal(0)),
        ids=tuple(one.id for one in used),
        through=max(covered),
        gaps=tuple(month for month in range(1, max(covered)) if month not in covered),
    )
