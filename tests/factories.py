"""Rows for tests: plain functions, no surprises. Each adds to the session, flushes, and returns the row."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    Account,
    Capability,
    Certificate,
    Clinic,
    ClinicExpert,
    ClinicVisit,
    Evaluation,
    EvaluationPerson,
    EvaluationRound,
    Expert,
    Group,
    GroupMember,
    Invitation,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Metric,
    Need,
    Organisation,
    ServiceLog,
    Site,
    Specialist,
    SpecialistHost,
    Target,
    Team,
    TeamMember,
    TeamNeed,
    Unit,
    Zone,
)
from matchmaker.domain.availability import Half
from matchmaker.domain.permissions import Actor
from matchmaker.domain.scoring import Sheets
from matchmaker.domain.vocabulary import (
    CapabilityKind,
    CapabilityStatus,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    MemberRole,
    NeedStatus,
    OrganisationKind,
    Role,
    SpecialistKind,
    TargetBasis,
    TargetStatus,
    TeamLevel,
    TeamStatus,
)

NOW = datetime(2026, 6, 14, 16, 0, tzinfo=UTC)  # the first moment of TODAY in China: a fixed day has any time of day
TODAY = date(2026, 6, 15)
BEIJING, TIANJIN, LOCAL, HEBEI_ELSEWHERE = "110108", "120104", "131022", "133100"
Row = TypeVar("Row")
_numbers = count(1)
_STAMPS = {"created_at": NOW, "updated_at": NOW}


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def make_unit(session: Session, name: str = "甲县") -> Unit:
    number = next(_numbers)
    zone = _add(session, Zone(code=f"zone{number}", name="某片", name_en="Some zone"))
    return _add(
        session,
        Unit(position=number, code=f"unit{number}", name=name, name_en="Unit", region_code=LOCAL, zone_id=zone.id),
    )


def make_firm(session: Session, unit: Unit | None = None, **values: Any) -> Organisation:
    """A firm with one site; local when it has a unit."""
    number = next(_numbers)
    defaults = {"name": f"某某部件{number}（演示）", "kind": OrganisationKind.FIRM, "tags": [], "unit": unit}
    firm = _add(session, Organisation(**(defaults | _STAMPS | values)))
    make_site(session, firm, LOCAL, unit)
    return firm


def make_institute(session: Session, region: str = BEIJING, **values: Any) -> Organisation:
    """A university with one site in `region`."""
    defaults = {
        "name": f"某某大学{next(_numbers)}",
        "kind": OrganisationKind.INSTITUTE,
        "institute_type": "university",
        "tags": [],
    }
    institute = _add(session, Organisation(**(defaults | _STAMPS | values)))
    make_site(session, institute, region)
    return institute


def make_site(session: Session, organisation: Organisation, region: str, unit: Unit | None = None) -> Site:
    site = Site(
        organisation_id=organisation.id,
        name=f"地点{next(_numbers)}",
        address="某路1号",
        region_code=region,
        unit_id=unit.id if unit else None,
    )
    return _add(session, site)


def site_of(session: Session, organisation: Organisation) -> Site:
    return session.query(Site).filter_by(organisation_id=organisation.id).order_by(Site.id).first()


def make_expert(session: Session, institute: Organisation | None = None, **values: Any) -> Expert:
    """An expert who works at the institute's first site."""
    institute = institute or make_institute(session)
    number = next(_numbers)
    defaults = {
        "name": f"专家{number}",
        "title": "教授",
        "institute_id": institute.id,
        "site_id": site_of(session, institute).id,
        "email": f"demo-{number}@example.org",
        "phone": f"000-{number:08d}",
        "capacity": 6,
        "confirmed_on": TODAY,
    }
    return _add(session, Expert(**(defaults | _STAMPS | values)))


def make_group(session: Session, lead: Expert, *members: Expert, **values: Any) -> Group:
    defaults = {"name": f"团队{next(_numbers)}", "institute_id": lead.institute_id, "site_id": lead.site_id}
    group = _add(session, Group(**(defaults | _STAMPS | values)))
    _add(session, GroupMember(group_id=group.id, expert_id=lead.id, role=MemberRole.LEAD))
    for member in members:
        _add(session, GroupMember(group_id=group.id, expert_id=member.id, role=MemberRole.MEMBER))
    return group


