"""A report as a workbook and as a Word file, from what it says; both always in Chinese, as official papers are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate, count
from typing import Any

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.reports import Content, Hundred, OtherFigure, Promised, ReportKind, UnitFigure
from matchmaker.domain.rules import WhyNot
from matchmaker.exchange import word
from matchmaker.exchange.books import Sheet
from matchmaker.exchange.books import workbook as book
from matchmaker.i18n import SOURCE_LOCALE, joined, use_locale, with_detail
from matchmaker.i18n import gettext as _

NUMERALS = "一二三四五六七八九"
SHORT = {MetricCode.OUTBOUND: lambda: _("走进"), MetricCode.INBOUND: lambda: _("请进")}


def workbook(content: Content) -> bytes:
    """The xlsx file: figures, units, months, what was left out, other metrics, rules, and the ledger's rows."""
    with use_locale(SOURCE_LOCALE):
        return book(list(_sheets(content)))


def document(content: Content) -> bytes:
    """The docx file: the same in the manner of official papers, without the list of events."""
    with use_locale(SOURCE_LOCALE):
        template = "bulletin" if content.kind is ReportKind.BULLETIN else "report"
        return word.fill(template, _values(content))


def _sheets(content: Content) -> Iterator[Sheet]:
    heading = f"{content.period.title} {_counted_by(content)}"
    for name, rows in (
        (_("总体情况"), _figure_rows(content)),
        (_("责任单位"), _unit_rows(content)),
        (_("逐月"), _month_rows(content)),
        (_("未计入及原因"), _left_out_rows(content)),
        (_("其他指标"), _other_rows(content)),
        (_("计数规则"), _rule_rows(content)),
        (_("附表（台账）"), [content.annex.columns, *content.annex.rows]),
    ):
        if len(rows) > 1:
            yield Sheet(name, heading, rows)


def _counted_by(content: Content) -> str:
    return _("截至 %(day)s，由记录按规则计数", day=_day(content.until))


def _day(value: date) -> str:
    return f"{value.year} 年 {value.month} 月 {value.day} 日"


