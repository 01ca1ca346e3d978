"""Firms that ask to take part: handed in by strangers, decided by the bureau."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, City, Organisation, Registration, Site, Unit
from matchmaker.domain.drafts import RegistrationDraft
from matchmaker.domain.lifecycle import Step
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import OrganisationKind, RegistrationStatus, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import registrations as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import accounts, audit, bulk, outbox, throttle, transitions
from matchmaker.services.notices import Reader

ACTION = "register"
MAIN_SITE = "本部"
KEPT_APART = ("about", "contact_name", "contact_phone", "contact_email")


def submit(
    session: Session, actor: Actor, draft: RegistrationDraft, *, password_hash: str, network: str, clock: Clock
) -> Registration:
    """Put a stranger's registration on the bureau's desk; the account stays locked until it is approved.

    A credit code that is on file makes it a claim on that firm, of which nothing is changed; a name to sign in with
    that is taken gets a number. Neither is told to the asker. Raises `TooMany` when the network asks too often,
    `Invalid` for a unit that does not exist.
    """
    throttle.take(session, ACTION, network, now=clock.now())
    unit = session.scalars(select(Unit).where(Unit.code == draft.unit)).one_or_none()
    if unit is None:
        raise Invalid({"unit": _("责任单位：请从列表中选择")})
    known = queries.on_file_with(session, draft.credit_code)
    organisation = known or _waiting_firm(session, draft, unit, clock)
    account = _locked_account(session, draft, organisation, password_hash, clock)
    registration = Registration(
        organisation=organisation,
        account=account,
        known=known is not None,
        claim=draft.model_dump(mode="json", exclude={"login"}),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(registration)
    session.flush()
    audit.log(session, actor, "create", registration, clock=clock)
    return registration


def _waiting_firm(session: Session, draft: RegistrationDraft, unit: Unit, clock: Clock) -> Organisation:
    """The firm as the applicant describes it. Its credit code stays in the claim: it is not ours to hand out yet."""
    firm = Organisation(
        kind=OrganisationKind.FIRM,
        status=RegistrationStatus.PENDING,
        name=draft.name,
        unit=unit,
        tags=[],
        created_at=clock.now(),
        updated_at=clock.now(),
        **{name: getattr(draft, name) for name in KEPT_APART},
    )
    session.add(firm)
    session.flush()
    return firm


def _locked_account(
    session: Session, draft: RegistrationDraft, organisation: Organisation, password_hash: str, clock: Clock
) -> Account:
    account = Account(
        login=accounts.claim_free_login(session, draft.login),
        name=draft.contact_name,
        email=draft.contact_email,
        role=Role.FIRM,
        password_hash=password_hash,
        organisation_id=organisation.id,
        active=False,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(account)
    session.flush()
    return account


def decide(
    session: Session,
    actor: Actor,
    registration: Registration,
    action: str,
    *,
    clock: Clock,
    reason: str = "",
    version: int | None = None,
) -> Step:
    """Approve, refuse, take up again or take an approval back; the applicant is written to.

    Raises as `transitions.apply`, and `Conflict` when the credit code belongs to somebody who is no firm, or when an
    approval is to be taken back from a firm that has posted needs already.
    """
    if action == "approve":
        _settle(session, actor, registration, clock)
    elif action == "revoke" and not registration.known and queries.has_needs(session, registration.organisation_id):
        raise Conflict(_("这家企业已经填报过需求，不能撤销核准。可以请系统管理员停用账号，并关闭它的需求。"))
    step = transitions.apply(session, actor, registration, action, clock=clock, reason=reason, version=version)
    registration.decided_by = actor.name
    approved = registration.status is RegistrationStatus.ACTIVE
    if approved:
        _open(session, registration, clock)
    elif action == "revoke" and not registration.known:
        registration.organisation.credit_code = None  # a firm that does not take part keeps no code from others
    _switch(session, registration.account, active=approved, clock=clock)
    session.flush()
    if step.notice:
        _tell(session, registration, step.notice, reason=reason, clock=clock)
    return step


def _settle(session: Session, actor: Actor, registration: Registration, clock: Clock) -> None:
    """A firm that has come on file since with the same code is the one that is meant."""
    if registration.status is not RegistrationStatus.PENDING or not _may(actor, registration):
        return  # `apply` says why not
    known = queries.on_file_with(session, registration.claim["credit_code"])
    if known is not None and known.kind is not OrganisationKind.FIRM:
        kind = _(known.kind.label)
        raise Conflict(_("这个信用代码在名录里是%(kind)s“%(name)s”，不是企业，请核对", kind=kind, name=known.name))
    if known is not None and known.id != registration.organisation_id:
        _point(session, actor, registration, known, clock)


def _may(actor: Actor, registration: Registration) -> bool:
    return can(actor, Permission.REGISTRATION_REVIEW, facts_of(registration))


def attach(session: Session, actor: Actor, registration: Registration, firm: Organisation, *, clock: Clock) -> None:
    """Say that the applicant speaks for a firm that is on file under another name or without its code.

    Raises `Forbidden` without the right for both, `Conflict` once decided or when the firm has another credit code.
    """
    if not _may(actor, registration) or (actor.role is Role.COUNTY and firm.unit_id != actor.unit_id):
        raise Forbidden(_("您没有权限办理这项注册"))
    if registration.status is not RegistrationStatus.PENDING:
        raise Conflict(_("这项注册已经办结，请刷新页面"))
    if firm.kind is not OrganisationKind.FIRM or firm.credit_code not in {None, registration.claim["credit_code"]}:
        raise Conflict(_("名录里的“%(name)s”登记了另一个信用代码，不是同一家企业", name=firm.name))
    _point(session, actor, registration, firm, clock)


def _point(session: Session, actor: Actor, registration: Registration, firm: Organisation, clock: Clock) -> None:
    before, left = audit.state_of(registration), registration.organisation
    if not registration.known:
        left.merged_into_id = firm.id
    registration.organisation, registration.known = firm, True
    registration.account.organisation_id = firm.id
    session.flush()
    audit.log(session, actor, "identify", registration, clock=clock, before=before)


def _open(session: Session, registration: Registration, clock: Clock) -> None:
    """The firm takes part: what was blank on file is filled in, what stood there stays."""
    firm, claim = registration.organisation, registration.claim
    firm.credit_code = firm.credit_code or claim["credit_code"]
    for name in KEPT_APART:
        setattr(firm, name, getattr(firm, name) or claim[name])
    if not session.scalars(select(Site.id).where(Site.organisation_id == firm.id)).first():
        session.add(_site(session, firm, claim))
    firm.updated_at = clock.now()
    others = (Registration.organisation_id == firm.id, Registration.id != registration.id)
    session.execute(update(Registration).where(*others).values(known=True))


def _site(session: Session, firm: Organisation, claim: dict[str, Any]) -> Site:
    city = session.scalars(select(City.region_code)).first() or ""
    region = (firm.unit.region_code if firm.unit else None) or city
    return Site(
        organisation_id=firm.id, name=MAIN_SITE, address=claim["address"], region_code=region, unit_id=firm.unit_id
    )


def _switch(session: Session, account: Account, *, active: bool, clock: Clock) -> None:
    account.active, account.updated_at = active, clock.now()
    accounts.close_all_sessions(session, account.id)


def _tell(session: Session, registration: Registration, notice: str, *, reason: str, clock: Clock) -> None:
    account = registration.account
    payload = {
        "path": "/login" if registration.status is RegistrationStatus.ACTIVE else "/register",
        "page": "/home",
        "title": registration.title,
        "name": account.name,
        "login": account.login,
        "reason": reason.strip(),
    }
    key = f"{notice}:{registration.id}:{registration.version}"
    reader = Reader(account_id=account.id)
    outbox.queue(session, notice, account.email, payload, dedup_key=key, clock=clock, reader=reader)


def approve_many(
    session: Session, actor: Actor, registration_ids: Iterable[int], *, clock: Clock
) -> list[bulk.Outcome]:
    """Approve each by itself; a refused one does not hold up the others."""

    def move(registration_id: int) -> None:
        decide(session, actor, queries.get_visible(session, actor, registration_id), "approve", clock=clock)

    return bulk.each(registration_ids, move)
