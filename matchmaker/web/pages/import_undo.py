"""Taking a whole import back: what would go, what has to stay and why, and a reason."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import imports as queries
from matchmaker.queries.import_undo import Record
from matchmaker.services.imports import undo as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import once, refused_form, render
from matchmaker.web.pages.search import ADDRESSES

bp = APIBlueprint("import_undo", __name__, url_prefix="/imports", enable_openapi=False)
TEMPLATE = "pages/imports/undo.html"
SHOWN = 200
importers = guard(Permission.IMPORT_RUN)


@bp.get("/<int:batch_id>/undo")
@importers
def show(batch_id: int) -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, batch_id, {}))


def _page(session: Session, batch_id: int, errors: dict[str, str]) -> dict[str, Any]:
    actor = current_actor()
    batch = queries.get(session, actor, batch_id)
    return {
        "batch": batch,
        "found": services.look(session, actor, batch),
        "shown": SHOWN,
        "address": _address,
        "errors": errors,
        "reason": request.form.get("reason", ""),
    }


def _address(record: Record) -> str:
    """The record's page, "" when it has none."""
    if record.noun not in ADDRESSES:
        return ""
    endpoint, argument = ADDRESSES[record.noun]
    return url_for(endpoint, **dict[str, Any]({argument: record.id}))


@bp.post("/<int:batch_id>/undo")
@importers
def undo(batch_id: int) -> Response:
    """Take the batch back, all of it or what is free; when something was used meanwhile, show the page again."""
    actor, rest = current_actor(), request.form.get("rest") == "1"

    def take_back(session: Session) -> str:
        batch = queries.get(session, actor, batch_id)
        reason = request.form.get("reason", "")
        found = services.undo(session, actor, batch, reason=reason, clock=clock(), rest=rest)
        flash(_("已撤销：移除 %(new)s 条，恢复 %(old)s 条。", new=found.new, old=len(found.free) - found.new))
        if found.held:
            flash(_("另有 %(count)s 条已被改动或使用，保留不动。", count=len(found.held)), "bad")
        return url_for("imports.show", batch_id=batch_id)

    try:
        return once(take_back)
    except (Invalid, Conflict) as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {"": str(refusal)}
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, batch_id, errors))
