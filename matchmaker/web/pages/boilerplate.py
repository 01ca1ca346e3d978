"""Policy prose that takes no part in matching: the list, and an officer's word on a sentence."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import boilerplate as queries
from matchmaker.services import boilerplate as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("boilerplate", __name__, url_prefix="/boilerplate", enable_openapi=False)
TEMPLATE = "pages/boilerplate/index.html"
officers = guard(Permission.LEXICON_EDIT)


@bp.get("")
@officers
def index() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session, {}, {}))


def _page(session: Session, values: dict[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    asked = wanted(queries.FILTERS)
    listing = Listing(queries.listed(session, asked), asked, queries.DEFAULT_SORT)
    states = [("out", _("不参与匹配")), ("in", _("恢复参与匹配"))]
    return {"listing": listing, "states": states, "values": values, "errors": errors}


@bp.get("/export.xlsx")
@officers
def export() -> Answer:
    with reading() as session:
        rows = [
            {
                _("句子"): row.sentence,
                _("使用单位数"): row.organisations,
                _("状态"): _("恢复参与匹配") if row.by_hand is False else _("不参与匹配"),
                _("原因"): row.reason,
                _("经办人"): row.decided_by,
            }
            for row in queries.listed(session, all_rows(wanted(queries.FILTERS))).rows
        ]
    return sheet(_("套话"), rows)


@bp.post("")
@officers
def mark() -> Response:
    actor, values, run = current_actor(), form_values(), runtime()
    segmenter = run.segmenter

    def save(session: Session) -> str:
        text, reason = values.get("sentence", ""), values.get("reason", "")
        services.mark(session, actor, segmenter, text, reason=reason, clock=clock())
        flash(_("已标为套话，不再参与匹配。"))
        return url_for("boilerplate.index")

    try:
        return once(save)
    except Invalid as problem:
        with reading() as session:
            return refused_form(TEMPLATE, **_page(session, values, problem.errors))


@bp.post("/<key>/<any(out,in):way>")
@officers
def decide(key: str, way: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        services.decide(session, actor, key, leave_out=way == "out", reason=reason, clock=clock())
        flash(_("已标为套话，不再参与匹配。") if way == "out" else _("已恢复参与匹配。"))
        return url_for("boilerplate.index")

    return once(save)
