"""Reports: those of a year, the draft that is issued by a person, and issued ones with their files."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Report
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.reports import FIRST_YEAR, LAST_YEAR, Content, Period, ReportKind
from matchmaker.domain.rules import WhyNot
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.exchange import word
from matchmaker.exchange.reports import side_by_side
from matchmaker.i18n import SOURCE_LOCALE, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries import reports as queries
from matchmaker.services import blobs
from matchmaker.services import reports as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("reports", __name__, url_prefix="/reports", enable_openapi=False)
DRAFT = "pages/reports/draft.html"
FILES = {"xlsx": ("xlsx_sha256", services.XLSX), "docx": ("docx_sha256", word.MEDIA_TYPE)}


@bp.get("")
@guard(Permission.BOARD_VIEW)
def index() -> str:
    today = clock().today()
    text = request.args.get("year", "")
    year = int(text) if text.isdecimal() and len(text) == 4 else today.year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    with reading() as session:
        return render(
            "pages/reports/index.html",
            year=year,
            years=queries.years(session, today),
            rows=[(row, _period(row)) for row in queries.issued(session, year)],
            waiting=queries.waiting(session, today, runtime().settings.report_day),
            offered=_offered(year),
        )


def _period(row: Report) -> Period:
    return Period(row.kind, row.year, row.number)


def _offered(year: int) -> list[Period]:
    """The periods of the year that have begun, the latest first."""
    every = (Period(kind, year, number) for kind in ReportKind for number in range(12 // kind.months, 0, -1))
    return [period for period in every if period.first <= clock().today()]


@bp.get("/draft")
@guard(Permission.REPORT_ISSUE)
def choose() -> Response:
    """The chosen period's draft; the list again for a choice that is none."""
    kind, _dash, number = request.args.get("period", "").partition("-")
    year = request.args.get("year", "")
    if not (year.isdecimal() and number.isdecimal()):
        abort(404)
    found = _asked(kind, int(year), int(number))
    return _redirected(url_for("reports.draft", kind=found.kind.value, year=found.year, number=found.number))


def _redirected(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def _asked(kind: str, year: int, number: int) -> Period:
    try:
        return Period(ReportKind(kind), year, number)
    except ValueError:
        abort(404)


@bp.get("/draft/<kind>/<int:year>/<int:number>")
@guard(Permission.REPORT_ISSUE)
def draft(kind: str, year: int, number: int) -> str:
    period = _asked(kind, year, number)
    with reading() as session:
        return render(DRAFT, **_draft(session, period, {}, {}))


def _draft(session: Session, period: Period, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    content = services.preview(session, current_actor(), period, clock=clock())
    return {
        **_content(content),
        "period": period,
        "before": queries.editions(session, period),
        "values": values,
        "errors": errors,
    }


def _content(content: Content) -> dict[str, Any]:
    """What the pages of drafts and issued reports show alike."""
    rows = list(side_by_side(content))
    return {"content": content, "rows": rows, "ranked": any(one.ranked for one in content.hundreds), "why": WhyNot}


@bp.post("/draft/<kind>/<int:year>/<int:number>")
@guard(Permission.REPORT_ISSUE)
def issue(kind: str, year: int, number: int) -> Response:
    period, values, actor = _asked(kind, year, number), form_values(), current_actor()
    edition = int(values["edition"]) if values.get("edition", "").isdecimal() else 0
    seen, reason = values.get("seen", ""), values.get("reason", "")
    with reading() as session:
        made = services.draft(session, actor, period, clock=clock())

    def write(session: Session) -> str:
        row = services.issue(session, actor, made, seen=seen, edition=edition, reason=reason, clock=clock())
        flash(_("已签发并存档。"))
        return url_for("reports.show", report_id=row.id)

    try:
        return once(write)
    except (Invalid, Conflict) as refusal:
        errors = dict(refusal.errors) if isinstance(refusal, Invalid) else {"": str(refusal)}
        with reading() as session:
            return refused_form(DRAFT, **_draft(session, period, values, errors))


@bp.get("/<int:report_id>")
@guard(Permission.BOARD_VIEW)
def show(report_id: int) -> str:
    with reading() as session:
        row = queries.get(session, report_id)
        content = Content.model_validate(row.content)
        return render(
            "pages/reports/show.html",
            **_content(content),
            report=row,
            period=content.period,
            editions=queries.editions(session, content.period),
            differences=queries.differences(session, content),
        )


@bp.get("/<int:report_id>/<any(xlsx, docx):suffix>")
@guard(Permission.BOARD_VIEW)
def file(report_id: int, suffix: str) -> Answer:
    """A file as it was issued. The workbook lists the city's events, for who may see them all."""
    column, media_type = FILES[suffix]
    with reading() as session:
        row = queries.get(session, report_id)
        if suffix == "xlsx" and row.kind.lists_events and not can(current_actor(), Permission.REPORT_EVENTS_VIEW):
            raise Forbidden(_("表格附有全市活动明细，只供市科技局和领导查看；请下载 Word 版"))
        data = blobs.read(session, getattr(row, column))
        with use_locale(SOURCE_LOCALE):
            name = f"{_period(row).title}.{suffix}"
    return sent_out(data, media_type, name, plain=f"report-{report_id}")
