"""Entering what goals other than visits count: a correction and a void give their reason, nothing is deleted."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Absorption, Meeting, MeetingFirm, Need, Organisation, Training, Turnover
from matchmaker.domain.drafts import AbsorptionDraft, Draft, TrainingDraft, TurnoverDraft, comparable
from matchmaker.domain.entries import Figure, overlap
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.queries import entries as queries
from matchmaker.services import audit

Row = TypeVar("Row", Absorption, Turnover, Training)
LOCK = "entries"


def require(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor may enter records: city officers may."""
    if not can(actor, Permission.ENTRY_EDIT):
        raise Forbidden(_("成果吸纳、成交额和培训由市科技局工作人员登记"))


def write_absorption(
    session: Session, actor: Actor, row: Absorption, draft: AbsorptionDraft, *, version: int, reason: str, clock: Clock
) -> Absorption:
    """Enter an absorbed achievement, or correct one.

    Raises `Forbidden`; `Invalid` for names not on file, an origin outside the host regions, a day to come, the same
    achievement of the same two entered before, a need or meeting of another firm, and a correction without a reason;
    `StaleEdit`, and `Conflict` for a void one.
    """
    _begin(session, actor, row, draft, version)
    values = absorption_values(session, actor, row, draft, clock=clock)
    return _save(session, actor, row, values, reason=reason, clock=clock, told=_names(session, values))


def absorption_values(
    session: Session, actor: Actor, row: Absorption, draft: AbsorptionDraft, *, clock: Clock
) -> dict[str, Any]:
    """What a draft says of an achievement, column by column. Raises `Invalid` as `write_absorption`."""
    _not_to_come(draft.day, "day", _("吸纳日期"), clock)
    firm_id = choices.firm_id(session, actor, draft.firm)
    values = {
        "title": draft.title,
        "firm_id": firm_id,
        "origin_id": queries.origin(session, draft.origin),
        "day": draft.day,
        "amount_wan": draft.amount_wan,
        "need_id": _need(session, draft.need, firm_id),
        "meeting_id": _meeting(session, draft.meeting, firm_id),
        "note": draft.note,
    }
    if values["origin_id"] == firm_id:
        raise Invalid({"origin": _("来源单位：不能是吸纳企业自己，请核对")})
    _not_entered(session, row, values)
    return values


def _names(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "firm": session.get_one(Organisation, values["firm_id"]).name,
        "origin": session.get_one(Organisation, values["origin_id"]).name,
        "need": str(values["need_id"] or ""),
        "meeting": str(values["meeting_id"] or ""),
    }


def _need(session: Session, text: str, firm_id: int) -> int | None:
    """The firm's need with this number, ours or the sheet's."""
    if not text:
        return None
    either = (Need.external_id == text) | (Need.id == (row_id(text) or 0))
    found = session.scalars(select(Need.id).where(Need.firm_id == firm_id, either).order_by(Need.id)).first()
    if found is None:
        raise Invalid({"need": _("来自需求：这家企业没有编号为“%(number)s”的需求，请核对或留空", number=text)})
    return found


def _meeting(session: Session, text: str, firm_id: int) -> int | None:
    if not text:
        return None
    there = select(Meeting.id).join(MeetingFirm, MeetingFirm.meeting_id == Meeting.id)
    mine = (Meeting.id == (row_id(text) or 0), MeetingFirm.firm_id == firm_id)
    found = session.scalars(there.where(*mine)).first()
    if found is None:
        raise Invalid({"meeting": _("来自活动：这家企业没有参加编号为“%(number)s”的活动，请核对或留空", number=text)})
    return found


def _not_entered(session: Session, row: Absorption, values: dict[str, Any]) -> None:
    other = same_absorption(session, values["firm_id"], values["origin_id"], values["title"])
    if other is not None and other.id != row.id:
        raise Invalid(
            {"title": _("成果名称：这家企业吸纳这项成果已登记（编号 %(number)s），请勿重复登记", number=other.id)}
        )


