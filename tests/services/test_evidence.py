import pytest
from sqlalchemy import func, select, update

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Blob, Evidence, Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.files import upload
from matchmaker.domain.meetings import EvidenceGap
from matchmaker.domain.vocabulary import EvidenceKind, MeetingKind, MeetingStatus, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries.meetings import gaps_of
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


@pytest.mark.parametrize(
    ("status", "step"), [(MeetingStatus.VERIFIED, "先撤销核验"), (MeetingStatus.CANCELLED, "取消")]
)
def test_what_is_settled_keeps_its_evidence_as_it_is(sessions: Sessions, status: MeetingStatus, step: str) -> None:
    with sessions.write() as session:
        firm, expert = make.make_firm(session, make.make_unit(session)), make.make_expert(session)
        city = make.actor_of(make.make_account(session, Role.CITY))
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert])
        file = evidence.attach(session, city, meeting, EvidenceKind.SIGN_IN, SHEET, clock=CLOCK)
        settled = session.execute(update(Meeting).values(status=status))
        assert settled.rowcount == 1
        session.refresh(meeting)
        with pytest.raises(Conflict, match=step):
            evidence.attach(session, city, meeting, EvidenceKind.PHOTO, upload("a.pdf", b"%PDF-2"), clock=CLOCK)
        with pytest.raises(Conflict, match=step):
            evidence.void(session, city, meeting, file, reason="传错了", clock=CLOCK)


@pytest.mark.both_databases
def test_a_wrong_file_is_voided_kept_and_may_come_back_as_another_kind(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm, expert = make.make_firm(session, make.make_unit(session)), make.make_expert(session)
        city = make.actor_of(make.make_account(session, Role.CITY))
        meeting = make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert])
        file = evidence.attach(session, city, meeting, EvidenceKind.SIGN_IN, SHEET, clock=CLOCK)
        seen = meeting.version
        with pytest.raises(Invalid, match=r"“签到表”上传（签到表\.pdf）"):
            evidence.attach(session, city, meeting, EvidenceKind.PHOTO, SHEET, clock=CLOCK)
        with pytest.raises(Invalid):
            evidence.void(session, city, meeting, file, reason=" ", clock=CLOCK)
        evidence.void(session, city, meeting, file, reason="传错了", clock=CLOCK)
        assert meeting.version > seen
        assert EvidenceGap.SIGN_IN in gaps_of(meeting)
        with pytest.raises(Conflict):
            evidence.void(session, city, meeting, file, reason="再来", clock=CLOCK)
        for kind in (EvidenceKind.SIGN_IN, EvidenceKind.PHOTO):
            again = evidence.attach(session, city, meeting, kind, SHEET, clock=CLOCK)
            if kind is EvidenceKind.SIGN_IN:
                evidence.void(session, city, meeting, again, reason="还是错", clock=CLOCK)
        assert gaps_of(meeting).count(EvidenceGap.PHOTO) == 0
    with sessions.read() as session:
        kept = session.scalars(select(Evidence).order_by(Evidence.id)).all()
        assert [(one.kind, one.voided_by != "") for one in kept] == [
            (EvidenceKind.SIGN_IN, True), (EvidenceKind.SIGN_IN, True), (EvidenceKind.PHOTO, False),
        ]  # fmt: skip
        reasons = session.scalars(select(Audit.reason).where(Audit.action == "void_evidence").order_by(Audit.id))
        assert list(reasons) == ["传错了", "还是错"]
