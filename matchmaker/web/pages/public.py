"""What anybody may see."""

from apiflask import APIBlueprint
from flask import Response, make_response

from matchmaker.clock import shanghai_date
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import board, choices
from matchmaker.queries import public as queries
from matchmaker.queries.guide import has_accounts
from matchmaker.web.auth import public
from matchmaker.web.context import clock, reading
from matchmaker.web.forms import render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("public", __name__, enable_openapi=False)


@bp.get("/")
@public
def index() -> str:
    today = clock().today()
    with reading() as session:
        return render(
            "pages/public/index.html",
            numbers=queries.numbers(session, today),
            board=board.board(session, today.year, today),
            has_accounts=has_accounts(session),
        )


@bp.get("/open-needs")
@public
def open_needs() -> str:
    """What firms look for, without the firms: title, field, unit."""
    asked = wanted(queries.FILTERS)
    with reading() as session:
        return render(
            "pages/public/needs.html",
            listing=Listing(queries.open_needs(session, asked), asked, queries.DEFAULT_SORT),
            units=choices.units(session),
            technical_fields=choices.technical_fields(session),
        )


@bp.get("/open-needs/export.xlsx")
@public
def export_open_needs() -> Response:
    asked = all_rows(wanted(queries.FILTERS))
    with reading() as session:
        rows = [
            {
                _("技术需求"): need.title,
                _("技术领域"): need.field,
                _("责任单位"): need.unit,
                _("关键词"): joined(need.keywords),
                _("发布日期"): shanghai_date(need.published_at) if need.published_at else None,
                _("需求时限"): need.deadline,
            }
            for need in queries.open_needs(session, asked).rows
        ]
    return sheet(_("公开的技术需求"), rows)


@bp.get("/livez")
@public
def live() -> Response:
    """The process answers; nothing else is asked."""
    return make_response("ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"})
