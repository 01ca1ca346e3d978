"""Needs: written, edited, submitted, reviewed, published."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Need, NeedRelease, NeedVersion, Organisation
from matchmaker.domain.drafts import NeedDraft, missing
from matchmaker.domain.lifecycle import Requirement, Step
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import Audience, NeedStatus, OrganisationKind, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.queries import directory, same_needs, scopes
from matchmaker.queries.facts import facts_of
from matchmaker.queries.industries import industry
from matchmaker.services import audit, bulk, comments, need_notices, transitions
from matchmaker.services.analysis import Analysis
from matchmaker.services.corpus import touch

ENDED = frozenset({NeedStatus.DECLINED, NeedStatus.SOLVED, NeedStatus.CLOSED})
TAKEN_ON = frozenset({"county_pass", "publish"})  # whoever takes these steps is in charge of the need from then on
OPEN_TO_GAPS = frozenset({NeedStatus.DRAFT, NeedStatus.RETURNED})
IN_REVIEW = frozenset({NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW})


def create(
    session: Session,
    actor: Actor,
    firm_id: int,
    draft: NeedDraft,
    analysis: Analysis,
    *,
    clock: Clock,
    external_id: str | None = None,
    status: NeedStatus = NeedStatus.DRAFT,
    reason: str = "",
) -> Need:
    """A new need of a firm, as a draft unless an import places it further on.

    Raises `Forbidden` unless the actor may act for the firm, `Invalid` for a technical field nobody knows.
    """
    firm = _firm_for(session, actor, firm_id)
    now = clock.now()
    need = Need(firm=firm, external_id=external_id, status=status, status_since=now, created_at=now, updated_at=now)
    _write(session, need, draft, analysis)
    session.add(need)
    session.flush()
    audit.log(session, actor, "create", need, clock=clock, after=_state(need), reason=reason)
    return need


def _firm_for(session: Session, actor: Actor, firm_id: int) -> Organisation:
    firm = session.get(Organisation, firm_id)
    if firm is None or firm.kind is not OrganisationKind.FIRM:
        raise NotFound(_("没有这家企业"))
    others = {Role.FIRM: actor.organisation_id == firm.id, Role.COUNTY: actor.unit_id == firm.unit_id}
    mine = actor.is_system or others.get(actor.role or Role.CITY, True)
    if not (mine and can(actor, Permission.NEED_CREATE)):
        raise Forbidden(_("您不能为这家企业填报需求"))
    return firm


def edit(
    session: Session,
    actor: Actor,
    need: Need,
    draft: NeedDraft,
    analysis: Analysis,
    *,
    version: int,
    clock: Clock,
    reason: str = "",
) -> bool:
    """Replace what a need says; True if anything changed.

    `version` is the one the edit started from. Raises `StaleEdit` with both texts when somebody saved in between,
    `Conflict` when the state allows no edit, `Invalid` when a need past its draft would lose a mandatory part. What a
    published need said before is kept as a version.
    """
    require_editable(actor, need)
    content = content_of(need)
    if need.version != version:
        yours = draft.model_dump(mode="json", include=set(NeedDraft.model_fields))
        message = _("这条需求刚刚被别人修改过，请对照后重新保存")
        raise StaleEdit(message, yours=yours, theirs=content)
    gaps = {} if need.status in OPEN_TO_GAPS else missing(draft) | (undeclared(draft) if need.declared else {})
    if gaps:
        raise Invalid(gaps)
    before = _state(need)
    _write(session, need, draft, analysis)
    if content_of(need) == content:
        return False
    need.updated_at = clock.now()
    if need.status is NeedStatus.PUBLISHED:
        _keep_version(session, actor, need, content, clock)
        touch(session, need)
    session.flush()
    audit.log(session, actor, "edit", need, clock=clock, before=before, after=_state(need), reason=reason)
    return True


def _state(need: Need) -> dict[str, Any]:
    return audit.state_of(need) | {"releases": [row.institute.name for row in need.releases]}


def past_deadline(draft: NeedDraft, today: date, *, known: date | None = None) -> dict[str, str]:
    """Field → message when the draft names a deadline before `today`; one that stood there already (`known`) may stay.

    Sheets are not asked: they also bring in what was.
    """
    passed = draft.deadline is not None and draft.deadline < today and draft.deadline != known
    return {"deadline": _("需求时限：已经过去，请填写今天或以后的日期")} if passed else {}


def undeclared(draft: NeedDraft) -> dict[str, str]:
    """Field → message unless the firm has declared that nothing in the need is a state secret.

    Asked of whoever submits. What an officer brings in by sheet goes to review without it, and the reviewers are told.
    """
    return {} if draft.declared else {"declared": _("请勾选“不含涉密内容声明”；涉密需求不能在本系统填报")}


def require_editable(actor: Actor, need: Need) -> None:
    """Raise `Forbidden` when the actor may not edit the need at all, `Conflict` when not in its present state."""
    if not can(actor, Permission.NEED_EDIT, facts_of(need)):
        raise Forbidden(_("您没有权限修改这条需求"))
    if need.status in ENDED:
        raise Conflict(_("“%(status)s”的需求不能修改，请先重新受理或开放", status=_(need.status.label)))
    if need.status in IN_REVIEW and actor.role is Role.FIRM:
        raise Conflict(_("审核中的需求不能修改，请先撤回或联系审核人员退回"))


def content_of(need: Need) -> dict[str, Any]:
    """What a need says, field by field as in `NeedDraft`, as JSON values."""
    return {
        "title": need.title,
        "problem": need.problem,
        "indicators": need.indicators,
        "goal": need.goal,
        "keywords": list(need.keywords),
        "must_have": list(need.must_have),
        "field": need.field.code if need.field else "",
        "budget_wan": need.budget_wan,
        "deadline": need.deadline.isoformat() if need.deadline else None,
        "cooperation": need.cooperation.value if need.cooperation else None,
        "industry": need.industry_code or "",
        "audience": need.audience.value,
        "releases": [row.institute.name for row in need.releases],
        "declared": need.declared,
    }


def draft_of(need: Need) -> NeedDraft:
    """What a need says, as a draft to be shown in a form or asked what is missing."""
    return NeedDraft.model_validate(content_of(need))


def _write(session: Session, need: Need, draft: NeedDraft, analysis: Analysis) -> None:
    need.field = directory.technical_field(session, draft.field) if draft.field else None
    for name in ("title", "problem", "indicators", "goal", "budget_wan", "deadline", "cooperation"):
        setattr(need, name, getattr(draft, name))
    need.keywords = list(draft.keywords)
    need.must_have = list(draft.must_have)
    need.industry_code = industry(draft.industry).code if draft.industry else None
    need.declared = draft.declared
    need.audience = draft.audience or Audience.OPEN
    _release(session, need, draft.releases if need.audience is Audience.CHOSEN else ())
    analysis.store(need)


def _release(session: Session, need: Need, names: Iterable[str]) -> None:
    """Let exactly these institutes read the need 定向发布 (policy 004)."""
    wanted = {institute.id: institute for institute in directory.institutes(session, names)}
    kept = [row for row in need.releases if row.institute_id in wanted]
    known = {row.institute_id for row in kept}
    new = [NeedRelease(institute_id=key, institute=wanted[key]) for key in wanted if key not in known]
    need.releases = [*kept, *new]


def _keep_version(session: Session, actor: Actor, need: Need, content: dict[str, Any], clock: Clock) -> None:
    kept = session.scalar(select(func.count()).where(NeedVersion.need_id == need.id)) or 0
    version = NeedVersion(need_id=need.id, number=kept + 1, content=content, made_at=clock.now(), made_by=actor.name)
    session.add(version)


def submit(session: Session, actor: Actor, need: Need, *, clock: Clock) -> Step:
    """Send a complete need to review. Raises `Invalid` with every field that must still be filled in."""
    draft = draft_of(need)
    gaps = missing(draft) | undeclared(draft) | past_deadline(draft, clock.today())
    if gaps:
        raise Invalid(gaps)
    return transitions.apply(session, actor, need, "submit", clock=clock)


def review(session: Session, actor: Actor, need: Need, action: str, *, clock: Clock, reason: str = "") -> Step:
    """Take any other step of a need. A reason is kept as a comment for the firm, which is told of the outcome."""
    if action == "submit":
        return submit(session, actor, need, clock=clock)
    _not_secret("reason", _("原因"), reason)
    step = transitions.apply(session, actor, need, action, clock=clock, reason=reason)
    if step.source in ENDED:
        for row in same_needs.open_joins(session, need):  # opened again it is a need of its own
            row.undone_at, row.undone_by, row.undone_reason = clock.now(), actor.name, reason.strip()
    if action in TAKEN_ON and actor.is_bureau:
        need.officer_id = actor.account_id
    if step.target is NeedStatus.PUBLISHED and need.published_at is None:
        need.published_at = clock.now()
    if Requirement.REASON in step.needs:
        comments.keep(session, actor, need, reason, clock=clock)
    if step.notice:
        need_notices.tell_firm(session, need, step.notice, reason=reason, clock=clock)
    session.flush()
    return step


def comment(session: Session, actor: Actor, need: Need, body: str, *, clock: Clock) -> None:
    """Leave a remark on a need, of which the other side is told; reviewers and the firm may, in any state."""
    if not may_comment(actor, need):
        raise Forbidden(_("您没有权限对这条需求发表意见"))
    remark = comments.add(session, actor, need, body, clock=clock)
    need_notices.tell_of_comment(session, actor, need, remark, clock=clock)


def may_comment(actor: Actor, need: Need) -> bool:
    """Whether the actor is one of those who talk about the need: its firm and its reviewers."""
    facts = facts_of(need)
    mine = (Permission.NEED_EDIT, Permission.NEED_COUNTY_REVIEW, Permission.NEED_CITY_REVIEW)
    return any(can(actor, permission, facts) for permission in mine)


def _not_secret(field: str, label: str, text: str) -> None:
    if mark := secrecy_mark(text):
        raise Invalid({field: refusal(label, mark)})


def check(session: Session, actor: Actor, need: Need, *, version: int, clock: Clock) -> None:
    """复核无误: an officer has read what the firm changed after publication and lets it stand.

    `version` is the one that was read; raises `Conflict` when the firm has saved again since.
    """
    if not can(actor, Permission.NEED_COUNTY_REVIEW, facts_of(need)):
        raise Forbidden(_("您没有权限复核这条需求"))
    if need.version != version or need.status is not NeedStatus.PUBLISHED:
        raise Conflict(_("这条需求刚刚又有变化，请看过最新内容再复核"))
    audit.log(session, actor, "check", need, clock=clock, before=audit.state_of(need))


def review_many(
    session: Session, actor: Actor, need_ids: Iterable[int], action: str, *, clock: Clock, reason: str = ""
) -> list[bulk.Outcome]:
    """Take the same step for many needs, each by itself; a refused one does not hold up the others."""

    def move(need_id: int) -> None:
        need = session.scalars(select(Need).where(Need.id == need_id, scopes.needs(actor))).one_or_none()
        if need is None:
            raise NotFound(_("没有这条需求"))
        review(session, actor, need, action, clock=clock, reason=reason)

    return bulk.each(need_ids, move)


def publish_many(session: Session, actor: Actor, need_ids: Iterable[int], *, clock: Clock) -> list[bulk.Outcome]:
    """Publish the selected needs that wait for city review."""
    return review_many(session, actor, need_ids, "publish", clock=clock)