def make_need(session: Session, firm: Organisation | None = None, **values: Any) -> Need:
    """A published need unless `status` says otherwise; pass `terms` when the matcher is to read it."""
    firm = firm or make_firm(session, make_unit(session))
    defaults: dict[str, Any] = {
        "firm_id": firm.id,
        "status": NeedStatus.PUBLISHED,
        "status_since": NOW,
        "published_at": NOW,
        "title": f"铝合金薄板激光焊接热裂纹控制{next(_numbers)}",
        "problem": "1.2 mm 薄板激光焊后出现热裂纹，合格率只有 78%。",
        "keywords": ["激光焊接"],
        "must_have": [],
        "declared": True,
        "terms": {},
        "lexicon_stamp": "",
    }
    return _add(session, Need(**(defaults | _STAMPS | values)))


def make_capability(session: Session, owner: Expert | Group | Organisation | None = None, **values: Any) -> Capability:
    """A listed capability of an expert (made if not given), a group or an organisation."""
    owner = owner or make_expert(session)
    owners = {Expert: "expert_id", Group: "group_id", Organisation: "organisation_id"}
    defaults: dict[str, Any] = {
        owners[type(owner)]: owner.id,
        "source_id": owner.id if isinstance(owner, Organisation) else owner.institute_id,
        "kind": CapabilityKind.EXPERTISE,
        "status": CapabilityStatus.LISTED,
        "status_since": NOW,
        "title": f"铝合金激光焊接工艺{next(_numbers)}",
        "text": "长期研究铝合金薄板激光焊接热裂纹的形成与抑制。",
        "keywords": ["激光焊接", "铝合金"],
        "terms": {},
        "lexicon_stamp": "",
    }
    return _add(session, Capability(**(defaults | _STAMPS | values)))


def make_invitation(session: Session, need: Need, party: Expert | Group, **values: Any) -> Invitation:
    defaults: dict[str, Any] = {
        "need_id": need.id,
        "expert_id" if isinstance(party, Expert) else "group_id": party.id,
        "status": InvitationStatus.OPEN,
        "kind": MeetingKind.INBOUND,
        "answer_by": TODAY,
        "sent_by": "专员",
    }
    return _add(session, Invitation(**(defaults | _STAMPS | values)))


def make_meeting(
    session: Session,
    kind: MeetingKind,
    firms: list[Organisation],
    experts: list[Expert],
    host: Organisation | None = None,
    **values: Any,
) -> Meeting:
    """A planned meeting on TODAY: outbound at the host's first site, inbound at the firm's."""
    place = host if kind is MeetingKind.OUTBOUND else firms[0]
    defaults: dict[str, Any] = {
        "kind": kind,
        "status": MeetingStatus.PLANNED,
        "title": "对接",
        "day": TODAY,
        "starts": time(9),
        "ends": time(11),
        "host_id": host.id if host else None,
        "site_id": None if kind is MeetingKind.ONLINE else site_of(session, place).id,
    }
    meeting = _add(session, Meeting(**(defaults | _STAMPS | values)))
    session.add_all(MeetingFirm(meeting_id=meeting.id, firm_id=firm.id) for firm in firms)
    session.add_all(MeetingExpert(meeting_id=meeting.id, expert_id=expert.id) for expert in experts)
    session.flush()
    session.expire(meeting)
    return meeting


def make_team(session: Session, need: Need, *members: Expert) -> Team:
    team = Team(
        name=f"特派团{next(_numbers)}",
        level=TeamLevel.CITY,
        status=TeamStatus.FORMING,
        need_id=need.id,
        coverage=0.5,
        uncovered=[],
        made_by="专员",
        **_STAMPS,
    )
    _add(session, team)
    _add(session, TeamNeed(team_id=team.id, need_id=need.id))
    for index, expert in enumerate(members):
        role = MemberRole.LEAD if index == 0 else MemberRole.MEMBER
        _add(session, TeamMember(team_id=team.id, expert_id=expert.id, role=role, covers=[]))
    session.expire(team)
    return team


def make_service_log(session: Session, team: Team, expert: Expert, firm: Organisation, **values: Any) -> ServiceLog:
    """A day's log that waits for nobody yet."""
    defaults: dict[str, Any] = {
        "team_id": team.id,
        "expert_id": expert.id,
        "firm_id": firm.id,
        "day": TODAY,
        "half_days": 2,
        "problem": "裂纹",
        "result": "调整参数",
        "status_since": NOW,
        "entered_by": expert.name,
    }
    return _add(session, ServiceLog(**(defaults | _STAMPS | values)))


