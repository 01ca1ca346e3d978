"""What is removed when it is old, and what never is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker.db.models import AccountSession, Idempotency, ImportDraft, JobRun, SignInFailure
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import ImportKind, ImportState, Role
from matchmaker.services import blobs, housekeeping, jobs
from tests import factories as make

NOW = make.NOW
LIFE = timedelta(hours=12)


@pytest.mark.both_databases
def test_only_what_is_over_goes(sessions: Sessions) -> None:
    with sessions.write() as session:
        account = make.make_account(session, Role.CITY)
        for days in (0, 30):
            at = NOW - timedelta(days=days)
            session.add(AccountSession(token_hash=f"{days}", account_id=account.id, started_at=at, seen_at=at))
            session.add(Idempotency(account_id=account.id, key=f"{days}", fingerprint="", made_at=at))
            session.add(SignInFailure(login="x", network="y", at=at))
            for job in ("often", "daily"):
                assert jobs.claim(session, job, at, owner="me", lease=LIFE, now=at) is not None
        jobs.beat(session, "me", now=NOW - timedelta(days=30), job="often")
        said = housekeeping.purge(session, session_life=LIFE, frequent=["often"], now=NOW)
    assert said == "removed 4 rows"
    with sessions.read() as session:
        assert session.scalars(select(AccountSession.token_hash)).all() == ["0"]
        assert session.scalars(select(Idempotency.key)).all() == ["0"]
        assert session.scalars(select(SignInFailure.at)).all() == [NOW]
        kept = session.execute(select(JobRun.job, JobRun.slot).order_by(JobRun.job, JobRun.slot))
        month = NOW - timedelta(days=30)
        assert list(map(tuple, kept)) == [("daily", month), ("daily", NOW), ("often", jobs.NO_SLOT), ("often", NOW)]


@pytest.mark.both_databases
def test_sheets_nobody_finished_go_and_those_under_way_stay(sessions: Sessions) -> None:
    with sessions.write() as session:
        kept = blobs.keep(session, b"x", "text/csv")
        for state in ImportState:
            for days in (1, 31):
                at, what = NOW - timedelta(days=days), {"kind": ImportKind.NEEDS, "mapping": {}, "fixes": {}}
                session.add(ImportDraft(file_name=f"{days}", blob_sha256=kept, made_at=at, state=state, **what))
        session.flush()
        housekeeping.purge(session, session_life=LIFE, frequent=[], now=NOW)
    with sessions.read() as session:
        old = session.scalars(select(ImportDraft.state).where(ImportDraft.file_name == "31"))
        assert set(old) == {ImportState.QUEUED, ImportState.RUNNING}
        assert len(session.scalars(select(ImportDraft).where(ImportDraft.file_name == "1")).all()) == len(ImportState)
