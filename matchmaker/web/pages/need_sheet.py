"""The list of needs as a sheet."""

from typing import Any

from matchmaker.db.models import Need
from matchmaker.i18n import gettext as _
from matchmaker.queries.choices import named
from matchmaker.queries.industries import industry_named
from matchmaker.queries.standings import Standing
from matchmaker.web.filters import label
from matchmaker.web.masking import firm_name


def row_of(need: Need, standing: Standing) -> dict[str, Any]:
    """One need under the headings of the sheet, in the reader's language."""
    unit = need.firm.unit
    return {
        _("编号"): need.external_id or need.id,
        _("技术需求名称"): need.title,
        _("企业"): firm_name(need),
        _("责任单位"): named(unit) if unit else "",
        _("技术领域"): named(need.field) if need.field else "",
        _("所属行业"): industry_named(need.industry_code),
        _("状态"): label(need.status),
        _("在谁手里"): standing.holder,
        _("自"): standing.since.isoformat(),
        _("天数"): standing.days,
        _("拟投入资金（万元）"): need.budget_wan,
        _("需求时限"): need.deadline.isoformat() if need.deadline else "",
        _("合作方式"): label(need.cooperation) if need.cooperation else "",
        _("主要问题"): need.problem,
        _("关键词"): _("；").join(need.keywords),
    }
