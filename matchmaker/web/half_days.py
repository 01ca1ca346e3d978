"""Half-days on pages: as choices of a form, as a line of text, and what was chosen put into a form's own fields."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import flash
from sqlalchemy.orm import Session

from matchmaker.db.models import Invitation, Meeting, Need
from matchmaker.domain.availability import HOURS, Half, HalfDay, Statement, halves
from matchmaker.domain.vocabulary import Decision
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext, short_day
from matchmaker.queries import availability as times
from matchmaker.queries.invitations import Counterpart, counterpart_of, lead_of
from matchmaker.services.meeting_plans import plan_of
from matchmaker.web import pairing
from matchmaker.web.context import clock

SLOT = "slot"
WEEKDAYS = (
    lazy_gettext("周一"),
    lazy_gettext("周二"),
    lazy_gettext("周三"),
    lazy_gettext("周四"),
    lazy_gettext("周五"),
    lazy_gettext("周六"),
    lazy_gettext("周日"),
)
Choices = list[tuple[str, str]]


def named(day: date) -> str:
    """`11 月 24 日 周二`."""
    return f"{short_day(day)} {WEEKDAYS[day.weekday()]}"


def choices(half_days: Iterable[HalfDay]) -> Choices:
    """Key and words of each half-day."""
    return [(when.key, f"{named(when.day)} {_(when.half.label)}") for when in half_days]


def day_choices(days: Iterable[date]) -> Choices:
    """The same of whole days."""
    return [(day.isoformat(), named(day)) for day in days]


def weekly(statement: Statement) -> str:
    """The free halves of every week in one line, "" for none."""
    ordered = [(weekday, half) for weekday in range(7) for half in Half if (weekday, half) in statement.weekly]
    return _("、").join(f"{WEEKDAYS[weekday]}{_(half.label)}" for weekday, half in ordered)


def chosen(values: dict[str, Any], starts: str, ends: str = "") -> dict[str, Any]:
    """The fields `day` and of the times, filled from the half-day that was chosen, if one was.

    A time typed in stays where it lies in that half. Raises `Invalid` for what is no half-day.
    """
    if not values.get(SLOT):
        return values
    try:
        when = HalfDay.read(values[SLOT])
    except ValueError as error:
        raise Invalid({SLOT: _("请从列出的选项中选择")}) from error
    names = [name for name in (starts, ends) if name]
    usual = {name: f"{at:%H:%M}" for name, at in zip(names, HOURS[when.half], strict=False)}
    fits = all(values.get(name) for name in names) and _inside(values, names, when.half)
    return values | {"day": when.day.isoformat()} | ({} if fits else usual)


def chosen_day(values: dict[str, Any]) -> dict[str, Any]:
    """The field `day` filled from the day that was chosen, if one was."""
    return values | {"day": values[SLOT]} if values.get(SLOT) else values


def _inside(values: dict[str, Any], names: Sequence[str], half: Half) -> bool:
    times = [at for name in names if (at := pairing.clock_time(values, name)) is not None]
    return halves(times[0], times[-1]) == (half,) if len(times) > 1 else (half in halves(times[0], times[0]))


def of_pair(session: Session, need: Need, party: Counterpart) -> Choices:
    """The next half-days that suit a firm and whom it is to meet; nobody is named, a firm may be masked."""
    return choices(times.offer(session, _who(session, need, party), clock().today()).half_days)


def warn_of(session: Session, meetings: Iterable[Meeting]) -> None:
    """After planning: say who does not name these times as free."""
    found = [
        name
        for each in meetings
        for name in times.refusals(session, times.of_plan(plan_of(each)), each.day, each.starts, each.ends)
    ]
    if found:
        flash(_("请再确认：%(away)s。", away=times.told(list(dict.fromkeys(found)))), "warn")


def warn_of_pair(session: Session, invitation: Invitation, decision: Decision = Decision.ANOTHER_TIME) -> None:
    """After a proposal or an answer with another time: say that somebody does not name that day as free."""
    day, at = invitation.proposed_on, invitation.proposed_at
    if day is None or decision is not Decision.ANOTHER_TIME:
        return
    start, end = (at, at) if at else (HOURS[Half.MORNING][0], HOURS[Half.AFTERNOON][1])
    who = _who(session, invitation.need, counterpart_of(invitation))
    if times.refusals(session, who, day, start, end):
        flash(_("提出的时间不在双方填写的可约时间之内，对方可能要改时间。"), "warn")


def _who(session: Session, need: Need, party: Counterpart) -> times.Who:
    person = lead_of(session, party)
    people = frozenset({person.id} if person else ())
    return times.Who(people, frozenset({need.firm_id, party.institute_id}))
