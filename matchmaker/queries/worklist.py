"""What waits for an officer today: counted, each with its oldest day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, lazyload

from matchmaker.clock import SHANGHAI, shanghai_date
from matchmaker.db.models import (
    Appeal,
    Capability,
    ClinicVisit,
    Evaluation,
    FollowUp,
    Invitation,
    Meeting,
    MeetingConfirmation,
    Need,
    OutboxMessage,
    Registration,
    ServiceLog,
    Task,
)
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    AppealStatus,
    CapabilityStatus,
    EvaluationStatus,
    InvitationStatus,
    MeetingStatus,
    NeedStatus,
    RegistrationStatus,
    Role,
    ServiceLogStatus,
    Side,
)
from matchmaker.queries import (
    clinics,
    edits,
    escalation,
    follow_ups,
    meeting_words,
    outbox,
    reports,
    scopes,
    targets,
    tasks,
)
from matchmaker.queries.arranged import to_arrange
from matchmaker.queries.invitations import waiting
from matchmaker.queries.meetings import unrecorded
from matchmaker.queries.receptions import awaited

SOON = timedelta(days=14)
DUE = timedelta(days=3)
CLOSING = timedelta(days=30)
LONG_UNMATCHED = 60  # days
REPORT_DAY = 10  # of the month
MOST_SHOWN, MOST_OPEN = 20, 200


@dataclass(frozen=True)
class Waiting:
    """How many, the day of the oldest (of what is to come, the nearest), and how many of them are past their time."""

    number: int = 0
    oldest: date | None = None
    late: int = 0


@dataclass(frozen=True)
class Worklist:
    """The officer's heaps of work."""

    registrations: Waiting
    county_review: Waiting
    city_review: Waiting
    edited: Waiting
    capabilities: Waiting
    overdue_invitations: Waiting
    agreed_invitations: Waiting
    receptions: Waiting
    unrecorded: Waiting
    to_verify: Waiting
    differing: Waiting
    due_invitations: Waiting
    closing_needs: Waiting
    coming: Waiting
    late_tasks: Waiting
    own_tasks: Waiting
    late_follow_ups: Waiting
    disagreeing: Waiting
    unmatched: Waiting
    dead_letters: Waiting
    logs_unit_review: Waiting
    logs_city_review: Waiting
    clinic_sheets: Waiting
    reports: Waiting
    reports_of_teams: Waiting
    to_score: Waiting
    appeals: Waiting


def _waiting(
    session: Session,
    column: InstrumentedAttribute[Any],
    *clauses: ColumnElement[bool],
    late: ColumnElement[bool] | None = None,
) -> Waiting:
    overdue = func.count(case((late, 1))) if late is not None else literal(0)
    number, oldest, behind = session.execute(select(func.count(), func.min(column), overdue).where(*clauses)).one()
    return Waiting(number, shanghai_date(oldest) if isinstance(oldest, datetime) else oldest, behind)


def of(
    session: Session,
    actor: Actor,
    today: date,
    *,
    review_days: int,
    report_day: int = REPORT_DAY,
    escalation_days: int = LONG_UNMATCHED,
) -> Worklist:
    """What waits in the actor's scope: a county officer's own unit, the whole city for the city.

    A review is late after `review_days` working days, an invitation after the day it was to be answered by. A need
    that nobody was found for is to be discussed after `escalation_days`. Reports are due on `report_day` of a month.
    """
    needs, invitations, meetings = scopes.reviewed_needs(actor), scopes.invitations(actor), scopes.meetings(actor)
    open_, planned = Invitation.status == InvitationStatus.OPEN, Meeting.status == MeetingStatus.PLANNED
    overdue, followed = Invitation.answer_by < today, scopes.follow_ups(actor)
    soon = Invitation.answer_by.between(today, today + DUE)
    closing = (needs, Need.status == NeedStatus.PUBLISHED, Need.deadline.between(today, today + CLOSING))
    return Worklist(
        **_reviews(session, actor, today, review_days),
        overdue_invitations=_waiting(session, Invitation.answer_by, invitations, open_, overdue, late=overdue),
        agreed_invitations=_waiting(session, Invitation.updated_at, invitations, to_arrange()),
        receptions=_waiting(session, Meeting.day, meetings, awaited(today)),
        unrecorded=_waiting(session, Meeting.day, meetings, unrecorded(today)),
        to_verify=_waiting(session, Meeting.day, meetings, Meeting.status == MeetingStatus.HELD),
        differing=_waiting(session, MeetingConfirmation.given_at, meetings, *_differing()),
        due_invitations=_waiting(session, Invitation.answer_by, invitations, open_, soon),
        closing_needs=_waiting(session, Need.deadline, *closing),
        coming=_waiting(session, Meeting.day, meetings, planned, Meeting.day.between(today, today + DUE)),
        late_tasks=_waiting(session, Task.due, scopes.tasks(actor), tasks.overdue(today), late=tasks.overdue(today)),
        own_tasks=_waiting(session, Task.due, tasks.own(actor), tasks.not_yet(today)),
        late_follow_ups=_waiting(session, FollowUp.due, followed, follow_ups.late(today)),
        disagreeing=_waiting(session, FollowUp.due, followed, FollowUp.side == Side.FIRM, follow_ups.disagree()),
        unmatched=_waiting(session, Need.status_since, escalation.to_talk_about(actor, today, escalation_days)),
        clinic_sheets=_waiting(session, ClinicVisit.day, scopes.clinic_visits(actor), *clinics.unfilled(today)),
        dead_letters=_waiting(session, OutboxMessage.made_at, outbox.dead_for(actor)),
        reports=_reports(session, today, report_day),
        **_evaluations(session, actor),
    )


