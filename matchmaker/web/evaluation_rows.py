"""The lines of a year's evaluation as page and sheet share them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.db.models import Evaluation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.scoring import Line, Standing, standings
from matchmaker.domain.service_logs import ServiceTotals
from matchmaker.domain.vocabulary import EvaluationStatus, Role, TeamLevel
from matchmaker.i18n import gettext as _
from matchmaker.queries.service_totals import NOTHING

RANKED = frozenset({EvaluationStatus.SCORED, EvaluationStatus.PUBLISHED})


@dataclass(frozen=True)
class Row:
    """A team: `cells` is column → what stands there; `in_line`: within the line, as published or as it stands."""

    evaluation: Evaluation
    cells: dict[str, Any]
    in_line: bool


def of_round(actor: Actor, found: Sequence[Evaluation], totals: Mapping[int, ServiceTotals], line: Line) -> list[Row]:
    """All columns; scores that are not published yet are for the city only, with the place they would give."""
    shown = {one.id: one for one in found if _may_know(actor, one)}
    scored = {key: one.score for key, one in shown.items() if one.status in RANKED and one.score is not None}
    now = standings(scored, line)
    return [_row(one, totals.get(one.team_id, NOTHING), now.get(one.id) if one.id in shown else None) for one in found]


def _may_know(actor: Actor, one: Evaluation) -> bool:
    return one.status is EvaluationStatus.PUBLISHED or actor.role in {Role.CITY, Role.LEADER}


def _row(one: Evaluation, totals: ServiceTotals, now: Standing | None) -> Row:
    published, province = one.status is EvaluationStatus.PUBLISHED, one.level is TeamLevel.PROVINCE
    place, in_line = (one.place, one.in_line) if published else (now.place, now.in_line) if now else (None, False)
    cells = {
        _("特派团"): one.team.name,
        _("级别"): _(one.level.label),
        _("团长"): one.lead.name if one.lead else "",
        _("状态"): _("已撤下") if province and not published else _(one.status.label),
        _("服务天数"): totals.days,
        _("服务次数"): totals.times,
        _("企业评分"): round(totals.rating, 1) if totals.rating else "",
        **_outcome(one, place, in_line=in_line, known=published or now is not None),
    }
    return Row(one, cells, in_line)


def _outcome(one: Evaluation, place: int | None, *, in_line: bool, known: bool) -> dict[str, Any]:
    """Score, grade, place and line; a provincial team has what the province published and no place."""
    if one.level is TeamLevel.PROVINCE:
        return {_("得分"): "", _("等次"): one.province_result, _("排名"): _("不排名"), _("入线"): _("不适用")}
    shown = known and one.score is not None
    return {
        _("得分"): one.score if shown else "",
        _("等次"): _(one.grade.label) if shown and one.grade else "",
        _("排名"): place if shown and place else "",
        _("入线"): (_("线内") if in_line else _("线外")) if shown else "",
    }


def published(found: Sequence[Evaluation]) -> list[Row]:
    """What everybody may read: nobody's name but the lead's."""
    return [Row(one, _published(one), one.in_line) for one in found]


def _published(one: Evaluation) -> dict[str, Any]:
    province = one.level is TeamLevel.PROVINCE
    return {
        _("特派团"): one.team.name,
        _("级别"): _(one.level.label),
        _("团长"): one.lead.name if one.lead else "",
        **_outcome(one, one.place, in_line=one.in_line, known=True),
        _("依据"): one.province_document if province else "",
        _("公布日期"): one.published_on.isoformat() if one.published_on else "",
    }


def last_in_line(rows: Sequence[Row]) -> int | None:
    """After which evaluation the line is drawn: the last of the ranked ones within it."""
    inside = [row.evaluation.id for row in rows if row.in_line]
    return inside[-1] if inside else None
