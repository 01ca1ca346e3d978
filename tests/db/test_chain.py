"""The chain over the audit trail: whole after any writing, and whoever touches it past the product is named."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from matchmaker.clock import FixedDayClock
from matchmaker.db.migrate import downgrade, upgrade
from matchmaker.db.models import Audit, AuditLink, Meeting, MeetingFirm, Organisation, Snapshot
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Attendance, MeetingKind, Noun, Role
from matchmaker.queries import counts, recount, replay
from matchmaker.queries.trail import Damage, Flaw, verify
from matchmaker.services import audit, snapshots
from tests import factories as make
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting

CLOCK = FixedDayClock(make.TODAY)
OFFICER = Actor(role=Role.CITY, name="李四", account_id=7)


def write(sessions: Sessions, *records: int) -> None:
    with sessions.write() as session:
        for number in records:
            audit.write(session, OFFICER, action="edit", noun=Noun.NEED, record_id=number, at=make.NOW, after={"n": 1})


def flaws(sessions: Sessions) -> list[Flaw]:
    with sessions.read() as session:
        return verify(session).flaws


def past_the_product(sessions: Sessions, *statements: object) -> None:
    """As somebody with the database's password would."""
    with sessions.engine.execution_options(matchmaker_write=True).begin() as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.both_databases
def test_entries_are_linked_in_the_order_of_the_commits(sessions: Sessions) -> None:
    write(sessions, 1, 2)
    write(sessions, 3)
    with sessions.read() as session:
        rows = session.execute(select(AuditLink.number, AuditLink.record_id).order_by(AuditLink.number)).all()
        found = verify(session)
    assert [tuple(row) for row in rows] == [(1, 1), (2, 2), (3, 3)]
    assert (found.head.number, found.entries, found.flaws) == (3, 3, [])


@pytest.mark.both_databases
def test_many_writers_make_one_chain(sessions: Sessions) -> None:
    def work(writer: int) -> None:
        for turn in range(12):
            write(sessions, writer * 100 + turn, writer)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1, 9)))
    with sessions.read() as session:
        found = verify(session)
    assert (found.head.number, found.flaws) == (8 * 12 * 2, [])


def test_what_a_savepoint_took_back_is_not_linked(sessions: Sessions) -> None:
    with sessions.write() as session:
        audit.write(session, OFFICER, action="edit", noun=Noun.NEED, record_id=1, at=make.NOW)
        taken_back = session.begin_nested()
        audit.write(session, OFFICER, action="edit", noun=Noun.NEED, record_id=2, at=make.NOW)
        session.flush()
        taken_back.rollback()
    with sessions.read() as session:
        assert session.scalars(select(AuditLink.record_id)).all() == [1]
        assert verify(session).flaws == []


DAMAGES: list[tuple[Callable[[], list[object]], Damage, str]] = [
    (lambda: [update(Audit).where(Audit.record_id == 2).values(actor="王五")], Damage.ALTERED, "need 2: edit by 王五"),
    (lambda: [update(Audit).where(Audit.record_id == 2).values(after={"n": 2})], Damage.ALTERED, "need 2"),
    (lambda: [delete(Audit).where(Audit.record_id == 2)], Damage.MISSING, "about need 2 is missing"),
    (lambda: [delete(AuditLink).where(AuditLink.record_id == 2)], Damage.MISSING, "link 2 missing before entry 3"),
    (
        lambda: [
            insert(Audit).values(
                at=make.NOW,
                actor="王五",
                role="city",
                action="edit",
                noun=Noun.NEED,
                record_id=9,
                before={},
                after={},
                reason="",
                on_behalf=False,
            )
        ],
        Damage.INSERTED,
        "need 9: edit by 王五",
    ),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("statements", "damage", "said"), DAMAGES)
def test_the_first_row_touched_is_named(
    sessions: Sessions, statements: Callable[[], list[object]], damage: Damage, said: str
) -> None:
    write(sessions, 1, 2, 3, 4)
    past_the_product(sessions, *statements())
    first = flaws(sessions)[0]
    assert first.damage is damage
    assert said in first.text


