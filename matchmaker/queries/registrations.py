"""Firms that ask to take part, and who on file they may be already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Account, Need, Organisation, Registration, Unit
from matchmaker.domain.likeness import NEAR, likeness
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import OrganisationKind, RegistrationStatus
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.listing import Page, Wanted, contains, fetch

FILTERS = ("status", "unit", "known")
DEFAULT_SORT = "since"
MOST_NEAR = 5
SORTS = {
    "id": Registration.id,
    "since": Registration.created_at,
    "name": Organisation.name,
    "unit": Unit.position,
    "status": Registration.status,
}


@dataclass(frozen=True)
class Near:
    """A firm on file that may be the applicant's."""

    firm: Organisation
    same_code: bool
    share: float
    accounts: int


def _narrowed(filters: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    if filters.get("status") in set(RegistrationStatus):
        yield Registration.status == filters["status"]
    if filters.get("unit"):
        yield Unit.code == filters["unit"]
    if filters.get("known") in {"0", "1"}:
        yield Registration.known.is_(filters["known"] == "1")


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Registration]:
    """The registrations in the actor's charge, those that wait longest first unless sorted otherwise."""
    statement = (
        select(Registration)
        .join(Organisation, Organisation.id == Registration.organisation_id)
        .join(Account, Account.id == Registration.account_id)
        .outerjoin(Unit, Unit.id == Organisation.unit_id)
        .where(scopes.registrations(actor), *_narrowed(wanted.filters))
        .where(contains(wanted.text, Organisation.name, Account.name, Account.login))
    )
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def get_visible(session: Session, actor: Actor, registration_id: int) -> Registration:
    """The registration, if the actor reviews it; `NotFound` otherwise."""
    mine = (Registration.id == registration_id, scopes.registrations(actor))
    found = session.scalars(select(Registration).where(*mine)).one_or_none()
    if found is None:
        raise NotFound(_("没有找到这项注册"))
    return found


def on_file_with(session: Session, credit_code: str) -> Organisation | None:
    """Who takes part under this credit code, the record that stays of two merged ones."""
    found = session.scalars(select(Organisation).where(Organisation.credit_code == credit_code)).one_or_none()
    while found is not None and found.merged_into_id is not None:
        found = session.get(Organisation, found.merged_into_id)
    return found if found is not None and found.status is RegistrationStatus.ACTIVE else None


def has_needs(session: Session, firm_id: int) -> bool:
    """Whether the firm has written any need."""
    return session.scalar(select(Need.id).where(Need.firm_id == firm_id).limit(1)) is not None


def near(session: Session, registration: Registration) -> list[Near]:
    """Firms on file with the same credit code or a name much like the applicant's, the likeliest first."""
    claim = registration.claim
    kept = (Organisation.kind == OrganisationKind.FIRM, scopes.on_file(), Organisation.merged_into_id.is_(None))
    rows = session.execute(select(Organisation.id, Organisation.name, Organisation.credit_code).where(*kept))
    shares = {
        row.id: (row.credit_code == claim["credit_code"], likeness(claim["name"], row.name))
        for row in rows
        if row.id != registration.organisation_id or registration.known
    }
    best = sorted((key for key, (same, share) in shares.items() if same or share >= NEAR), key=lambda key: shares[key])
    chosen = best[::-1][:MOST_NEAR]
    firms = {firm.id: firm for firm in session.scalars(select(Organisation).where(Organisation.id.in_(chosen)))}
    numbers = account_numbers(session, chosen)
    return [Near(firms[key], *shares[key], numbers.get(key, 0)) for key in chosen]


def account_numbers(session: Session, firm_ids: list[int]) -> dict[int, int]:
    """Organisation id → accounts that may sign in for it."""
    mine = (Account.organisation_id.in_(firm_ids), Account.active)
    statement = select(Account.organisation_id, func.count()).where(*mine).group_by(Account.organisation_id)
    return {row[0]: row[1] for row in session.execute(statement) if row[0] is not None}


def rivals(session: Session, registration: Registration) -> list[Registration]:
    """Other undecided registrations under the same credit code."""
    waiting = (Registration.status == RegistrationStatus.PENDING, Registration.id != registration.id)
    code = registration.claim["credit_code"]
    rows = session.scalars(select(Registration).where(*waiting).order_by(Registration.id))
    return [row for row in rows if row.claim["credit_code"] == code]
