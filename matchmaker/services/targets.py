"""Targets of the city and of its units, and what is said of them: every change gives its reason and stays on file."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Assessment, Metric, Target
from matchmaker.domain.drafts import AssessmentDraft, FigureDraft, PromiseDraft, SplitsDraft, TargetDraft
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import TargetBasis
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.queries import goals, targets
from matchmaker.services import audit

PER_CENT = "%"
LOCK = "targets"


def require(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may change targets: city officers may."""
    if not can(actor, Permission.TARGET_EDIT):
        raise Forbidden(_("目标由市科技局工作人员录入和修改"))


def given(reason: str) -> str:
    """The reason of a change, tidied. Raises `Invalid` without one."""
    if not reason.strip():
        raise Invalid({"reason": _("原因：不能为空，请写明为什么录入或修改，例如文件名称")})
    return reason.strip()


def add(session: Session, actor: Actor, draft: TargetDraft, *, reason: str, clock: Clock) -> Target:
    """Put a target of the city on file.

    Raises `Forbidden`, `Invalid` without a reason or where the same text already states one of this basis, and
    `NotFound` for an unknown metric.
    """
    require(actor)
    reason = given(reason)
    exclusive(session, LOCK)
    metric = targets.metric(session, draft.metric)
    row = Target(metric_code=metric.code, year=draft.year, unit_id=None, created_at=clock.now())
    _write(session, row, metric, draft, clock)
    audit.log(session, actor, "create", row, clock=clock, reason=reason)
    return row


def edit(
    session: Session, actor: Actor, row: Target, draft: PromiseDraft, *, version: int, reason: str, clock: Clock
) -> None:
    """Change what a target of the city says. Raises as `add`, `StaleEdit`, and `Conflict` for a withdrawn one."""
    require(actor)
    reason = given(reason)
    exclusive(session, LOCK)
    _current(row, draft, version)
    before = audit.state_of(row)
    _write(session, row, row.metric, draft, clock)
    audit.log(session, actor, "edit", row, clock=clock, before=before, reason=reason)


def _current(row: Target, draft: PromiseDraft, version: int) -> None:
    if row.withdrawn_at is not None:
        raise Conflict(_("这个目标已经撤销，要修改请先恢复"))
    if row.version != version:
        yours = {name: getattr(draft, name) for name in PromiseDraft.model_fields}
        theirs = {name: getattr(row, name) for name in yours}
        raise StaleEdit(_("这个目标刚刚被别人修改过，请对照后重新保存"), yours=yours, theirs=theirs)


def _write(session: Session, row: Target, metric: Metric, draft: PromiseDraft, clock: Clock) -> None:
    _unique(session, row, metric.code, draft)
    for name in PromiseDraft.model_fields:
        setattr(row, name, getattr(draft, name))
    row.unit_label = PER_CENT if draft.basis is TargetBasis.GROWTH else metric.unit_label
    row.updated_at = clock.now()
    session.add(row)
    session.flush()


def _unique(session: Session, row: Target, metric_code: str, draft: PromiseDraft) -> None:
    same = (Target.metric_code == metric_code, Target.year == row.year, Target.unit_id.is_(None))
    text = (Target.basis == draft.basis, Target.source == draft.source, Target.id != (row.id or 0))
    if session.scalar(select(Target.id).where(*same, *text, targets.stands())) is not None:
        raise Invalid({"source": _("出处：这一年已有同一口径、同一出处的目标，请修改那一条，或写明另一条款")})


def withdraw(session: Session, actor: Actor, row: Target, *, reason: str, clock: Clock) -> None:
    """Take a target back; it stays on file and asks nothing. Raises `Forbidden`, `Invalid`, `Conflict` when it is."""
    require(actor)
    if row.withdrawn_at is not None:
        raise Conflict(_("这个目标已经撤销"))
    _withdraw(session, actor, row, given(reason), clock)


def _withdraw(session: Session, actor: Actor, row: Target, reason: str, clock: Clock) -> None:
    before = audit.state_of(row)
    row.withdrawn_by, row.withdrawn_at, row.updated_at = actor.name, clock.now(), clock.now()
    session.flush()
    audit.log(session, actor, "withdraw", row, clock=clock, before=before, reason=reason)


def restore(session: Session, actor: Actor, row: Target, *, reason: str, clock: Clock) -> None:
    """Let a withdrawn target stand again. Raises as `withdraw`, and `Conflict` where another took its place."""
    require(actor)
    reason = given(reason)
    exclusive(session, LOCK)
    if row.withdrawn_at is None or row.unit_id is not None:
        raise Conflict(_("只有已撤销的市级目标可以恢复"))
    draft = PromiseDraft.model_construct(basis=row.basis, source=row.source)
    try:
        _unique(session, row, row.metric_code, draft)
    except Invalid as refusal:
        raise Conflict("；".join(refusal.errors.values())) from None
    before = audit.state_of(row)
    row.withdrawn_by, row.withdrawn_at, row.updated_at = "", None, clock.now()
    session.flush()
    audit.log(session, actor, "restore", row, clock=clock, before=before, reason=reason)


