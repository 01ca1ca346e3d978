"""The state of evidence: what a list's filter finds is what each meeting says of itself."""

from datetime import UTC, datetime
from itertools import product
from random import Random

import pytest
from sqlalchemy import select

from matchmaker.db.models import Blob, CheckIn, Evidence, Meeting, MinuteItem
from matchmaker.db.session import Sessions
from matchmaker.domain.meetings import EvidenceGap
from matchmaker.domain.vocabulary import Attendance, CheckInHow, EvidenceKind, MeetingKind, MeetingStatus
from matchmaker.queries import meeting_gaps
from matchmaker.queries.meetings import gaps_of
from tests import factories as make

NOW = datetime(2026, 6, 15, tzinfo=UTC)
FILTERED = [EvidenceGap.MINUTES, EvidenceGap.SIGN_IN, EvidenceGap.PHOTO, EvidenceGap.HISTORY]
HERE = (Attendance.ATTENDED, Attendance.STAND_IN, Attendance.ABSENT)
MINUTES = ("", "谈了焊接。")


@pytest.mark.both_databases
def test_lists_and_records_agree(sessions: Sessions) -> None:
    """Over meetings with every mixture of papers, check-ins, rows, states and origins (the dice are fixed)."""
    dice = Random(4)  # noqa: S311 -- a fixed mixture
    with sessions.write() as session:
        unit = make.make_unit(session)
        firms = [make.make_firm(session, unit), make.make_firm(session, unit)]
        expert = make.make_expert(session)
        session.add(Blob(sha256="a" * 64, size=1, media_type="image/png", data=b"x"))
        session.flush()
        for history, minutes, status in product((False, True), MINUTES, MeetingStatus):
            for _ in range(25):
                values = {"from_history": history, "minutes": minutes, "status": status}
                meeting = make.make_meeting(session, MeetingKind.OUTBOUND, firms, [expert], expert.institute, **values)
                fill(meeting, dice)
                session.add_all(rows_of(meeting, dice))
        session.flush()
        session.expire_all()
        agree(list(session.scalars(select(Meeting)).unique()), session)


def fill(meeting: Meeting, dice: Random) -> None:
    for row in (*meeting.firms, *meeting.experts):
        row.attendance = dice.choice(HERE)


def rows_of(meeting: Meeting, dice: Random) -> list[object]:
    files = [
        Evidence(
            meeting_id=meeting.id,
            blob_sha256="a" * 64,
            kind=kind,
            file_name="x.png",
            added_by="专员",
            added_at=NOW,
            voided_at=dice.choice((None, None, NOW)),
        )
        for kind in EvidenceKind
        if dice.random() < 0.35
    ]
    parties = [{"firm_id": row.firm_id} for row in meeting.firms] + [{"expert_id": meeting.experts[0].expert_id}, {}]
    checked = [
        CheckIn(
            meeting_id=meeting.id,
            name="张三",
            organisation="",
            how=CheckInHow.CODE,
            at=NOW,
            voided_at=dice.choice((None, None, None, NOW)),
            **party,
        )
        for party in parties
        if dice.random() < 0.75
    ]
    items = [
        MinuteItem(meeting_id=meeting.id, position=0, problem="热裂", dropped_at=dice.choice((None, NOW)))
        for _ in range(dice.choice((0, 0, 1)))
    ]
    return [*files, *checked, *items]


def agree(meetings: list[Meeting], session: object) -> None:
    recorded = [one for one in meetings if one.status in {MeetingStatus.HELD, MeetingStatus.VERIFIED}]
    found = {value: set(session.scalars(select(Meeting.id).where(*meeting_gaps.chosen(value)))) for value in values()}
    for gap in FILTERED:
        assert found[gap.value] == {one.id for one in recorded if gap in gaps_of(one)}, gap
    assert found[meeting_gaps.COMPLETE] == {one.id for one in recorded if not set(gaps_of(one)) & set(FILTERED)}
    assert all(0 < len(ids) < len(recorded) for ids in found.values())


def values() -> list[str]:
    return [value for value, _label in meeting_gaps.options()]


def test_an_unknown_value_narrows_nothing() -> None:
    assert list(meeting_gaps.chosen("nonsense")) == list(meeting_gaps.chosen(None)) == []
