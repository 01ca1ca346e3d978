"""Milestones of a signed task book: promised, reported as done, and called to mind before they fall due."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Milestone, TaskBook, Team
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import reminders
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, outbox, reasons
from matchmaker.services.notices import Reader

NOTICE = "milestone_due"
AHEAD = timedelta(days=14)
LOOK_BACK = timedelta(days=14)
LONGEST_PROOF = 2000


def promise(session: Session, actor: Actor, book: TaskBook, *, clock: Clock) -> None:
    """Let the milestones of a signed book be the team's: those that stand in it already stay, others are dropped."""
    standing = {(row.title, row.due): row for row in queries.milestones(session, book.team) if row.dropped_at is None}
    for one in book.milestones:
        key = (one["title"], date.fromisoformat(one["due"]))
        if standing.pop(key, None) is None:
            row = Milestone(team_id=book.team_id, title=key[0], due=key[1])
            row.created_at = row.updated_at = clock.now()
            session.add(row)
            session.flush()
            audit.log(session, actor, "create", row, clock=clock)
    for row in standing.values():
        if row.done_on is None:
            before = audit.state_of(row)
            row.dropped_at = row.updated_at = clock.now()
            session.flush()
            audit.log(session, actor, "edit", row, clock=clock, before=before)


def report(session: Session, actor: Actor, row: Milestone, *, done_on: date | None, proof: str, clock: Clock) -> None:
    """Say that a milestone is reached and what shows it. Raises `Invalid` with field → message, `Conflict` if it is."""
    _require(actor, row)
    if row.done_on is not None or row.dropped_at is not None:
        raise Conflict(_("这个里程碑已经完成或不再要求"))
    if done_on is None or done_on > clock.today():
        raise Invalid({"done_on": _("完成日期：请填写今天或以前的日期")})
    text = proof.strip()
    if not text or len(text) > LONGEST_PROOF:
        raise Invalid({"proof": _("完成情况：请写明做到了什么、有什么证明，不超过 %(most)s 字", most=LONGEST_PROOF)})
    if mark := secrecy_mark(text):
        raise Invalid({"proof": refusal(_("完成情况"), mark)})
    _save(session, actor, row, "reach", clock=clock, done_on=done_on, proof=text)


def reopen(session: Session, actor: Actor, row: Milestone, *, reason: str, clock: Clock) -> None:
    """Say that a milestone is not reached after all. Raises `Invalid` without a reason."""
    if not can(actor, Permission.TEAM_MANAGE, facts_of(row)):
        raise Forbidden(_("特派团由市科技局工作人员管理"))
    if row.done_on is None:
        raise Conflict(_("这个里程碑还没有完成"))
    reason = reasons.given(reason)
    _save(session, actor, row, "reopen", clock=clock, done_on=None, proof=row.proof, reason=reason)


def _require(actor: Actor, row: Milestone) -> None:
    if not can(actor, Permission.MILESTONE_REPORT, facts_of(row)):
        raise Forbidden(_("里程碑由特派团专家和工作人员登记"))


def _save(
    session: Session,
    actor: Actor,
    row: Milestone,
    action: str,
    *,
    clock: Clock,
    done_on: date | None,
    proof: str,
    reason: str = "",
) -> None:
    before = audit.state_of(row)
    row.done_on, row.proof, row.entered_by, row.updated_at = done_on, proof, actor.name, clock.now()
    session.flush()
    audit.log(session, actor, action, row, clock=clock, before=before, reason=reason)
    told = {"file": row.title}
    audit.log(session, actor, f"{action}_milestone", row.team, clock=clock, after=told, reason=reason)


def remind(session: Session, day: date, *, clock: Clock) -> str:
    """Write to the leading expert and the officers two weeks before a milestone and the day after it, once each."""
    near = (Milestone.done_on.is_(None), Milestone.dropped_at.is_(None))
    span = Milestone.due.between(day - LOOK_BACK, day + AHEAD)
    working = Team.status.in_((TeamStatus.SIGNED, TeamStatus.SERVING))
    mine = select(Milestone).join(Team, Team.id == Milestone.team_id).where(*near, span, working)
    found = list(session.scalars(mine.order_by(Milestone.id)).unique())
    for row in found:
        _tell(session, row, "after" if row.due < day else "before", clock=clock)
    return f"{len(found)} milestones near their day"


def _tell(session: Session, row: Milestone, when: str, *, clock: Clock) -> None:
    payload = {"path": f"/teams/{row.team_id}", "title": row.title[:80], "day": row.due.isoformat()}
    key = f"{NOTICE}:{row.id}:{row.due}:{when}"
    lead = queries.lead_of(row.team)
    if lead is not None:
        own = payload | {"name": lead.name}
        reader = Reader(expert_id=lead.id)
        outbox.queue(session, NOTICE, lead.email, own, dedup_key=f"{key}:expert", clock=clock, reader=reader)
    for officer in reminders.officers(session, facts_of(row).unit_ids):
        own = payload | {"name": officer.name}
        reader = Reader(account_id=officer.id)
        outbox.queue(
            session, NOTICE, officer.email, own, dedup_key=f"{key}:officer-{officer.id}", clock=clock, reader=reader
        )
