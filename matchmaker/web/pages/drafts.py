"""What people have typed and not yet sent: kept as they type, discarded when they say so. Their own only."""

import re

from apiflask import APIBlueprint
from flask import abort, flash, request
from markupsafe import escape
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.clock import SHANGHAI
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.services import form_drafts as services
from matchmaker.web.auth import safe_next
from matchmaker.web.context import clock, current_actor, writing
from matchmaker.web.forms import FORM_ID, once
from matchmaker.web.need_form import sent_as_typed

bp = APIBlueprint("drafts", __name__, url_prefix="/drafts", enable_openapi=False)
_KEY = re.compile(r"[a-z_]{1,32}:(?:new|[0-9]{1,10})")


def _known(key: str) -> str:
    if not _KEY.fullmatch(key):
        abort(404)
    return key


@bp.post("/<key>")
def keep(key: str) -> str:
    """Keep the form as it stands and say so in a word; the same sent again changes nothing but the time."""
    actor, name = current_actor(), _known(key)
    try:
        with writing() as session:
            form_id = request.form.get(FORM_ID, "")
            at = services.keep(session, actor, name, sent_as_typed(), clock=clock(), form_id=form_id)
    except Invalid as refusal:
        return str(escape("；".join(refusal.errors.values())))
    return _("已自动保存 %(time)s", time=at.astimezone(SHANGHAI).strftime("%H:%M"))


@bp.post("/<key>/discard")
def discard(key: str) -> Response:
    actor, name = current_actor(), _known(key)

    def forget(session: Session) -> str:
        services.drop(session, actor, [name])
        flash(_("已丢弃未提交的草稿。"))
        return safe_next(request.form.get("next", ""))

    return once(forget)
