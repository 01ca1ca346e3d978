"""The ledger 双百互进台账: number → rows → record → evidence → who verified; as a sheet, on paper, in kept views."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import SavedView
from matchmaker.domain.meetings import EvidenceGap
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Permission
from matchmaker.domain.rules import WhyNot
from matchmaker.i18n import gettext as _
from matchmaker.queries import board, choices, meeting_gaps
from matchmaker.queries import ledger as queries
from matchmaker.queries.board import last_snapshot
from matchmaker.queries.ledger import Book, Entry
from matchmaker.queries.ledger_rows import Cells, columns, row, sheet_rows, total_row
from matchmaker.queries.listing import Wanted
from matchmaker.services import saved_views, snapshots
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, render
from matchmaker.web.paging import SORT, TEXT, Listing, all_rows, paged, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("ledger", __name__, url_prefix="/board", enable_openapi=False)
FIRST_YEAR, LAST_YEAR = 2000, 2100
BOTH = "all"


@bp.get("/<metric>/<int:year>")
@guard(Permission.BOARD_VIEW)
def show(metric: str, year: int) -> str:
    metrics, asked = _metrics(metric, year), wanted(queries.FILTERS)
    with reading() as session:
        book = _book(session, metrics, year, asked)
        page = paged(book.entries, all_rows(asked) if "all" in request.args else asked)
        sums = book.totals()
        return render(
            "pages/ledger/show.html",
            metric=metric,
            metrics=metrics,
            year=year,
            book=book,
            sums=sums,
            columns=columns(),
            rows=_rows(session, page.rows),
            totals=[total_row(code, found) for code, found in sums.items()],
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            views=[(view, _address(view, year)) for view in saved_views.visible(session, current_actor())],
            query=_query(metric, asked),
            **_choices(session, metrics, year),
        )


def _metrics(metric: str, year: int) -> tuple[MetricCode, ...]:
    if metric not in {BOTH, *MetricCode} or not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    return tuple(MetricCode) if metric == BOTH else (MetricCode(metric),)


def _book(session: Session, metrics: tuple[MetricCode, ...], year: int, asked: Wanted) -> Book:
    return queries.book(
        session,
        current_actor(),
        metrics,
        year,
        filters=asked.filters,
        text=asked.text,
        sort=asked.sort,
        today=clock().today(),
    )


def _rows(session: Session, entries: Sequence[Entry]) -> list[tuple[int, Cells]]:
    meetings, units = queries.records(session, entries), queries.names_of_units(session)
    return [(entry.facts.id, row(entry, meetings[entry.facts.id], units)) for entry in entries]


def _choices(session: Session, metrics: tuple[MetricCode, ...], year: int) -> dict[str, object]:
    """What the filters offer, and what is told below the rows."""
    kept = {code: last_snapshot(session, code, year) for code in metrics}
    return {
        "units": choices.units(session),
        "zones": queries.zones(session),
        "institutes": queries.institutes(session, metrics, year),
        "kinds": queries.kinds(metrics),
        "verdicts": [
            (queries.COUNTED, _("计数")),
            (queries.LEFT_OUT, _("未计")),
            (queries.TO_COME, _("尚未举行")),
            *((why.value, _(why.label)) for why in WhyNot),
        ],
        "gaps": [
            (meeting_gaps.COMPLETE, _("齐全")),
            *((gap.value, _(gap.label)) for gap in EvidenceGap if gap is not EvidenceGap.ATTENDANCE),
        ],
        "rules": [rule for rule in board.rules_of_year(session, year) if rule.metric_code in metrics],
        "recounts": [snapshots.recount(session, found) for found in kept.values() if found],
    }


@bp.get("/<metric>/<int:year>/export.xlsx")
@guard(Permission.BOARD_VIEW)
def export(metric: str, year: int) -> Answer:
    """The rows of the page, all of them, and what stands under them."""
    metrics = _metrics(metric, year)
    with reading() as session:
        book = _book(session, metrics, year, wanted(queries.FILTERS))
        cells = [found for _number, found in _rows(session, book.entries)]
        sums = [total_row(code, found) for code, found in book.totals().items()]
        rows = sheet_rows([*cells, *sums])
    return sheet(_("%(name)s台账%(year)s年", name=_name(metric), year=year), rows)


def _name(metric: str) -> str:
    return {MetricCode.OUTBOUND: _("走进"), MetricCode.INBOUND: _("请进")}.get(metric, _("双百互进"))  # type: ignore[call-overload, no-any-return]


def _query(metric: str, asked: Wanted) -> str:
    """The filters as a view keeps them."""
    pairs = {"metric": metric, TEXT: asked.text, **asked.filters, SORT: asked.sort}
    return urlencode({name: value for name, value in pairs.items() if value})


def _address(view: SavedView, year: int) -> str:
    kept = dict(parse_qsl(view.query))
    return url_for("ledger.show", metric=kept.pop("metric", BOTH), year=year, **kept)  # type: ignore[arg-type]


@bp.post("/views")
@guard(Permission.BOARD_VIEW)
def keep() -> Response:
    values, actor = form_values(), current_actor()
    metric, year = values.get("metric", BOTH), int(values["year"]) if values.get("year", "").isdecimal() else 0
    _metrics(metric, year)
    query = _kept(metric, values.get("query", ""))

    def save(session: Session) -> str:
        shared = values.get("shared") == "1"
        view = saved_views.keep(session, actor, values.get("name", ""), query, shared=shared, clock=clock())
        flash(_("已保存视图“%(name)s”。", name=view.name))
        return _address(view, year)

    return once(save)


def _kept(metric: str, query: str) -> str:
    """Only what the ledger itself would have put into its address."""
    known = {TEXT, SORT, *queries.FILTERS}
    return urlencode({"metric": metric} | {name: value for name, value in parse_qsl(query) if name in known})


@bp.post("/views/<int:view_id>/remove")
@guard(Permission.BOARD_VIEW)
def remove(view_id: int) -> Response:
    actor = current_actor()

    def forget(session: Session) -> str:
        flash(_("已删除视图“%(name)s”。", name=saved_views.remove(session, actor, view_id)))
        return url_for("ledger.show", metric=BOTH, year=clock().today().year)

    return once(forget)
