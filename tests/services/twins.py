"""Records that stand on file twice, with everything that can refer to them, and how tests merge them."""

from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import (
    Account,
    Answer,
    Attachment,
    Blob,
    Capability,
    Comment,
    Expert,
    Invitation,
    Label,
    Merge,
    Need,
    Organisation,
    Registration,
    Site,
    Suggestion,
    TeamMember,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import (
    Attendance,
    Decision,
    LabelKind,
    MeetingKind,
    Noun,
    RegistrationStatus,
    Role,
    Side,
)
from matchmaker.queries import references
from matchmaker.services import merging
from tests import factories as make
from tests.services.test_import_undo import business
from tests.support.texts import analysed

CLOCK = FixedDayClock(make.TODAY)
CITY = Actor(Role.CITY, "专员", None)


def records(sessions: Sessions) -> dict[str, list[str]]:
    """All records, but not when they were last changed."""
    found = business(sessions, without=frozenset({"updated_at"}))
    return {name: rows for name, rows in found.items() if name != "merge"}


def put_together(session: Session, kept: object, gone: object, **options: object) -> Merge:
    return merging.merge(session, CITY, kept, gone, **{"reason": "同一家", "clock": CLOCK, **options})


def load(session: Session, world: SimpleNamespace, model: type = Organisation) -> tuple[object, object]:
    return session.get_one(model, world.kept), session.get_one(model, world.gone)


def left_over(session: Session, table: str, number: int) -> list[references.Reference]:
    return [found for found in references.references(session, table, [number]) if found.table != "suggestion"]


def two_firms(session: Session) -> SimpleNamespace:
    """A firm twice, with everything that can refer to it, and both in one meeting."""
    unit = make.make_unit(session)
    kept = make.make_firm(session, unit, name="甲乙精工有限公司", external_id="F1")
    gone = make.make_firm(session, unit, name="甲乙精工", contact_phone="0316-1234567", external_id="F9")
    place = _sites(session, kept, gone)
    account = make.make_account(session, Role.FIRM, organisation_id=gone.id)
    need = make.make_need(session, gone, external_id="N1")
    make.make_need(session, kept, external_id="N1")
    host = make.make_institute(session)
    expert = make.make_expert(session, host)
    make.make_capability(session, gone)
    session.flush()
    both = make.make_meeting(session, MeetingKind.OUTBOUND, [kept, gone], [expert], host)
    for row, outcome, who in zip(both.firms, (Attendance.ABSENT, Attendance.ATTENDED), ("", "王工"), strict=True):
        row.attendance, row.people = outcome, who
    inbound = make.make_meeting(session, MeetingKind.INBOUND, [gone], [expert], site_id=place.id)
    make.make_invitation(session, need, expert)
    _papers(session, gone, account)
    older = make.make_firm(session, unit, name="甲乙", merged_into_id=gone.id)
    return SimpleNamespace(
        kept=kept.id, gone=gone.id, both=both.id, inbound=inbound.id, need=need.id, account=account.id,
        place=place.id, older=older.id,
    )  # fmt: skip


def _sites(session: Session, kept: Organisation, gone: Organisation) -> Site:
    """One place twice, and one that only shares its name; the duplicate's of the first."""
    unit_id = gone.unit_id
    session.add(Site(organisation_id=kept.id, name="本部", address="路1", region_code=make.LOCAL, unit_id=unit_id))
    place = Site(organisation_id=gone.id, name="本部", address="路1", region_code=make.LOCAL, unit_id=unit_id)
    elsewhere = Site(organisation_id=kept.id, name="二厂", address="", region_code=make.LOCAL)
    session.add_all([place, elsewhere])
    session.add(Site(organisation_id=gone.id, name="二厂", address="", region_code=make.BEIJING))
    return place


def _papers(session: Session, gone: Organisation, account: Account) -> None:
    """A comment, a file and the registration."""
    session.add(Comment(noun=Noun.ORGANISATION, record_id=gone.id, at=make.NOW, author="专员", body="请核对"))
    session.add(Blob(sha256="0" * 64, size=1, media_type="text/plain", data=b"x"))
    session.flush()
    session.add(
        Attachment(
            noun=Noun.ORGANISATION,
            record_id=gone.id,
            blob_sha256="0" * 64,
            file_name="照.txt",
            media_type="text/plain",
            size=1,
            added_by="专员",
            added_at=make.NOW,
        )
    )
    session.add(
        Registration(
            status=RegistrationStatus.ACTIVE,
            organisation_id=gone.id,
            account_id=account.id,
            claim={"name": "甲乙"},
            created_at=make.NOW,
            updated_at=make.NOW,
        )
    )


def two_people(session: Session) -> SimpleNamespace:
    """A person twice: in one group, one team, one meeting, suggested and labelled for one need."""
    host = make.make_institute(session)
    kept, gone = (make.make_expert(session, host, name="张三", external_id=f"E{n}") for n in (1, 2))
    need = make.make_need(session)
    offer = analysed(session, make.make_capability(session, gone))
    group = make.make_group(session, kept, gone)
    other = make.make_group(session, gone)
    team = make.make_team(session, need, gone, kept)
    session.scalars(select(TeamMember).where(TeamMember.expert_id == gone.id)).one().covers = ["热裂纹"]
    meeting = make.make_meeting(session, MeetingKind.INBOUND, [need.firm], [kept, gone])
    for row, outcome in zip(meeting.experts, (None, Attendance.EXCUSED), strict=True):
        row.attendance = outcome
    invitation = _agreed(session, need, gone, kept)
    for one, pinned in ((kept, False), (gone, True)):
        _matched(session, need, offer, one, pinned=pinned)
    account = make.make_account(session, Role.EXPERT, expert_id=gone.id)
    return SimpleNamespace(
        kept=kept.id, gone=gone.id, need=need.id, offer=offer.id, group=group.id, other=other.id, team=team.id,
        meeting=meeting.id, invitation=invitation.id, account=account.id,
    )  # fmt: skip


def _agreed(session: Session, need: Need, gone: Expert, kept: Expert) -> Invitation:
    """The duplicate agrees to come and brings both."""
    invitation = make.make_invitation(session, need, gone)
    session.add(
        Answer(
            invitation_id=invitation.id,
            side=Side.EXPERT,
            decision=Decision.ACCEPT,
            given_by="张三",
            companion_ids=[gone.id, kept.id],
            given_at=make.NOW,
        )
    )
    return invitation


def _matched(session: Session, need: Need, offer: Capability, one: Expert, *, pinned: bool) -> None:
    """A suggestion and its labels; the pinned one was met, too."""
    key = f"expert:{one.id}"
    session.add(
        Suggestion(
            need_id=need.id,
            owner_key=key,
            capability_id=offer.id,
            rank=1,
            score=0.5,
            reasons=[],
            pinned=pinned,
            steer_reason="熟悉" if pinned else "",
            matcher_version="1",
            made_at=make.NOW,
        )
    )
    for kind in (LabelKind.ACCEPTED, LabelKind.HELD)[: 1 + pinned]:
        session.add(Label(need_id=need.id, owner_key=key, kind=kind, made_at=make.NOW, made_by="专员"))
