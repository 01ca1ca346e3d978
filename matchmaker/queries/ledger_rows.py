"""A row of the ledger as text: what the page shows, the sheet and a report's annex hold are the same cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.clock import shanghai_date
from matchmaker.db.models import Meeting
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import Reason
from matchmaker.domain.tally import Tally
from matchmaker.domain.vocabulary import Attendance, MeetingKind
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, short_day, with_detail
from matchmaker.queries.ledger import Entry
from matchmaker.queries.meetings import gaps_of

KINDS: dict[MeetingKind, Callable[[], str]] = {
    MeetingKind.OUTBOUND: lambda: _("走进"),
    MeetingKind.INBOUND: lambda: _("请进"),
    MeetingKind.ONLINE: lambda: _("线上"),
}
Units = Mapping[int, tuple[str, str]]
Cells = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column: its name in the code, its heading, the key it is sorted by, whether it holds numbers."""

    name: str
    heading: str
    sort: str = ""
    number: bool = False


def columns() -> list[Column]:
    """The columns in the reader's language."""
    return [
        Column("number", _("序号"), "number", number=True),
        Column("day", _("日期"), "day"),
        Column("kind", _("类型"), "kind"),
        Column("title", _("活动"), "title"),
        Column("verdict", _("规则的判断"), "counts"),
        Column("events", _("场次"), number=True),
        Column("firm_visits", _("企业·次"), number=True),
        Column("expert_visits", _("专家·次"), number=True),
        Column("firms", _("企业")),
        Column("units", _("责任单位")),
        Column("institutes", _("院所")),
        Column("experts", _("专家")),
        Column("evidence", _("材料")),
        Column("people", _("登记、核验")),
    ]


def row(entry: Entry, meeting: Meeting, units: Units) -> Cells:
    """The cells of one meeting by the names of the columns."""
    line, facts = entry.lines[0], entry.facts
    own = [units[number] for number in sorted(entry.units) if number in units]
    stands = line.verdict.visit is not None
    hosts = [meeting.host.name] if meeting.host else [one.expert.institute.name for one in meeting.experts]
    return {
        "number": entry.number,
        "day": facts.day.isoformat(),
        "kind": KINDS[facts.kind](),
        "title": with_detail(facts.title, _("历史补录")) if facts.from_history else facts.title,
        "firms": joined(_present(one.firm.name, one.attendance) for one in meeting.firms),
        "units": joined(with_detail(name, zone) if zone else name for name, zone in own),
        "institutes": joined(dict.fromkeys(hosts)),
        "experts": joined(_present(one.expert.name, one.attendance) for one in meeting.experts),
        "events": sum(each.verdict.added for each in entry.lines),
        "firm_visits": len(line.firms_there) if stands else 0,
        "expert_visits": len(line.experts_there) if stands else 0,
        "verdict": _verdict(entry),
        "evidence": joined(_(gap.label) for gap in gaps_of(meeting)) or _("齐全"),
        "people": _people(meeting),
    }


def _present(name: str, attendance: Attendance | None) -> str:
    """Who came needs no remark."""
    return name if attendance is None or attendance is Attendance.ATTENDED else with_detail(name, _(attendance.label))


def _verdict(entry: Entry) -> str:
    rules = joined(dict.fromkeys(_("规则 %(number)s", number=line.rule.number) for line in entry.lines if line.rule))
    if entry.counts:
        return with_detail(_("计数"), rules)
    reasons = [_said(reason) for line in entry.lines for reason in line.verdict.reasons]
    return with_detail(_("；").join(dict.fromkeys(reasons)), rules) if rules else _("；").join(reasons)


def _said(reason: Reason) -> str:
    why = _(reason.why.label)
    return _("%(why)s：%(detail)s", why=why, detail=reason.detail) if reason.detail else why


def _people(meeting: Meeting) -> str:
    if not meeting.verified_at:
        return meeting.recorded_by
    verified = short_day(shanghai_date(meeting.verified_at))
    return _("%(one)s；%(other)s %(day)s", one=meeting.recorded_by, other=meeting.verified_by, day=verified)


def total_row(code: MetricCode, sums: Tally) -> Cells:
    """What stands under the rows: events, visits, distinct firms and institutes, the share of repeated pairs."""
    name = KINDS[code.kind]()
    return {
        "title": _("%(name)s合计", name=name),
        "firms": _("不同企业 %(count)s 家", count=sums.firms),
        "institutes": _("不同院所 %(count)s 家", count=sums.institutes),
        "events": sums.total,
        "firm_visits": sums.firm_visits,
        "expert_visits": sums.expert_visits,
        "verdict": _("重复对接 %(share)s", share=f"{float(sums.repeat_share):.1%}"),
    }


def sheet_rows(rows: Sequence[Cells]) -> list[dict[str, Any]]:
    """Rows under the headings of the page."""
    heads = columns()
    return [{column.heading: cells.get(column.name, "") for column in heads} for cells in rows]
