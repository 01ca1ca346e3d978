"""Letters on their way and those that did not arrive: the list, one of them, whose address it stands under."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, select, true
from sqlalchemy.orm import Session

from matchmaker.db.models import Account, Expert, Organisation, OutboxMessage
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import MailFault, Noun, OutboxState
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.listing import Page, Sorts, Wanted, contains, fetch
from matchmaker.queries.merged import stands_for

FILTERS = ("state", "fault", "notice")
DEFAULT_SORT = "-made"
SORTS: Sorts = {
    "id": OutboxMessage.id,
    "made": OutboxMessage.made_at,
    "tries": OutboxMessage.tries,
    "next": OutboxMessage.next_try_at,
}


@dataclass(frozen=True)
class Holder:
    """The record under which the address of a letter stands, and what stands there now."""

    noun: Noun
    record_id: int
    name: str
    email: str


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[OutboxMessage]:
    """The letters, filtered, sorted and cut. Only who may read letters looks for addresses.

    An administrator sees them too: what they say stays closed, see `may_read`.
    """
    statement = select(OutboxMessage).where(*_chosen(actor, wanted))
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def _chosen(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    state, fault, notice = (wanted.filters.get(name, "") for name in FILTERS)
    chosen: list[ColumnElement[bool]] = [can_see(actor)]
    if wanted.text and may_read(actor):
        chosen.append(contains(wanted.text, OutboxMessage.recipient))
    if state:
        chosen.append(OutboxMessage.state == state if state in set(OutboxState) else false())
    if fault:
        chosen.append(OutboxMessage.fault == fault if fault in set(MailFault) else false())
    if notice:
        chosen.append(OutboxMessage.notice == notice)
    return chosen


def can_see(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor sees letters at all."""
    return true() if can(actor, Permission.LETTER_RESEND) else false()


def may_read(actor: Actor) -> bool:
    """Whether the actor may know to whom letters go and what they say."""
    return can(actor, Permission.LETTER_READ)


def get(session: Session, actor: Actor, number: int) -> OutboxMessage:
    """One letter. Raises `NotFound`."""
    found = session.scalars(select(OutboxMessage).where(OutboxMessage.id == number, can_see(actor))).one_or_none()
    if found is None:
        raise NotFound(_("没有找到这封信"))
    return found


def tally(session: Session) -> Mapping[OutboxState, int]:
    """How many there are in each state."""
    rows = session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state))
    return dict(rows.all())


def kinds(session: Session) -> list[str]:
    """The kinds of letter that were written."""
    return list(session.scalars(select(OutboxMessage.notice).distinct().order_by(OutboxMessage.notice)))


def dead_for(actor: Actor) -> ColumnElement[bool]:
    """Letters that did not arrive and that the actor is to do something about."""
    return and_(can_see(actor), OutboxMessage.state == OutboxState.DEAD)


def number_dead(session: Session) -> int:
    """How many letters did not arrive."""
    return session.scalar(select(func.count()).where(OutboxMessage.state == OutboxState.DEAD)) or 0


def unsent(session: Session) -> list[OutboxMessage]:
    """Messages that wait or were given up, oldest first."""
    waiting = OutboxMessage.state.in_((OutboxState.QUEUED, OutboxState.DEAD))
    return list(session.scalars(select(OutboxMessage).where(waiting).order_by(OutboxMessage.id)))


def holder(session: Session, message: OutboxMessage) -> Holder | None:
    """Whose address it is; None for a letter of which that was not kept, or whose record is gone."""
    kept = message.payload.get("to") or {}
    if number := kept.get("organisation_id"):
        house = session.get(Organisation, stands_for(session, Noun.ORGANISATION, number))
        return Holder(Noun.ORGANISATION, house.id, house.name, house.contact_email) if house else None
    if number := kept.get("expert_id"):
        person = session.get(Expert, stands_for(session, Noun.EXPERT, number))
        return Holder(Noun.EXPERT, person.id, person.name, person.email) if person else None
    account = session.get(Account, kept.get("account_id") or 0)
    return Holder(Noun.ACCOUNT, account.id, account.name, address_of(session, account)) if account else None


def address_of(session: Session, account: Account) -> str:
    """The account's own address, else the one on file for its person or house."""
    if account.email.strip():
        return account.email.strip()
    person = session.get(Expert, account.expert_id) if account.expert_id else None
    house = session.get(Organisation, account.organisation_id) if account.organisation_id else None
    return (person.email if person else house.contact_email if house else "").strip()
