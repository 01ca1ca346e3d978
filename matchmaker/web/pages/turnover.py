"""Contract turnover 技术合同成交额, as documents state it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import Turnover
from matchmaker.domain.drafts import TurnoverDraft
from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import entries as queries
from matchmaker.services import entries as services
from matchmaker.web.context import clock
from matchmaker.web.entry_pages import Column, Kind, blueprint
from matchmaker.web.filters import amount, label


def _values(row: Turnover) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in TurnoverDraft.model_fields}
    amounts = {name: amount(values[name], digits=4) for name in ("total", "hosts") if values[name] is not None}
    return values | amounts


def _judged(session: Session) -> Callable[[Turnover], str]:
    found = queries.load(session)

    def verdict(row: Turnover) -> str:
        value = found.values(row.year).get(EntryCode.TURNOVER.value)
        if row.voided_at is not None or value is None:
            return ""
        return _("计入全年数") if row.id in value.ids else _("已有更新的累计数，只作备查")

    return verdict


def _period(row: Turnover) -> str:
    return _("%(year)s 年 %(month)s 月", year=row.year, month=row.month)


def _amount(name: str) -> Callable[[Turnover], float | None]:
    def cell(row: Turnover) -> float | None:
        value = getattr(row, name)
        return None if value is None else float(value)

    return cell


KIND = Kind(
    name="turnover",
    noun=Noun.TURNOVER,
    model=Turnover,
    draft=TurnoverDraft,
    title=lazy_gettext("技术合同成交额"),
    add=lazy_gettext("登记成交额"),
    empty=lazy_gettext("收到一期统计，就登记一条：是当期数还是年初以来的累计数，照文件选；更正时原数留存。"),
    search=queries.turnovers,
    write=services.write_turnover,
    columns=(
        Column(lazy_gettext("截至月份"), _period, "day"),
        Column(lazy_gettext("数的口径"), lambda row: label(row.span)),
        Column(lazy_gettext("技术合同成交总额（亿元）"), _amount("total"), "total"),
        Column(lazy_gettext("其中：吸纳京津（亿元）"), _amount("hosts")),
        Column(lazy_gettext("来源文件"), lambda row: row.source, "source"),
    ),
    values=_values,
    judged=_judged,
    begun=lambda _session: {"year": clock().today().year},
)
bp = blueprint(KIND)
