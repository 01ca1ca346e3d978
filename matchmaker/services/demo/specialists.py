"""Specialists in the demonstration: a dozen on file, most at work for a high-tech firm, one ended."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Account, Expert, Organisation, Specialist
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.drafts import FilingDraft, ServiceLogDraft, TripartiteDraft
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import DayShare, HostKind, Role, SpecialistKind
from matchmaker.queries import scopes
from matchmaker.queries.service_logs import half_days_of
from matchmaker.queries.specialists import is_high_tech
from matchmaker.services import attachments, outbox, service_logs, specialists
from matchmaker.services.demo.papers import minutes_sheet
from matchmaker.services.demo.script import Script
from matchmaker.services.demo.serving import Stage
from matchmaker.services.demo.timeline import Timeline

PEOPLE, AGRICULTURAL = 12, 4  # on file in all, and of them as agricultural ones
FILED, AGREED, FIRST_VISIT = 300, 290, 120  # days ago
VISITED = 7  # of them have come this year
STEPS = ("submit", "unit_pass", "approve")


def file(
    session: Session,
    settings: Settings,
    script: Script,
    officers: Sequence[Actor],
    *,
    clock: Clock,
    calendar: WorkCalendar,
) -> None:
    """All of them, each on its day; nobody is written to about what is long past."""
    stage = Stage(session, settings, script, Timeline(clock.now(), calendar), *officers)
    firms = _firms(session)
    with outbox.quiet(session):
        for number, expert in enumerate(_people(session)):
            one = _filed(stage, number, expert, firms[number % len(firms)])
            if number < VISITED:
                _visit(stage, number, one)
        specialists.move(session, stage.officer, one, "end", reason=stage.say("ended"), clock=stage.clock(40))


def _people(session: Session) -> Iterator[Expert]:
    """Whoever has an account comes first, so that the demonstration's expert is one."""
    own = select(Account.expert_id).where(Account.role == Role.EXPERT, Account.expert_id.is_not(None))
    first = list(session.scalars(select(Expert).where(Expert.id.in_(own)).order_by(Expert.id)).unique())
    others = select(Expert).where(scopes.known_experts(), Expert.id.not_in([one.id for one in first]))
    yield from [*first, *session.scalars(others.order_by(Expert.id).limit(PEOPLE)).unique()][:PEOPLE]


def _firms(session: Session) -> list[Organisation]:
    """Those with accounts, then the high-tech ones."""
    rows = list(session.scalars(select(Organisation).where(scopes.firms_of(SYSTEM)).order_by(Organisation.id)))
    own = set(session.scalars(select(Account.organisation_id).where(Account.role == Role.FIRM)))
    chosen = [firm for firm in rows if firm.id in own]
    return (chosen + [firm for firm in rows if firm.id not in own and is_high_tech(firm.tags)])[:PEOPLE]


def _filed(stage: Stage, number: int, expert: Expert, firm: Organisation) -> Specialist:
    kind = SpecialistKind.AGRICULTURAL if number >= PEOPLE - AGRICULTURAL else SpecialistKind.ENTERPRISE
    at = stage.clock(FILED - number)
    draft = FilingDraft(number=f"TPY-{at.today().year}-{number + 1:03}", kind=kind, filed_on=at.today())
    firm_key = f"{HostKind.FIRM}:{firm.id}"
    agricultural = kind is SpecialistKind.AGRICULTURAL and firm.unit_id is not None
    hosts = [f"{HostKind.UNIT}:{firm.unit_id}"] if agricultural else [firm_key]
    one = specialists.file(stage.session, stage.officer, draft, expert, None, hosts=hosts, clock=at)
    if number % 4 != 2:  # some are still without their agreement
        terms = TripartiteDraft(host=str(one.hosts[0].id), agreed_on=stage.line.day(AGREED - number))
        specialists.agree(stage.session, stage.officer, one, terms, clock=stage.clock(AGREED - number, 15))
    if number == 0:
        pages = ["DEMO", expert.name, one.institute.name, firm.name]
        scan = attachments.check(Upload("三方服务协议.pdf", minutes_sheet(pages)))
        attachments.attach(stage.session, stage.officer, one, scan, clock=stage.clock(AGREED, 16))
    return one


def _visit(stage: Stage, number: int, one: Specialist) -> None:
    """One visit; the first specialists' was approved, the last one's still waits for the city."""
    session, ago = stage.session, FIRST_VISIT - 7 * number
    while half_days_of(session, one.expert_id, stage.line.day(ago)):  # with a team that day
        ago -= 1
    actor = Actor(Role.EXPERT, one.expert.name, expert_id=one.expert_id)
    draft = ServiceLogDraft(
        firm=str(one.hosts[0].organisation_id),
        day=stage.line.day(ago),
        share=DayShare.HALF,
        problem=stage.say("problems", number),
        result=stage.say("results", number),
    )
    log = service_logs.begin(session, actor, one, draft, expert_id=None, clock=stage.clock(ago, 18))
    for step in STEPS if number < VISITED - 1 else STEPS[:2]:
        who = {"submit": actor, "unit_pass": stage.verifier}.get(step, stage.officer)
        service_logs.move(session, who, log, step, clock=stage.clock(ago - 1))
