"""Which buttons a record's page shows: its lifecycle, asked for this person."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from matchmaker.db.nouns import noun_of
from matchmaker.domain.lifecycle import Requirement, Step, steps_from
from matchmaker.domain.permissions import Actor
from matchmaker.errors import Conflict, Forbidden
from matchmaker.queries.facts import facts_of
from matchmaker.services import transitions
from matchmaker.services.transitions import Record

Edited = TypeVar("Edited")


@dataclass(frozen=True)
class Button:
    """A step this person may take now."""

    action: str
    label: str
    kind: str
    reason: bool
    question: str


def of(actor: Actor, record: Record) -> list[Button]:
    """The steps that leave the record's state and that `actor` may take; forward steps last, where the eye ends."""
    facts = facts_of(record)
    steps = steps_from(noun_of(record), record.status)
    allowed = [step for step in steps if transitions.refusal(actor, record, step, facts) is None]
    return sorted(_buttons(allowed), key=lambda button: button.kind == "go")


def _buttons(steps: Iterable[Step]) -> list[Button]:
    return [_button(step) for step in steps]


def _button(step: Step) -> Button:
    return Button(step.action, step.label, _kind(step), Requirement.REASON in step.needs, step.question)


def _kind(step: Step) -> str:
    if step.reversal or step.question:
        return ""
    return "warn" if Requirement.REASON in step.needs else "go"


def may(require: Callable[[Actor, Edited], None], actor: Actor, record: Edited) -> bool:
    """Whether a service's `require_…` lets the actor through, so that a page hides what would be refused."""
    try:
        require(actor, record)
    except (Forbidden, Conflict):
        return False
    return True
