"""Reports to those above: what each kind covers, and what one says, kept as it was when it was issued."""

import hashlib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import TargetBasis, TargetStatus, Word
from matchmaker.i18n import gettext as _

FIRST_YEAR, LAST_YEAR = 2000, 2100


class ReportKind(Word):
    """The kinds of report. A bulletin compares units on one page; the others have the list of events with them."""

    MONTHLY = "monthly", "月报"
    QUARTERLY = "quarterly", "季报"
    BULLETIN = "bulletin", "通报"

    @property
    def months(self) -> int:
        """How many months a report covers."""
        return 3 if self is ReportKind.QUARTERLY else 1

    @property
    def lists_events(self) -> bool:
        """Whether its workbook lists every event, which not every reader of the figures may see."""
        return self is not ReportKind.BULLETIN


@dataclass(frozen=True)
class Period:
    """What a report is about: a month or a quarter of a year by its number, told from the first day of the year."""

    kind: ReportKind
    year: int
    number: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.number <= 12 // self.kind.months):
            raise ValueError(f"no such period: {self.kind} {self.year} {self.number}")

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * self.kind.months + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        month = self.number * self.kind.months
        return date(self.year, month, monthrange(self.year, month)[1])

    def until(self, today: date) -> date:
        """The last day that is told of: its own, or today while it runs."""
        return min(self.last, today)

    @property
    def name(self) -> str:
        """2026 年 10 月, 2026 年第 3 季度, in the current language."""
        if self.kind is ReportKind.QUARTERLY:
            return _("%(year)s 年第 %(number)s 季度", year=self.year, number=self.number)
        return _("%(year)s 年 %(number)s 月", year=self.year, number=self.number)

    @property
    def title(self) -> str:
        """What stands above it, in the current language."""
        said = {
            ReportKind.MONTHLY: _("双百互进工作月报（%(period)s）", period=self.name),
            ReportKind.QUARTERLY: _("双百互进工作季报（%(period)s）", period=self.name),
            ReportKind.BULLETIN: _("关于双百互进进展情况的通报（%(period)s）", period=self.name),
        }
        return said[self.kind]


def last_ended(kind: ReportKind, day: date) -> Period:
    """The last period of the kind that was over before `day`."""
    number = (day.month - 1) // kind.months
    return Period(kind, day.year, number) if number else Period(kind, day.year - 1, 12 // kind.months)


class Part(BaseModel):
    """A piece of what a report says; never changed, every field there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Called(Part):
    """Something with a name in both languages."""

    name: str
    name_en: str = ""


class Promised(Part):
    """A target as its text states it."""

    value: Decimal
    basis: TargetBasis
    status: TargetStatus
    source: str


class RuleSaid(Part):
    """A counting rule as it read."""

    number: int
    valid_from: date
    title: str
    title_en: str
    text: str
    text_en: str


class UnitFigure(Called):
    """Events of a unit or a zone; `rank` by the share of its split, only where the bureau entered one."""

    zone: str = ""
    zone_en: str = ""
    counted: int
    split: Decimal | None = None
    rank: int | None = None

    @property
    def share(self) -> float | None:
        """How much of its split it has reached, 1.0 being all of it."""
        return float(self.counted / self.split) if self.split else None


class Expected(Part):
    """What the year was expected to end with, with an interval."""

    point: int
    low: int
    high: int


class Hundred(Called):
    """One of the two hundreds from 1 January on. `counted` are the meetings behind it, as in a snapshot."""

    code: MetricCode
    unit: str
    unit_en: str
    total: int
    in_period: int
    firm_visits: int
    expert_visits: int
    firms: int
    institutes: int
    repeat_share: float
    months: tuple[int, ...]
    left_out: dict[str, int]
    units: tuple[UnitFigure, ...]
    zones: tuple[UnitFigure, ...]
    targets: tuple[Promised, ...]
    rules: tuple[RuleSaid, ...]
    forecast: Expected | None
    counted: tuple[int, ...]
    fingerprint: str

    @property
    def ranked(self) -> bool:
        """Whether units can be compared: only against what was asked of each."""
        return any(one.rank is not None for one in self.units)


class OtherFigure(Called):
    """A metric that is entered: what is on file for the year on the day the report was made."""

    unit: str
    unit_en: str
    value: Decimal
    through: int | None
    targets: tuple[Promised, ...]


class Annex(Part):
    """The ledger's rows as they stood, under its headings, in Chinese."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


class Content(Part):
    """Everything a report says. Words of the program are codes, so that a page can show them in either language."""

    kind: ReportKind
    year: int
    number: int
    until: date
    made_on: date
    sender: str
    hundreds: tuple[Hundred, ...]
    others: tuple[OtherFigure, ...]
    annex: Annex

    @property
    def period(self) -> Period:
        """What it is about."""
        return Period(self.kind, self.year, self.number)

    @property
    def fingerprint(self) -> str:
        """sha256 of all it says, the fingerprints of both counts among it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def ranks(counted: Mapping[int, int], splits: Mapping[int, Decimal]) -> dict[int, int]:
    """Unit → its place by the share of its split that it has reached; equal shares share a place.

    Units without a split have none: there is nothing to hold them against.
    """
    shares = {unit: counted.get(unit, 0) / split for unit, split in splits.items() if split}
    return {unit: 1 + sum(other > share for other in shares.values()) for unit, share in shares.items()}
