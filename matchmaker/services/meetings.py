"""Meetings from plan to verified record. Who is invited twice at one time is refused, whoever asks first wins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Invitation, Meeting, MeetingExpert, MeetingFirm, MeetingNeed, Organisation
from matchmaker.domain.meetings import REQUIRED_TO_VERIFY, Plan, Record
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, InvitationStatus, MeetingStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import clinics, journeys
from matchmaker.queries.attendees import replaced
from matchmaker.queries.facts import facts_of
from matchmaker.queries.journeys import Journey
from matchmaker.queries.meetings import Clash, clashes, gaps_of, get_visible, other_buses
from matchmaker.services import audit, bulk, labels, meeting_notices, minutes, tasks, transitions
from matchmaker.services.meeting_plans import Parties, own_title, parties_of, resolve, title_of
from matchmaker.services.meeting_words import record_id

State = dict[str, Any]


class PersonTaken(Conflict):
    """Somebody, or a firm with its bus, is already in another meeting then; `clashes` names who and which."""

    def __init__(self, found: Sequence[Clash]) -> None:
        super().__init__(_("；").join(clash_text(clash) for clash in found))
        self.clashes = list(found)


def schedule(
    session: Session, actor: Actor, plan: Plan, *, clock: Clock, invitation: Invitation | None = None
) -> Meeting:
    """Plan a meeting. An `invitation` it follows from must have been accepted by both sides.

    Raises `Invalid` (field → message), `Forbidden` for an officer of another unit, `PersonTaken` naming the other
    meeting, `Conflict` for an invitation that is not accepted.
    """
    if invitation is not None and invitation.status is not InvitationStatus.ACCEPTED:
        raise Conflict(_("双方都同意之后才能安排活动"))
    parties = resolve(session, actor, plan, clock=clock)
    if not can(actor, Permission.MEETING_PLAN, parties.facts):
        raise Forbidden(_("您只能安排有本单位企业参加的活动"))
    meeting = Meeting(kind=plan.kind, made_by_id=actor.account_id, created_at=clock.now(), updated_at=clock.now())
    meeting.officer_id = actor.account_id if actor.is_bureau else None
    _write_plan(meeting, plan, parties)
    meeting.firms = [MeetingFirm(firm=firm) for firm in parties.firms]
    meeting.experts = [MeetingExpert(expert=expert) for expert in parties.experts]
    meeting.needs = [MeetingNeed(need=need) for need in parties.needs]
    check_people(session, meeting)
    session.add(meeting)
    session.flush()
    audit.log(session, actor, "schedule", meeting, clock=clock, after=_plan_state(meeting))
    meeting_notices.tell(session, meeting, "meeting_planned", clock=clock)
    return meeting


def change(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    plan: Plan,
    *,
    clock: Clock,
    version: int | None = None,
    reason: str = "",
    quiet: bool = False,
) -> None:
    """Replace the plan of a meeting that has not been recorded: another time, place or company.

    All parties are told, with the `reason`, and so is who is no longer asked; not if `quiet`, where the caller tells
    them of more than this. `version` is what the editor saw; `StaleEdit` if somebody saved since. Otherwise as
    `schedule`.
    """
    if not can(actor, Permission.MEETING_PLAN, facts_of(meeting)):
        raise Forbidden(_("您没有权限更改这场活动"))
    if meeting.status is not MeetingStatus.PLANNED:
        raise Conflict(_("只有已安排、未登记的活动可以更改"))
    before, told = _plan_state(meeting), meeting_notices.before_change(meeting)
    parties = resolve(session, actor, plan, clock=clock, meeting=meeting)
    if version is not None and version != meeting.version:
        raise StaleEdit(_("这场活动刚刚被别人改过，请核对后重新提交"), yours=vars(plan), theirs=before)
    if not can(actor, Permission.MEETING_PLAN, parties.facts):
        raise Forbidden(_("您只能安排有本单位企业参加的活动"))
    if plan.title.strip() == meeting.title:
        plan = replace(plan, title=own_title(meeting))
    meeting.kind = plan.kind
    _write_plan(meeting, plan, parties)
    _replace_parties(session, meeting, parties)
    meeting.title = title_of(plan, parties_of(meeting))
    check_people(session, meeting)
    meeting.updated_at = clock.now()
    session.flush()
    after = _plan_state(meeting)
    audit.log(session, actor, "change", meeting, clock=clock, before=before, after=after, reason=reason.strip())
    if not quiet:
        meeting_notices.tell_changed(session, meeting, told, clock=clock, reason=reason.strip())


def cancel(
    session: Session, actor: Actor, meeting: Meeting, *, reason: str, clock: Clock, version: int | None = None
) -> None:
    """Call a planned meeting off; it stays on file. Attendance entered earlier is taken back: nobody was absent."""
    transitions.apply(session, actor, meeting, "cancel", clock=clock, reason=reason, version=version)
    for firm in meeting.firms:
        firm.attendance = None
    for person in meeting.experts:
        person.attendance = None
    tasks.of_cancelled(session, meeting, clock=clock)
    meeting_notices.tell(session, meeting, "meeting_cancelled", clock=clock, reason=reason)


def restore(
    session: Session, actor: Actor, meeting: Meeting, *, reason: str, clock: Clock, version: int | None = None
) -> None:
    """Put a cancelled meeting back, if its people are still free; they are told. Raises `PersonTaken`.

    One of a trip or route comes back on the day that has now, unless another stop takes its time: `Conflict`.
    """
    transitions.apply(session, actor, meeting, "restore", clock=clock, reason=reason, version=version)
    if (journey := journeys.journey_of(meeting)) is not None:
        _fit_in(session, actor, meeting, journey, clock=clock)
    check_people(session, meeting)
    meeting_notices.tell(session, meeting, "meeting_planned", clock=clock, reason=reason.strip())


def _fit_in(session: Session, actor: Actor, meeting: Meeting, journey: Journey, *, clock: Clock) -> None:
    """Its journey may have been moved and given other stops since the meeting was called off."""
    others = [stop for stop in journeys.stops_of(session, journey) if stop is not meeting]
    if at_once := journeys.overlapping(others, meeting.starts, meeting.ends):
        titles = joined(stop.title for stop in at_once)
        raise Conflict(_("与同一天的“%(titles)s”时间重叠", titles=titles))
    if meeting.day != journey.day:
        before, meeting.day = _plan_state(meeting), journey.day
        session.flush()
        audit.log(session, actor, "change", meeting, clock=clock, before=before, after=_plan_state(meeting))


def record(
    session: Session, actor: Actor, meeting: Meeting, result: Record, *, clock: Clock, seen: str | None = None
) -> None:
    """Say what happened: an outcome for everybody invited, and minutes. Nothing is filled in for anybody.

    `seen` is `record_id` of what the form was filled in over. Raises `Invalid` before the day, with field → message for
    what is missing, or where somebody entered another record since.
    """
    transitions.apply(session, actor, meeting, "record", clock=clock)
    _check_seen(meeting, seen)
    _check_record(meeting, result, clock.today())
    before = _record_state(meeting)
    for firm in meeting.firms:
        firm.attendance, firm.people = result.firms[firm.firm_id].attendance, result.firms[firm.firm_id].people
    for person in meeting.experts:
        presence = result.experts[person.expert_id]
        person.attendance, person.stand_in = presence.attendance, presence.people
    meeting.minutes = result.minutes
    minutes.replace(session, meeting, result.items, clock=clock)
    if meeting.officer_id is None and actor.is_bureau:
        meeting.officer_id = actor.account_id
    meeting.recorded_by_id, meeting.recorded_by, meeting.recorded_at = actor.account_id, actor.name, clock.now()
    session.flush()
    labels.held(session, actor, meeting, clock=clock)
    audit.log(session, actor, "attendance", meeting, clock=clock, before=before, after=_record_state(meeting))
    tasks.from_minutes(session, actor, meeting, clock=clock)


def verify(session: Session, actor: Actor, meeting: Meeting, *, clock: Clock, version: int | None = None) -> None:
    """Confirm a recorded meeting: from now on it counts, if the rules agree. Never by the one who recorded it.

    `version` is the record that was looked at. Raises `Conflict` when attendance or minutes are missing, or when the
    record is no longer that one.
    """
    gaps = [gap for gap in gaps_of(meeting) if gap in REQUIRED_TO_VERIFY]
    if gaps:
        raise Conflict(_("材料不全，不能核验：%(gaps)s", gaps=joined(_(gap.label) for gap in gaps)))
    transitions.apply(session, actor, meeting, "verify", clock=clock, version=version)
    meeting.verified_by_id, meeting.verified_by, meeting.verified_at = actor.account_id, actor.name, clock.now()
    session.flush()


def verify_many(session: Session, actor: Actor, seen: Mapping[int, int | None], *, clock: Clock) -> list[bulk.Outcome]:
    """Verify many meetings, each by itself; `seen` maps each to the version that was looked at, if one was."""

    def move(meeting_id: int) -> None:
        meeting = get_visible(session, actor, meeting_id)
        verify(session, actor, meeting, clock=clock, version=seen[meeting_id])

    return bulk.each(seen, move)


def reject(
    session: Session, actor: Actor, meeting: Meeting, *, reason: str, clock: Clock, version: int | None = None
) -> None:
    """Send a record back to be entered again; what it said stays as a draft of the next one."""
    transitions.apply(session, actor, meeting, "reject", clock=clock, reason=reason, version=version)
    labels.not_held(session, meeting)


def unverify(
    session: Session, actor: Actor, meeting: Meeting, *, reason: str, clock: Clock, version: int | None = None
) -> None:
    """Take a verification back: the meeting leaves the count and waits to be verified again."""
    transitions.apply(session, actor, meeting, "unverify", clock=clock, reason=reason, version=version)
    meeting.verified_by_id, meeting.verified_by, meeting.verified_at = None, "", None
    session.flush()


def lock_people(session: Session, expert_ids: Iterable[int]) -> None:
    """Let nobody else plan with these people until commit; in id order, so two planners never wait for each other."""
    people = select(Expert.id).where(Expert.id.in_(list(expert_ids))).order_by(Expert.id)
    session.execute(people.with_for_update(key_share=True)).all()


def check_people(session: Session, meeting: Meeting) -> None:
    """Raise `PersonTaken` if somebody who comes is in another meeting then; nobody plans with them until commit."""
    away = replaced(meeting)
    expert_ids = [row.expert.id for row in meeting.experts if not row.sends and row.expert.id not in away]
    with session.no_autoflush:
        lock_people(session, expert_ids)
        found = clashes(session, expert_ids, meeting.day, (meeting.starts, meeting.ends), except_id=meeting.id)
        found += clinics.clashes(session, expert_ids, meeting.day, (meeting.starts, meeting.ends))
        found += _two_buses(session, meeting)
    if found:
        raise PersonTaken(found)


def _two_buses(session: Session, meeting: Meeting) -> list[Clash]:
    """Firms of a trip that are to be on another bus in the same half of the day."""
    if meeting.trip is None:
        return []
    firm_ids = [row.firm.id for row in meeting.firms]
    firms = select(Organisation.id).where(Organisation.id.in_(firm_ids)).order_by(Organisation.id)
    session.execute(firms.with_for_update(key_share=True)).all()
    return other_buses(session, meeting, firm_ids)


def clash_text(clash: Clash) -> str:
    """Who is taken when by what, in one line."""
    if clash.clinic:
        when = {"day": clash.day.isoformat(), "starts": f"{clash.starts:%H:%M}", "ends": f"{clash.ends:%H:%M}"}
        said = _("%(person)s 在 %(day)s %(starts)s–%(ends)s 参加技术巡诊“%(title)s”")
        return said % {"person": clash.expert, "title": clash.title, **when}
    return _(
        "%(person)s 在 %(day)s %(starts)s–%(ends)s 已有安排：第 %(id)s 号活动“%(title)s”",
        person=clash.expert,
        day=clash.day.isoformat(),
        starts=f"{clash.starts:%H:%M}",
        ends=f"{clash.ends:%H:%M}",
        id=clash.meeting_id,
        title=clash.title,
    )


def _write_plan(meeting: Meeting, plan: Plan, parties: Parties) -> None:
    day, starts, ends = _when(plan)
    meeting.title, meeting.day, meeting.starts, meeting.ends = title_of(plan, parties), day, starts, ends
    meeting.host, meeting.site, meeting.group = parties.host, parties.site, parties.group
    meeting.trip, meeting.route = parties.trip, parties.route


def _when(plan: Plan) -> tuple[date, time, time]:
    if plan.day is None or plan.starts is None or plan.ends is None:
        raise ValueError("a checked plan has day and times")
    return plan.day, plan.starts, plan.ends


def _replace_parties(session: Session, meeting: Meeting, parties: Parties) -> None:
    """Keep the rows of who stays; rows of who is no longer invited go (the audit trail has them)."""
    kept = {row.firm_id for row in meeting.firms}, {row.expert_id for row in meeting.experts}
    gone = (
        [row for row in meeting.firms if row.firm_id not in {firm.id for firm in parties.firms}]
        + [row for row in meeting.experts if row.expert_id not in {expert.id for expert in parties.experts}]
        + list(meeting.needs)
    )
    for row in gone:
        session.delete(row)
    session.flush()
    session.add_all(
        MeetingFirm(meeting_id=meeting.id, firm_id=firm.id) for firm in parties.firms if firm.id not in kept[0]
    )
    session.add_all(
        MeetingExpert(meeting_id=meeting.id, expert_id=one.id) for one in parties.experts if one.id not in kept[1]
    )
    session.add_all(MeetingNeed(meeting_id=meeting.id, need_id=need.id) for need in parties.needs)
    session.flush()
    session.refresh(meeting, ["firms", "experts", "needs"])


def _check_seen(meeting: Meeting, seen: str | None) -> None:
    if seen is not None and seen != record_id(meeting):
        said = _("您填写期间，%(name)s 登记过这场活动，后来被退回", name=meeting.recorded_by)
        raise Invalid({"": _("%(what)s。请先核对页面下方的经过，确认以您填的为准再按登记", what=said)})


def _check_record(meeting: Meeting, result: Record, today: date) -> None:
    if today < meeting.day:
        raise Invalid({"": _("活动在 %(day)s 举行，当天起才能登记", day=meeting.day.isoformat())})
    problems = result.problems(
        [row.firm_id for row in meeting.firms],
        [row.expert_id for row in meeting.experts],
        minutes_filed=any(file.kind is EvidenceKind.MINUTES for file in meeting.filed),
        day=meeting.day,
    )
    away = replaced(meeting)
    for row in meeting.experts:
        colleague = away.get(row.expert_id)
        if colleague is not None and result.experts[row.expert_id].attendance is Attendance.STAND_IN:
            told = _("%(name)s是在册专家，已单独登记到会情况；这一位请登记为请假", name=colleague.name)
            problems[f"expert_{row.expert_id}"] = told
    if problems:
        raise Invalid(problems)


def _plan_state(meeting: Meeting) -> State:
    return audit.state_of(meeting) | {
        "firms": [row.firm.name for row in meeting.firms],
        "experts": [row.expert.name for row in meeting.experts],
        "needs": [row.need.title for row in meeting.needs],
    }


def _record_state(meeting: Meeting) -> State:
    firms = {row.firm.name: [row.attendance, row.people] for row in meeting.firms}
    experts = {row.expert.name: [row.attendance, row.stand_in] for row in meeting.experts}
    said = {"minutes": meeting.minutes, "recorded_by": meeting.recorded_by}
    return firms | experts | said | minutes.state_of(meeting)
