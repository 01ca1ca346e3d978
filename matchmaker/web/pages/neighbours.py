"""What stands near a need: asked again, asked elsewhere, solved before, and what is related; two that are one."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Need
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import NeedStatus
from matchmaker.i18n import gettext as _
from matchmaker.queries import needs
from matchmaker.queries.facts import facts_of
from matchmaker.queries.neighbours import AroundNeed, around_need
from matchmaker.services import same_needs as services
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, render
from matchmaker.web.matching import needs_published

bp = APIBlueprint("neighbours", __name__, url_prefix="/needs", enable_openapi=False)


@bp.get("/<int:need_id>/neighbours")
def of_need(need_id: int) -> str:
    actor, corpus = current_actor(), runtime().index
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        index, related = corpus.current(session), corpus.related(session)
        found = around_need(session, actor, index, related, need, waits=corpus.relating)
        return render("pages/neighbours/need.html", need=need, found=found, **_may(actor, need, found))


def _may(actor: Actor, need: Need, found: AroundNeed) -> dict[str, Any]:
    """Which of the firm's needs may be ended as a double of this one, and whether this one may be."""
    own = [each.need for each in found.again]
    return {
        "may_end": {each.id for each in own if services.ending(actor, each) and need.status in services.GOES_ON},
        "may_go": {each.id for each in own if services.ending(actor, need) and each.status in services.GOES_ON},
        "may_tell": can(actor, Permission.NEED_CLOSE, facts_of(need)),
        "may_part": can(actor, Permission.NEED_CITY_REVIEW, facts_of(need)),
    }


@bp.post("/<int:need_id>/neighbours/<int:other_id>/join")
def join(need_id: int, other_id: int) -> Response:
    """End the other as the same need as this one."""

    def change(session: Session, need: Need, other: Need) -> None:
        services.join(session, current_actor(), need, other, clock=clock())
        flash(_("已保留第 %(kept)s 号，第 %(gone)s 号已结束，双方的经过都还在。", kept=need.id, gone=other.id))

    return _of_two(need_id, other_id, change)


@bp.post("/<int:need_id>/neighbours/<int:other_id>/<any(apart,beside):way>")
def tell(need_id: int, other_id: int, way: str) -> Response:
    """Say that the two are not the same, or take it back."""

    def change(session: Session, need: Need, other: Need) -> None:
        services.set_apart(session, current_actor(), need, other, apart=way == "apart", clock=clock())
        flash(_("已记下不是同一需求，不再提示。") if way == "apart" else _("已恢复提示。"))

    return _of_two(need_id, other_id, change)


def _of_two(need_id: int, other_id: int, change: Callable[[Session, Need, Need], None]) -> Response:
    actor = current_actor()

    def save(session: Session) -> str:
        change(session, *(needs.get_visible(session, actor, number) for number in (need_id, other_id)))
        return url_for("neighbours.of_need", need_id=need_id)

    return once(save)


@bp.post("/<int:need_id>/part")
def part(need_id: int) -> Response:
    """Open a need again that was ended as the double of another."""
    actor, reason = current_actor(), request.form.get("reason", "")
    opened: list[int] = []

    def save(session: Session) -> str:
        need = needs.get_visible(session, actor, need_id)
        now = services.part(session, actor, need, reason=reason, clock=clock())
        opened.extend([need_id] if now is NeedStatus.PUBLISHED else [])
        flash(_("已分开，第 %(id)s 号重新办理。", id=need_id))
        return url_for("neighbours.of_need", need_id=need_id)

    answer = once(save)
    needs_published(opened)
    return answer
