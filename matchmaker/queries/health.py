"""How the installation is: what /readyz, /metrics and `doctor` say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from matchmaker.db.models import Corpus, OutboxMessage, SignInFailure
from matchmaker.domain.vocabulary import OutboxState
from matchmaker.queries import jobs


@dataclass(frozen=True)
class Outbox:
    """Messages by state, and since when the oldest queued one waits."""

    count: Mapping[OutboxState, int]
    oldest: datetime | None

    def age(self, now: datetime) -> float:
        """Seconds that the oldest queued message has waited."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


def revision(session: Session) -> str | None:
    """The migration the database is at; None when it has never been migrated."""
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def outbox(session: Session) -> Outbox:
    """The state of the outbox."""
    rows = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    found = dict(session.execute(rows).all())
    queued = OutboxMessage.state == OutboxState.QUEUED
    oldest = session.scalar(select(func.min(OutboxMessage.next_try_at)).where(queued, OutboxMessage.tries == 0))
    return Outbox({state: found.get(state, 0) for state in OutboxState}, oldest)


def sign_in_failures(session: Session) -> int:
    """Failed sign-ins on file."""
    return session.scalar(select(func.count(SignInFailure.id))) or 0


def corpus_version(session: Session) -> int:
    """How often a posting has changed."""
    return session.scalar(select(Corpus.version)) or 0


def overdue_jobs(session: Session, periods: Mapping[str, timedelta], *, now: datetime) -> list[str]:
    """Jobs that have run before and whose last success is older than two of their periods (at least a minute)."""
    last = jobs.last_success(session)
    patience = {name: max(2 * period, timedelta(minutes=1)) for name, period in periods.items()}
    return [name for name in periods if name in last and now - last[name] > patience[name]]
