"""Teams at work in the demonstration: one in service with logs and a certificate, one signed, one at its task book."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI, Clock
from matchmaker.config import Settings
from matchmaker.db.models import Account, Expert, ServiceLog, Team
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.drafts import AgreementDraft, CertificateDraft, ServiceLogDraft, TaskBookDraft
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor
from matchmaker.domain.task_books import Written
from matchmaker.domain.vocabulary import BookAnswer, DayShare, HostKind, Role
from matchmaker.errors import Conflict
from matchmaker.queries import circumstances
from matchmaker.queries import team_life as queries
from matchmaker.queries.team_life import BookSide
from matchmaker.services import attachments, certificates, milestones, outbox, service_logs, task_books, team_life
from matchmaker.services.demo.papers import group_photo, minutes_sheet
from matchmaker.services.demo.script import Script
from matchmaker.services.demo.timeline import MomentClock, Timeline

SERVING, SIGNED, DRAFTING = "serving", "signed", "drafting"  # how far a team of the script has come
BEGUN = 250  # days ago
FIRST_LOG, EVERY = 190, 14  # days ago, days
STATES = ("approve", "approve", "return", "unit_pass", "submit", "")  # what became of the last logs, the oldest first
YEARS = 2


def begun(today: date) -> datetime:
    """When the teams that have come further than forming were proposed."""
    return datetime.combine(today - timedelta(days=BEGUN), time(9, 40), SHANGHAI)


def without_a_place(session: Session, today: date) -> set[int]:
    """The experts whose year was full in the year in which those teams were proposed."""
    used = circumstances.used(session, begun(today).year)
    known = session.scalars(select(Expert).where(Expert.id.in_(used))).unique()
    return {expert.id for expert in known if circumstances.left(expert, used) == 0}


@dataclass(frozen=True)
class Stage:
    """What every act needs."""

    session: Session
    settings: Settings
    script: Script
    line: Timeline
    officer: Actor
    verifier: Actor

    def clock(self, ago: int, hour: int = 10) -> Clock:
        """A moment on the working day so long ago."""
        return MomentClock(min(datetime.combine(self.line.day(ago), time(hour, 20), SHANGHAI), self.line.now))

    def say(self, name: str, number: int = 0) -> str:
        """One of the script's texts."""
        texts = self.script.phrases[f"served_{name}"]
        return texts[number % len(texts)]


def work(
    session: Session,
    settings: Settings,
    script: Script,
    teams: Mapping[str, Team],
    officers: Sequence[Actor],
    *,
    clock: Clock,
    calendar: WorkCalendar,
) -> None:
    """Let the teams of the script come as far as it says; nobody is written to about what is long past."""
    stage = Stage(session, settings, script, Timeline(clock.now(), calendar), *officers)
    with outbox.quiet(session):
        for key, team in teams.items():
            life = script.teams[key].get("life", "")
            if life:
                _draft(stage, team, answered=life != DRAFTING)
            if life in {SIGNED, SERVING}:
                _sign(stage, team)
            if life == SERVING:
                _serve(stage, team)


def _draft(stage: Stage, team: Team, *, answered: bool) -> None:
    """Hosts and the first version; where the sides are done with it, they asked for more and got it."""
    session, officer = stage.session, stage.officer
    firm = team.need.firm
    keys = [f"{HostKind.FIRM}:{firm.id}", *([f"{HostKind.UNIT}:{firm.unit_id}"] if firm.unit_id else [])]
    for key in keys:
        since = stage.line.day(BEGUN - 10)
        team_life.add_host(session, officer, team, key, since=since, clock=stage.clock(BEGUN - 10))
    team_life.move(session, officer, team, "draft", clock=stage.clock(BEGUN - 12))
    _write(stage, team, BEGUN - 14, days="")
    _say(stage, team, 0, BookAnswer.CHANGES, remark=stage.say("change"), clock=stage.clock(BEGUN - 20))
    if answered:
        _write(stage, team, BEGUN - 22, days="24")
        for number, _side in enumerate(_sides(stage, team)):
            _say(stage, team, number, BookAnswer.AGREES, clock=stage.clock(BEGUN - 26))


def _write(stage: Stage, team: Team, ago: int, *, days: str) -> None:
    clock = stage.clock(ago)
    first = stage.line.day(BEGUN - 40)
    begun_with: dict[str, Any] = queries.begun_book(team, None, first, years=YEARS)
    draft = TaskBookDraft.model_validate(
        {
            "parties": begun_with["parties"],
            "starts_on": first,
            "ends_on": begun_with["ends_on"],
            "target_days": days,
            "target_times": "12",
            "patents": "1",
            "achievements": "1",
            "funds": stage.say("funds"),
            "property_terms": stage.say("property"),
            "confidentiality": stage.say("secrecy"),
        }
    )
    problems = [
        {"problem": row.need.problem, "indicator": row.need.indicators, "firm": row.need.firm.name}
        for row in team.needs
    ]
    # One is reached, one is late, one is to come.
    days_to = (first + timedelta(days=100), stage.line.today - timedelta(days=9), first + timedelta(days=330))
    rows = [{"title": stage.say("milestones", n), "due": day.isoformat()} for n, day in enumerate(days_to)]
    seen = task_books.stamp(queries.newest(stage.session, team))
    task_books.write(stage.session, stage.officer, team, Written(draft, problems, rows), seen=seen, clock=clock)


