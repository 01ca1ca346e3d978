"""The table of days that differ from the weekday rule: one day corrected, or a year's official list entered."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Setting, Workday
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Forbidden, Invalid
from matchmaker.exchange.workday_lists import LONGEST_NOTE, Listed, Reading, read_list
from matchmaker.i18n import gettext as _
from matchmaker.queries import workdays as queries
from matchmaker.services import audit

LONGEST_REASON = 1000
_RULE = WorkCalendar()


def set_day(session: Session, actor: Actor, wanted: Listed, *, reason: str, clock: Clock) -> None:
    """Say of one day whether people work on it; a day as the weekday rule has it needs no row any more.

    Raises `Forbidden`, or `Invalid` by field, also where nothing would change.
    """
    _require(actor)
    exclusive(session, "workdays")
    before = _state(queries.rows(session, wanted.day.year))
    after = {**before, wanted.day: wanted}
    problems = _reason_problems(reason)
    if len(wanted.note) > LONGEST_NOTE:
        problems["note"] = _("最多 %(limit)s 个字", limit=LONGEST_NOTE)
    if not problems and _differing(after) == before:
        problems["day"] = _("这一天已经是这样安排的")
    if problems:
        raise Invalid(problems)
    _write(session, actor, wanted.day.year, before, _differing(after), action="edit", reason=reason, clock=clock)


def set_year(session: Session, actor: Actor, year: int, text: str, *, reason: str, clock: Clock) -> int:
    """Replace what is known of `year` by the list pasted, and return how many days now differ from the weekday rule.

    Raises `Forbidden`, or `Invalid` by field: a list is taken whole or not at all.
    """
    _require(actor)
    exclusive(session, "workdays")
    reading = read_list(text, year)
    before, after = _state(queries.rows(session, year)), _differing({one.day: one for one in reading.days})
    listed = year in queries.listed_years(session)
    problems = _reason_problems(reason) | _list_problems(reading, before, after, listed=listed)
    if problems:
        raise Invalid(problems)
    _write(session, actor, year, before, after, action="list", reason=reason, clock=clock)
    session.merge(Setting(key=f"{queries.LISTED}{year}", value=""))
    return len(after)


def _list_problems(
    reading: Reading, before: Mapping[date, Listed], after: Mapping[date, Listed], *, listed: bool
) -> dict[str, str]:
    if reading.problems:
        return {"text": _("；").join(reading.problems[:5])}
    if not after:
        return {"text": _("没有读到与周一至周五不同的日子，请粘贴全年的放假安排")}
    return {"text": _("与已经录入的完全相同，没有需要改的")} if listed and after == before else {}


def _require(actor: Actor) -> None:
    if not can(actor, Permission.WORKDAY_EDIT):
        raise Forbidden(_("工作日由市科技局工作人员录入"))


def _reason_problems(reason: str) -> dict[str, str]:
    if not reason.strip():
        return {"reason": _("请填写原因")}
    return {"reason": _("最多 %(limit)s 个字", limit=LONGEST_REASON)} if len(reason) > LONGEST_REASON else {}


def _state(rows: Mapping[date, Workday]) -> dict[date, Listed]:
    return {day: Listed(day, row.works, row.note) for day, row in rows.items()}


def _differing(days: Mapping[date, Listed]) -> dict[date, Listed]:
    return {day: days[day] for day in sorted(days) if days[day].works != _RULE.works(day)}


def _write(
    session: Session,
    actor: Actor,
    year: int,
    before: Mapping[date, Listed],
    after: Mapping[date, Listed],
    *,
    action: str,
    reason: str,
    clock: Clock,
) -> None:
    for day in before.keys() - after.keys():
        session.delete(session.get_one(Workday, day))
    for day, one in after.items():
        session.merge(Workday(day=day, works=one.works, note=one.note))
    session.flush()
    audit.write(
        session,
        actor,
        action=action,
        noun=Noun.WORKDAY,
        record_id=year,
        at=clock.now(),
        before=_told(before),
        after=_told(after),
        reason=reason.strip(),
    )


def _told(days: Mapping[date, Listed]) -> dict[str, list[object]]:
    return {day.isoformat(): [one.works, one.note] for day, one in days.items()}
