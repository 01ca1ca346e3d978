"""The rules on file, and what a new one would make of a year, side by side with what holds now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import CountingRule
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import Rule
from matchmaker.domain.tally import Line, Tally, tally
from matchmaker.queries.counts import in_year, meeting_facts, rules


@dataclass(frozen=True)
class Shift:
    """A meeting that counts differently: its lines under the old and the new rules."""

    old: Line
    new: Line

    @property
    def change(self) -> int:
        """How much it adds to the number, negative for a loss."""
        return self.new.verdict.added - self.old.verdict.added


@dataclass(frozen=True)
class SideBySide:
    """A metric's year under the rules that hold and with a new one."""

    year: int
    old: Tally
    new: Tally
    shifts: list[Shift]

    @property
    def gained(self) -> list[Shift]:
        """Meetings that would add more."""
        return [shift for shift in self.shifts if shift.change > 0]

    @property
    def lost(self) -> list[Shift]:
        """Meetings that would add less."""
        return [shift for shift in self.shifts if shift.change < 0]


def side_by_side(session: Session, rule: Rule, years: Sequence[int]) -> list[SideBySide]:
    """What `rule` would make of each year, beside what is counted now."""
    dated = rules(session)
    found = []
    for year in years:
        facts = meeting_facts(session, in_year(year))
        old, new = tally(rule.metric, dated, facts), tally(rule.metric, [*dated, rule], facts)
        shifts = map(Shift, old.lines, new.lines)  # the same meetings in the same order
        found.append(SideBySide(year, old, new, [shift for shift in shifts if shift.change]))
    return found


def history(session: Session) -> dict[MetricCode, list[CountingRule]]:
    """Every rule ever made, the newest first."""
    rows = session.scalars(select(CountingRule).order_by(CountingRule.number.desc())).all()
    return {code: [row for row in rows if row.metric_code == code.value] for code in MetricCode}


def holding(rows: Sequence[CountingRule], today: date) -> int | None:
    """The number of the rule that holds today."""
    begun = [row for row in rows if row.withdrawn_at is None and row.valid_from <= today]
    return max(begun, key=lambda row: (row.valid_from, row.number)).number if begun else None
