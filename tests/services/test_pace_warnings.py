"""Warnings: once for each level, to those who answer for it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import OutboxMessage, PaceWarning, Target
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, Role, TargetBasis, TargetStatus, WarningLevel
from matchmaker.services import pace_warnings
from tests import factories as make
from tests.queries.test_counts import make_verified
from tests.support.counting import make_counting

DAY = make.TODAY


def check(session: Session, day: date) -> str:
    return pace_warnings.check(session, day, clock=FixedDayClock(day))


def make_target(session: Session, value: int, **values: Any) -> None:
    how = {"basis": TargetBasis.ABSOLUTE, "status": TargetStatus.FINAL, "unit_label": "次", "source": "文件"}
    stamps = {"created_at": make.NOW, "updated_at": make.NOW}
    row = {"metric_code": "inbound", "year": 2026, "value": Decimal(value), **how, **stamps, **values}
    session.add(Target(**row))
    session.flush()


def letters(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.recipient, row.payload["reason"]) for row in rows if row.notice == "pace_warning"]


def warned(session: Session) -> dict[tuple[int | None, str], tuple[date, date]]:
    rows = session.scalars(select(PaceWarning).where(PaceWarning.metric_code == "inbound"))
    return {(row.unit_id, row.level.value): (row.warned_on, row.held_on) for row in rows}


def make_readers(session: Session) -> None:
    make.make_account(session, Role.CITY, email="city@example.org")
    make.make_account(session, Role.LEADER, email="leader@example.org", locale="en")
    make.make_account(session, Role.FIRM, email="firm@example.org", organisation_id=make.make_firm(session).id)
    make.make_account(session, Role.CITY, email="gone@example.org", active=False)


@pytest.mark.both_databases
def test_the_city_is_told_once_though_the_job_runs_every_day(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_readers(session)
        make_target(session, 100)
    for days in range(40):
        with sessions.write() as session:
            check(session, DAY + timedelta(days=days))
    with sessions.read() as session:
        assert [recipient for recipient, _ in letters(session)] == ["city@example.org", "leader@example.org"]
        found = warned(session)
        assert set(found) == {(None, level.value) for level in WarningLevel}
        assert set(found.values()) == {(DAY, DAY + timedelta(days=39))}


def test_the_same_day_twice_changes_nothing(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_readers(session)
        make_target(session, 100)
        assert check(session, DAY) == "1 warnings"
        before = warned(session), letters(session)
        assert check(session, DAY) == "0 warnings"
        assert (warned(session), letters(session)) == before


def test_a_level_that_was_left_for_a_month_is_said_again(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_readers(session)
        make_target(session, 10)
        check(session, DAY)
        told = len(letters(session))
        for days in range(5):
            make_verified(session, MeetingKind.INBOUND, DAY - timedelta(days=days))
        check(session, DAY + timedelta(days=1))  # caught up
        assert len(letters(session)) == told
        for days, said in ((75, 2), (76, 2)):  # by then eight should have been; it was last behind 75 days ago
            check(session, DAY + timedelta(days=days))
            assert len(letters(session)) == told + said
        behind = warned(session)[None, "behind"]
        assert behind == (DAY + timedelta(days=75), DAY + timedelta(days=76))


def test_a_unit_is_told_by_its_own_officer_and_only_with_a_split(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_readers(session)
        units = [make.make_unit(session, name) for name in ("甲县", "乙县", "丙县")]
        for unit, address in zip(units, ("a@example.org", "b@example.org", "c@example.org"), strict=True):
            make.make_account(session, Role.COUNTY, unit_id=unit.id, email=address)
        make_target(session, 12, unit_id=units[0].id)
        make_target(session, 2, unit_id=units[1].id, source="另一文件")  # one is expected: no reason to write
        check(session, DAY)
        assert [recipient for recipient, _ in letters(session)] == ["a@example.org"]
        assert {unit for unit, _ in warned(session)} == {units[0].id}
        title = session.scalars(select(OutboxMessage)).one().payload["title"]
        assert title == "甲县 请进"


def test_a_year_without_a_target_and_one_on_course_say_nothing(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        make_readers(session)
        make_target(session, 100, year=2025)
        make_target(session, 10, basis=TargetBasis.GROWTH)
        assert check(session, DAY) == "0 warnings"
        make_target(session, 2)
        for _ in range(2):
            make_verified(session, MeetingKind.INBOUND, DAY - timedelta(days=9))
        assert check(session, DAY) == "0 warnings"
        assert letters(session) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("of_unit", [False, True])
def test_a_level_stands_once_in_the_table(sessions: Sessions, *, of_unit: bool) -> None:
    with sessions.write() as session:
        make_counting(session)
        unit_id = make.make_unit(session).id if of_unit else None
    row = {"metric_code": "inbound", "year": 2026, "level": WarningLevel.BEHIND, "warned_on": DAY, "held_on": DAY}
    with pytest.raises(IntegrityError), sessions.write() as session:
        session.add_all(PaceWarning(unit_id=unit_id, **row) for _ in range(2))