def test_facts_in_a_link_are_sealed_too(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make.make_firm(session)
    with sessions.read() as session:
        facts = session.scalars(select(AuditLink.facts)).one()
    assert facts["organisation"][str(firm.id)] == {"unit_id": None, "institute_type": None}
    altered = {**facts, "organisation": {str(firm.id): {"unit_id": 1, "institute_type": None}}}
    past_the_product(sessions, update(AuditLink).values(facts=altered))
    (flaw,) = flaws(sessions)
    assert (flaw.damage, flaw.number) == (Damage.ALTERED, 1)


def test_a_tail_cut_off_is_noticed_by_the_snapshot(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
    write(sessions, 1, 2, 3)
    with sessions.write() as session:
        snapshots.take(session, SYSTEM, make.TODAY, CLOCK)
    assert flaws(sessions) == []
    with sessions.read() as session:
        number, entry = session.execute(
            select(AuditLink.number, AuditLink.audit_id).order_by(AuditLink.number.desc())
        ).first()
        assert {row.audit_number for row in session.scalars(select(Snapshot))} == {number}
    cut = (delete(AuditLink).where(AuditLink.number == number), delete(Audit).where(Audit.id == entry))
    past_the_product(sessions, *cut)
    (flaw,) = flaws(sessions)
    assert (flaw.damage, flaw.number) == (Damage.CUT, number - 1)
    assert f"{make.TODAY}" in flaw.text


def test_a_chain_sealed_anew_is_not_the_one_the_snapshot_knows(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        snapshots.take(session, SYSTEM, make.TODAY, CLOCK)
    past_the_product(sessions, update(Snapshot).values(audit_hash="0" * 64))
    assert [flaw.damage for flaw in flaws(sessions)] == [Damage.REWRITTEN]


@pytest.mark.both_databases
def test_the_trail_alone_gives_the_count_of_the_tables(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.OUTBOUND)
        make_verified(session, MeetingKind.INBOUND)
    with sessions.write() as session:
        guest = make.make_expert(session, meeting.host)
        lead = make.make_expert(session)
        found = session.get_one(Meeting, meeting.id)
        found.group_id = make.make_group(session, lead, guest).id
        session.delete(found.experts[0])
        found.firms[0].attendance = Attendance.STAND_IN
    with sessions.read() as session:
        told, there = replay.tallies(replay.state(session), 2026), counts.tallies(session, 2026)
    assert {code: sums.fingerprint for code, sums in told.items()} == {c: s.fingerprint for c, s in there.items()}
    assert {code: sums.total for code, sums in told.items()} == {"outbound": 0, "inbound": 1}


def test_a_cell_changed_past_the_product_is_named(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.OUTBOUND)
        firm = meeting.firms[0]
        audit.log(session, OFFICER, "attendance", meeting, clock=CLOCK)
    past_the_product(sessions, update(MeetingFirm).values(attendance="absent"))
    with sessions.read() as session:
        report = recount.report(session, 2026)
        assert not report.equal
        assert report.told[MetricCode.OUTBOUND].total == 1
        (cell,) = report.untold
        assert (cell.row, cell.field, cell.told, cell.found) == (
            ("meeting_firm", firm.id),
            "attendance",
            "attended",
            "absent",
        )
        assert cell.last is not None
        assert cell.last.actor == "李四"


def test_a_snapshot_that_differs_now_names_meeting_field_and_person(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        meeting = make_verified(session, MeetingKind.INBOUND)
    with sessions.write() as session:
        snapshots.take(session, SYSTEM, make.TODAY, CLOCK)
    with sessions.write() as session:
        found = session.get_one(Meeting, meeting.id)
        found.day = date(2026, 7, 1)
        audit.log(session, OFFICER, "change", found, clock=CLOCK, reason="录错")
    with sessions.read() as session:
        report = recount.report(session, 2026)
        inbound = next(one for one in report.snapshots if one.snapshot.metric_code == "inbound")
        assert (inbound.then, inbound.reproduced, inbound.removed) == (True, False, {meeting.id})
        (change,) = inbound.changes
        assert (change.field, change.old, change.new) == ("day", "2026-06-15", "2026-07-01")
        assert (change.entry.actor, change.entry.reason) == ("李四", "录错")
        assert report.sound


@pytest.mark.both_databases
def test_a_stored_number_that_the_trail_never_gave_is_named(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_verified(session, MeetingKind.INBOUND)
        snapshots.take(session, SYSTEM, make.TODAY, CLOCK)
    past_the_product(sessions, update(Snapshot).where(Snapshot.metric_code == "inbound").values(value=9))
    with sessions.read() as session:
        report = recount.report(session, 2026)
        assert {one.snapshot.metric_code: one.then for one in report.snapshots} == {"inbound": False, "outbound": True}
        assert not report.sound


@pytest.mark.both_databases
def test_what_was_there_before_the_chain_is_linked_by_the_migration(database_url: str, sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_verified(session, MeetingKind.OUTBOUND)
        make_verified(session, MeetingKind.INBOUND)
        session.scalars(select(Organisation)).first().about = "改"
    write(sessions, 1, 2)
    sessions.close()
    downgrade(database_url, "0005")
    upgrade(database_url)
    with sessions.read() as session:
        found, report = verify(session), recount.report(session, 2026)
        assert session.scalar(text("SELECT COUNT(*) FROM audit")) == session.scalar(select(func.count(Audit.id))) == 2
    assert (found.entries, found.flaws) == (2, [])
    assert report.sound
    assert {code: sums.total for code, sums in report.told.items()} == {"outbound": 1, "inbound": 1}
    write(sessions, 3)
    assert flaws(sessions) == []
