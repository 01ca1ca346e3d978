"""Keeping a meeting out of a metric by hand, and taking that back: both say who, when and why, in the ledger too."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Exclusion, Meeting
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.services import audit, reasons


def standing(session: Session, meeting: Meeting) -> dict[MetricCode, Exclusion]:
    """What keeps the meeting out of which metric now."""
    rows = select(Exclusion).where(Exclusion.meeting_id == meeting.id, Exclusion.taken_back_at.is_(None))
    return {MetricCode(row.metric_code): row for row in session.scalars(rows)}


def exclude(
    session: Session, actor: Actor, meeting: Meeting, metric: MetricCode, *, reason: str, clock: Clock
) -> Exclusion:
    """Keep the meeting out of `metric` whatever the rules say; another of the same event may then count in its place.

    Raises `Forbidden` for anybody but a city officer, `Invalid` without a reason, `Conflict` for a meeting that the
    metric never takes in or that is kept out already.
    """
    _may(actor)
    if meeting.kind not in {metric.kind, MeetingKind.ONLINE}:
        raise Conflict(_("这场活动本来就不在这项指标里"))
    _lock(session, meeting)
    if metric in standing(session, meeting):
        raise Conflict(_("这场活动已经从计数中剔除"))
    row = Exclusion(
        metric_code=metric.value,
        meeting_id=meeting.id,
        reason=reasons.given(reason),
        made_by=actor.name,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    after = {"metric": metric.value, "excluded": True}
    audit.log(session, actor, "exclude", meeting, clock=clock, after=after, reason=row.reason)
    return row


def take_back(
    session: Session, actor: Actor, meeting: Meeting, metric: MetricCode, *, reason: str, clock: Clock
) -> None:
    """Let the rules alone decide again. Raises as `exclude`, `Conflict` when nothing keeps the meeting out."""
    _may(actor)
    _lock(session, meeting)
    row = standing(session, meeting).get(metric)
    if row is None:
        raise Conflict(_("这场活动没有从计数中剔除"))
    row.taken_back_reason, row.taken_back_by, row.taken_back_at = reasons.given(reason), actor.name, clock.now()
    session.flush()
    before, after = {"metric": metric.value, "excluded": True}, {"metric": metric.value, "excluded": False}
    why = row.taken_back_reason
    audit.log(session, actor, "include", meeting, clock=clock, before=before, after=after, reason=why)


def _may(actor: Actor) -> None:
    if not can(actor, Permission.COUNT_EXCLUDE):
        raise Forbidden(_("只有市科技局工作人员可以从计数中剔除活动"))


def _lock(session: Session, meeting: Meeting) -> None:
    """One at a time for a meeting."""
    session.execute(select(Meeting.id).where(Meeting.id == meeting.id).with_for_update())