# Splits


@dataclass(frozen=True)
class Cell:
    """One unit's split as it was sent: the value (None: no split), and the version it started from (None: none yet)."""

    value: Decimal | None
    version: int | None


def split(
    session: Session,
    actor: Actor,
    metric: Metric,
    year: int,
    *,
    cells: Mapping[int, Cell],
    draft: SplitsDraft,
    reason: str,
    clock: Clock,
) -> int:
    """Save the splits of a year's total among the units (unit id → cell) together; how many rows changed.

    An emptied cell withdraws the unit's split. Raises `Forbidden`, `Invalid` without a reason, and `StaleEdit` when
    somebody saved one of the cells in between; then nothing is saved.
    """
    require(actor)
    reason = given(reason)
    exclusive(session, LOCK)
    found = targets.splits(session, metric.code, year)
    _nobody_else(session, cells, found)
    changed = 0
    for unit_id, cell in cells.items():
        row = found.get(unit_id)
        if cell.value is None and row is not None:
            _withdraw(session, actor, row, reason, clock)
        elif cell.value is not None and not (row and _says(row, cell, draft)):
            fresh = row or _new(metric, year, unit_id, clock)
            _put(session, actor, fresh, cell.value, draft, reason=reason, clock=clock)
        else:
            continue
        changed += 1
    return changed


def _says(row: Target, cell: Cell, draft: SplitsDraft) -> bool:
    return (row.value, row.source, row.status) == (cell.value, draft.source, draft.status)


def _nobody_else(session: Session, cells: Mapping[int, Cell], found: Mapping[int, Target]) -> None:
    versions = {unit_id: row.version for unit_id, row in found.items()}
    stale = [unit_id for unit_id, cell in cells.items() if cell.version != versions.get(unit_id)]
    if stale:
        names = {unit.id: unit.name for unit in targets.units(session)}
        yours = {names[unit_id]: cells[unit_id].value for unit_id in stale}
        theirs = {names[unit_id]: found[unit_id].value if unit_id in found else None for unit_id in stale}
        raise StaleEdit(_("有的单位刚刚被别人修改过，请对照后重新填写"), yours=yours, theirs=theirs)


def _new(metric: Metric, year: int, unit_id: int, clock: Clock) -> Target:
    return Target(
        metric_code=metric.code,
        year=year,
        unit_id=unit_id,
        basis=TargetBasis.ABSOLUTE,
        unit_label=metric.unit_label,
        created_at=clock.now(),
    )


def _put(
    session: Session, actor: Actor, row: Target, value: Decimal, draft: SplitsDraft, *, reason: str, clock: Clock
) -> None:
    before = audit.state_of(row) if row.id is not None else {}
    for name, said in {"value": value, "source": draft.source, "status": draft.status}.items():
        setattr(row, name, said)
    row.updated_at = clock.now()
    session.add(row)
    session.flush()
    audit.log(session, actor, "edit" if before else "create", row, clock=clock, before=before, reason=reason)


# What is said of a year


def assess(
    session: Session,
    actor: Actor,
    metric: Metric,
    year: int,
    draft: AssessmentDraft,
    *,
    version: int | None,
    clock: Clock,
) -> Assessment:
    """Write what is said of a metric's year, and its figure where nothing counts it; older texts stay in the trail.

    `version`: the one the text started from, None for a first. Raises `Forbidden` and `StaleEdit`.
    """
    require(actor)
    exclusive(session, LOCK)
    row = goals.assessment(session, metric.code, year)
    values = _said(draft)
    if (row.version if row else None) != version:
        theirs: dict[str, Any] = {name: getattr(row, name) if row else None for name in values}
        raise StaleEdit(_("这段说明刚刚被别人修改过，请对照后重新保存"), yours=values, theirs=theirs)
    before = audit.state_of(row) if row else {}
    row = row or Assessment(metric_code=metric.code, year=year, created_at=clock.now())
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    session.add(row)
    session.flush()
    audit.log(session, actor, "edit" if before else "create", row, clock=clock, before=before)
    return row


def _said(draft: AssessmentDraft) -> dict[str, Any]:
    names = FigureDraft.model_fields if isinstance(draft, FigureDraft) else AssessmentDraft.model_fields
    return {name: getattr(draft, name) for name in names}
