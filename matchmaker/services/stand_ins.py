"""Who comes instead, named before the day: another person of a firm, a colleague on file, or just a name.

A colleague on file is invited in a row of their own, so the counting rules see who really came; the one invited first
stays on the list and is recorded as excused.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Meeting, MeetingExpert, MeetingFirm
from matchmaker.domain.meetings import LONGEST_PEOPLE
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import MeetingStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.attendees import replaced
from matchmaker.queries.facts import facts_of
from matchmaker.queries.scopes import known_experts
from matchmaker.services import audit, meeting_notices
from matchmaker.services.meetings import check_people

Row = MeetingFirm | MeetingExpert
MOST_OFFERED = 300


@dataclass(frozen=True)
class StandIn:
    """Somebody on file, or a name with a duty; neither: the party comes itself after all."""

    colleague_id: int | None = None
    who: str = ""


def may_name(actor: Actor, meeting: Meeting, row: Row) -> bool:
    """Whether the actor says who comes for a party: the party, its institute, or an officer (代录), until the day."""
    if meeting.status is not MeetingStatus.PLANNED:
        return False
    if can(actor, Permission.MEETING_PLAN, facts_of(meeting)):
        return True
    if isinstance(row, MeetingFirm):
        return can(actor, Permission.MEETING_RECEIVE, Facts(firm_ids=frozenset({row.firm_id})))
    return can(actor, Permission.EXPERT_EDIT, facts_of(row.expert))


def colleagues(session: Session, meeting: Meeting, row: MeetingExpert) -> list[Expert]:
    """Whom an expert may send: others of the institute who are not invited themselves, or who come for this one."""
    there = {each.expert_id for each in meeting.experts if each.instead_of_id != row.expert_id}
    same = (Expert.institute_id == row.expert.institute_id, Expert.id.not_in(there), known_experts())
    return list(session.scalars(select(Expert).where(*same).order_by(Expert.name, Expert.id).limit(MOST_OFFERED)))


def name(
    session: Session, actor: Actor, meeting: Meeting, row: Row, sent: StandIn, *, reason: str = "", clock: Clock
) -> None:
    """Say who comes for a party, in place of what was said before; the other parties are told.

    Raises `Forbidden` for others, `Conflict` once the meeting is recorded or past, `Invalid` for a colleague of another
    institute or too long a name, `PersonTaken` for a colleague who is in another meeting then.
    """
    if meeting.status is not MeetingStatus.PLANNED or meeting.day < clock.today():
        raise Conflict(_("活动已登记、已取消或已过，不能再换人"))
    if not may_name(actor, meeting, row):
        raise Forbidden(_("只有这一方或负责的工作人员可以换人"))
    who, before = sent.who.strip(), _state(meeting, row)
    if len(who) > LONGEST_PEOPLE:
        raise Invalid({"who": _("最多 %(limit)s 个字", limit=LONGEST_PEOPLE)})
    if isinstance(row, MeetingExpert):
        _send_colleague(session, meeting, row, sent.colleague_id, clock=clock)
        who = "" if sent.colleague_id is not None else who
    row.sends = who
    meeting.updated_at = clock.now()
    session.flush()
    after = _state(meeting, row)
    if after == before:
        return
    action = "name_stand_in" if after["stand_in"] else "drop_stand_in"
    audit.log(
        session,
        actor,
        action,
        meeting,
        clock=clock,
        before=before,
        after=after,
        reason=reason.strip(),
        on_behalf=actor.is_bureau,
    )
    meeting_notices.tell_stand_in(session, meeting, row, _said(after, reason.strip()), clock=clock)


def _send_colleague(
    session: Session, meeting: Meeting, row: MeetingExpert, colleague_id: int | None, *, clock: Clock
) -> None:
    now = replaced(meeting).get(row.expert_id)
    if now is not None and now.id == colleague_id:
        return
    if colleague_id is not None and colleague_id not in {one.id for one in colleagues(session, meeting, row)}:
        raise Invalid({"colleague": _("只能由本单位在册、没有另外受邀的同事代替")})
    told = meeting_notices.before_change(meeting)
    for each in [each for each in meeting.experts if each.instead_of_id == row.expert_id]:
        session.delete(each)
    if colleague_id is not None:
        session.add(MeetingExpert(meeting_id=meeting.id, expert_id=colleague_id, instead_of_id=row.expert_id))
    session.flush()
    session.refresh(meeting, ["experts"])
    check_people(session, meeting)
    meeting.updated_at = clock.now()
    session.flush()
    meeting_notices.tell_difference(session, meeting, told, clock=clock)


def _state(meeting: Meeting, row: Row) -> dict[str, str]:
    if isinstance(row, MeetingFirm):
        return {"party": row.firm.name, "stand_in": row.sends}
    colleague = replaced(meeting).get(row.expert_id)
    return {"party": row.expert.name, "stand_in": colleague.name if colleague else row.sends}


def _said(now: dict[str, str], reason: str) -> str:
    if not now["stand_in"]:
        said = _("%(party)s仍由本人参加", party=now["party"])
    else:
        said = _("%(party)s由%(who)s参加", party=now["party"], who=now["stand_in"])
    return f"{said}{_('；')}{reason}" if reason else said