def same_absorption(session: Session, firm_id: int, origin_id: int, title: str) -> Absorption | None:
    """The record of this achievement put to use by this firm that counts, if there is one."""
    same = (Absorption.firm_id == firm_id, Absorption.origin_id == origin_id, Absorption.voided_at.is_(None))
    rows = session.scalars(select(Absorption).where(*same).order_by(Absorption.id))
    return next((row for row in rows if comparable(row.title) == comparable(title)), None)


def write_turnover(
    session: Session, actor: Actor, row: Turnover, draft: TurnoverDraft, *, version: int, reason: str, clock: Clock
) -> Turnover:
    """Enter what a document states of contract turnover, or correct it.

    Raises as `write_absorption`; `Invalid` also where the same months are stated in the same way already.
    """
    _begin(session, actor, row, draft, version)
    values = turnover_values(session, row, draft, clock=clock)
    return _save(session, actor, row, values, reason=reason, clock=clock)


def turnover_values(session: Session, row: Turnover, draft: TurnoverDraft, *, clock: Clock) -> dict[str, Any]:
    """What a draft says of turnover, column by column. Raises `Invalid` as `write_turnover`."""
    if draft.year is None or draft.month is None or draft.span is None or draft.total is None:
        raise TypeError("a checked draft has them all")
    _not_to_come(date(draft.year, draft.month, 1), "month", _("截至月份"), clock)
    others = [queries.figure(one) for one in queries.figures(session, draft.year) if one.id != row.id]
    clash = overlap(Figure(0, draft.span, draft.month, draft.total), others)
    if clash is not None:
        text = _("截至月份：这段时间已有同一口径的数（编号 %(number)s），请更正那一条，不要重复登记", number=clash.id)
        raise Invalid({"month": text})
    return {name: getattr(draft, name) for name in TurnoverDraft.model_fields}


def write_training(
    session: Session, actor: Actor, row: Training, draft: TrainingDraft, *, version: int, reason: str, clock: Clock
) -> Training:
    """Enter a person trained, or correct it.

    Raises as `write_absorption`; `Invalid` also for the same training entered before, and for a certificate that
    somebody else has.
    """
    _begin(session, actor, row, draft, version)
    return _save(session, actor, row, training_values(session, row, draft, clock=clock), reason=reason, clock=clock)


def training_values(session: Session, row: Training, draft: TrainingDraft, *, clock: Clock) -> dict[str, Any]:
    """What a draft says of a training, column by column. Raises `Invalid` as `write_training`."""
    _not_to_come(draft.day, "day", _("结业日期"), clock)
    alike = (Training.day == draft.day) | ((Training.certificate == draft.certificate) & (draft.certificate != ""))
    standing = (Training.voided_at.is_(None), Training.id != (row.id or 0))
    for other in session.scalars(select(Training).where(*standing, alike)):
        _another_training(other, draft)
    return {name: getattr(draft, name) for name in TrainingDraft.model_fields}


def training_key(one: Training | TrainingDraft) -> tuple[date | None, str, str, str]:
    """Who finished which course when: what makes a training one record."""
    return one.day, comparable(one.name), comparable(one.organisation), comparable(one.course)


def _another_training(other: Training, draft: TrainingDraft) -> None:
    same_person = training_key(other)[1:3] == training_key(draft)[1:3]
    if draft.certificate and draft.certificate == other.certificate and not same_person:
        raise Invalid({"certificate": _("证书编号：已登记给%(name)s，请核对证书", name=other.name)})
    if training_key(other) == training_key(draft):
        raise Invalid({"name": _("姓名：此人这一期培训已登记（编号 %(number)s），请勿重复登记", number=other.id)})


