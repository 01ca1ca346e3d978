"""Messages about a capability, queued in the transaction of what they tell of."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Capability, Comment
from matchmaker.domain.permissions import Actor
from matchmaker.queries import reminders
from matchmaker.queries.invitations import lead_of
from matchmaker.services import outbox
from matchmaker.services.notices import Reader

Reached = tuple[str, str, str, Reader]


def tell_of_comment(session: Session, actor: Actor, capability: Capability, comment: Comment, *, clock: Clock) -> None:
    """Tell the other side: the owner and the institute's managers of an officer's remark, the city's of theirs."""
    said = {"message": comment.body, "sender": actor.name, "institute": capability.source.name}
    said |= {"path": f"/capabilities/{capability.id}", "title": capability.title}
    found = _owners(session, capability) if actor.is_bureau else _reviewers(session)
    for key, name, address, reader in found:
        own = f"capability_comment:{comment.id}:{key}"
        outbox.queue(
            session, "capability_comment", address, said | {"name": name}, dedup_key=own, clock=clock, reader=reader
        )


def _owners(session: Session, capability: Capability) -> Iterator[Reached]:
    person = capability.expert or (lead_of(session, capability.group) if capability.group else None)
    if person is not None:
        yield f"expert-{person.id}", person.name, person.email, Reader(expert_id=person.id)
    house = capability.source
    yield (
        f"organisation-{house.id}",
        house.contact_name or house.name,
        house.contact_email,
        Reader(organisation_id=house.id),
    )


def _reviewers(session: Session) -> Iterator[Reached]:
    for officer in reminders.officers(session, ()):
        yield f"officer-{officer.id}", officer.name, officer.email, Reader(account_id=officer.id)