def _reports(session: Session, today: date, report_day: int) -> Waiting:
    """Periods that have ended without a report, by the day on which the report was due."""
    due = [one.last + timedelta(days=report_day) for one in reports.waiting(session, today, report_day)]
    return Waiting(len(due), min(due, default=None))


def _reviews(session: Session, actor: Actor, today: date, review_days: int) -> dict[str, Waiting]:
    """What waits to be looked at and let pass: registrations, needs, capabilities, service logs."""
    needs, logs = scopes.reviewed_needs(actor), scopes.service_logs(actor)
    asking = (scopes.registrations(actor), Registration.status == RegistrationStatus.PENDING)
    late = Need.status_since < _review_began_before(session, today, review_days)
    review = Capability.status == CapabilityStatus.REVIEW if actor.role is Role.CITY else false()
    county, city = NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW
    by_unit, by_city = ServiceLogStatus.UNIT_REVIEW, ServiceLogStatus.CITY_REVIEW
    return {
        "registrations": _waiting(session, Registration.created_at, *asking),
        "county_review": _waiting(session, Need.status_since, needs, Need.status == county, late=late),
        "city_review": _waiting(session, Need.status_since, needs, Need.status == city, late=late),
        "edited": _waiting(session, Need.updated_at, edits.waiting(actor)),
        "capabilities": _waiting(session, Capability.status_since, review),
        "logs_unit_review": _waiting(session, ServiceLog.status_since, logs, ServiceLog.status == by_unit),
        "logs_city_review": _waiting(session, ServiceLog.status_since, logs, ServiceLog.status == by_city),
    }


def _evaluations(session: Session, actor: Actor) -> dict[str, Waiting]:
    """Teams' reports that wait for a unit's word, those that wait for points, appeals that wait for an answer."""
    states = {"reports_of_teams": EvaluationStatus.SUBMITTED, "to_score": EvaluationStatus.UNIT_REVIEWED}
    mine = scopes.reviewed_evaluations(actor)
    asked = (Appeal.evaluation_id == Evaluation.id, Appeal.status == AppealStatus.OPEN)
    found = {
        name: _waiting(session, Evaluation.status_since, mine, Evaluation.status == status)
        for name, status in states.items()
    }
    return found | {"appeals": _waiting(session, Appeal.made_on, mine, *asked)}


def _differing() -> tuple[ColumnElement[bool], ...]:
    """Parties that say the record is wrong, and nobody has dealt with it."""
    return MeetingConfirmation.meeting_id == Meeting.id, meeting_words.open_difference()


def _review_began_before(session: Session, today: date, review_days: int) -> datetime:
    """A review that began before this moment should have ended before `today`."""
    calendar = targets.calendar_since(session, today - timedelta(days=4 * review_days + 30))
    return datetime.combine(calendar.working_day_after(today, -review_days), time.min, SHANGHAI)


def open_invitations(session: Session, actor: Actor) -> list[Invitation]:
    """The open invitations in the actor's scope, the most urgent first; no more than anybody looks through."""
    mine = select(Invitation).where(scopes.invitations(actor), Invitation.status == InvitationStatus.OPEN)
    return list(session.scalars(mine.order_by(Invitation.answer_by, Invitation.id).limit(MOST_OPEN)).unique())


def upcoming(session: Session, actor: Actor, today: date) -> list[Meeting]:
    """The planned meetings of the next two weeks in the actor's scope, the nearest first."""
    soon = (Meeting.status == MeetingStatus.PLANNED, Meeting.day.between(today, today + SOON))
    mine = select(Meeting).where(scopes.meetings(actor), *soon).order_by(Meeting.day, Meeting.starts, Meeting.id)
    parties = mine.limit(MOST_SHOWN).options(lazyload(Meeting.needs), lazyload(Meeting.evidence))
    return list(session.scalars(parties).unique())


def asked_by_firm(session: Session, actor: Actor) -> list[Invitation]:
    """Where the firm has spoken last: what it sent and now waits on, and what was declined; the newest first."""
    sent = and_(Invitation.status == InvitationStatus.OPEN, Invitation.sent_side == Side.FIRM)
    told = or_(sent, Invitation.status == InvitationStatus.DECLINED)
    mine = select(Invitation).where(scopes.invitations(actor), told).order_by(Invitation.id.desc()).limit(MOST_SHOWN)
    return [row for row in session.scalars(mine).unique() if Side.FIRM not in waiting(row)]


def to_answer(session: Session, actor: Actor) -> list[Invitation]:
    """Those that wait for the answer of the actor's own side."""
    side = Side.FIRM if actor.role is Role.FIRM else Side.EXPERT
    return [row for row in open_invitations(session, actor) if side in waiting(row)]
