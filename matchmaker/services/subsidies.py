"""What officers decide about policy measures and what is stated for their conditions; nothing is ever deleted."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Organisation, Subsidy, SubsidyStatement
from matchmaker.domain.drafts import ForceDraft, HoldsDraft, SumDraft, comparable
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.subsidies import Condition, Said, plain
from matchmaker.domain.vocabulary import ConditionKind, Holds, Role
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries import subsidies as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.subsidies import Party
from matchmaker.services import audit, reasons

LOCK = "subsidies"
Answer = HoldsDraft | SumDraft


def force_of(row: Subsidy) -> str:
    """How firm a measure is and when it holds, as one word by which a form knows that somebody else decided since."""
    return " ".join(str(getattr(row, name)) for name in ForceDraft.model_fields)


def put_in_force(
    session: Session, actor: Actor, row: Subsidy, draft: ForceDraft, *, seen: str, reason: str, clock: Clock
) -> None:
    """Say how firm a measure is and from when to when it holds; `seen` is its `force_of` that was looked at.

    Raises `Forbidden`, `Invalid` without a reason, and `Conflict` when somebody decided since.
    """
    if not can(actor, Permission.SUBSIDY_EDIT):
        raise Forbidden(_("政策措施的状态和有效期由市科技局工作人员修改"))
    reason = reasons.given(reason)
    exclusive(session, LOCK)
    session.refresh(row)
    if force_of(row) != seen:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))
    before = audit.state_of(row)
    for name in ForceDraft.model_fields:
        setattr(row, name, getattr(draft, name))
    session.flush()
    audit.log(session, actor, "edit", row, clock=clock, before=before, reason=reason)


def may_state(actor: Actor, whose: Party) -> bool:
    """Whether the actor may state figures of this party: the city, the county of its unit, and the firm itself."""
    return can(actor, Permission.SUBSIDY_STATE, facts_of(whose.organisation))


def may_change(actor: Actor, said: Said | SubsidyStatement | None) -> bool:
    """Whether what stands stated may be replaced or taken back: a firm changes its own word, not an officer's."""
    return said is None or said.by_firm or actor.role is not Role.FIRM


def condition_of(row: Subsidy, code: str) -> Condition | None:
    """The condition of a measure with this code, if it is one whose answer is stated."""
    found = (one for one in queries.read(row).conditions if one.code == code and one.statable)
    return next(found, None)


def draft_of(condition: Condition) -> type[HoldsDraft] | type[SumDraft]:
    """What is asked for a condition."""
    return SumDraft if condition.kind is ConditionKind.AMOUNT else HoldsDraft


def state(
    session: Session,
    actor: Actor,
    row: Subsidy,
    whose: Party,
    *,
    condition: Condition,
    draft: Answer,
    reason: str,
    clock: Clock,
) -> SubsidyStatement:
    """State the answer to a condition; what stood before is voided and stays on file.

    Raises `Forbidden`, and `Invalid` for an answer that replaces another without a reason.
    """
    exclusive(session, LOCK)
    former = standing(session, row, whose, condition)
    require(actor, whose, former)
    reason = reasons.given(reason) if former else reason.strip()
    for one in former:
        _take_out(one, actor, clock)
    said = SubsidyStatement(
        subsidy_id=row.id,
        **_party(whose),
        condition=condition.code,
        holds=draft.holds is Holds.YES if isinstance(draft, HoldsDraft) else None,
        amount_wan=draft.amount_wan if isinstance(draft, SumDraft) else None,
        document=draft.document,
        by_firm=actor.role is Role.FIRM,
        entered_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(said)
    session.flush()
    before = _answer(_told(former[0], whose, condition) if former else {})
    after = _told(said, whose, condition)
    audit.log(session, actor, "state", row, clock=clock, before=before, after=after, reason=reason)
    return said


def _party(whose: Party) -> dict[str, Any]:
    team = whose.team.id if whose.team else None
    return {"organisation_id": whose.organisation.id, "team_id": team, "project": whose.project}


def void(session: Session, actor: Actor, said: SubsidyStatement, *, reason: str, clock: Clock) -> None:
    """Take back what was stated; it stays on file. Raises `Forbidden`, `Invalid`, and `Conflict` when it is void."""
    whose = Party(said.organisation, said.team, said.project)
    require(actor, whose, [said])
    reason = reasons.given(reason)
    exclusive(session, LOCK)
    if said.voided_at is not None:
        raise Conflict(_("这条填报已经作废"))
    _take_out(said, actor, clock)
    session.flush()
    condition = condition_of(said.subsidy, said.condition)
    told = _told(said, whose, condition)
    gone = told | dict.fromkeys(_answer(told), "")
    audit.log(session, actor, "void", said.subsidy, clock=clock, before=_answer(told), after=gone, reason=reason)


def join_stated(session: Session, actor: Actor, one: Organisation, *, clock: Clock) -> None:
    """After a merge one answer stands for each condition of a case, an officer's before the firm's, then the newest.

    The others are void and stay on file; a project keeps the spelling in which it was written first.
    """
    mine = select(SubsidyStatement).where(SubsidyStatement.organisation_id == one.id).order_by(SubsidyStatement.id)
    rows = list(session.scalars(mine).unique())
    names: dict[str, str] = {}
    for row in rows:
        row.project = names.setdefault(comparable(row.project), row.project)
    known: dict[tuple[int, int | None, str, str], SubsidyStatement] = {}
    for row in sorted((row for row in rows if row.voided_at is None), key=lambda row: (not row.by_firm, row.id)):
        case = (row.subsidy_id, row.team_id, row.project, row.condition)
        if case in known:
            _take_out(known[case], actor, clock)
        known[case] = row


def require(actor: Actor, whose: Party, former: Iterable[SubsidyStatement]) -> None:
    """Raise `Forbidden` for whoever may not state figures of this party, or not change what stands."""
    if not may_state(actor, whose):
        raise Forbidden(_("您不能为这家企业填报"))
    if not all(may_change(actor, one) for one in former):
        raise Forbidden(_("这一项是工作人员填报的，企业不能改动；有不同意见请联系市科技局"))


def standing(session: Session, row: Subsidy, whose: Party, condition: Condition) -> list[SubsidyStatement]:
    """What stands stated for a condition of a case."""
    rows = queries.statements(session, row, whose)
    return [one for one in rows if one.condition == condition.code and one.voided_at is None]


def _take_out(said: SubsidyStatement, actor: Actor, clock: Clock) -> None:
    said.voided_by, said.voided_at, said.updated_at = actor.name, clock.now(), clock.now()


def _told(said: SubsidyStatement, whose: Party, condition: Condition | None) -> dict[str, Any]:
    """A statement for the trail of its measure."""
    wan = None if said.amount_wan is None else plain(Decimal(said.amount_wan))
    return {
        "firm": whose.organisation.name,
        "case": whose.team.name if whose.team else whose.project,
        "condition": condition.text if condition else said.condition,
        "holds": (Holds.YES if said.holds else Holds.NO).value if wan is None else "",
        "amount_wan": wan or "",
        "document": said.document,
    }


def _answer(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("holds", "amount_wan", "document") if name in told}
