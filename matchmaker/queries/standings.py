"""Where each need sits, since when, until when it should move, and whom to ask when it does not."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.db.models import Account, Invitation, Meeting, MeetingNeed, Need
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.vocabulary import InvitationStatus, MeetingStatus, NeedStatus, Role
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, short_day, with_detail
from matchmaker.queries import targets
from matchmaker.queries.choices import named

SLOW_AFTER_DAYS = 7  # a need that has waited for its firm, or for somebody to be asked, for longer asks for action
REVIEWED_BY = {NeedStatus.COUNTY_REVIEW: Role.COUNTY, NeedStatus.CITY_REVIEW: Role.CITY}


@dataclass(frozen=True)
class Standing:
    """Where a need sits: who holds it (or what goes on), since which day, for how many days.

    `due` is the day by which it should move, None where nobody is waited for; `late`: it should have moved by now.
    `ask` names the officers to ask about a review that is late.
    """

    holder: str
    since: date
    days: int
    due: date | None = None
    late: bool = False
    ask: str = ""


@dataclass(frozen=True)
class _Pairing:
    """What goes on with a need: invitations by state, the earliest answer due, the next meeting."""

    invited: dict[InvitationStatus, int] = field(default_factory=dict)
    answer_by: date | None = None
    meeting: date | None = None


def standings(
    session: Session, needs: Iterable[Need], now: datetime, *, review_days: int, bureau: str = ""
) -> dict[int, Standing]:
    """Need id → where it sits. `review_days`: working days that a review may take; `bureau`: the city bureau's name."""
    needs, today = list(needs), shanghai_date(now)
    pairings = _pairings(session, [need.id for need in needs])
    calendar = targets.calendar_since(session, min((_since(need) for need in needs), default=today))
    found = {}
    for need in needs:
        pairing = pairings.get(need.id, _Pairing())
        due = _due(need, pairing, calendar, review_days, today)
        found[need.id] = Standing(
            holder=_holder(need, bureau) or _progress(pairing),
            since=_since(need),
            days=(today - _since(need)).days,
            due=due,
            late=due is not None and due < today,
        )
    return found


def with_officers(session: Session, needs: Iterable[Need], found: dict[int, Standing]) -> dict[int, Standing]:
    """The same, naming the officers to ask where a review is late."""
    late = [need for need in needs if found[need.id].late and need.status in REVIEWED_BY]
    if not late:
        return found
    active = select(Account).where(Account.active, Account.role.in_(REVIEWED_BY.values()))
    officers = list(session.scalars(active.order_by(Account.id)))
    asked = {need.id: joined(map(_address, _desk(need, officers))) for need in late}
    return {key: replace(standing, ask=asked.get(key, "")) for key, standing in found.items()}


def _desk(need: Need, officers: Iterable[Account]) -> list[Account]:
    """Who reviews the need now: the officer who looks after it, if that is theirs to do, else all of the desk."""
    role, unit = REVIEWED_BY[need.status], need.firm.unit_id
    found = [one for one in officers if one.role is role and (role is Role.CITY or one.unit_id == unit)]
    return [one for one in found if one.id == need.officer_id] or found


def _address(officer: Account) -> str:
    return with_detail(officer.name, officer.email) if officer.email else officer.name


def _since(need: Need) -> date:
    return shanghai_date(need.status_since)


def _due(need: Need, pairing: _Pairing, calendar: WorkCalendar, review_days: int, today: date) -> date | None:
    """By when somebody should act; a meeting that is arranged asks for nothing until its day has passed."""
    if need.status in REVIEWED_BY:
        return calendar.working_day_after(_since(need), review_days)
    if need.status is NeedStatus.PUBLISHED and pairing.meeting:
        return pairing.meeting if pairing.meeting < today else None
    if need.status is NeedStatus.PUBLISHED and pairing.answer_by:
        return pairing.answer_by
    idle = need.status is NeedStatus.PUBLISHED and InvitationStatus.ACCEPTED not in pairing.invited
    return _since(need) + timedelta(days=SLOW_AFTER_DAYS) if idle or need.status is NeedStatus.RETURNED else None


def _pairings(session: Session, need_ids: list[int]) -> dict[int, _Pairing]:
    statement = (
        select(Invitation.need_id, Invitation.status, func.count(), func.min(Invitation.answer_by))
        .where(Invitation.need_id.in_(need_ids))
        .group_by(Invitation.need_id, Invitation.status)
    )
    found: dict[int, _Pairing] = {key: _Pairing(meeting=day) for key, day in _next_meetings(session, need_ids).items()}
    for need_id, status, number, answer_by in session.execute(statement):
        known = found.get(need_id, _Pairing())
        waits = answer_by if status is InvitationStatus.OPEN else known.answer_by
        found[need_id] = replace(known, invited={**known.invited, status: number}, answer_by=waits)
    return found


def _next_meetings(session: Session, need_ids: list[int]) -> dict[int, date]:
    statement = (
        select(MeetingNeed.need_id, func.min(Meeting.day))
        .join(Meeting, Meeting.id == MeetingNeed.meeting_id)
        .where(MeetingNeed.need_id.in_(need_ids), Meeting.status == MeetingStatus.PLANNED)
        .group_by(MeetingNeed.need_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _holder(need: Need, bureau: str) -> str:
    unit = named(need.firm.unit) if need.firm.unit else ""
    holders = {
        NeedStatus.DRAFT: need.firm.name,
        NeedStatus.RETURNED: need.firm.name,
        NeedStatus.COUNTY_REVIEW: _("%(unit)s科技主管部门", unit=unit),
        NeedStatus.CITY_REVIEW: bureau or _("市科技局"),
        NeedStatus.DECLINED: _("已办结"),
        NeedStatus.SOLVED: _("已办结"),
        NeedStatus.CLOSED: _("已办结"),
    }
    return holders.get(need.status, "")


def _progress(pairing: _Pairing) -> str:
    """What goes on with a published need: derived, never stored."""
    if pairing.meeting is not None:
        return _("对接中 · %(day)s见面", day=short_day(pairing.meeting))
    if pairing.invited.get(InvitationStatus.ACCEPTED):
        return _("对接中 · 双方同意，待安排")
    if pairing.invited.get(InvitationStatus.OPEN):
        return _("对接中 · 已邀请 %(number)s 位", number=pairing.invited[InvitationStatus.OPEN])
    return _("等待邀请专家")
