import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Blob, Evidence, Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.files import upload
from matchmaker.domain.vocabulary import EvidenceKind, MeetingKind, MeetingStatus, Role
from matchmaker.errors import Conflict, Forbidden
from matchmaker.services import blobs, evidence
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
SHEET = upload("签到表.pdf", b"%PDF-1.7 signed")


@pytest.mark.both_databases
def test_a_file_is_kept_once_and_read_back(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm, expert = make.make_firm(session, make.make_unit(session)), make.make_expert(session)
        city = make.actor_of(make.make_account(session, Role.CITY))
        first, second = (make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert]) for _ in range(2))
        for meeting in (first, second):
            evidence.attach(session, city, meeting, EvidenceKind.SIGN_IN, SHEET, clock=CLOCK)
        kept = evidence.attach(session, city, first, EvidenceKind.SIGN_IN, SHEET, clock=CLOCK)
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Blob)) == 1
        assert session.scalar(select(func.count(Evidence.id))) == 2
        assert session.scalar(select(func.count(Audit.id)).where(Audit.action == "evidence")) == 2
        stored = session.get_one(Evidence, kept.id)
        assert blobs.read(session, stored.blob_sha256) == SHEET.data
        assert (stored.file_name, stored.blob.media_type) == ("签到表.pdf", "application/pdf")


def test_strangers_and_cancelled_meetings_get_no_evidence(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm, expert = make.make_firm(session, make.make_unit(session)), make.make_expert(session)
        county = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=make.make_unit(session).id))
        city = make.actor_of(make.make_account(session, Role.CITY))
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert])
        off = make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert], status=MeetingStatus.CANCELLED)
        with pytest.raises(Forbidden):
            evidence.attach(session, county, meeting, EvidenceKind.PHOTO, SHEET, clock=CLOCK)
        with pytest.raises(Conflict):
            evidence.attach(session, city, off, EvidenceKind.PHOTO, SHEET, clock=CLOCK)
        assert session.get_one(Meeting, meeting.id).evidence == []
