"""Technical clinics in the demonstration: two held, one called off, one under way with sheets still to fill in."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import cycle, islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI, Clock
from matchmaker.db.models import Account, Clinic, Expert, Organisation
from matchmaker.domain.availability import Half
from matchmaker.domain.calendar import WorkCalendar
from matchmaker.domain.clinics import Problem, diagnosed, planned
from matchmaker.domain.drafts import ClinicDraft, DiagnosisDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import OrganisationKind, Role, Urgency, Visited
from matchmaker.errors import Invalid
from matchmaker.queries import clinics as queries
from matchmaker.queries import scopes
from matchmaker.services import clinics, outbox
from matchmaker.services.demo.script import Script
from matchmaker.services.demo.timeline import MomentClock, Timeline

HELD, OFF, COMING = "hold", "cancel", ""
ROUNDS = ((150, HELD), (60, HELD), (30, OFF), (3, COMING))  # the first day, so many days ago, and what became of it
FIRMS, PEOPLE = 3, 2
SPACING = 4  # days between the first two firms and the third
AHEAD = 12  # days between the plan and the first day
MOST_TRIES = 30


def go(session: Session, script: Script, officer: Actor, *, clock: Clock, calendar: WorkCalendar) -> None:
    """Send the experts round; nobody is written to about what is long past."""
    line = Timeline(clock.now(), calendar)
    experts, firms = _experts(session), _firms(session)
    with outbox.quiet(session):
        for number, (ago, fate) in enumerate(ROUNDS):
            people = [experts[0], *islice(cycle(experts[1:]), number, number + PEOPLE - 1)]
            there = [firms[0], *islice(cycle(firms[1:]), number * (FIRMS - 1), (number + 1) * (FIRMS - 1))]
            clinic = _planned(session, script, officer, line=line, which=(number, ago), people=people, firms=there)
            if fate == HELD:
                _fill(session, script, clinic, missing=number)
                clinics.move(session, officer, clinic, fate, clock=_at(line, ago - 8), version=None)
            elif fate == OFF:
                reason = script.phrases["clinic_off"][0]
                clinics.move(session, officer, clinic, fate, reason=reason, clock=_at(line, ago + 3), version=None)


def _experts(session: Session) -> list[Expert]:
    """The person of the demonstration's account first."""
    named = select(Account.expert_id).where(Account.role == Role.EXPERT).order_by(Account.id).limit(1).scalar_subquery()
    rows = select(Expert).where(scopes.known_experts()).order_by(Expert.id != named, Expert.id)
    return list(session.scalars(rows.limit(8)).unique())


def _firms(session: Session) -> list[Organisation]:
    """The firm of the demonstration's account first, then others of its unit."""
    own = session.scalars(
        select(Organisation)
        .join(Account, Account.organisation_id == Organisation.id)
        .where(Account.role == Role.FIRM, scopes.on_file())
        .order_by(Account.id)
    ).first()
    if own is None:
        raise ValueError("the demonstration has a firm with an account")
    near = (Organisation.kind == OrganisationKind.FIRM, Organisation.unit_id == own.unit_id, Organisation.id != own.id)
    others = session.scalars(select(Organisation).where(scopes.on_file(), *near).order_by(Organisation.id).limit(8))
    return [own, *others]


def _planned(
    session: Session,
    script: Script,
    officer: Actor,
    *,
    line: Timeline,
    which: tuple[int, int],
    people: Sequence[Expert],
    firms: Sequence[Organisation],
) -> Clinic:
    """The round on the first days on which everybody is free."""
    number, ago = which
    titles = script.phrases["clinic_titles"]
    names = tuple(f"{one.name}（{one.institute.name}）" for one in people)
    draft = ClinicDraft(title=titles[number % len(titles)], experts="；".join(names))
    for later in range(MOST_TRIES):
        stops = [
            {"firm": firm.name, "day": _day(line, ago - later - SPACING * (place // 2)), "half": list(Half)[place % 2]}
            for place, firm in enumerate(dict.fromkeys(firms))
        ]
        try:
            return clinics.plan(session, officer, planned(draft, stops), clock=_at(line, ago + AHEAD))
        except Invalid:
            continue
    raise ValueError("somebody is never free")


def _day(line: Timeline, ago: int) -> str:
    return line.workday(line.today - timedelta(days=ago)).isoformat()


def _at(line: Timeline, ago: int) -> Clock:
    return MomentClock(min(datetime.combine(line.day(ago), time(15, 10), SHANGHAI), line.now))


def _fill(session: Session, script: Script, clinic: Clinic, *, missing: int) -> None:
    """A sheet for every firm; of the second round's firms one could not be visited."""
    lead = queries.lead_of(clinic)
    if lead is None:
        raise ValueError("a round has a lead")
    actor, said = Actor(Role.EXPERT, lead.name, expert_id=lead.id), script.phrases
    for place, visit in enumerate(clinic.visits):
        there = not missing or place != len(clinic.visits) - 1
        findings = said["clinic_findings"][place % 3] if there else said["clinic_missed"][0]
        draft = DiagnosisDraft(
            visited=Visited.YES if there else Visited.NO,
            people=said["clinic_people"][place % 3] if there else "",
            findings=findings,
        )
        found = [
            Problem("", said["clinic_problems"][(place + more) % 4], said["clinic_advice"][(place + more) % 3], urgency)
            for more, urgency in enumerate((Urgency.URGENT, Urgency.SOON)[: 1 + place % 2])
        ]
        sheet = diagnosed(draft, [vars(row) for row in found] if there else [])
        moment = MomentClock(datetime.combine(visit.day, time(17, 20), SHANGHAI))
        clinics.diagnose(session, actor, visit, sheet, seen="", clock=moment)
