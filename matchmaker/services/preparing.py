"""What is told beforehand and what is answered: a meeting's particulars, and the receiving party's reply."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Meeting, Reception
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.preparing import LONGEST, Particulars
from matchmaker.domain.secrecy import refused
from matchmaker.domain.vocabulary import MeetingStatus, ReceptionAnswer
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.facts import facts_of
from matchmaker.queries.receptions import facts_of_receiver, receiver_of
from matchmaker.queries.untold import untold
from matchmaker.services import audit, meeting_notices


def prepare(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    told: Particulars,
    *,
    clock: Clock,
    version: int | None = None,
) -> None:
    """Write agenda, what to bring, what stays secret, travel, and who is to come for each firm.

    Raises `Invalid` by field, `Forbidden`, `Conflict` unless the meeting is still planned, `StaleEdit` if somebody
    saved since `version`.
    """
    if not can(actor, Permission.MEETING_PLAN, facts_of(meeting)):
        raise Forbidden(_("您没有权限更改这场活动"))
    _require_planned(meeting)
    if problems := told.problems():
        raise Invalid(problems)
    before = _told(meeting)
    if version is not None and version != meeting.version:
        raise StaleEdit(_("这场活动刚刚被别人改过，请核对后重新提交"), yours=vars(told), theirs=before)
    meeting.agenda = [list(line) for line in told.lines()]
    meeting.bring, meeting.secrecy, meeting.travel = told.bring.strip(), told.secrecy.strip(), told.travel.strip()
    for row in meeting.firms:
        row.expected = told.expected.get(row.firm_id, row.expected).strip()
    meeting.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "prepare", meeting, clock=clock, before=before, after=_told(meeting))


def tell(session: Session, actor: Actor, meetings: Collection[Meeting], *, clock: Clock) -> None:
    """Tell every party of meetings of one day what was changed of their particulars since they were last written to.

    One letter each, with its calendar. Raises `Forbidden`, and `Conflict` where there is nothing they do not know.
    """
    if not all(can(actor, Permission.MEETING_PLAN, facts_of(meeting)) for meeting in meetings):
        raise Forbidden(_("您没有权限更改这场活动"))
    news = {meeting.id: untold(session, meeting) for meeting in meetings}
    those = [meeting for meeting in meetings if news[meeting.id] and is_to_come(meeting, clock)]
    if not those:
        raise Conflict(_("准备事项没有各方还不知道的变动，没有另发通知"))
    for meeting in those:
        meeting.updated_at = clock.now()  # so that its entry in calendars is replaced
        session.flush()
        audit.log(session, actor, "tell", meeting, clock=clock, after={"told": list(news[meeting.id])})
    changed = dict.fromkeys(label for meeting in those for label in news[meeting.id].values())
    reason = _("变动：%(what)s", what=joined(changed))
    meeting_notices.tell_together(session, those, meeting_notices.PREPARED, clock=clock, reason=reason)


def is_to_come(meeting: Meeting, clock: Clock) -> bool:
    """Whether anybody needs to be told of it: planned, and its day not gone by."""
    return meeting.status is MeetingStatus.PLANNED and meeting.day >= clock.today()


def may_reply(actor: Actor, meeting: Meeting) -> bool:
    """Whether the actor answers for the receiving party of a planned meeting, themselves or as an officer (代录)."""
    if meeting.status is not MeetingStatus.PLANNED or receiver_of(meeting) is None:
        return False
    own = can(actor, Permission.MEETING_RECEIVE, facts_of_receiver(meeting))
    return own or can(actor, Permission.MEETING_PLAN, facts_of(meeting))


def reply(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    answer: ReceptionAnswer,
    *,
    remark: str,
    said_by: str = "",
    clock: Clock,
) -> None:
    """Keep what the receiving party says to the time the meeting has now; it replaces what was said before.

    `said_by` is whom an officer spoke to (代录). Raises `Invalid` for a refusal without a remark or a reply by phone
    without a name, `Forbidden` for others, `Conflict` unless the meeting is still planned.
    """
    _require_planned(meeting)
    if not may_reply(actor, meeting):
        raise Forbidden(_("只有接待方或负责的工作人员可以回复"))
    own = can(actor, Permission.MEETING_RECEIVE, facts_of_receiver(meeting))
    _check_reply(answer, remark.strip(), "" if own else said_by.strip(), own=own)
    exclusive(session, f"reception:{meeting.id}")
    known = session.scalar(select(Reception).where(Reception.meeting_id == meeting.id))
    row, before = known or Reception(meeting_id=meeting.id), _said(known)
    row.answer, row.remark, row.on_behalf = answer, remark.strip(), not own
    row.said_by, row.at = actor.name if own else said_by.strip(), clock.now()
    row.day, row.starts, row.ends = meeting.day, meeting.starts, meeting.ends
    session.add(row)
    session.flush()
    audit.log(
        session,
        actor,
        f"receive_{answer}",
        meeting,
        clock=clock,
        before=before,
        after=_said(row),
        reason=remark.strip(),
        on_behalf=not own,
    )


def _require_planned(meeting: Meeting) -> None:
    if meeting.status is not MeetingStatus.PLANNED:
        raise Conflict(_("只有已安排、未登记的活动可以更改"))


def _check_reply(answer: ReceptionAnswer, remark: str, said_by: str, *, own: bool) -> None:
    found: dict[str, str] = {}
    if answer is not ReceptionAnswer.CONFIRMED and not remark:
        found["remark"] = _("请写明希望怎样调整，或为什么不能接待")
    if len(remark) > LONGEST:
        found["remark"] = _("最多 %(limit)s 个字", limit=LONGEST)
    if not own and not 0 < len(said_by) <= 64:
        found["said_by"] = _("请写明是谁答复的，不超过 64 个字")
    found |= refused({"remark": (_("说明"), remark)})
    if found:
        raise Invalid(found)


def _told(meeting: Meeting) -> dict[str, Any]:
    own = {name: getattr(meeting, name) for name in ("agenda", "bring", "secrecy", "travel")}
    return own | {f"expected {row.firm.name}": row.expected for row in meeting.firms}


def _said(row: Reception | None) -> dict[str, Any]:
    if row is None:
        return {}
    about = f"{row.day} {row.starts:%H:%M}–{row.ends:%H:%M}"
    return {"reception": row.answer, "remark": row.remark, "said_by": row.said_by, "about": about}
