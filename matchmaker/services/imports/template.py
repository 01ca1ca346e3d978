"""The sheet to fill in for each kind of list, made from the fields of its rows."""

from io import BytesIO

from sqlalchemy.orm import Session

from matchmaker.domain.drafts import ROW_OF, About, Shape, fields_of
from matchmaker.domain.drafts.fields import MOST_KEYWORDS
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.exchange.templates import Column, Names, write_template
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, lazy_gettext
from matchmaker.queries import choices
from matchmaker.services.imports.table import EXAMPLE

K = ImportKind
AS_TEXT = frozenset({Shape.KEY, Shape.PHONE, Shape.CREDIT_CODE})
# What the example row says, all invented; other fields say something of their shape, or nothing.
EXAMPLES: dict[tuple[ImportKind, str], str] = {
    (K.ORGANISATIONS, "name"): lazy_gettext("某某精密机械有限公司"),
    (K.ORGANISATIONS, "institute_type"): "",
    (K.ORGANISATIONS, "tags"): lazy_gettext("高新技术企业；专精特新"),
    (K.ORGANISATIONS, "contact_name"): lazy_gettext("王某"),
    (K.ORGANISATIONS, "site"): lazy_gettext("本部"),
    (K.ORGANISATIONS, "address"): lazy_gettext("某某路 1 号"),
    (K.EXPERTS, "name"): lazy_gettext("李某"),
    (K.EXPERTS, "title"): lazy_gettext("教授"),
    (K.EXPERTS, "institute"): lazy_gettext("某某大学"),
    (K.GROUPS, "name"): lazy_gettext("先进焊接团队"),
    (K.GROUPS, "institute"): lazy_gettext("某某大学"),
    (K.GROUPS, "lead"): lazy_gettext("李某"),
    (K.GROUPS, "members"): lazy_gettext("张某；赵某"),
    (K.NEEDS, "title"): lazy_gettext("6061-T6 铝合金薄板焊接变形控制"),
    (K.NEEDS, "problem"): lazy_gettext("2 mm 薄板激光焊后翘曲超过 1 mm，需要人工校平，废品率 8%"),
    (K.NEEDS, "indicators"): lazy_gettext("翘曲 ≤ 0.3 mm；废品率 ≤ 2%"),
    (K.NEEDS, "goal"): lazy_gettext("半年内完成一条产线的工艺改造"),
    (K.NEEDS, "keywords"): lazy_gettext("激光焊接；铝合金；变形控制"),
    (K.NEEDS, "firm"): lazy_gettext("某某精密机械有限公司"),
    (K.CAPABILITIES, "title"): lazy_gettext("铝合金激光焊接变形仿真与控制"),
    (K.CAPABILITIES, "text"): lazy_gettext("建立热力耦合模型，优化焊接顺序和夹具，已在三家企业应用"),
    (K.CAPABILITIES, "keywords"): lazy_gettext("激光焊接；铝合金；仿真"),
    (K.CAPABILITIES, "organisation"): lazy_gettext("某某大学"),
    (K.CAPABILITIES, "expert"): lazy_gettext("李某"),
    (K.HISTORY, "day"): "2025-03-05",
    (K.HISTORY, "firm"): lazy_gettext("某某精密机械有限公司"),
    (K.HISTORY, "institute"): lazy_gettext("某某大学"),
    (K.HISTORY, "site"): lazy_gettext("本部"),
    (K.HISTORY, "experts"): lazy_gettext("李某；张某"),
    (K.HISTORY, "group"): lazy_gettext("先进焊接团队"),
    (K.HISTORY, "need"): lazy_gettext("6061-T6 铝合金薄板焊接变形控制"),
    (K.HISTORY, "attendance"): lazy_gettext("到会；张某请假"),
    (K.HISTORY, "minutes"): lazy_gettext("看了中试线，约定下月送样试焊"),
    (K.HISTORY, "result"): lazy_gettext("已签约"),
    (K.HISTORY, "create_experts"): "",
    (K.ABSORPTIONS, "title"): lazy_gettext("铝合金激光焊接变形仿真与控制"),
    (K.ABSORPTIONS, "firm"): lazy_gettext("某某精密机械有限公司"),
    (K.ABSORPTIONS, "origin"): lazy_gettext("某某大学"),
    (K.TURNOVER, "year"): "2026",
    (K.TURNOVER, "hosts"): "3.2",
    (K.TURNOVER, "source"): lazy_gettext("全国技术合同管理与服务系统，2026 年 6 月"),
    (K.TRAININGS, "name"): lazy_gettext("王某"),
    (K.TRAININGS, "organisation"): lazy_gettext("某某精密机械有限公司"),
    (K.SPECIALISTS, "number"): "TPY-2026-001",
    (K.SPECIALISTS, "expert"): lazy_gettext("李某"),
    (K.SPECIALISTS, "institute"): lazy_gettext("某某大学"),
    (K.SPECIALISTS, "hosts"): lazy_gettext("某某精密机械有限公司"),
    (K.TRAININGS, "course"): lazy_gettext("初级技术经理人培训班，某某学会"),
}  # fmt: skip
BY_SHAPE = {
    Shape.DAY: "2026-12-31",
    Shape.WAN: "50",
    Shape.YI: "12.5",
    Shape.WHOLE: "6",
    Shape.PHONE: "010-12345678",
}


