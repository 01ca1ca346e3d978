"""Experts whom nothing can be matched to, and why: they are not silently dropped."""

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort

from matchmaker.domain.permissions import NO_FACTS, Permission, can
from matchmaker.domain.vocabulary import Role
from matchmaker.i18n import gettext as _
from matchmaker.queries.listing import Wanted
from matchmaker.queries.unmatched import unmatched
from matchmaker.web.context import current_actor, reading, runtime
from matchmaker.web.forms import render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("unmatched", __name__, url_prefix="/suggestions/unmatched", enable_openapi=False)


@bp.get("")
def index() -> str:
    asked = _asked()
    with reading() as session:
        page = unmatched(session, current_actor(), runtime().index.current(session), asked)
        return render("pages/suggestions/unmatched.html", listing=Listing(page, asked))


@bp.get("/export.xlsx")
def export() -> Answer:
    asked = all_rows(_asked())
    with reading() as session:
        found = unmatched(session, current_actor(), runtime().index.current(session), asked).rows
        rows = [
            {_("专家"): one.expert.name, _("院所"): one.expert.institute.name, _("为什么不能匹配"): one.reason}
            for one in found
        ]
    return sheet(_("无法参与匹配的专家"), rows)


def _asked() -> Wanted:
    actor = current_actor()
    if not (actor.is_bureau or actor.role is Role.INSTITUTE) and not can(actor, Permission.AUDIT_VIEW, NO_FACTS):
        abort(403)
    return wanted()
