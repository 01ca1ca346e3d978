"""The working days of a year as people look at them, and years whose holidays nobody has entered."""

from calendar import Calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit, Setting, Workday
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import pgettext
from matchmaker.queries.changes import Change

AHEAD = timedelta(days=60)  # how far ahead people plan
MOST = 50
LISTED = "workdays:"  # and the year: the setting that says its whole list was entered


@dataclass(frozen=True)
class Month:
    """One month: its weeks from Monday, `None` outside of it, and how many working days it has."""

    number: int
    weeks: list[list[date | None]]
    working: int


def rows(session: Session, year: int) -> dict[date, Workday]:
    """The days of the year that differ from the weekday rule, in order."""
    span = Workday.day.between(date(year, 1, 1), date(year, 12, 31))
    return {row.day: row for row in session.scalars(select(Workday).where(span).order_by(Workday.day))}


def months(year: int, differing: Mapping[date, Workday]) -> list[Month]:
    """The twelve months of a year."""
    works = WorkCalendar({day: row.works for day, row in differing.items()})
    found = []
    for number in range(1, 13):
        weeks = [
            [day if day.month == number else None for day in w] for w in Calendar().monthdatescalendar(year, number)
        ]
        days = [day for week in weeks for day in week if day]
        found.append(Month(number, weeks, sum(map(works.works, days))))
    return found


def unknown_years(session: Session, today: date) -> list[int]:
    """The years that people plan in now, whose holidays have not been entered."""
    known = listed_years(session)
    return [one for one in range(today.year, (today + AHEAD).year + 1) if one not in known]


def listed_years(session: Session) -> frozenset[int]:
    """The years whose whole list was entered; single days corrected make no year known."""
    keys = session.scalars(select(Setting.key).where(Setting.key.startswith(LISTED, autoescape=True)))
    return frozenset(int(key.removeprefix(LISTED)) for key in keys)


def history(session: Session, year: int) -> list[Change]:
    """What was changed in the year's days, the latest first."""
    mine = (Audit.noun == Noun.WORKDAY, Audit.record_id == year)
    found = session.scalars(select(Audit).where(*mine).order_by(Audit.id.desc()).limit(MOST))
    return [Change(year, row.at, row.actor, _done(row), _fields(row), row.reason) for row in found]


def _done(row: Audit) -> str:
    return _("录入全年安排") if row.action == "list" else pgettext("done", "更正")


def _fields(row: Audit) -> list[tuple[str, str, str]]:
    days = sorted({*row.before, *row.after})
    return [(day, _said(row.before.get(day)), _said(row.after.get(day))) for day in days]


def _said(kept: list[object] | None) -> str:
    """[works, note], or nothing where the weekday rule spoke."""
    if not kept:
        return ""
    return f"{_('上班') if kept[0] else _('放假')} {kept[1]}".strip()
