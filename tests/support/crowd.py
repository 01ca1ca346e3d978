"""A small world in which every list has a row, made n times as large: for counting what a page asks the database."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.enlarge import enlarge
from matchmaker.clock import FixedDayClock
from matchmaker.db.models import (
    Absorption,
    Account,
    Answer,
    Comment,
    Expert,
    ImportBatch,
    Label,
    MeetingNeed,
    Need,
    Notice,
    Organisation,
    Registration,
    Suggestion,
    Target,
    TechnicalField,
    Training,
    Trip,
    Turnover,
    Unit,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import (
    Attendance,
    Audience,
    CapabilityStatus,
    Decision,
    DeclineReason,
    Frequency,
    ImportKind,
    InvitationStatus,
    LabelKind,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Noun,
    RegistrationStatus,
    Role,
    Side,
    TargetBasis,
    TargetStatus,
    TurnoverSpan,
)
from matchmaker.services import audit
from tests.factories import (
    NOW,
    TODAY,
    make_account,
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_meeting,
    make_need,
    make_team,
    make_unit,
)
from tests.support.counting import make_counting
from tests.support.person import PASSWORD_HASH
from tests.support.texts import analysed

DIRECTORY = ("organisation", "site", "account", "expert", "research_group", "group_member", "registration")
ACTIVITY = (
    *("need", "need_release", "capability", "suggestion", "invitation", "answer", "label", "trip", "meeting"),
    *("meeting_firm", "meeting_expert", "meeting_need", "team", "team_need", "team_member", "notice", "audit"),
    *("comment", "import_batch", "absorption", "training"),
)


def make_crowd(sessions: Sessions, number: int) -> dict[Role, str]:
    """Every list holds at least `number` rows, all concerning the same firm, institute and expert; role → login."""
    with sessions.write() as session:
        logins = _world(session)
    if number > 1:
        enlarge(sessions, number, only={}, tables=ACTIVITY)
        enlarge(sessions, number, only={}, tables=DIRECTORY)
    return logins


def _world(session: Session) -> dict[Role, str]:
    make_counting(session)
    session.add(TechnicalField(position=1, code="equipment", name="装备", name_en="Equipment", source="演示"))
    unit = make_unit(session)
    firm, institute = make_firm(session, unit, tags=["演示"]), make_institute(session)
    expert = make_expert(session, institute)
    group = make_group(session, expert)
    needs = _needs(session, firm)
    _offers(session, expert, group)
    accounts = _accounts(session, firm, institute, expert, unit)
    _pairing(session, needs, expert, group)
    _meetings(session, needs[0], firm, expert, institute)
    _desk_work(session, accounts, unit)
    _entries(session, firm, institute)
    return {role: account.login for role, account in accounts.items()}


def _entries(session: Session, firm: Organisation, institute: Organisation) -> None:
    """What is counted beside meetings, one of each, and a target to hold it against."""
    entered: dict[str, Any] = {"entered_by": "专员", "created_at": NOW, "updated_at": NOW}
    session.add(Absorption(title="成果", firm_id=firm.id, origin_id=institute.id, day=TODAY, **entered))
    person = {"name": "某人", "organisation": firm.name, "course": "一期", "certificate": "1", "day": TODAY}
    session.add(Training(**person, **entered))
    figure = {"year": TODAY.year, "span": TurnoverSpan.MONTH, "month": 1, "total": 5, "source": "快报"}
    session.add(Turnover(**figure, **entered))
    promised = {"metric_code": "outbound", "year": TODAY.year, "value": 100, "basis": TargetBasis.ABSOLUTE}
    more = {"status": TargetStatus.FINAL, "unit_label": "次", "source": "文件", "created_at": NOW, "updated_at": NOW}
    session.add(Target(**promised, **more))
    session.flush()


def _needs(session: Session, firm: Organisation) -> list[Need]:
    states: list[dict[str, Any]] = [
        {"audience": Audience.MASKED, "deadline": TODAY},
        {"status": NeedStatus.COUNTY_REVIEW},
        {"status": NeedStatus.CITY_REVIEW},
        {"status": NeedStatus.RETURNED},
        {},
    ]
    return [analysed(session, make_need(session, firm, **state)) for state in states]


def _offers(session: Session, expert: Expert, group: Any) -> None:
    for owner in (expert, group):
        analysed(session, make_capability(session, owner))
    analysed(session, make_capability(session, expert, status=CapabilityStatus.REVIEW))


def _accounts(
    session: Session, firm: Organisation, institute: Organisation, expert: Expert, unit: Unit
) -> dict[Role, Account]:
    places: dict[Role, dict[str, Any]] = {
        Role.FIRM: {"organisation_id": firm.id},
        Role.EXPERT: {"expert_id": expert.id},
        Role.INSTITUTE: {"organisation_id": institute.id},
        Role.COUNTY: {"unit_id": unit.id},
    }
    return {role: make_account(session, role, password_hash=PASSWORD_HASH, **places.get(role, {})) for role in Role}


def _pairing(session: Session, needs: list[Need], expert: Expert, group: Any) -> None:
    reasons = [{"term": "激光焊接", "share": 0.6}]
    for need in (needs[0], needs[4]):
        keys = (f"expert:{expert.id}", f"group:{group.id}")
        for rank, key in enumerate(keys):
            row = {"need_id": need.id, "owner_key": key, "capability_id": 1, "rank": rank, "score": 0.5}
            session.add(Suggestion(**row, reasons=reasons, matcher_version="1", made_at=NOW))
    asked = make_invitation(session, needs[0], expert, sent_side=Side.FIRM)
    asked.answers.append(Answer(side=Side.FIRM, decision=Decision.ACCEPT, given_by="x", given_at=NOW))
    make_invitation(session, needs[4], group)
    make_invitation(session, needs[4], expert, status=InvitationStatus.ACCEPTED)
    make_invitation(session, needs[4], expert, status=InvitationStatus.DECLINED)
    label = {"need_id": needs[4].id, "owner_key": f"group:{group.id}", "kind": LabelKind.DECLINED}
    session.add(Label(**label, reason=DeclineReason.NO_TIME, made_at=NOW, made_by="x"))
    make_team(session, needs[0], expert)
    for action in ("return", "create"):
        audit.log(session, SYSTEM, action, needs[3], clock=FixedDayClock(TODAY), reason="补充")


def _meetings(session: Session, need: Need, firm: Organisation, expert: Expert, institute: Organisation) -> None:
    trip = Trip(title="行程", day=TODAY, made_by="x", created_at=NOW, updated_at=NOW)
    session.add(trip)
    session.flush()
    told = (
        (MeetingKind.OUTBOUND, institute, MeetingStatus.VERIFIED, 2),
        (MeetingKind.INBOUND, None, MeetingStatus.HELD, 1),
        (MeetingKind.INBOUND, None, MeetingStatus.PLANNED, 0),
    )
    for kind, host, status, days_ago in told:
        day = TODAY - timedelta(days=days_ago)
        meeting = make_meeting(session, kind, [firm], [expert], host, day=day, status=status)
        meeting.needs.append(MeetingNeed(need_id=need.id))
        meeting.trip_id = trip.id if host else None
        meeting.from_history = status is MeetingStatus.HELD
        for row in (*meeting.firms, *meeting.experts):
            row.attendance = None if status is MeetingStatus.PLANNED else Attendance.ATTENDED


def _desk_work(session: Session, accounts: dict[Role, Account], unit: Unit) -> None:
    for account in accounts.values():
        params = {"title": "焊接", "page": "/needs/1", "link": "/needs/1", "greeting": "x"}
        session.add(
            Notice(
                account_id=account.id,
                dedup_key="one",
                notice="need_published",
                params=params,
                frequency=Frequency.AT_ONCE,
                made_at=NOW,
            )
        )
    asking = make_firm(session, unit, status=RegistrationStatus.PENDING)
    blank = dict.fromkeys(("credit_code", "address", "about", "contact_name", "contact_phone", "contact_email"), "")
    claim = blank | {"name": asking.name, "unit": unit.code}
    waiting = make_account(session, Role.FIRM, organisation_id=asking.id, active=False)
    session.add(
        Registration(organisation_id=asking.id, account_id=waiting.id, claim=claim, created_at=NOW, updated_at=NOW)
    )
    batch = {"kind": ImportKind.NEEDS, "file_name": "需求.xlsx", "sha256": "0" * 64, "made_at": NOW, "made_by": "x"}
    counts = {"created": 1, "updated": 0, "unchanged": 0, "failed": 0}
    session.add(ImportBatch(**batch, **counts, errors=[]))
    session.add(Comment(noun=Noun.NEED, record_id=1, at=NOW, author="x", body="请补充"))
