"""`audit verify` and `recount`: exit statuses, and whoever touched the trail or the records is named."""

import pytest
from sqlalchemy import text

from matchmaker.clock import FixedDayClock
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import MeetingKind, Role
from matchmaker.services import audit, snapshots
from tests import factories as make
from tests.cli.test_operations import Run, run  # noqa: F401 -- the fixture
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)


def count_one(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.INBOUND)
        officer = make.actor_of(make.make_account(session, Role.CITY, name="李四"))
        audit.log(session, officer, "verify", meeting, clock=CLOCK)
    with sessions.write() as session:
        snapshots.take(session, SYSTEM, make.TODAY, CLOCK)


def by_hand(sessions: Sessions, statement: str) -> None:
    with sessions.engine.execution_options(matchmaker_write=True).begin() as connection:
        connection.execute(text(statement))


@pytest.mark.both_databases
def test_all_is_well(run: Run, sessions: Sessions) -> None:  # noqa: F811
    count_one(sessions)
    status, said, _ = run("audit", "verify")
    assert status == 0
    assert said.endswith(": whole\n")
    status, said, _ = run("recount", "--year", "2026")
    assert status == 0
    assert "2026 inbound: 1 by the records, 1 by the audit trail alone: equal" in said
    assert "2 snapshots, 2 give the same now" in said


@pytest.mark.both_databases
def test_a_row_altered_by_hand_is_named(run: Run, sessions: Sessions) -> None:  # noqa: F811
    count_one(sessions)
    by_hand(sessions, "UPDATE audit SET actor = '王五'")
    status, said, _ = run("audit", "verify")
    assert status == 1
    assert "BAD  altered: entry 1 (meeting 1: verify by 王五 (city), 2026-06-15" in said
    assert "entry 1 (meeting 1: verify by 王五" in run("doctor")[1]


def test_a_record_changed_by_hand_is_named_with_who_wrote_it_last(run: Run, sessions: Sessions) -> None:  # noqa: F811
    count_one(sessions)
    by_hand(sessions, "UPDATE meeting SET status = 'held'")
    status, said, _ = run("recount", "--year", "2026")
    assert status == 1
    assert "2026 inbound: 0 by the records, 1 by the audit trail alone: the facts behind them DIFFER" in said
    assert "BAD  meeting 1 status: held in the table, verified in the trail; last verify by 李四" in said
    assert "2026-06-15 inbound: 1 stored, 0 now: -meeting 1" in said