def _begin(session: Session, actor: Actor, row: Row, draft: Draft, version: int) -> None:
    require(actor)
    exclusive(session, LOCK)
    if row.id is None:
        return
    if row.voided_at is not None:
        raise Conflict(_("这条记录已经作废，要更正请先恢复"))
    if row.version != version:
        stands = _state(row)
        yours = {name: getattr(draft, name) for name in type(draft).model_fields}
        theirs = {name: stands.get(name) for name in yours}
        raise StaleEdit(_("这条记录刚刚被别人更正过，请对照后重新保存"), yours=yours, theirs=theirs)


def _not_to_come(day: date | None, field: str, label: str, clock: Clock) -> None:
    if day is not None and day > clock.today():
        raise Invalid({field: _("%(label)s：晚于今天，请核对；还没有发生的不登记", label=label)})


def _save(
    session: Session,
    actor: Actor,
    row: Row,
    values: dict[str, Any],
    *,
    reason: str,
    clock: Clock,
    told: dict[str, Any] | None = None,
) -> Row:
    new = row.id is None
    if not new and not reason.strip():
        raise Invalid({"reason": _("更正原因：不能为空，请写明为什么更正")})
    before = {} if new else _state(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    if new:
        row.entered_by, row.created_at = actor.name, clock.now()
        session.add(row)
    session.flush()
    after = audit.state_of(row) | (told or {})
    action = "create" if new else "edit"
    audit.log(session, actor, action, row, clock=clock, before=before, after=after, reason=reason.strip())
    return row


def _state(row: Row) -> dict[str, Any]:
    """A row's state with the names it refers to, for the trail."""
    if not isinstance(row, Absorption):
        return audit.state_of(row)
    told = {"firm": row.firm.name, "origin": row.origin.name}
    return audit.state_of(row) | told | {"need": str(row.need_id or ""), "meeting": str(row.meeting_id or "")}


def void(session: Session, actor: Actor, row: Row, *, reason: str, clock: Clock) -> None:
    """Take a record out of every count; it stays on file. Raises `Forbidden`, `Invalid`, `Conflict` when it is void."""
    _turn(session, actor, row, reason=reason, clock=clock, void=True)


def restore(session: Session, actor: Actor, row: Row, *, reason: str, clock: Clock) -> None:
    """Let a void record count again. Raises as `void`, and `Conflict` where another took its place."""
    _turn(session, actor, row, reason=reason, clock=clock, void=False)


def _turn(session: Session, actor: Actor, row: Row, *, reason: str, clock: Clock, void: bool) -> None:
    require(actor)
    exclusive(session, LOCK)
    if not reason.strip():
        raise Invalid({"reason": _("原因：不能为空，请写明为什么作废或恢复")})
    if void == (row.voided_at is not None):
        raise Conflict(_("这条记录已经作废") if void else _("这条记录没有作废"))
    if not void:
        RETURNING[type(row)](session, row)
    before = audit.state_of(row)
    row.voided_by, row.voided_at = (actor.name, clock.now()) if void else ("", None)
    row.updated_at = clock.now()
    session.flush()
    action = "void" if void else "restore"
    audit.log(session, actor, action, row, clock=clock, before=before, reason=reason.strip())


def _absorption_returns(session: Session, row: Any) -> None:
    try:
        _not_entered(session, row, {"firm_id": row.firm_id, "origin_id": row.origin_id, "title": row.title})
    except Invalid as refusal:
        raise Conflict(str(refusal)) from None


def _turnover_returns(session: Session, row: Any) -> None:
    others = [queries.figure(one) for one in queries.figures(session, row.year)]
    clash = overlap(queries.figure(row), others)
    if clash is not None:
        raise Conflict(_("这段时间已另有同一口径的数（编号 %(number)s），不能恢复", number=clash.id))


def _training_returns(session: Session, row: Any) -> None:
    """Nothing stands in the way: a person counts once a year however many records there are."""


RETURNING: dict[type, Callable[[Session, Any], None]] = {
    Absorption: _absorption_returns,
    Turnover: _turnover_returns,
    Training: _training_returns,
}
