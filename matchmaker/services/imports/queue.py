"""Large sheets, brought in by the scheduler: taken one by one under a lease, written as a whole or not at all."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, ImportDraft
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import ImportState
from matchmaker.errors import Forbidden, MatchmakerError
from matchmaker.i18n import SOURCE_LOCALE, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries.accounts import actor_of
from matchmaker.services.imports import drafts
from matchmaker.services.imports.plan import Report
from matchmaker.services.imports.run import bring_sheet_in
from matchmaker.text import Segmenter

LEASE = timedelta(minutes=5)  # renewed while rows are prepared; then the one transaction that writes them must end
MOST_ATTEMPTS = 3
Now = Callable[[], datetime]


class LostError(Exception):
    """Another process has taken the sheet over, so what was done for it must not be kept."""


@dataclass(frozen=True)
class Claim:
    """A sheet in our hands, by the number of processes that have held it."""

    draft_id: int
    attempt: int


def run_queued(sessions: Sessions, segmenter: Callable[[], Segmenter], *, clock: Clock, now: Now) -> str:
    """Bring in every sheet that waits, oldest first; says how many.

    A sheet whose process has died is taken up again after its lease, one that met a fault of ours or of the database at
    the next call; after `MOST_ATTEMPTS` it is failed. `now` is the host's time, which leases go by; `clock` says what
    day the records get.
    """
    number = 0
    while (claim := _take(sessions, now())) is not None:
        number += 1
        try:
            _bring_in(sessions, segmenter, claim, clock=clock, now=now)
        except MatchmakerError as refusal:
            with sessions.write() as session:
                _mark(session, claim, state=ImportState.FAILED, error=str(refusal), lease_until=None)
        except LostError:
            continue
        except Exception:  # not the sheet's fault: nobody should have to wait for the lease to end
            _give_back(sessions, claim)
            raise
    return f"{number} sheets"


def _take(sessions: Sessions, now: datetime) -> Claim | None:
    left = and_(ImportDraft.state == ImportState.RUNNING, ImportDraft.lease_until < now)
    waiting = select(ImportDraft).where(or_(ImportDraft.state == ImportState.QUEUED, left)).order_by(ImportDraft.id)
    with sessions.write() as session:
        for draft in session.scalars(waiting.with_for_update(skip_locked=True)):
            if draft.attempts < MOST_ATTEMPTS:
                draft.state, draft.attempts = ImportState.RUNNING, draft.attempts + 1
                draft.lease_until, draft.done_rows = now + LEASE, 0
                return Claim(draft.id, draft.attempts)
            draft.state, draft.lease_until = ImportState.FAILED, None
            draft.error = _(
                "%(count)s 次都没有完成，没有写入任何内容；请重新导入，仍不成功请联系管理员", count=MOST_ATTEMPTS
            )
    return None


def _bring_in(sessions: Sessions, segmenter: Callable[[], Segmenter], claim: Claim, *, clock: Clock, now: Now) -> None:
    with sessions.read() as session:
        draft = session.get_one(ImportDraft, claim.draft_id)
        actor, language = _owner(session, draft)
        session.expunge(draft)
    with use_locale(language):
        with sessions.read() as session:
            sheet = drafts.sheet_in(session, draft)
        bring_sheet_in(
            sessions,
            segmenter,
            actor,
            sheet,
            clock=clock,
            good_rows=draft.good_rows,
            progress=lambda rows: _tell(sessions, claim, rows, now()),
            done=lambda session, report: _finish(session, claim, report),
        )


def _owner(session: Session, draft: ImportDraft) -> tuple[Actor, str]:
    """Whoever asked for it, as they may act now. Raises `Forbidden` when their account was locked since."""
    if draft.account_id is None:
        return SYSTEM, SOURCE_LOCALE
    account = session.get_one(Account, draft.account_id)
    if not account.active:
        raise Forbidden(_("提交导入的账号已停用，没有导入；请由在用的账号重新导入"))
    return actor_of(account), account.locale


def _give_back(sessions: Sessions, claim: Claim) -> None:
    with suppress(LostError), sessions.write() as session:
        _mark(session, claim, state=ImportState.QUEUED, lease_until=None)


def _tell(sessions: Sessions, claim: Claim, rows: int, now: datetime) -> None:
    """How many rows are prepared, in a short transaction of its own."""
    with sessions.write() as session:
        _mark(session, claim, done_rows=rows, lease_until=now + LEASE)


def _finish(session: Session, claim: Claim, report: Report) -> None:
    _mark(session, claim, lease_until=None)
    drafts.settle(session.get_one(ImportDraft, claim.draft_id, populate_existing=True), report)


def _mark(session: Session, claim: Claim, **values: object) -> None:
    """Change the row while it is in our hands; raises `LostError` otherwise."""
    ours = and_(ImportDraft.id == claim.draft_id, ImportDraft.attempts == claim.attempt)
    held = update(ImportDraft).where(ours, ImportDraft.state == ImportState.RUNNING).values(values)
    if session.execute(held.returning(ImportDraft.id)).scalar_one_or_none() is None:
        raise LostError(f"import {claim.draft_id} is no longer held")
