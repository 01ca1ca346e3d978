"""What is removed when it is old, and what never is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker.db.models import AccountSession, Idempotency, JobRun, SignInFailure
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.services import housekeeping, jobs
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
