"""`audit verify` and `recount`: exit statuses, and whoever touched the trail or the records is named."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import MeetingKind, Role
from matchmaker.services import audit, meetings, snapshots
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
    assert "of 2 snapshots 2 are reproduced exactly from the trail as it stood at their link, 0 are not\n" in said
    assert "of 2 snapshots 2 give the same today, 0 give another number\n" in said
    assert said.endswith("the audit trail accounts for all of it\n")


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
    assert "BAD  2026-06-15 inbound: 1 stored, 0 now: -meeting 1 (not_verified)" in said
    assert said.endswith("BAD  the audit trail does not account for all of it\n")


@pytest.mark.both_databases
def test_what_an_officer_changed_since_is_named_and_nothing_is_bad(run: Run, sessions: Sessions) -> None:  # noqa: F811
    """One meeting is verified after its day's snapshot, one is taken back: both sides of the snapshot are told."""
    count_one(sessions)
    with sessions.write() as session:
        late = make_verified(
            session, MeetingKind.INBOUND, make.TODAY, verified_by_id=None, status="held", minutes="谈妥。"
        )
        session.flush()
        late_id = late.id
        snapshots.take(session, SYSTEM, make.TODAY + timedelta(days=1), CLOCK)
    with sessions.write() as session:
        officers = [make.actor_of(make.make_account(session, Role.CITY, name=name)) for name in ("王五", "赵六")]
        meetings.verify(session, officers[0], session.get_one(Meeting, late_id), clock=CLOCK)
        first = session.get_one(Meeting, 1)
        meetings.unverify(session, officers[1], first, reason="材料有误", clock=CLOCK)
    status, said, _ = run("recount", "--year", "2026")
    assert status == 0, said
    assert "of 4 snapshots 4 are reproduced exactly from the trail as it stood at their link, 0 are not\n" in said
    assert "of 4 snapshots 2 give the same today, 2 give another number; what changed 2 meetings since" in said
    assert f"inbound: 1 stored, 1 now: +meeting {late_id} -meeting 1 (not_verified)\n" in said
    assert f"meeting {late_id} status: held -> verified, verify by 王五" in said
    assert "meeting 1 status: verified -> held, unverify by 赵六" in said
    assert "(材料有误)" in said
    assert "BAD" not in said


@pytest.mark.both_databases
def test_a_snapshot_that_was_altered_is_not_reproduced(run: Run, sessions: Sessions) -> None:  # noqa: F811
    count_one(sessions)
    by_hand(sessions, "UPDATE snapshot SET value = 2 WHERE metric_code = 'inbound'")
    status, said, _ = run("recount", "--year", "2026")
    assert status == 1
    assert "of 2 snapshots 1 are reproduced exactly from the trail as it stood at their link, 1 are not\n" in said
    assert "BAD  2026-06-15 inbound: 2 stored, which is not what the trail gives as it stood then" in said
