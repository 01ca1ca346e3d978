"""Which institutes a year's meetings brought in: the number on the page is the list behind it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.db.models import Meeting, MeetingExpert, MeetingFirm, Metric, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus
from matchmaker.queries import entries, exchanges
from matchmaker.queries.meetings import of_year
from tests import factories as make

pytestmark = pytest.mark.both_databases
YEAR = make.TODAY.year
CAME = {"status": MeetingStatus.VERIFIED}
Change = Callable[[Session, Meeting, Organisation], Any]


def metric(session: Session) -> None:
    label = {"unit_label": "所", "unit_label_en": "institutes", "counted_from": "exchanges", "source": "测试"}
    session.add(Metric(code="institutes", position=1, name="院所", name_en="Institutes", **label))


def visit(session: Session, *, region: str = make.BEIJING, kind: MeetingKind = MeetingKind.OUTBOUND) -> Meeting:
    """A verified meeting at which a firm and somebody of an institute were."""
    firm, expert = (
        make.make_firm(session, make.make_unit(session)),
        make.make_expert(session, make.make_institute(session, region=region)),
    )
    host = expert.institute if kind is MeetingKind.OUTBOUND else None
    meeting = make.make_meeting(session, kind, [firm], [expert], host, **CAME)
    for model in (MeetingFirm, MeetingExpert):
        session.execute(update(model).where(model.meeting_id == meeting.id).values(attendance=Attendance.ATTENDED))
    return meeting


def institute_of(meeting: Meeting) -> Organisation:
    return meeting.experts[0].expert.institute


def found(session: Session, year: int = YEAR) -> set[int]:
    """By the metric; the list must say the same."""
    session.flush()
    session.expire_all()
    value = entries.values(session, year)["institutes"]
    condition = of_year(str(year))
    assert condition is not None
    listed = set(session.query(Organisation.id).where(exchanges.met(condition)).all())
    assert {row[0] for row in listed} == set(value.ids)
    assert value.amount == len(value.ids)
    return set(value.ids)


@pytest.mark.parametrize("kind", [MeetingKind.OUTBOUND, MeetingKind.INBOUND])
@pytest.mark.parametrize("region", [make.BEIJING, make.HEBEI_ELSEWHERE, "310115"])
def test_an_institute_from_anywhere_counts_once_a_year(sessions: Sessions, kind: MeetingKind, region: str) -> None:
    with sessions.write() as session:
        metric(session)
        first = visit(session, kind=kind, region=region)
        institute = institute_of(first)
        assert found(session) == {institute.id}
        second = visit(session, kind=kind)
        session.execute(update(MeetingExpert).where(MeetingExpert.meeting_id == second.id).values(
            expert_id=first.experts[0].expert_id
        ))  # fmt: skip
        second.host_id = first.host_id
        assert found(session) == {institute.id}
        second.day = date(YEAR - 1, 12, 31)
        assert found(session) == found(session, YEAR - 1) == {institute.id}


def _nobody(model: Any) -> Change:
    def change(session: Session, meeting: Meeting, _institute: Organisation) -> None:
        session.execute(update(model).where(model.meeting_id == meeting.id).values(attendance=Attendance.ABSENT))

    return change


def _local(session: Session, meeting: Meeting, institute: Organisation) -> None:
    make.site_of(session, institute).unit_id = meeting.firms[0].firm.unit_id


REFUSED: dict[str, Change] = {
    "not verified": lambda _session, meeting, _institute: setattr(meeting, "status", MeetingStatus.HELD),
    "online": lambda _session, meeting, _institute: setattr(meeting, "kind", MeetingKind.ONLINE),
    "no firm came": _nobody(MeetingFirm),
    "nobody of the institute came": _nobody(MeetingExpert),
    "an institute of the city": _local,
    "neither university nor research": lambda _session, _meeting, one: setattr(one, "institute_type", "other"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_count(sessions: Sessions, case: str) -> None:
    with sessions.write() as session:
        metric(session)
        meeting = visit(session, kind=MeetingKind.INBOUND)
        REFUSED[case](session, meeting, institute_of(meeting))
        assert found(session) == set()


def test_a_city_without_such_a_goal_counts_none(sessions: Sessions) -> None:
    with sessions.write() as session:
        visit(session)
        assert exchanges.by_year(session) == {}
