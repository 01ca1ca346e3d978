"""Certificates of service 服务证明: issued from approved logs, kept as they were issued, revoked when wrong."""

import secrets
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Certificate, ServiceLog, Team
from matchmaker.domain.drafts import CertificateDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import certificates as queries
from matchmaker.services import audit, reasons

TOKEN_BYTES = 24
VALID_YEARS = 3
CHECK = "certificate"  # what `throttle` counts
MOST_CHECKS = 60  # an hour from one network: an office checks many papers, nobody guesses 192 bits that way


def require(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor issues certificates: city officers do."""
    if not can(actor, Permission.CERTIFICATE_ISSUE):
        raise Forbidden(_("服务证明由市科技局工作人员开具"))


def issue(session: Session, actor: Actor, team: Team, draft: CertificateDraft, *, clock: Clock) -> Certificate:
    """Certify what a member's approved logs of these days say.

    Raises `Forbidden`; `Invalid` for somebody who is not of the team, and where nothing was approved in that time.
    """
    require(actor)
    expert_id = row_id(draft.expert)
    member = next((one for one in team.members if one.expert_id == expert_id), None)
    if member is None or expert_id is None:
        raise Invalid({"expert": _("请选择特派团的成员")})
    if draft.from_day is None or draft.to_day is None:
        raise TypeError("a checked draft has both days")
    days = (draft.from_day, draft.to_day)
    logs = _logs(session, team, expert_id, days, clock.today())
    row = Certificate(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        expert_id=expert_id,
        team_id=team.id,
        name=member.expert.name,
        institute=member.expert.institute.name,
        from_day=days[0],
        to_day=days[1],
        half_days=sum(log.half_days for log in logs),
        times=len(logs),
        firms=_firms(logs),
        results=[f"{log.day.isoformat()} {log.firm.name}{_('：')}{log.result}" for log in logs],
        contracts_wan=draft.contracts_wan,
        issued_on=clock.today(),
        valid_until=_years_later(clock.today(), VALID_YEARS),
        issued_by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.log(session, actor, "create", row, clock=clock)
    audit.log(session, actor, "issue_certificate", team, clock=clock, after={"person": row.name})
    return row


def _logs(session: Session, team: Team, expert_id: int, days: tuple[date, date], today: date) -> list[ServiceLog]:
    """What a paper of these days would say, if no other says it."""
    if days[1] > today:
        raise Invalid({"to_day": _("截止日期：晚于今天，请核对；之后的服务另开证明")})
    other = queries.overlapping(session, team, expert_id, *days)
    if other is not None:
        told = {"id": other.id, "first": other.from_day.isoformat(), "last": other.to_day.isoformat()}
        raise Invalid({"from_day": _("第 %(id)s 号证明已包含 %(first)s 至 %(last)s，请先撤销它，或者另选日期", **told)})
    logs = queries.counted_logs(session, team, expert_id, *days)
    if not logs:
        raise Invalid({"to_day": _("这段时间没有审核通过的服务日志，不能开具")})
    return logs


def _firms(logs: list[ServiceLog]) -> list[dict[str, object]]:
    days: dict[int, int] = {}
    for log in logs:
        days[log.firm_id] = days.get(log.firm_id, 0) + log.half_days
    names = {log.firm_id: log.firm.name for log in logs}
    return [{"id": number, "name": names[number], "half_days": half_days} for number, half_days in days.items()]


def _years_later(day: date, years: int) -> date:
    leap = (day.month, day.day) == (2, 29)
    return date(day.year + years, day.month, 28 if leap else day.day)


def revoke(session: Session, actor: Actor, row: Certificate, *, reason: str, clock: Clock) -> None:
    """Say that a certificate is void; whoever checks it is told so. Raises `Invalid` without a reason."""
    require(actor)
    if row.revoked_at is not None:
        raise Conflict(_("这份服务证明已经撤销"))
    reason = reasons.given(reason)
    before = audit.state_of(row)
    row.revoked_at, row.revoked_by, row.revoked_reason = clock.now(), actor.name, reason
    session.flush()
    audit.log(session, actor, "revoke", row, clock=clock, before=before, reason=reason)
