"""Checking in on the spot 签到. It proposes an attendance to whoever records the meeting.

It changes no count, but where all have checked in that stands for the sign-in sheet a rule may ask for.
"""

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db import chain
from matchmaker.db.insert import insert_into
from matchmaker.db.models import CheckIn, Meeting
from matchmaker.domain.check_ins import Arrival
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import CheckInHow, MeetingStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, TooMany
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, reasons, throttle
from matchmaker.services.evidence import renew
from matchmaker.services.speakers import LONGEST_NAME

ACTION = "check_in"
MOST_PER_NETWORK = 200  # in an hour: everybody at a meeting may share the host's address
MOST_PER_MEETING = 300
OPEN = frozenset({MeetingStatus.PLANNED, MeetingStatus.HELD})


def by_code(session: Session, meeting: Meeting, arrival: Arrival, *, network: str, clock: Clock) -> CheckIn:
    """Somebody at the meeting checks in with their phone; a second tap is the same check-in.

    The caller has read the signed code. Raises `Conflict` on another day or for a meeting that is called off or
    verified, `Invalid` for what is missing or for a party of another meeting, `TooMany` for too many from one network.
    """
    if meeting.day != clock.today():
        raise Conflict(_("只能在活动当天签到"))
    arrival = _tidied(meeting, arrival)
    typed = _("现场签到：%(name)s", name=arrival.name or _own_name(meeting, arrival))
    actor = Actor(role=None, name=typed[:LONGEST_NAME])  # a name typed by anybody is not to read as an account's
    _check(session, meeting, arrival, by_officer=False)
    throttle.take(session, ACTION, network, now=clock.now(), most=MOST_PER_NETWORK)
    return _keep(session, actor, meeting, arrival, CheckInHow.CODE, clock=clock)


def by_officer(session: Session, actor: Actor, meeting: Meeting, arrival: Arrival, *, clock: Clock) -> CheckIn:
    """The organiser ticks somebody off. As `by_code`, on the day or afterwards; `Forbidden` for another unit's."""
    _require_officer(actor, meeting)
    if meeting.day > clock.today():
        raise Conflict(_("活动当天起才能签到"))
    arrival = _tidied(meeting, arrival)
    _check(session, meeting, arrival, by_officer=True)
    return _keep(session, actor, meeting, arrival, CheckInHow.OFFICER, clock=clock)


def void(session: Session, actor: Actor, meeting: Meeting, check_in: CheckIn, *, reason: str, clock: Clock) -> None:
    """Say that somebody was not there after all; the row stays on file and proves nothing."""
    _require_officer(actor, meeting)
    _require_open(meeting)
    if check_in.voided_at is not None:
        raise Conflict(_("这条签到已经作废"))
    reason = reasons.given(reason)
    check_in.voided_by, check_in.voided_at, check_in.claim = actor.name, clock.now(), None
    session.flush()
    session.expire(meeting, ["check_ins"])
    if meeting.status is MeetingStatus.HELD:  # whoever verifies has counted on it
        renew(session, meeting, clock)
    before, after = _state(check_in), {"voided_by": actor.name}
    audit.log(
        session,
        actor,
        "void_check_in",
        meeting,
        clock=clock,
        before=before,
        after=before | after,
        reason=reason,
    )


def _check(session: Session, meeting: Meeting, arrival: Arrival, *, by_officer: bool) -> None:
    _require_open(meeting)
    arrival.check(by_officer=by_officer)
    firms, experts = {row.firm_id for row in meeting.firms}, {row.expert_id for row in meeting.experts}
    strange = arrival.firm_id not in {None, *firms} or arrival.expert_id not in {None, *experts}
    if strange or (arrival.firm_id is not None and arrival.expert_id is not None):
        raise Invalid({"party": _("请从这场活动的名单中选择")})
    there = select(func.count()).select_from(CheckIn).where(CheckIn.meeting_id == meeting.id)
    if session.scalars(there).one() >= MOST_PER_MEETING:
        raise TooMany(_("这场活动的签到人数已满，请工作人员在记录里登记"))


def _keep(
    session: Session, actor: Actor, meeting: Meeting, arrival: Arrival, how: CheckInHow, *, clock: Clock
) -> CheckIn:
    values = {
        "meeting_id": meeting.id,
        "firm_id": arrival.firm_id,
        "expert_id": arrival.expert_id,
        "name": arrival.name,
        "organisation": arrival.organisation,
        "how": how,
        "claim": arrival.claim,
        "at": clock.now(),
        "entered_by": actor.name if how is CheckInHow.OFFICER else "",
        "voided_by": "",
    }
    insert = insert_into(session, CheckIn, **values).on_conflict_do_nothing(index_elements=["meeting_id", "claim"])
    new = session.execute(insert.returning(CheckIn.id)).scalar_one_or_none()
    mine = select(CheckIn).where(CheckIn.meeting_id == meeting.id, CheckIn.claim == arrival.claim)
    check_in = session.scalars(mine).one()
    if new is not None:
        session.expire(meeting, ["check_ins"])
        chain.touch(session, CheckIn.__tablename__, [new])
        audit.log(session, actor, ACTION, meeting, clock=clock, after=_state(check_in))
    return check_in


def _tidied(meeting: Meeting, arrival: Arrival) -> Arrival:
    """An expert who writes their own name is the same as one who writes none."""
    own = arrival.expert_id is not None and arrival.name == _own_name(meeting, arrival)
    return replace(arrival, name="") if own else arrival


def _own_name(meeting: Meeting, arrival: Arrival) -> str:
    return next((row.expert.name for row in meeting.experts if row.expert_id == arrival.expert_id), "")


def _require_officer(actor: Actor, meeting: Meeting) -> None:
    if not can(actor, Permission.MEETING_RECORD, facts_of(meeting)):
        raise Forbidden(_("您没有权限登记这场活动的签到"))


def _require_open(meeting: Meeting) -> None:
    if meeting.status not in OPEN:
        raise Conflict(_("活动已核验或已取消，签到不能再变动"))


def _state(check_in: CheckIn) -> dict[str, object]:
    return {
        "check_in": check_in.id,
        "person": check_in.name,
        "organisation": check_in.organisation,
        "firm_id": check_in.firm_id,
        "expert_id": check_in.expert_id,
        "how": check_in.how.value,
    }
