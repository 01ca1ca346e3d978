"""Counts are kept by a process until a fact they rest on changes, and not a moment longer."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from matchmaker.db.models import GroupMember, Meeting, MeetingFirm, Organisation, Revision, Site
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, MemberRole, Noun, Role
from matchmaker.i18n import use_locale
from matchmaker.queries.counts import tallies
from matchmaker.services import audit
from tests.factories import (
    HEBEI_ELSEWHERE,
    NOW,
    TODAY,
    make_account,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_meeting,
    make_need,
    make_unit,
)
from tests.support.counting import make_counting

pytestmark = pytest.mark.both_databases


@pytest.fixture
def visit(sessions: Sessions) -> int:
    """A verified outbound meeting that counts, by its id."""
    with sessions.write() as session:
        make_counting(session)
        firm, institute = make_firm(session, make_unit(session)), make_institute(session)
        expert = make_expert(session, institute)
        people = [make_account(session, Role.CITY).id for _ in range(2)]
        meeting = make_meeting(
            session, MeetingKind.OUTBOUND, [firm], [expert], institute, status=MeetingStatus.VERIFIED
        )
        meeting.recorded_by_id, meeting.verified_by_id = people
        for row in (*meeting.firms, *meeting.experts):
            row.attendance = Attendance.ATTENDED
        return meeting.id


def total(sessions: Sessions) -> int:
    with sessions.read() as session:
        return tallies(session, TODAY.year)[MetricCode.OUTBOUND].total


def asked(sessions: Sessions) -> int:
    """How many statements counting takes."""
    said: list[str] = []
    event.listen(sessions.engine, "before_cursor_execute", lambda *more: said.append(more[2]))
    total(sessions)
    return len([statement for statement in said if not statement.startswith("BEGIN")])


def test_what_has_not_changed_is_not_counted_again(sessions: Sessions, visit: int) -> None:
    assert total(sessions) == 1
    assert asked(sessions) == 1  # the revision


def _unverify(session: Session, visit: int) -> None:
    session.get_one(Meeting, visit).status = MeetingStatus.HELD


def _absent(session: Session, visit: int) -> None:
    session.scalars(select(MeetingFirm)).one().attendance = Attendance.ABSENT


def _elsewhere(session: Session, visit: int) -> None:
    host = session.get_one(Meeting, visit).host_id
    session.scalars(select(Site).where(Site.organisation_id == host)).one().region_code = HEBEI_ELSEWHERE


def _no_institute(session: Session, visit: int) -> None:
    session.get_one(Organisation, session.get_one(Meeting, visit).host_id).institute_type = "other"


def _gone(session: Session, visit: int) -> None:
    """Past the session, as merging and undoing do it, which then say so in the trail."""
    session.execute(update(Meeting).values(status=MeetingStatus.CANCELLED))
    audit.write(session, SYSTEM, action="undo", noun=Noun.IMPORT_BATCH, record_id=1, at=NOW)


@pytest.mark.parametrize("change", [_unverify, _absent, _elsewhere, _no_institute, _gone])
def test_a_changed_fact_is_counted_at_once(
    sessions: Sessions, visit: int, change: Callable[[Session, int], None]
) -> None:
    assert total(sessions) == 1
    with sessions.write() as session:
        change(session, visit)
    assert total(sessions) == 0


def test_another_process_s_change_is_seen(sessions: Sessions, visit: int) -> None:
    assert total(sessions) == 1
    other = Sessions(sessions.url)
    with other.write() as session:
        _unverify(session, visit)
    other.close()
    assert total(sessions) == 0


def test_what_is_rolled_back_changes_nothing(sessions: Sessions, visit: int) -> None:
    assert total(sessions) == 1
    with sessions.write() as session:
        _unverify(session, visit)
        session.flush()
        assert tallies(session, TODAY.year)[MetricCode.OUTBOUND].total == 0  # whoever writes sees it
        session.rollback()
    assert total(sessions) == 1
    assert asked(sessions) == 1


def test_a_member_who_joins_later_counts(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_counting(session)
        firm, institute = make_firm(session, make_unit(session)), make_institute(session)
        guest = make_expert(session)
        group = make_group(session, make_expert(session, institute))
        people = [make_account(session, Role.CITY).id for _ in range(2)]
        meeting = make_meeting(session, MeetingKind.OUTBOUND, [firm], [guest], institute, status=MeetingStatus.VERIFIED)
        meeting.group_id = group.id
        meeting.recorded_by_id, meeting.verified_by_id = people
        for row in (*meeting.firms, *meeting.experts):
            row.attendance = Attendance.ATTENDED
    assert total(sessions) == 0
    with sessions.write() as session:
        session.add(GroupMember(group_id=group.id, expert_id=guest.id, role=MemberRole.MEMBER))
    assert total(sessions) == 1


def test_what_has_nothing_to_do_with_it_leaves_it_alone(sessions: Sessions, visit: int) -> None:
    total(sessions)
    with sessions.write() as session:
        firm = session.scalars(select(Organisation).where(Organisation.unit_id.is_not(None))).first()
        before = session.get_one(Revision, "counting").number
    with sessions.write() as session:
        make_need(session, session.get_one(Organisation, firm.id))
    with sessions.read() as session:
        assert session.get_one(Revision, "counting").number == before


def test_reasons_are_kept_by_language(sessions: Sessions, visit: int) -> None:
    with sessions.write() as session:
        _elsewhere(session, visit)
    said = []
    for locale in ("zh_CN", "en"):
        with use_locale(locale), sessions.read() as session:
            [line] = tallies(session, TODAY.year)[MetricCode.OUTBOUND].left_out
            said.append(str(line.verdict.reasons[0].detail))
    assert said[0] != said[1]
