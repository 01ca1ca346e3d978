"""Suggestions: an officer's hand on them, and an expert's own list of needs."""

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.pairing import REASONS
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import DeclineReason, NeedStatus, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import invitations, matches, needs
from matchmaker.queries import suggestions as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import suggestions as services
from matchmaker.web import pairing
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, render

bp = APIBlueprint("suggestions", __name__, enable_openapi=False)


@bp.get("/needs/<int:need_id>/suggestions")
def show(need_id: int) -> str:
    """All suggestions of a need, beside what it says."""
    actor = current_actor()
    with reading() as session:
        found = queries.panel(session, actor, needs.get_visible(session, actor, need_id), today=clock().today())
        if found is None:
            raise NotFound(_("没有找到这条需求的推荐"))
        return render("pages/suggestions/show.html", found=found)


@bp.post("/needs/<int:need_id>/suggestions/refresh")
def refresh(need_id: int) -> Response:
    """Rank again now; thinking happens before the transaction."""
    actor, run = current_actor(), runtime()
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        if not can(actor, Permission.SUGGESTION_STEER, facts_of(need)):
            raise Forbidden(_("您没有权限调整这条需求的推荐"))
        if need.status is not NeedStatus.PUBLISHED:
            raise Conflict(_("需求发布后才有推荐"))
        made = services.plan_now(session, run.index, need, settings=run.settings, clock=run.clock)

    def store(session: Session) -> str:
        number = services.store(session, actor, made, clock=run.clock)
        flash(_("已重新推荐：%(number)s 位可以邀请。", number=number))
        return _back_to(need_id)

    return once(store)


@bp.post("/suggestions/<int:suggestion_id>/pin")
def pin(suggestion_id: int) -> Response:
    return _steer(suggestion_id, services.pin, _("已置顶。"))


@bp.post("/suggestions/<int:suggestion_id>/exclude")
def exclude(suggestion_id: int) -> Response:
    reason = request.form.get("reason", "")
    return _steer(
        suggestion_id,
        lambda session, actor, row, *, clock: services.exclude(session, actor, row, reason, clock=clock),
        _("已排除，可在“已排除”里恢复。"),
    )


@bp.post("/suggestions/<int:suggestion_id>/undo")
def undo(suggestion_id: int) -> Response:
    return _steer(suggestion_id, services.undo, _("已恢复。"))


def _steer(suggestion_id: int, step: Callable[..., None], said: str) -> Response:
    actor = current_actor()

    def change(session: Session) -> str:
        row = queries.get_visible(session, actor, suggestion_id)
        step(session, actor, row, clock=clock())
        flash(said)
        return _back_to(row.need_id)

    return once(change)


def _back_to(need_id: int) -> str:
    return url_for("needs.show", need_id=need_id, _anchor="suggestions")


@bp.get("/matches")
def own() -> str:
    """The expert's needs, ranked."""
    expert_id, run = _expert_id(), runtime()
    with reading() as session:
        index = run.index.current(session)
        found = matches.for_expert(session, index, expert_id, settings=run.settings, today=clock().today())
        keys = matches.keys_of(session, expert_id)
        refused = matches.not_my_field(session, keys)
        known = {need.id for _label, need in refused}
        dismissed = [each for each in matches.dismissed(session, current_actor(), keys) if each[1].id not in known]
        page = {"found": found, "dismissed": dismissed, "refused": refused, "declines": declines()}
        return render("pages/suggestions/matches.html", **page)


def declines() -> list[tuple[str, str]]:
    """The reasons an expert chooses from."""
    return [(reason.value, _(reason.label)) for reason in REASONS]


@bp.post("/needs/<int:need_id>/dismiss")
def dismiss(need_id: int) -> Response:
    actor, values, run = current_actor(), form_values(), runtime()
    reason = pairing.word(DeclineReason, values, "reason")
    if reason is None:
        raise Invalid({"reason": _("请选择原因")})
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        item = matches.nearest_item(run.index.current(session), need, values.get("owner", ""))
    if item is None:
        raise NotFound(_("没有找到这条推荐"))

    def mark(session: Session) -> str:
        need = needs.get_visible(session, actor, need_id)
        party = invitations.counterpart(session, values.get("owner", ""))
        services.dismiss(session, actor, need, party, reason, clock=clock(), item=item)
        flash(_("不会再推荐这条需求给您，可在本页最下方恢复。"))
        return url_for("suggestions.own")

    return once(mark)


@bp.post("/suggestions/<int:suggestion_id>/undo-dismissal")
def undo_dismissal(suggestion_id: int) -> Response:
    actor, expert_id = current_actor(), _expert_id()

    def change(session: Session) -> str:
        mine = matches.dismissed(session, actor, matches.keys_of(session, expert_id))
        row = next((row for row, _need in mine if row.id == suggestion_id), None)
        if row is None:
            raise NotFound(_("没有找到这条推荐"))
        services.undo_dismissal(session, actor, row, clock=clock())
        flash(_("已恢复。"))
        return url_for("suggestions.own")

    return once(change)


@bp.post("/matches/not-mine/<int:need_id>/undo")
def reclaim(need_id: int) -> Response:
    """Take "not my field" back, also when it was said of a need that one may no longer read."""
    actor, values, expert_id = current_actor(), form_values(), _expert_id()

    def change(session: Session) -> str:
        mine = matches.not_my_field(session, matches.keys_of(session, expert_id))
        found = [need for label, need in mine if (need.id, label.owner_key) == (need_id, values.get("owner"))]
        if not found:
            raise NotFound(_("没有找到这条记录"))
        party = invitations.counterpart(session, values["owner"])
        services.reclaim(session, actor, found[0], party, clock=clock())
        flash(_("已恢复，相近的需求会重新推荐给您。"))
        return url_for("suggestions.own")

    return once(change)


def _expert_id() -> int:
    actor = current_actor()
    if actor.role is not Role.EXPERT or actor.expert_id is None:
        abort(403)
    return actor.expert_id
