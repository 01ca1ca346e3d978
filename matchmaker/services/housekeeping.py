"""What nobody needs any more. Records, audit, messages and daily runs are never removed."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    AccountLink,
    AccountSession,
    FormDraft,
    Idempotency,
    ImportDraft,
    JobRun,
    PublicAttempt,
    SignInFailure,
)
from matchmaker.services import form_drafts, idempotency
from matchmaker.services.imports.drafts import UNDER_WAY
from matchmaker.services.jobs import NO_SLOT

FAILURES_KEPT = timedelta(days=1)  # the wait after failed sign-ins looks back fifteen minutes
LINKS_KEPT = timedelta(days=60)  # so that it can be said when a person was last sent one
SHEETS_KEPT = timedelta(days=30)  # what nobody brought in, and what was; the batches stay
RUNS_KEPT = timedelta(days=7)


def purge(session: Session, *, session_life: timedelta, frequent: list[str], now: datetime) -> str:
    """Remove what is over or old: sessions, forms, failed sign-ins, links, sheets, and runs of the `frequent` jobs."""
    old = [
        delete(AccountSession).where(AccountSession.started_at < now - session_life),
        delete(Idempotency).where(Idempotency.made_at < now - idempotency.KEPT),
        delete(PublicAttempt).where(PublicAttempt.at < now - FAILURES_KEPT),
        delete(AccountLink).where(AccountLink.expires_at < now - LINKS_KEPT),
        delete(SignInFailure).where(SignInFailure.at < now - FAILURES_KEPT),
        delete(FormDraft).where(FormDraft.saved_at < now - form_drafts.KEPT),
        delete(ImportDraft).where(ImportDraft.state.not_in(UNDER_WAY), ImportDraft.made_at < now - SHEETS_KEPT),
        delete(JobRun).where(JobRun.job.in_(frequent), JobRun.slot != NO_SLOT, JobRun.slot < now - RUNS_KEPT),
    ]
    removed = 0
    for statement in old:
        result = session.execute(statement)
        removed += result.rowcount if isinstance(result, CursorResult) else 0
    return f"removed {removed} rows"