def make_stated_metric(session: Session, code: str = "platforms") -> None:
    """A metric of the city that no records of ours count, with a cumulative target of 1000 for 2025."""
    names = {"name": "创新平台", "name_en": "Platforms", "unit_label": "个", "unit_label_en": "platforms"}
    _add(session, Metric(code=code, position=99, counted_from="entered", source="附件", **names))
    promise = {"value": 1000, "basis": TargetBasis.CUMULATIVE, "status": TargetStatus.DRAFT, "source": "附件"}
    _add(session, Target(metric_code=code, year=2025, unit_label="个", **(promise | _STAMPS)))


def make_specialist(session: Session, expert: Expert, *hosts: Organisation, **values: Any) -> Specialist:
    """On file for a year, serving these firms since."""
    filed = TODAY - timedelta(days=365)
    defaults = {
        "kind": SpecialistKind.ENTERPRISE,
        "number": f"T{next(_numbers)}",
        "filed_on": filed,
        "entered_by": "专员",
    }
    one = Specialist(
        expert_id=expert.id, institute_id=expert.institute_id, status_since=NOW, **(defaults | _STAMPS | values)
    )
    one.hosts = [SpecialistHost(organisation_id=firm.id, since=filed, added_by="专员") for firm in hosts]
    _add(session, one)
    session.expire(one)
    return one


def make_certificate(session: Session, team: Team, expert: Expert) -> Certificate:
    said = {"name": expert.name, "institute": "某大学", "half_days": 2, "times": 1, "firms": [], "results": []}
    days = dict.fromkeys(("from_day", "to_day", "issued_on", "valid_until"), TODAY)
    token = f"token{next(_numbers)}"
    row = Certificate(token=token, expert_id=expert.id, team_id=team.id, issued_by="专员", **said, **days)
    return _add(session, row)


def make_clinic(session: Session, firms: Sequence[Organisation], *experts: Expert, **values: Any) -> Clinic:
    """A planned round of firms, led by the first of the experts, one firm half a day from `TODAY` on."""
    clinic = _add(session, Clinic(**({"title": f"巡诊{next(_numbers)}", "made_by": "专员"} | _STAMPS | values)))
    for place, expert in enumerate(experts):
        role = MemberRole.MEMBER if place else MemberRole.LEAD
        session.add(ClinicExpert(clinic_id=clinic.id, expert_id=expert.id, role=role))
    for place, firm in enumerate(firms):
        half, day = list(Half)[place % 2], TODAY + timedelta(days=place // 2)
        session.add(ClinicVisit(clinic_id=clinic.id, firm_id=firm.id, day=day, half=half))
    session.flush()
    session.expire(clinic)
    return clinic


def make_evaluation(session: Session, team: Team, **values: Any) -> Evaluation:
    """A team's evaluation of this year that waits for its lead's report."""
    if "round_id" not in values:
        known = session.scalars(select(EvaluationRound).where(EvaluationRound.year == TODAY.year)).first()
        rules = Sheets().model_dump(mode="json")
        row = known or _add(
            session,
            EvaluationRound(year=TODAY.year, rules=rules, due_on=TODAY, made_by="专员", opened_on=TODAY, **_STAMPS),
        )
        values["round_id"] = row.id
    lead = next((one.expert_id for one in team.members), None)
    defaults: dict[str, Any] = {"team_id": team.id, "level": TeamLevel.CITY, "lead_id": lead, "status_since": NOW}
    found = _add(session, Evaluation(**(defaults | _STAMPS | values)))
    session.add_all(EvaluationPerson(evaluation_id=found.id, expert_id=one.expert_id) for one in team.members)
    session.flush()
    session.expire(found)
    return found


def make_account(session: Session, role: Role, **values: Any) -> Account:
    """An account without a usable password; attach it with organisation_id, expert_id or unit_id."""
    number = next(_numbers)
    defaults = {"login": f"{role}{number}", "name": f"{role.label}{number}", "role": role, "password_hash": "!"}
    return _add(session, Account(**(defaults | _STAMPS | values)))


def actor_of(account: Account) -> Actor:
    return Actor(
        role=account.role,
        name=account.name,
        account_id=account.id,
        organisation_id=account.organisation_id,
        unit_id=account.unit_id,
        expert_id=account.expert_id,
    )
