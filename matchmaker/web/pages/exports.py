"""Lists as sheets whose pages live elsewhere: experts, organisations, who could solve a need. What you see, no more."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import needs, profiles, suggestions
from matchmaker.queries.calibration import Scale, scale
from matchmaker.queries.choices import named
from matchmaker.queries.owners import places
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.pages.profiles import anybody
from matchmaker.web.paging import all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("exports", __name__, enable_openapi=False)


@bp.get("/experts/export.xlsx")
@anybody
def experts() -> Response:
    with reading() as session:
        found = profiles.search_experts(session, all_rows(wanted(profiles.EXPERT_FILTERS))).rows
        offers, place = profiles.offer_counts(session, [row.id for row in found]), places(session)
        rows = [
            {
                _("姓名"): row.name,
                _("职称"): row.title,
                _("单位"): row.institute.name,
                _("工作地"): place(row.site),
                _("能力"): offers.get(row.id, 0),
                _("资料确认"): row.confirmed_on.isoformat() if row.confirmed_on else "",
            }
            for row in found
        ]
    return sheet(_("专家"), rows)


@bp.get("/organisations/export.xlsx")
@anybody
def organisations() -> Response:
    with reading() as session:
        asked = all_rows(wanted(profiles.organisation_filters(current_actor())))
        rows = [
            {
                _("名称"): row.name,
                _("类别"): label(row.kind),
                _("责任单位"): named(row.unit) if row.unit else "",
                _("标签"): joined(row.tags),
            }
            for row in profiles.search_organisations(session, current_actor(), asked, clock().today()).rows
        ]
    return sheet(_("机构"), rows)


@bp.get("/needs/<int:need_id>/suggestions/export.xlsx")
def suggested(need_id: int) -> Response:
    """Who could solve a need and why, then who is left out and why."""
    actor = current_actor()
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        found = suggestions.panel(session, actor, need, today=clock().today())
        if found is None:
            raise NotFound(_("没有找到这条需求的推荐"))
        name = _("谁能解决：%(title)s", title=need.title)
        meaning = _meaning(scale(session))
        rows = [_suggestion(one, meaning) for one in [*found.shown, *found.left_out]]
    return sheet(name, rows)


def _meaning(told: Scale) -> str:
    if told.calibrated:
        return _("约百分之几谈成，按本市 %(number)s 条反馈校准", number=told.labels)
    return _("未校准的相似度")


def _suggestion(one: suggestions.Shown, meaning: str) -> dict[str, Any]:
    return {
        _("匹配分"): one.number,
        _("匹配分的含义"): meaning,
        _("专家或团队"): one.owner.record.name,
        _("单位"): one.owner.organisation.name,
        _("地点"): one.place,
        _("能力"): one.item.title,
        _("匹配理由"): joined(term["term"] for term in one.terms),
        _("缺少的必备条件"): joined(one.missing),
        _("邀请"): label(one.invitation.status) if one.invitation else "",
        _("未推荐的原因"): one.why_not,
    }
