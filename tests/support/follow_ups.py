"""A meeting that was held, as the past left it, for what follows from it."""

from datetime import timedelta
from types import SimpleNamespace

from sqlalchemy.orm import Session

from matchmaker.db.models import MeetingNeed
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role
from tests import factories as make


def make_held(session: Session, days_ago: int = 30) -> SimpleNamespace:
    """An outbound meeting of two firms that came and one that did not, verified, about a need of the first."""
    unit, far = make.make_unit(session), make.make_unit(session)
    firms = [make.make_firm(session, unit, contact_email=f"firm{at}@example.org") for at in range(3)]
    host = make.make_institute(session, contact_email="host@example.org")
    expert = make.make_expert(session, host, name="周教授", email="zhou@example.org")
    day = make.TODAY - timedelta(days=days_ago)
    status = {"status": MeetingStatus.VERIFIED}
    meeting = make.make_meeting(session, MeetingKind.OUTBOUND, firms, [expert], host, day=day, **status)
    for row, came in zip(meeting.firms, (True, True, False), strict=True):
        row.attendance = Attendance.ATTENDED if came else Attendance.ABSENT
    meeting.experts[0].attendance = Attendance.ATTENDED
    need = make.make_need(session, firms[0])
    session.add(MeetingNeed(meeting_id=meeting.id, need_id=need.id))
    accounts = {
        "city": make.make_account(session, Role.CITY, email="city@example.org"),
        "county": make.make_account(session, Role.COUNTY, unit_id=unit.id, email="county@example.org"),
        "far": make.make_account(session, Role.COUNTY, unit_id=far.id),
        "firm": make.make_account(session, Role.FIRM, organisation_id=firms[0].id),
        "other": make.make_account(session, Role.FIRM, organisation_id=firms[1].id),
        "person": make.make_account(session, Role.EXPERT, expert_id=expert.id),
        "manager": make.make_account(session, Role.INSTITUTE, organisation_id=host.id),
        "leader": make.make_account(session, Role.LEADER),
    }
    ids = {"meeting": meeting.id, "firms": [one.id for one in firms], "host": host.id, "expert": expert.id}
    return SimpleNamespace(**ids, need=need.id, **{name: make.actor_of(one) for name, one in accounts.items()})


def held(sessions: Sessions, days_ago: int = 30) -> SimpleNamespace:
    """The same, committed."""
    with sessions.write() as session:
        return make_held(session, days_ago)
