"""The board, and the way down: number → ledger → record → evidence → who verified."""

from dataclasses import dataclass
from datetime import date

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import abort, request
from sqlalchemy.orm import Session

from matchmaker.domain.backtest import FORECAST, LAST_MONTH, STRAIGHT, Backtest, Trial, score
from matchmaker.domain.forecast import ENOUGH_DAYS, LEVEL
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Permission
from matchmaker.domain.tally import Line
from matchmaker.domain.vocabulary import MeetingStatus, Role
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import backtest, choices, targets
from matchmaker.queries import board as queries
from matchmaker.queries.choices import named
from matchmaker.queries.funnel import funnel
from matchmaker.queries.invited import letters_by_kind, waited_for
from matchmaker.queries.meetings import gaps_of
from matchmaker.scheduler.jobs import find
from matchmaker.services import snapshots
from matchmaker.web.auth import guard
from matchmaker.web.charts import pace_chart
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.decisions import decisions
from matchmaker.web.forms import render
from matchmaker.web.pages.meeting_sheet import ledger_row
from matchmaker.web.paging import Listing, all_rows, paged, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("board", __name__, url_prefix="/board", enable_openapi=False)
FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_LEFT_OUT = 100  # on the page; the sheet has them all
SNAPSHOT = find("snapshot")
METHOD_NAMES = {
    FORECAST: lazy_gettext("本系统预计"),
    STRAIGHT: lazy_gettext("按工作日直线外推"),
    LAST_MONTH: lazy_gettext("照上月外推"),
}


@bp.get("")
@guard(Permission.BOARD_VIEW)
def show() -> str:
    actor, today = current_actor(), clock().today()
    text = request.args.get("year", "")
    year = _checked(int(text)) if text.isdecimal() and len(text) == 4 else today.year
    with reading() as session:
        found = queries.board(session, year, today)
        tested = backtest.stored(session)
        return render(
            "pages/board/show.html",
            board=found,
            years=queries.years(session, today),
            charts={gauge.metric.code: pace_chart(gauge.months, year, today, gauge.forecast) for gauge in found.gauges},
            letters=letters_by_kind(waited_for(session), today) if year == today.year else {},
            off=score(tested[1].city) if tested else None,
            decisions=decisions(session, actor, found) if year == today.year else [],
            funnel=funnel(session, actor, year),
            sees_all=actor.role in {Role.CITY, Role.LEADER},
            snapshot_at=str(SNAPSHOT.schedule) if SNAPSHOT else "",
            codes=list(MetricCode),
            level=LEVEL,
            enough_days=ENOUGH_DAYS,
        )


@bp.get("/backtest")
@guard(Permission.BOARD_VIEW)
def tested() -> str:
    with reading() as session:
        found = backtest.stored(session)
        return render(
            "pages/board/backtest.html",
            day=found[0] if found else None,
            tested=found[1] if found else None,
            parts=[(name, trials) for name, trials in _parts(found[1]) if trials] if found else [],
            score=score,
            names=METHOD_NAMES,
            metrics={metric.code: metric for metric in targets.metrics(session)},
        )


def _parts(found: Backtest) -> list[tuple[str, list[Trial]]]:
    return [(_("全市"), found.city), (_("各责任单位"), found.units)]


def _checked(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    return year


@bp.get("/<metric>/<int:year>")
@guard(Permission.BOARD_VIEW)
def ledger(metric: str, year: int) -> str:
    with reading() as session:
        book = _ledger(session, metric, _checked(year))
        asked = wanted(("unit",))
        page = paged(book.lines, all_rows(asked) if "all" in request.args else asked)
        records = queries.records(session, page.rows)
        last = queries.last_snapshot(session, MetricCode(metric), year)
        return render(
            "pages/ledger/show.html",
            gauge=book.gauge,
            year=year,
            listing=Listing(page, asked),
            left_out=book.left_out,
            most_left_out=MOST_LEFT_OUT,
            records=records,
            gaps={number: gaps_of(meeting) for number, meeting in records.items()},
            hidden=book.hidden,
            recount=snapshots.recount(session, last) if last else None,
            units=choices.units(session),
        )


@bp.get("/<metric>/<int:year>/export.xlsx")
@guard(Permission.BOARD_VIEW)
def export(metric: str, year: int) -> Answer:
    with reading() as session:
        book = _ledger(session, metric, _checked(year))
        lines = [*book.lines, *book.left_out]
        records = queries.records(session, lines)
        rows = [ledger_row(line, records[line.facts.id]) for line in lines]
        name = _("%(metric)s台账%(year)s年", metric=named(book.gauge.metric), year=year)
    return sheet(name, rows)


@dataclass(frozen=True)
class Ledger:
    """What the reader may see of a metric's year: lines that count and were asked for, lines that do not count.

    `hidden`: how many count beside those that the reader may see.
    """

    gauge: queries.Gauge
    lines: list[Line]
    left_out: list[Line]
    hidden: int


def _ledger(session: Session, metric: str, year: int) -> Ledger:
    if metric not in set(MetricCode):
        abort(404)
    gauge = queries.gauge(session, MetricCode(metric), year, clock().today())
    if gauge is None:
        abort(404)
    visible = queries.visible_ids(session, current_actor(), MetricCode(metric), year)
    counted = [line for line in gauge.tally.counted if line.facts.id in visible]
    unit_id = queries.unit_id(session, request.args.get("unit", ""))
    return Ledger(
        gauge=gauge,
        lines=queries.of_unit(counted, unit_id),
        left_out=_left_out(gauge, visible),
        hidden=gauge.tally.total - len(counted),
    )


def _left_out(gauge: queries.Gauge, visible: frozenset[int]) -> list[Line]:
    """What does not count, the newest first; plans for days to come are not yet anything to leave out."""
    today: date = clock().today()
    past = [line for line in gauge.tally.left_out if line.facts.id in visible and not _to_come(line, today)]
    return past[::-1]


def _to_come(line: Line, today: date) -> bool:
    return line.facts.status is MeetingStatus.PLANNED and line.facts.day >= today