def _sides(stage: Stage, team: Team) -> list[BookSide]:
    book = queries.newest(stage.session, team)
    return queries.sides(team, book, stage.line.today) if book is not None else []


def _say(stage: Stage, team: Team, number: int, said: BookAnswer, *, remark: str = "", clock: Clock) -> None:
    side = _sides(stage, team)[number]
    role = Role.FIRM if side.organisation_id else Role.EXPERT
    actor = Actor(role, side.greeted, organisation_id=side.organisation_id, expert_id=side.expert_id)
    stamp = task_books.stamp(queries.newest(stage.session, team))
    task_books.answer(stage.session, actor, team, side.key, said, remark=remark, stamped=stamp, clock=clock)


def _sign(stage: Stage, team: Team) -> None:
    session, officer, clock = stage.session, stage.officer, stage.clock(BEGUN - 34)
    book = queries.newest(session, team)
    if book is None:
        raise ValueError("a team is signed with a task book")
    pages = [team.name, *(side.name for side in _sides(stage, team)), clock.today().isoformat()]
    paper = attachments.check(Upload("任务书签字页.pdf", minutes_sheet(["DEMO", *pages])))
    attachments.attach(session, officer, book, paper, clock=clock)
    for host in team.hosts[:1]:
        draft = AgreementDraft(host=str(host.id), signed_on=clock.today(), valid_until=book.ends_on)
        team_life.agree(session, officer, team, draft, clock=clock)
    team_life.move(session, officer, team, "sign", clock=clock)


def _serve(stage: Stage, team: Team) -> None:
    session, officer = stage.session, stage.officer
    team_life.move(session, officer, team, "serve", clock=stage.clock(BEGUN - 40))
    _welcome(stage, team)
    number = (FIRST_LOG - 2) // EVERY
    for each in range(number):
        _log(stage, team, each, STATES[each - number + len(STATES)] if each >= number - len(STATES) else "rate")
    first = queries.milestones(session, team)[0]
    done_on = stage.line.day((stage.line.today - first.due).days + 4)
    lead = _speaker(team, 0)
    milestones.report(session, lead, first, done_on=done_on, proof=stage.say("done"), clock=stage.clock(60))
    span = CertificateDraft(
        expert=str(team.members[0].expert_id),
        from_day=stage.line.day(BEGUN),
        to_day=stage.line.day(30),
        contracts_wan=48,
    )
    certificates.issue(session, officer, team, span, clock=stage.clock(20))


def _welcome(stage: Stage, team: Team) -> None:
    """The expert of the demonstration's account joins, unless already there or against a rule on the day of loading."""
    wanted = select(Expert).join(Account, Account.expert_id == Expert.id).where(Account.role == Role.EXPERT)
    person = stage.session.scalars(wanted.order_by(Account.id)).unique().first()
    if person is None or person.id in {one.expert_id for one in team.members}:
        return
    clock = stage.clock(FIRST_LOG + 6)
    with suppress(Conflict):  # raised before anything is written
        team_life.change_member(
            stage.session,
            stage.officer,
            team,
            leaves=None,
            joins=person,
            day=clock.today(),
            reason=stage.say("problems"),
            clock=clock,
        )


def _speaker(team: Team, number: int) -> Actor:
    person = team.members[number % len(team.members)].expert
    return Actor(Role.EXPERT, person.name, expert_id=person.id)


def _log(stage: Stage, team: Team, number: int, outcome: str) -> None:
    """A visit and what became of its log: rated, approved, returned, waiting for a review, or not sent yet."""
    session, ago = stage.session, FIRST_LOG - number * EVERY
    actor, firm = _speaker(team, number), team.need.firm
    draft = ServiceLogDraft(
        firm=str(firm.id),
        day=stage.line.day(ago),
        share=DayShare.WHOLE if number % 3 else DayShare.HALF,
        problem=stage.say("problems", number),
        result=stage.say("results", number),
    )
    log = service_logs.begin(session, actor, team, draft, expert_id=None, clock=stage.clock(ago, 17))
    if number % EVERY == 0:
        photo = group_photo(log.day.isoformat(), [log.expert.name, firm.contact_name])
        shot = attachments.check(Upload("现场.png", photo))
        attachments.attach(session, actor, log, shot, clock=stage.clock(ago, 17))
    later = stage.clock(max(ago - 3, 0), 15)
    steps = {"": 0, "submit": 1, "unit_pass": 2, "return": 2, "approve": 3, "rate": 3}[outcome]
    for action, by in (("submit", actor), ("unit_pass", stage.verifier), ("approve", stage.officer))[:steps]:
        _move(stage, log, "return" if outcome == "return" and action == "unit_pass" else action, by, later)
    if outcome == "rate":
        speaker = Actor(Role.FIRM, firm.contact_name or firm.name, organisation_id=firm.id)
        rating = str(5 - number % 2)
        service_logs.rate(session, speaker, log, rating=rating, words=stage.say("ratings", number), clock=later)


def _move(stage: Stage, log: ServiceLog, action: str, by: Actor, clock: Clock) -> None:
    reason = stage.say("returned") if action == "return" else ""
    service_logs.move(stage.session, by, log, action, reason=reason, clock=clock)
