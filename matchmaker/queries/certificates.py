"""Certificates of service: those of a team or person, and what a stranger may read of one."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Certificate, Need, Organisation, ServiceLog, Team
from matchmaker.domain.permissions import Actor
from matchmaker.domain.task_books import day_text
from matchmaker.domain.vocabulary import Audience
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import masking, scopes, service_totals
from matchmaker.queries.facts import PUBLIC_NEEDS


@dataclass(frozen=True)
class Public:
    """What a stranger reads: `firms` are masked."""

    name: str
    institute: str
    days: str
    times: int
    contracts_wan: int | None
    from_day: date
    to_day: date
    firms: list[tuple[str, str]]
    issued_on: date
    valid_until: date
    revoked: bool
    expired: bool


def get_visible(session: Session, actor: Actor, number: int) -> Certificate:
    """One certificate, if the actor may read it; `NotFound` otherwise."""
    mine = select(Certificate).where(Certificate.id == number, scopes.certificates(actor))
    found = session.scalars(mine).first()
    if found is None:
        raise NotFound(_("没有找到这份服务证明"))
    return found


def of_team(session: Session, actor: Actor, team: Team) -> list[Certificate]:
    """The certificates for work in a team that the actor may read, the newest first."""
    mine = (Certificate.team_id == team.id, scopes.certificates(actor))
    return list(session.scalars(select(Certificate).where(*mine).order_by(Certificate.id.desc())))


def by_token(session: Session, token: str) -> Certificate | None:
    """The certificate that a code opens, or None."""
    return session.scalars(select(Certificate).where(Certificate.token == token)).first()


def overlapping(session: Session, team: Team, expert_id: int, first: date, last: date) -> Certificate | None:
    """A certificate of a person's work in a team, not revoked, that has days of this time; or None."""
    mine = (Certificate.team_id == team.id, Certificate.expert_id == expert_id, Certificate.revoked_at.is_(None))
    days = (Certificate.from_day <= last, Certificate.to_day >= first)
    return session.scalars(select(Certificate).where(*mine, *days).order_by(Certificate.id)).first()


def public(session: Session, row: Certificate, today: date) -> Public:
    """What anybody who holds the paper may check. A firm is called as a masked need calls it."""
    ids = [firm["id"] for firm in row.firms]
    known = {firm.id: firm for firm in session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}
    told = (Need.status.in_(PUBLIC_NEEDS), Need.audience != Audience.CHOSEN)
    needs = session.scalars(select(Need).where(Need.firm_id.in_(ids), *told).order_by(Need.id)).unique()
    fields = {need.firm_id: need.field for need in needs if need.field is not None}
    firms = [
        (
            masking.masked_firm(known[one["id"]], fields.get(one["id"])) if one["id"] in known else _("某企业"),
            day_text(one["half_days"]),
        )
        for one in row.firms
    ]
    return Public(
        row.name,
        row.institute,
        day_text(row.half_days),
        row.times,
        row.contracts_wan,
        row.from_day,
        row.to_day,
        firms,
        row.issued_on,
        row.valid_until,
        row.revoked_at is not None,
        row.valid_until < today,
    )


def counted_logs(session: Session, team: Team, expert_id: int, first: date, last: date) -> list[ServiceLog]:
    """The approved logs that a certificate is made of, by day."""
    mine = (ServiceLog.team_id == team.id, ServiceLog.expert_id == expert_id, ServiceLog.day.between(first, last))
    rows = select(ServiceLog).where(service_totals.counted(), *mine).order_by(ServiceLog.day, ServiceLog.id)
    return list(session.scalars(rows))
