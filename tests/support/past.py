"""What only turns up once people have worked for a while: an older ledger, merged records, sheets half-way."""

from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.db.models import (
    Account,
    Answer,
    Certificate,
    Evaluation,
    Expert,
    FollowUp,
    ImportDraft,
    Invitation,
    Meeting,
    Organisation,
    Site,
    Team,
)
from matchmaker.domain.files import Upload
from matchmaker.domain.meetings import Plan
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor
from matchmaker.domain.rule_terms import UNITS
from matchmaker.domain.vocabulary import (
    Decision,
    EvaluationStatus,
    ImportKind,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    Noun,
    OrganisationKind,
    Role,
    Side,
    TeamStatus,
)
from matchmaker.exchange.tables import save_rows
from matchmaker.queries import team_life, teams
from matchmaker.queries.colleagues import mates
from matchmaker.queries.duplicates import candidates
from matchmaker.queries.scopes import on_file
from matchmaker.services import (
    account_links,
    accounts,
    companions,
    evaluations,
    follow_ups,
    links,
    meeting_links,
    meetings,
    merging,
    task_books,
)
from matchmaker.services.accounts import NewAccount
from matchmaker.services.imports import bring_in, drafts
from tests.factories import actor_of

STRANGE = {"编号": "N1", "甲方": "没有这家", "题目": "焊接变形", "说明文字": "变形大", "杂项": "x"}
KNOWN = {
    "需求编号": "N1",
    "企业": "没有这家",
    "技术需求名称": "焊接变形",
    "主要问题": "变形大",
    "拟投入资金（万元）": "三十来万",
}


@dataclass(frozen=True)
class Past:
    """Addresses that no page links to, because they stand in somebody's mail or are the answer to a form.

    `links` are for whoever has no account, `officer` for the city officer.
    """

    links: list[str]
    officer: list[str]


def add_past(runtime: Runtime, folder: Path) -> Past:
    """An older ledger that waits to be verified, the demonstration's double expert made one, and what is half-way.

    Half-way are sheets of each step of importing, an account that nobody opened yet, a colleague asked to come along.
    """
    with runtime.sessions.write() as session:
        officer = _first(session, Role.CITY)
        _merge(session, officer, runtime)
        row = _older_meeting(session)
        sent = [_unopened_account(session, runtime), _companion(session, officer, runtime)]
        sent += [_meeting_of_today(session, officer, runtime), _record_to_confirm(session, runtime)]
        sent.append(_asked_how_it_goes_on(session, runtime))
        sent += [_book_to_agree_to(session, runtime), _certified(session)]
        for content in (STRANGE, KNOWN):
            _sheet(session, officer, content, folder, runtime)
        drafts.queue(_sheet(session, officer, KNOWN | {"需求编号": "N2"}, folder, runtime), good_rows=True)
    path = folder / "ledger.csv"
    save_rows(path, list(row), [row], guard_formulas=False)
    report = bring_in(
        runtime.sessions, lambda: runtime.segmenter, officer, ImportKind.HISTORY, path, clock=runtime.clock
    )
    if not report.written:
        raise AssertionError([error.describe(report.file_name) for error in report.errors])
    with runtime.sessions.write() as session:
        return Past(sent, _asked_by_forms(session, runtime))


def _first(session: Session, role: Role) -> Actor:
    return actor_of(session.scalars(select(Account).filter_by(role=role).order_by(Account.id)).first())


def _merge(session: Session, officer: Actor, runtime: Runtime) -> None:
    [pair, *_] = candidates(session, officer, Noun.EXPERT)
    both = [merging.party(session, Noun.EXPERT, number) for number in (pair.first_id, pair.second_id)]
    merging.merge(session, officer, *both, reason="同一人", clock=runtime.clock)


def _older_meeting(session: Session) -> dict[str, str]:
    expert = session.scalars(select(Expert).order_by(Expert.id)).first()
    firms = (on_file(), Organisation.kind == OrganisationKind.FIRM, Organisation.unit_id.is_not(None))
    firm = session.scalars(select(Organisation).where(*firms).order_by(Organisation.id)).first()
    return {
        "日期": "2024-05-06",
        "方式": "走进",
        "企业": firm.name,
        "院所": expert.institute.name,
        "专家": expert.name,
        "到会情况": "到会",
        "纪要摘要": "看了中试线。",
    }


def _unopened_account(session: Session, runtime: Runtime) -> str:
    """Where a new firm's colleague opens the account."""
    admin, firm = _first(session, Role.ADMIN), _first(session, Role.FIRM)
    new = NewAccount(login="", name="新同事", role=Role.FIRM, organisation_id=firm.organisation_id)
    account = accounts.create(session, admin, new, clock=runtime.clock)
    return account_links.path_of(*account_links.send(session, admin, account, clock=runtime.clock))


