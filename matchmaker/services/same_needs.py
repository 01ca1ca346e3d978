"""A firm's two needs that are one: one goes on, the other is ended with its history; or they are said to be two."""

from typing import Final

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Merge, Need
from matchmaker.domain.lifecycle import find_step
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import NeedStatus, Noun
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of
from matchmaker.queries.same_needs import standing
from matchmaker.services import audit, merging, needs, reasons, transitions

ENDINGS: Final = ("close", "decline")
BACK: Final = {NeedStatus.CLOSED: "reopen", NeedStatus.DECLINED: "reconsider"}
GOES_ON: Final = frozenset({
    NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW, NeedStatus.PUBLISHED, NeedStatus.SOLVED
})  # fmt: skip


def ending(actor: Actor, need: Need) -> str | None:
    """The step by which `actor` may end a need as the double of another, or None."""
    for action in ENDINGS:
        step = find_step(Noun.NEED, need.status, action)
        if step is not None and transitions.refusal(actor, need, step, facts_of(need)) is None:
            return action
    return None


def join(session: Session, actor: Actor, kept: Need, gone: Need, *, clock: Clock) -> Merge:
    """End `gone` as the same need as `kept`. Both keep their invitations, meetings and files; the firm is told.

    Raises `Conflict` for needs of two firms, which are never one, and for a `kept` that does not go on; `Forbidden` for
    who may not end `gone`.
    """
    exclusive(session, "same_needs")
    if kept.firm_id != gone.firm_id or kept.id == gone.id:
        raise Conflict(_("只有同一企业的两条需求可以并为一条；不同企业的类似需求可以合并组织对接"))
    if kept.status not in GOES_ON:
        raise Conflict(_("保留的那条是%(status)s，请保留仍在办理的一条", status=_(kept.status.label)))
    action = ending(actor, gone)
    if action is None:
        raise Forbidden(_("这条需求现在不能由您关闭，请联系科技主管部门"))
    why = _("与第 %(id)s 号需求“%(title)s”重复，保留第 %(id)s 号", id=kept.id, title=kept.title)
    step = needs.review(session, actor, gone, action, clock=clock, reason=why)
    if actor.is_bureau and not step.notice:
        told = _(
            "经核对，这条需求与第 %(id)s 号是同一问题，今后只办第 %(id)s 号；如果不是，请回复，我们重新开放。",
            id=kept.id,
        )
        needs.comment(session, actor, gone, told, clock=clock)
    row = Merge(noun=Noun.NEED, kept_id=kept.id, gone_id=gone.id, made_at=clock.now(), made_by=actor.name, reason=why)
    row.moves = []
    session.add(row)
    audit.log(session, actor, "same_need", kept, clock=clock, before=audit.state_of(kept), reason=gone.title)
    session.flush()
    return row


def part(session: Session, actor: Actor, gone: Need, *, reason: str, clock: Clock) -> NeedStatus:
    """Take `join` back: the need is open again, where it was before it ended; its state then.

    Raises `Conflict` when it is not joined to another, `Forbidden` to who may not reopen it, `Invalid` for no reason.
    """
    why = reasons.given(reason)
    exclusive(session, "same_needs")
    row = standing(session, gone)
    if row is None:
        raise Conflict(_("这条需求没有并入另一条"))
    step = needs.review(session, actor, gone, BACK[gone.status], clock=clock, reason=why)
    kept = session.get_one(Need, row.kept_id)
    audit.log(session, actor, "not_same_need", kept, clock=clock, before=audit.state_of(kept), reason=why)
    session.flush()
    return NeedStatus(step.target)


def set_apart(session: Session, actor: Actor, one: Need, other: Need, *, apart: bool, clock: Clock) -> None:
    """Remember that two needs only look the same, or with `apart` False forget it.

    Raises `Forbidden` for anybody but the firm and the city's officers, `Conflict` for needs of two firms.
    """
    if not can(actor, Permission.NEED_CLOSE, facts_of(one)):
        raise Forbidden(_("您没有权限说明这两条需求是否相同"))
    if one.firm_id != other.firm_id or one.id == other.id:
        raise Conflict(_("请选择同一企业的两条需求"))
    keep = merging.keep_apart if apart else merging.keep_beside
    keep(session, actor, Noun.NEED, one.id, other.id, clock=clock)
