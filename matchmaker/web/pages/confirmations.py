"""Confirming once a year that what stands here still holds: signed in, or by the link of the yearly letter."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.errors import Conflict
from matchmaker.i18n import gettext as _
from matchmaker.i18n import ngettext
from matchmaker.queries import confirmations as queries
from matchmaker.services import confirmations as services
from matchmaker.services import links
from matchmaker.services.links import ConfirmationGrant
from matchmaker.web.auth import allow, public, safe_next
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, render
from matchmaker.web.matching import capabilities_changed
from matchmaker.web.security import behind_key

bp = APIBlueprint("confirmations", __name__, enable_openapi=False)
BY_LINK = 0  # in place of an account, for forms that are sent twice
ALL = "all"


@bp.get("/confirmations")
@allow(Role.EXPERT, Role.INSTITUTE)
def index() -> str:
    actor = current_actor()
    with reading() as session:
        items = queries.everything(session, actor) if request.args.get("show") == ALL else _due(session, actor)
        return render("pages/confirmations/index.html", items=items, whole=request.args.get("show") == ALL)


@bp.post("/confirmations")
@allow(Role.EXPERT, Role.INSTITUTE, Role.CITY)
def confirm() -> Response:
    """Confirm the records named, or with `scope=all` all that is due."""
    actor = current_actor()
    back = safe_next(request.form.get("next", "")) or url_for("home.index")

    def keys(session: Session) -> list[str]:
        if request.form.get("scope") == ALL:
            return [item.key for item in _due(session, actor)]
        return request.form.getlist("keys")

    return _carry_out(actor, keys, back)


@bp.get("/c/<token>")
@public
def letter(token: str) -> Response:
    """What the yearly letter asks about. Opening it changes nothing: mail programs open links by themselves."""
    grant = _grant(token)
    with reading() as session:
        speaker = services.speaker(session, grant.owner_key)
        shown: dict[str, Any] = {"token": token, "name": speaker.name, "expired": _expired(grant)}
        items = [] if shown["expired"] else queries.everything(session, speaker)
        fresh = services.limits(runtime().settings)
        waiting = [item for item in items if queries.is_due(item.record, fresh, clock().today())]
        return behind_key(render("pages/confirmations/letter.html", items=items, waiting=waiting, **shown))


@bp.post("/c/<token>")
@public
def confirm_by_letter(token: str) -> Response:
    grant = _grant(token)
    if _expired(grant):
        raise Conflict(_("这个链接已过期，请登录后在首页确认，或联系发给您链接的工作人员。"))
    with reading() as session:
        speaker = services.speaker(session, grant.owner_key)
    wanted = request.form.getlist("keys")
    return _carry_out(
        speaker, lambda _session: wanted, url_for("confirmations.letter", token=token), account_id=BY_LINK
    )


def _carry_out(
    actor: Actor, keys: Callable[[Session], list[str]], back: str, *, account_id: int | None = None
) -> Response:
    owners: set[str] = set()

    def move(session: Session) -> str:
        done = services.confirm(session, actor, keys(session), clock=clock())
        owners.update(done.owner_keys)
        told = ngettext("已确认 %(num)s 项仍然有效。", "已确认 %(num)s 项仍然有效。", done.number)
        flash(told if done.number else _("没有需要确认的内容。"))
        return back

    answer = once(move, account_id=account_id)
    capabilities_changed(owners)
    return answer


def _due(session: Session, actor: Actor) -> list[queries.Item]:
    return queries.due(session, actor, services.limits(runtime().settings), clock().today())


def _grant(token: str) -> ConfirmationGrant:
    return links.read_confirmation_token(runtime().settings.key(), token)


def _expired(grant: ConfirmationGrant) -> bool:
    return clock().today() > grant.until