def template(session: Session, kind: ImportKind) -> bytes:
    """The workbook for a kind of list, in the reader's language: columns, an example row, lists, explanations."""
    offered = _offered(session)
    columns = [_column(kind, name, about, offered) for name, about in fields_of(ROW_OF[kind]).items()]
    columns[0] = _marked(columns[0])
    headings = (_("列"), _("是否必填"), _("说明"), _("可填内容"), _("示例"))
    stream = BytesIO()
    names = Names(rows=_(kind.label), guide=_("填写说明"), words=_("可选项"), explained=headings)
    write_template(stream, columns, names)
    return stream.getvalue()


def _offered(session: Session) -> dict[str, tuple[str, ...]]:
    """What the city profile offers for a field."""
    return {
        "field": tuple(name for _code, name in choices.technical_fields(session)),
        "unit": tuple(name for _code, name in choices.units(session)),
    }


def _column(kind: ImportKind, name: str, about: About, offered: dict[str, tuple[str, ...]]) -> Column:
    words = offered.get(name) or tuple(_(word.label) for word in about.words or ())
    example = str(EXAMPLES[kind, name]) if (kind, name) in EXAMPLES else _by_shape(about, words)
    said = (_(about.label), _asked(about), _(about.help) if about.help else "", _allowed(about, words), example)
    star = "*" if about.mandatory else ""
    one = words if about.shape is not Shape.LIST else ()
    return Column(f"{_(about.label)}{star}", example, said, one, about.shape in AS_TEXT)


def _marked(first: Column) -> Column:
    """The example row says in its first cell that it is one; it is left out when it was not deleted."""
    example = f"{_(EXAMPLE)}{first.example}"
    return Column(first.heading, example, first.explained, first.words, first.as_text)


def _by_shape(about: About, words: tuple[str, ...]) -> str:
    if about.shape is Shape.YES:
        return _("是")
    return words[0] if words else BY_SHAPE.get(about.shape, "")


def _asked(about: About) -> str:
    if about.mandatory:
        return _("必填")
    return _("不填则存为草稿") if about.complete else _("选填")


def _allowed(about: About, words: tuple[str, ...]) -> str:
    """What may be written in a cell."""
    if words:
        one = _("以下之一：%(words)s", words=joined(words))
        return one if about.shape is not Shape.LIST else _("一项或多项，用分号隔开：%(words)s", words=joined(words))
    limits = {
        Shape.LIST: lambda: _("多项用分号隔开，最多 %(limit)s 项", limit=MOST_KEYWORDS),
        Shape.WHOLE: lambda: _("不小于 0 的整数"),
        Shape.YI: lambda: _("亿元，最多四位小数；写明单位的也可以，例如 12.5、125000万元"),
        Shape.WAN: lambda: _("整数万元；写明单位的也可以，例如 50万元、500000元、0.5亿元"),
        Shape.DAY: lambda: _("日期，例如 2026-12-31、2026/12/31、2026年12月31日"),
        Shape.YES: lambda: _("是或否"),
        Shape.KEY: lambda: _(about.help) if about.help else _("您自己的编号；再次导入时据此找到同一条记录"),
        Shape.CREDIT_CODE: lambda: _("18 位，核对校验位"),
        Shape.PHONE: lambda: _("手机或座机，空格和短横线都可以"),
    }
    known = limits.get(about.shape)
    return known() if known else _("不超过 %(limit)s 字", limit=about.limit)