def _companion(session: Session, officer: Actor, runtime: Runtime) -> str:
    """Where a colleague whom an expert brings along reads what it is about."""
    agreed = (Answer.side == Side.EXPERT, Answer.decision == Decision.ACCEPT)
    standing = select(Invitation).join(Answer).where(*agreed, Invitation.status == InvitationStatus.ACCEPTED)
    found = session.scalars(standing.order_by(Invitation.id.desc())).unique()
    invitation, colleague = next((row, mates(session, row)[0]) for row in found if mates(session, row))
    settings, clock = runtime.settings, runtime.clock
    companions.bring(session, officer, invitation, [colleague.id], settings=settings, clock=clock)
    return links.companion_path(settings.key(), invitation.id, colleague.id, today=clock.today())


def _meeting_of_today(session: Session, officer: Actor, runtime: Runtime) -> str:
    """Where people check in at a meeting that is going on."""
    firm = session.get_one(Organisation, _first(session, Role.FIRM).organisation_id)
    site = session.scalars(select(Site).where(Site.organisation_id == firm.id)).first()
    expert = session.scalars(select(Expert).order_by(Expert.id.desc())).first()
    plan = Plan(
        kind=MeetingKind.INBOUND,
        day=runtime.clock.today(),
        starts=time(9),
        ends=time(11),
        site_id=site.id,
        firm_ids=(firm.id,),
        expert_ids=(expert.id,),
    )
    meeting = meetings.schedule(session, officer, plan, clock=runtime.clock)
    key, now = runtime.settings.key(), runtime.clock.now()
    return f"/i/{meeting_links.check_in_token(key, meeting.id, now=now, life=timedelta(days=1))[0]}"


def _record_to_confirm(session: Session, runtime: Runtime) -> str:
    """Where a firm says whether what was recorded is true."""
    held = select(Meeting).where(Meeting.status == MeetingStatus.HELD).order_by(Meeting.id)
    meeting = session.scalars(held).first()
    key, today = runtime.settings.key(), runtime.clock.today()
    return meeting_links.record_path(key, meeting.id, meeting.firms[0].firm_id, None, today=today)


def _asked_how_it_goes_on(session: Session, runtime: Runtime) -> str:
    """Where a firm says what came of a meeting of some weeks ago."""
    settings, clock = runtime.settings, runtime.clock
    follow_ups.fall_due(session, clock.today(), settings=settings, clock=clock)
    row = session.scalars(select(FollowUp).where(FollowUp.side == Side.FIRM).order_by(FollowUp.id)).first()
    return follow_ups.path_for(row.meeting, row.days, row.firm, None, settings=settings, clock=clock)


def _book_to_agree_to(session: Session, runtime: Runtime) -> str:
    """Where a firm says yes to a team's task book."""
    drafting = select(Team).where(Team.status == TeamStatus.TASK_BOOK_DRAFT).order_by(Team.id)
    team = session.scalars(drafting).unique().first()
    side, *_ = team_life.sides(team, team_life.newest(session, team), runtime.clock.today())
    return task_books.path_for(team, side, settings=runtime.settings, clock=runtime.clock)


def _certified(session: Session) -> str:
    """Where a stranger checks a certificate of service."""
    return f"/certificates/{session.scalars(select(Certificate.token).order_by(Certificate.id)).first()}"


def _report_to_score(session: Session, runtime: Runtime) -> str:
    """Where an officer scores a report that another has passed for the unit."""
    handed_in = select(Evaluation).where(Evaluation.status == EvaluationStatus.SUBMITTED).order_by(Evaluation.id)
    row = session.scalars(handed_in).unique().one()
    cities = select(Account).where(Account.role == Role.CITY).order_by(Account.id.desc())
    evaluations.review(session, actor_of(session.scalars(cities).first()), row, "情况属实", clock=runtime.clock)
    return f"/evaluations/teams/{row.id}/score"


def _asked_by_forms(session: Session, runtime: Runtime) -> list[str]:
    """A route whose experts and firms are chosen, a rule looked at before it is adopted, teams proposed for a need."""
    firms = (on_file(), Organisation.kind == OrganisationKind.FIRM, Organisation.unit_id.is_not(None))
    firm_id = session.scalars(select(Organisation.id).where(*firms).order_by(Organisation.id)).first()
    expert_id = session.scalars(select(Expert.id).order_by(Expert.id)).first()
    begins = runtime.clock.today() + timedelta(days=30)
    said = {"unit": UNITS[MetricCode.INBOUND][0].value, "valid_from": begins.isoformat(), "reason": "统一口径"}
    drafting = select(Team.id).where(Team.status == TeamStatus.TASK_BOOK_DRAFT).order_by(Team.id)
    return [
        f"/teams/{session.scalars(drafting).first()}/task-book/edit",
        _report_to_score(session, runtime),
        f"/routes/new?step=form&travellers={expert_id}&places={firm_id}",
        f"/rules/{MetricCode.INBOUND}/preview?{urlencode(said)}",
        f"/teams/new?need={teams.open_needs(session)[0].id}",
    ]


def _sheet(session: Session, officer: Actor, row: dict[str, str], folder: Path, runtime: Runtime) -> ImportDraft:
    path = folder / f"sheet-{len(row)}-{row.get('需求编号', '')}.csv"
    save_rows(path, list(row), [row], guard_formulas=False)
    file = Upload(path.name, path.read_bytes())
    table = drafts.read(ImportKind.NEEDS, file)
    return drafts.begin(session, officer, ImportKind.NEEDS, file, table, clock=runtime.clock)
