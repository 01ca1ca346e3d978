"""A team at work for tests: formed for a firm's need, its task book agreed by both sides, signed and serving."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Expert, Organisation, ServiceLog, TaskBook, Team
from matchmaker.domain.drafts import ServiceLogDraft, TaskBookDraft, check
from matchmaker.domain.files import Upload
from matchmaker.domain.permissions import Actor
from matchmaker.domain.task_books import Written, checked
from matchmaker.domain.vocabulary import BookAnswer, HostKind, Role
from matchmaker.queries import team_life as queries
from matchmaker.services import attachments, service_logs, task_books, team_life
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
FIRM = "A&B<公司>"
BEGUN = make.TODAY - timedelta(days=120)
PDF = b"%PDF-1.4\n%scan\n"
BOOK = {
    "parties": f"甲方 {FIRM}，乙方特派团",
    "starts_on": BEGUN.isoformat(),
    "ends_on": (make.TODAY + timedelta(days=900)).isoformat(),
    "target_days": "30.5",
    "patents": "2",
    "property_terms": "双方共有",
    "confidentiality": "三年",
}
PROBLEMS = [{"problem": "热裂纹", "indicator": "合格率 95%", "firm": FIRM}]


def written(**changed: Any) -> Written:
    """A sound version with one milestone in ten days."""
    milestones = changed.pop("milestones", [{"title": "小试", "due": (make.TODAY + timedelta(days=10)).isoformat()}])
    draft, errors = check(TaskBookDraft, BOOK | changed)
    assert draft is not None, errors
    return checked(draft, PROBLEMS, milestones)


@dataclass
class Work:
    """A firm with its officer and account, a team of a leader and a member, and somebody outside."""

    session: Session
    firm: Organisation = field(init=False)
    experts: list[Expert] = field(init=False)
    team: Team = field(init=False)

    def __post_init__(self) -> None:
        session = self.session
        self.unit = make.make_unit(session)
        self.firm = make.make_firm(
            session, self.unit, name=FIRM, contact_name="王厂长", contact_email="firm@example.org"
        )
        self.experts = [make.make_expert(session) for _ in range(3)]
        self.team = make.make_team(session, make.make_need(session, self.firm), *self.experts[:2])
        self.city = make.actor_of(make.make_account(session, Role.CITY))
        self.county = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=self.unit.id))
        self.owner = make.actor_of(make.make_account(session, Role.FIRM, organisation_id=self.firm.id))
        self.lead, self.member, self.outsider = (
            make.actor_of(make.make_account(session, Role.EXPERT, expert_id=one.id)) for one in self.experts
        )

    def hosted(self) -> "Work":
        """Serves the firm."""
        key = f"{HostKind.FIRM}:{self.firm.id}"
        team_life.add_host(self.session, self.city, self.team, key, since=BEGUN, clock=CLOCK)
        return self

    def drafted(self, **changed: Any) -> TaskBook:
        """With a task book that nobody has said anything of."""
        self.hosted()
        self.move("draft")
        return self.write(**changed)

    def write(self, **changed: Any) -> TaskBook:
        seen = task_books.stamp(queries.newest(self.session, self.team))
        return task_books.write(self.session, self.city, self.team, written(**changed), seen=seen, clock=CLOCK)

    def say(self, actor: Actor, side: str, answer: BookAnswer | None, remark: str = "") -> None:
        stamp = task_books.stamp(queries.newest(self.session, self.team))
        task_books.answer(self.session, actor, self.team, side, answer, remark=remark, stamped=stamp, clock=CLOCK)

    def agreed(self) -> TaskBook:
        """Both sides have said yes."""
        book = self.drafted()
        self.say(self.owner, f"firm:{self.firm.id}", BookAnswer.AGREES)
        self.say(self.lead, f"expert:{self.experts[0].id}", BookAnswer.AGREES)
        return book

    def scanned(self, book: TaskBook) -> None:
        attachments.attach(self.session, self.city, book, attachments.check(Upload("scan.pdf", PDF)), clock=CLOCK)

    def serving(self) -> "Work":
        """Signed and at work."""
        self.scanned(self.agreed())
        self.move("sign")
        self.move("serve")
        return self

    def move(self, action: str, reason: str = "", actor: Actor | None = None) -> None:
        team_life.move(self.session, actor or self.city, self.team, action, reason=reason, clock=CLOCK)

    def log(self, actor: Actor | None = None, *, day: date = make.TODAY, share: str = "2", **more: Any) -> ServiceLog:
        """A log of the leader, or of whoever acts."""
        typed = {"firm": self.firm.id, "day": day, "share": share, "problem": "热裂纹", "result": "调参"} | more
        draft, errors = check(ServiceLogDraft, typed)
        assert draft is not None, errors
        who = self.experts[0].id
        return service_logs.begin(self.session, actor or self.lead, self.team, draft, expert_id=who, clock=CLOCK)

    def step(self, log: ServiceLog, *steps: tuple[Actor, str], reason: str = "") -> None:
        for actor, action in steps:
            service_logs.move(self.session, actor, log, action, reason=reason, clock=CLOCK)

    def approved(self, **more: Any) -> ServiceLog:
        """A log that counts."""
        log = self.log(**more)
        self.step(log, (self.lead, "submit"), (self.county, "unit_pass"), (self.city, "approve"))
        return log
