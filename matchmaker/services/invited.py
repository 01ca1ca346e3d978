"""Accounts for people on file, opened by a link that is sent to them."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Account, Expert, Organisation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import LinkPurpose, OrganisationKind, RegistrationStatus, Role
from matchmaker.errors import Conflict, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.accounts import NO_PASSWORD
from matchmaker.services import account_links, accounts, bulk
from matchmaker.services.accounts import NewAccount

ROLES = {OrganisationKind.FIRM: Role.FIRM, OrganisationKind.INSTITUTE: Role.INSTITUTE}


def invite(
    session: Session, actor: Actor, party: Expert | Organisation, *, clock: Clock, name: str = "", email: str = ""
) -> tuple[Account, LinkPurpose, str]:
    """Make the account of an expert, or of who speaks for a firm or institute, and send the link that opens it.

    `name` and `email` go before what is on file. Raises `Conflict` when an expert has an account, or an organisation
    one that nobody has opened yet (send that link again instead), `Forbidden` without the right.
    """
    new = _about(party)
    new = replace(new, name=name.strip() or new.name, email=email.strip() or new.email)
    exclusive(session, f"invite:{new.role}:{party.id}")
    if _standing(session, new) is not None:
        raise Conflict(_("“%(name)s”已经有账号或开通链接，请在“待开通”里重新发送", name=party.name))
    account = accounts.create(session, actor, new, clock=clock)
    return account, *account_links.send(session, actor, account, clock=clock)


def _about(party: Expert | Organisation) -> NewAccount:
    if isinstance(party, Expert):
        return NewAccount(login="", name=party.name, role=Role.EXPERT, expert_id=party.id, email=party.email)
    if party.kind not in ROLES or party.status is not RegistrationStatus.ACTIVE:
        raise NotFound(_("没有找到这家机构"))
    name, email = party.contact_name or party.name, party.contact_email
    return NewAccount(login="", name=name[:64], role=ROLES[party.kind], organisation_id=party.id, email=email)


def _standing(session: Session, new: NewAccount) -> int | None:
    if new.expert_id is not None:
        return session.scalar(select(Account.id).where(Account.expert_id == new.expert_id).limit(1))
    unopened = Account.password_hash == NO_PASSWORD
    mine = (Account.organisation_id == new.organisation_id, Account.role == new.role, Account.active, unopened)
    return session.scalar(select(Account.id).where(*mine).limit(1))


def party(session: Session, role: Role, party_id: int) -> Expert | Organisation:
    """The person or organisation on file that an account of this role would be of; `NotFound` when there is none."""
    if role is Role.EXPERT:
        found: Expert | Organisation | None = session.get(Expert, party_id)
    else:
        found = session.get(Organisation, party_id)
    if found is None or (isinstance(found, Organisation) and ROLES.get(found.kind) is not role):
        raise NotFound(_("没有找到这位专家或这家机构"))
    return found


def invite_many(
    session: Session, actor: Actor, role: Role, party_ids: Iterable[int], *, clock: Clock
) -> list[bulk.Outcome]:
    """Invite each by itself, by what is on file; a refused one does not hold up the others."""
    return bulk.each(party_ids, lambda number: invite(session, actor, party(session, role, number), clock=clock))
