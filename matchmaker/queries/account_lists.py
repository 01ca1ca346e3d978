"""Lists of accounts: the administrator's, those that wait to be opened, and people on file without one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Account, AccountLink, AccountSession, Expert, Organisation, Registration, Unit
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import OrganisationKind, RegistrationStatus, Role
from matchmaker.errors import Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.accounts import NO_PASSWORD, may_invite
from matchmaker.queries.choices import named
from matchmaker.queries.listing import Page, Wanted, contains, fetch

FILTERS = ("role", "state")
ACTIVE, LOCKED, WAITING = "active", "locked", "waiting"
DEFAULT_SORT = "role"
SORTS = {
    "id": Account.id,
    "login": Account.login,
    "name": Account.name,
    "role": Account.role,
    "made": Account.created_at,
}
PEOPLE_FILTERS = ("kind",)
EXPERTS = "expert"
PEOPLE = {EXPERTS: Role.EXPERT, "institute": Role.INSTITUTE, "firm": Role.FIRM}


@dataclass(frozen=True)
class About:
    """What a list says of an account beside its own columns.

    `link_until`: how long its open link works; `awaits`: its firm's registration has not been approved.
    """

    belongs_to: str = ""
    sessions: int = 0
    link_until: datetime | None = None
    awaits: bool = False


def _in_state(state: str) -> Iterator[ColumnElement[bool]]:
    opened = Account.password_hash != NO_PASSWORD
    clauses = {ACTIVE: and_(Account.active, opened), LOCKED: ~Account.active, WAITING: and_(Account.active, ~opened)}
    if state in clauses:
        yield clauses[state]


def _narrowed(filters: Mapping[str, str]) -> Iterator[ColumnElement[bool]]:
    if filters.get("role") in set(Role):
        yield Account.role == filters["role"]
    yield from _in_state(filters.get("state", ""))


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Account]:
    """All accounts, narrowed by role, state and words; only for the administrator."""
    if not can(actor, Permission.ACCOUNT_MANAGE):
        raise Forbidden(_("只有系统管理员可以查看账号"))
    return _fetched(session, wanted, *_narrowed(wanted.filters))


def waiting(session: Session, actor: Actor, wanted: Wanted) -> Page[Account]:
    """Accounts that nobody has opened yet, of the roles the actor may invite."""
    roles = [role for role in Role if may_invite(actor, role)]
    filters = {**wanted.filters, "state": WAITING}
    return _fetched(session, wanted, Account.role.in_(roles), *_narrowed(filters))


def _fetched(session: Session, wanted: Wanted, *clauses: ColumnElement[bool]) -> Page[Account]:
    statement = (
        select(Account)
        .outerjoin(Expert, Expert.id == Account.expert_id)
        .outerjoin(Organisation, Organisation.id == func.coalesce(Account.organisation_id, Expert.institute_id))
        .where(*clauses)
    )
    if wanted.text:
        columns = (Account.login, Account.name, Account.email, Organisation.name, Expert.name)
        statement = statement.where(contains(wanted.text, *columns))
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def about(session: Session, rows: list[Account], now: datetime) -> dict[int, About]:
    """Account id → what stands beside it in a list."""
    ids = [row.id for row in rows]
    counted = select(AccountSession.account_id, func.count()).where(AccountSession.account_id.in_(ids))
    sessions = {row[0]: row[1] for row in session.execute(counted.group_by(AccountSession.account_id))}
    working = (AccountLink.account_id.in_(ids), AccountLink.used_at.is_(None), AccountLink.expires_at > now)
    latest = select(AccountLink.account_id, func.max(AccountLink.expires_at)).where(*working)
    links = {row[0]: row[1] for row in session.execute(latest.group_by(AccountLink.account_id))}
    names = _names(session, ids)
    undecided = select(Registration.account_id).where(Registration.status != RegistrationStatus.ACTIVE)
    awaits = set(session.scalars(undecided.where(Registration.account_id.in_(ids))))
    return {key: About(names.get(key, ""), sessions.get(key, 0), links.get(key), key in awaits) for key in ids}


def _names(session: Session, ids: list[int]) -> dict[int, str]:
    institute = func.coalesce(Account.organisation_id, Expert.institute_id)
    statement = (
        select(Account.id, func.coalesce(Organisation.name, ""), Unit)
        .outerjoin(Expert, Expert.id == Account.expert_id)
        .outerjoin(Organisation, Organisation.id == institute)
        .outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.id.in_(ids))
    )
    return {key: named(unit) if unit else name for key, name, unit in session.execute(statement)}


def without_officer(session: Session) -> bool:
    """Whether nobody of the city bureau has an account: the installation has only just begun."""
    return session.scalar(select(Account.id).where(Account.role == Role.CITY).limit(1)) is None


def get(session: Session, actor: Actor, account_id: int) -> Account:
    """One account; only for the administrator."""
    account = session.get(Account, account_id) if can(actor, Permission.ACCOUNT_MANAGE) else None
    if account is None:
        raise NotFound(_("没有这个账号"))
    return account


def get_waiting(session: Session, actor: Actor, account_id: int) -> Account:
    """An account that nobody has opened yet, if the actor may invite its holder; `NotFound` otherwise."""
    account = session.get(Account, account_id)
    if account is None or account.password_hash != NO_PASSWORD or not may_invite(actor, account.role):
        raise NotFound(_("没有这个待开通的账号"))
    return account


@dataclass(frozen=True)
class Person:
    """Somebody on file who could be invited: `detail` is the institute or the kind of organisation."""

    id: int
    name: str
    detail: str
    contact: str
    email: str


def people(session: Session, actor: Actor, wanted: Wanted) -> Page[Person]:
    """Experts, or institutes, or firms, on file without an account; for who may invite them."""
    if not may_invite(actor, Role.EXPERT):
        raise Forbidden(_("只有市科技局工作人员可以邀请开通账号"))
    if wanted.filters.get("kind", EXPERTS) == EXPERTS:
        return _experts(session, wanted)
    return _organisations(session, wanted)


def _experts(session: Session, wanted: Wanted) -> Page[Person]:
    have = select(Account.expert_id).where(Account.expert_id.is_not(None))
    statement = (
        select(Expert)
        .join(Organisation, Organisation.id == Expert.institute_id)
        .where(Expert.id.not_in(have), Expert.merged_into_id.is_(None))
        .where(contains(wanted.text, Expert.name, Organisation.name))
    )
    sorts = {"id": Expert.id, "name": Expert.name, "detail": Organisation.name}
    page = fetch(session, statement, wanted, sorts, default="name")
    rows = [Person(row.id, row.name, row.institute.name, row.name, row.email) for row in page.rows]
    return Page(rows, page.total, page.number, page.size)


def _organisations(session: Session, wanted: Wanted) -> Page[Person]:
    kind = next((kind for kind in OrganisationKind if kind == wanted.filters["kind"]), OrganisationKind.INSTITUTE)
    role = Role.FIRM if kind is OrganisationKind.FIRM else Role.INSTITUTE
    have = select(Account.organisation_id).where(Account.organisation_id.is_not(None), Account.role == role)
    statement = select(Organisation).where(
        Organisation.kind == kind,
        scopes.on_file(),
        Organisation.merged_into_id.is_(None),
        Organisation.id.not_in(have),
        contains(wanted.text, Organisation.name, Organisation.contact_name),
    )
    sorts = {"id": Organisation.id, "name": Organisation.name}
    page = fetch(session, statement, wanted, sorts, default="name")
    return Page([_speaker(row) for row in page.rows], page.total, page.number, page.size)


def _speaker(row: Organisation) -> Person:
    detail = named(row.unit) if row.unit else _(row.kind.label)
    return Person(row.id, row.name, detail, row.contact_name, row.contact_email)
