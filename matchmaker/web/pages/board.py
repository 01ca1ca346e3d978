"""The board: where the year stands. The way down begins with `ledger`."""

from apiflask import APIBlueprint
from flask import abort, request

from matchmaker.domain.backtest import FORECAST, LAST_MONTH, STRAIGHT, Backtest, Trial, score
from matchmaker.domain.forecast import ENOUGH_DAYS, LEVEL
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Role
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import backtest, targets
from matchmaker.queries import board as queries
from matchmaker.queries.funnel import funnel
from matchmaker.queries.invited import letters_by_kind
from matchmaker.scheduler.jobs import find
from matchmaker.web.auth import guard
from matchmaker.web.charts import pace_chart
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.decisions import decisions
from matchmaker.web.forms import render

bp = APIBlueprint("board", __name__, url_prefix="/board", enable_openapi=False)
FIRST_YEAR, LAST_YEAR = 2000, 2100
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
            letters=letters_by_kind(found.invited, today) if year == today.year else {},
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
