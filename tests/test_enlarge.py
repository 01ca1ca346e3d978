"""The copies that load tests are run on: whole, linked among themselves, and counted like the first."""

import pytest
from sqlalchemy import func, select, text

from benchmarks.enlarge import WITHOUT_INSTITUTES, enlarge
from matchmaker.db.base import Base
from matchmaker.db.models import (
    Account,
    Audit,
    Capability,
    Expert,
    Meeting,
    MeetingFirm,
    Need,
    Organisation,
    Suggestion,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import OrganisationKind, Role
from matchmaker.queries import replay, trail
from matchmaker.queries.counts import tallies
from matchmaker.services import search
from tests.factories import NOW, TODAY
from tests.support.crowd import make_crowd

pytestmark = pytest.mark.both_databases


def counts(sessions: Sessions) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    with sessions.read() as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_everything_but_institutes_is_there_five_times(sessions: Sessions) -> None:
    make_crowd(sessions, 1)
    before = counts(sessions)
    added = enlarge(sessions, 5)
    after = counts(sessions)
    for name in ("expert", "research_group", "need", "capability", "suggestion", "invitation", "meeting", "team"):
        assert after[name] == before[name] * 5, name
        assert added[name] == before[name] * 4
    for name in ("unit", "region", "metric", "rule"):
        assert after[name] == before[name]
    with sessions.read() as session:
        institutes = select(func.count()).where(Organisation.kind == OrganisationKind.INSTITUTE)
        officers = select(func.count()).where(Account.role == Role.CITY)
        assert (session.scalar(institutes), session.scalar(officers)) == (1, 1)
        assert search.is_current(session)


def test_copies_are_linked_to_copies(sessions: Sessions) -> None:
    make_crowd(sessions, 1)
    enlarge(sessions, 3)
    with sessions.read() as session:
        firms = session.scalars(select(Need.firm_id)).all()
        assert len(set(firms)) == 3
        hosts = session.execute(select(MeetingFirm.firm_id, Meeting.host_id).join(Meeting)).all()
        assert len({firm for firm, _host in hosts}) == 3
        assert len({host for _firm, host in hosts if host}) == 1  # the institute is one and the same
        for suggestion in session.scalars(select(Suggestion)):
            kind, _, number = suggestion.owner_key.partition(":")
            assert kind != "expert" or session.get(Expert, int(number))
        owners = {row.expert_id for row in session.scalars(select(Capability)) if row.expert_id}
        assert len(owners) == 3
        if sessions.url.startswith("sqlite"):
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def test_copies_count_at_once_and_more_can_be_added(sessions: Sessions) -> None:
    make_crowd(sessions, 1)
    with sessions.read() as session:
        before = tallies(session, TODAY.year)[MetricCode.OUTBOUND]
    enlarge(sessions, 4, only=WITHOUT_INSTITUTES)
    with sessions.write() as session:  # the next id is free on every database
        session.add(Organisation(name="新来的", kind=OrganisationKind.AGENCY, tags=[], created_at=NOW, updated_at=NOW))
    with sessions.read() as session:
        after = tallies(session, TODAY.year)[MetricCode.OUTBOUND]
    assert len(after.lines) == 4 * len(before.lines) > 0


def test_the_chain_holds_the_copies(sessions: Sessions) -> None:
    make_crowd(sessions, 3)
    with sessions.read() as session:
        check = trail.verify(session)
        assert check.flaws == []
        assert check.entries == session.scalar(select(func.count()).select_from(Audit)) > 0
        told, there = replay.tallies(replay.state(session), TODAY.year), tallies(session, TODAY.year)
        assert [told[code].fingerprint for code in there] == [sums.fingerprint for sums in there.values()]
