"""Meetings as a sheet."""

from typing import Any

from matchmaker.db.models import Meeting
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, with_detail
from matchmaker.queries.choices import named
from matchmaker.queries.meetings import gaps_of
from matchmaker.web.filters import hours, label, moment


def row_of(meeting: Meeting) -> dict[str, Any]:
    """One meeting under the headings of the sheet, in the reader's language."""
    return {
        _("活动编号"): meeting.id,
        _("类型"): label(meeting.kind),
        _("状态"): label(meeting.status),
        _("日期"): meeting.day.isoformat(),
        _("时间"): hours(meeting),
        _("活动"): meeting.title,
        _("来源"): _("历史补录") if meeting.from_history else "",
        _("行程"): meeting.trip.title if meeting.trip else "",
        _("接待院所"): meeting.host.name if meeting.host else "",
        _("实际地点"): f"{meeting.site.name} {meeting.site.address}" if meeting.site else "",
        _("企业及到会"): _("；").join(with_detail(row.firm.name, label(row.attendance)) for row in meeting.firms),
        _("责任单位"): _("；").join(dict.fromkeys(named(row.firm.unit) for row in meeting.firms if row.firm.unit)),
        _("专家及到会"): _("；").join(with_detail(row.expert.name, label(row.attendance)) for row in meeting.experts),
        _("登记人"): meeting.recorded_by,
        _("核验人"): meeting.verified_by,
        _("核验时间"): moment(meeting.verified_at) if meeting.verified_at else "",
        _("材料"): joined(_(gap.label) for gap in gaps_of(meeting)) or _("齐全"),
    }