def amount(value: Decimal | float) -> str:
    """A number as people write it: without a tail of zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _figure_rows(content: Content) -> list[Sequence[Any]]:
    names: dict[str, Callable[[Hundred], Any]] = {
        _("今年以来（场次）"): lambda one: one.total,
        _("本期（场次）"): lambda one: one.in_period,
        _("企业·次"): lambda one: one.firm_visits,
        _("专家·次"): lambda one: one.expert_visits,
        _("不同企业"): lambda one: one.firms,
        _("不同院所"): lambda one: one.institutes,
        _("重复对接占比"): lambda one: round(one.repeat_share, 4),
        _("目标"): lambda one: _targets(one.targets, one.unit),
        with_detail(_("年底预计"), _day(content.made_on)): lambda one: one.forecast.point if one.forecast else None,
        _("年底预计下限"): lambda one: one.forecast.low if one.forecast else None,
        _("年底预计上限"): lambda one: one.forecast.high if one.forecast else None,
    }
    head = [_("指标"), *(SHORT[one.code]() for one in content.hundreds)]
    return [head, *([name, *(figure(one) for one in content.hundreds)] for name, figure in names.items())]


def _targets(targets: Iterable[Promised], unit: str) -> str:
    said = (with_detail(f"{amount(one.value)}{unit if one.basis != 'growth' else '%'}", one.source) for one in targets)
    return _("；").join(said) or _("未下达")


def _unit_rows(content: Content) -> list[Sequence[Any]]:
    heads = [
        head
        for one in content.hundreds
        for head in (SHORT[one.code](), *([_("分解"), _("完成率"), _("名次")] if one.ranked else []))
    ]
    rows: list[Sequence[Any]] = [[_("责任单位"), _("片区"), *heads]]
    for unit, figures in side_by_side(content):
        rows.append([unit.name, unit.zone, *(cell for pair in figures for cell in _cells(*pair))])
    for zone, *others in zip(*(one.zones for one in content.hundreds), strict=True):
        pairs = zip(content.hundreds, (zone, *others), strict=True)
        rows.append([_("%(zone)s合计", zone=zone.name), "", *(cell for pair in pairs for cell in _cells(*pair))])
    return rows


def _cells(one: Hundred, figure: UnitFigure) -> list[Any]:
    if not one.ranked:
        return [figure.counted]
    share = None if figure.share is None else round(figure.share, 4)
    split = None if figure.split is None else float(figure.split)
    return [figure.counted, split, share, figure.rank]


def side_by_side(content: Content) -> Iterator[tuple[UnitFigure, list[tuple[Hundred, UnitFigure]]]]:
    """Every unit with its figure in each of the two, in the order of the first that compares them."""
    found = [{unit.name: unit for unit in one.units} for one in content.hundreds]
    first = next((one for one in content.hundreds if one.ranked), content.hundreds[0])
    for unit in first.units:
        yield unit, [(one, units[unit.name]) for one, units in zip(content.hundreds, found, strict=True)]


def _month_rows(content: Content) -> list[Sequence[Any]]:
    head = [_("月份")]
    for one in content.hundreds:
        head += [SHORT[one.code](), _("%(name)s累计", name=SHORT[one.code]())]
    sums = [list(accumulate(one.months)) for one in content.hundreds]
    rows: list[Sequence[Any]] = [head]
    for place in range(content.until.month):
        pairs = ((one.months[place], total[place]) for one, total in zip(content.hundreds, sums, strict=True))
        rows.append([_("%(number)s 月", number=place + 1), *(cell for pair in pairs for cell in pair)])
    return rows


def _left_out_rows(content: Content) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = [[_("类型"), _("未计原因"), _("活动（场）")]]
    for one in content.hundreds:
        rows += [[SHORT[one.code](), _(WhyNot(why).label), number] for why, number in one.left_out.items()]
    return rows


def _other_rows(content: Content) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = [[_("指标"), _("数值"), _("单位"), _("截至"), _("目标")]]
    for one in content.others:
        through = _("%(number)s 月", number=one.through) if one.through else _day(content.made_on)
        rows.append([one.name, float(one.value), one.unit, through, _targets(one.targets, one.unit)])
    return rows


def _rule_rows(content: Content) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = [[_("规则"), _("编号"), _("起用日期"), _("全文")]]
    rules = [rule for one in content.hundreds for rule in one.rules]
    return rows + [[rule.title, rule.number, rule.valid_from.isoformat(), rule.text] for rule in rules]


def _values(content: Content) -> dict[str, Any]:
    """What the Word template shows. A bulletin leaves out months and reasons, so that it stays one page."""
    full = content.kind is not ReportKind.BULLETIN
    values: dict[str, Any] = {
        "sender": content.sender,
        "title": content.period.title,
        "dated": _counted_by(content),
        "figures": [_said(one, content) for one in content.hundreds],
        "units": [_unit_values(unit, figures) for unit, figures in side_by_side(content)],
        "units_note": _units_note(content),
        "months": _month_values(content) if full else [],
        "left_out": list(_left_out(content)) if full else [],
        "others": [_other(one, content) for one in content.others],
        "rules": [
            _("规则 %(number)s，自 %(day)s 起。%(title)s。%(text)s", **rule.model_dump(), day=_day(rule.valid_from))
            for one in content.hundreds
            for rule in one.rules
        ],
    }
    numbers, parts = count(), ("figures", "units", "months", "left_out", "others", "rules")
    return values | {"n": {name: NUMERALS[next(numbers)] if values[name] else "" for name in parts}}


def _said(one: Hundred, content: Content) -> str:
    """One of the two hundreds in sentences."""
    text = _(
        "%(name)s：今年以来 %(total)s 场次，其中本期 %(now)s 场次；企业·次 %(firm_visits)s，专家·次 %(expert_visits)s；"
        "不同企业 %(firms)s 家、不同院所 %(institutes)s 家，重复对接占 %(share)s。目标：%(targets)s。",
        **one.model_dump(include={"name", "total", "firm_visits", "expert_visits", "firms", "institutes"}),
        now=one.in_period,
        share=f"{one.repeat_share:.1%}",
        targets=_targets(one.targets, one.unit),
    )
    if one.forecast is None:
        return text
    span = one.forecast.model_dump()
    return text + _(
        "按 %(day)s 的在途活动预计，年底 %(point)s（%(low)s–%(high)s）。", day=_day(content.made_on), **span
    )


def _unit_values(unit: UnitFigure, figures: list[tuple[Hundred, UnitFigure]]) -> dict[str, Any]:
    values: dict[str, Any] = {"name": unit.name, "zone": unit.zone}
    for one, figure in figures:
        values |= {one.code.value: figure.counted, f"{one.code.value}_split": _standing(figure)}
    return values


def _standing(figure: UnitFigure) -> str:
    if figure.split is None or figure.share is None:
        return "—"
    split, share = amount(figure.split), f"{figure.share:.0%}"
    return _("%(split)s·%(share)s·第 %(rank)s 位", split=split, share=share, rank=figure.rank)


def _units_note(content: Content) -> str:
    note = _("多家单位的企业同去一场的，各计一次，各单位之和可能大于全市数。")
    ranked = [SHORT[one.code]() for one in content.hundreds if one.ranked]
    if not ranked:
        return note + _("没有分解目标，不排名次。")
    return note + _("%(names)s按分解目标的完成率排名，没有分解的单位不排。", names=joined(ranked))


def _month_values(content: Content) -> list[dict[str, Any]]:
    rows = []
    for cells in _month_rows(content)[1:]:
        names = [name for one in content.hundreds for name in (one.code.value, f"{one.code.value}_sum")]
        rows.append(dict(zip(("month", *names), cells, strict=True)))
    return rows


def _left_out(content: Content) -> Iterator[str]:
    for one in content.hundreds:
        if one.left_out:
            said = (_("%(why)s %(count)s 场", why=_(WhyNot(why).label), count=n) for why, n in one.left_out.items())
            yield _(
                "%(name)s：%(reasons)s（一场活动可有几个原因）。", name=SHORT[one.code](), reasons=_("；").join(said)
            )


def _other(one: OtherFigure, content: Content) -> str:
    through = (
        _("截至 %(number)s 月", number=one.through) if one.through else _("截至 %(day)s", day=_day(content.made_on))
    )
    values = {"name": one.name, "value": amount(one.value), "unit": one.unit, "through": through}
    return _(
        "%(name)s：%(value)s%(unit)s（%(through)s）。目标：%(targets)s。",
        **values,
        targets=_targets(one.targets, one.unit),
    )
