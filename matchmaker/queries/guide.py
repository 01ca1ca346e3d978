"""How far a bureau that started empty has come: read off what is on file."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.base import Base
from matchmaker.db.models import Account, Capability, Expert, Need, Organisation, Setting, Target, Unit
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import OrganisationKind
from matchmaker.queries import scopes
from matchmaker.queries.accounts import PARTIES
from matchmaker.queries.facts import PUBLIC_NEEDS
from matchmaker.queries.targets import stands

HIDDEN = "guide_hidden"  # the setting of a person who has put the guide away


class StepName(StrEnum):
    """The steps of the first hour, in order."""

    PROFILE = "profile"
    ORGANISATIONS = "organisations"
    EXPERTS = "experts"
    POSTINGS = "postings"
    PEOPLE = "people"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Step:
    """One step: what is on file for it, and whether that is enough to go on."""

    name: StepName
    numbers: tuple[int, ...]
    done: bool


@dataclass(frozen=True)
class Guide:
    """All steps; `next` is the first that is not done, None when all are. `hidden`: this person has put it away."""

    steps: tuple[Step, ...]
    hidden: bool

    @property
    def next(self) -> StepName | None:
        """The step to do now."""
        return next((step.name for step in self.steps if not step.done), None)

    @property
    def number_done(self) -> int:
        """How many steps are done."""
        return sum(step.done for step in self.steps)

    @property
    def shown(self) -> bool:
        """Whether the person's first page leads to it."""
        return self.next is not None and not self.hidden


def guide(session: Session, actor: Actor, year: int) -> Guide:
    """The first-hour guide as it stands for the actor in a year."""
    organisations = scopes.on_file()
    firms = _number(session, Organisation, organisations, Organisation.kind == OrganisationKind.FIRM)
    institutes = _number(session, Organisation, organisations, Organisation.kind == OrganisationKind.INSTITUTE)
    units, targets = _number(session, Unit), _number(session, Target, Target.year == year, stands())
    experts = _number(session, Expert)
    needs, capabilities = _number(session, Need), _number(session, Capability)
    invited = _number(session, Account, Account.role.in_(PARTIES))
    published = _number(session, Need, Need.status.in_(PUBLIC_NEEDS))
    steps = (
        Step(StepName.PROFILE, (units, targets), units > 0),
        Step(StepName.ORGANISATIONS, (firms, institutes), firms > 0 and institutes > 0),
        Step(StepName.EXPERTS, (experts,), experts > 0),
        Step(StepName.POSTINGS, (needs, capabilities), needs > 0 and capabilities > 0),
        Step(StepName.PEOPLE, (invited,), invited > 0),
        Step(StepName.PUBLISH, (published,), published > 0),
    )
    return Guide(steps, session.get(Setting, hidden_key(actor)) is not None)


def hidden_key(actor: Actor) -> str:
    """The setting that says that this person has put the guide away."""
    return f"{HIDDEN}:{actor.account_id}"


def _number(session: Session, model: type[Base], *clauses: object) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*clauses)) or 0  # type: ignore[arg-type]


def has_accounts(session: Session) -> bool:
    """Whether anybody can have signed in yet; the very first account is made on the command line."""
    return session.scalar(select(Account.id).limit(1)) is not None
