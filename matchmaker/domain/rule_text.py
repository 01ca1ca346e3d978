"""A rule in words, made from its terms, so that what people read is what the code carries out."""

from collections.abc import Iterable

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import CountUnit, Terms
from matchmaker.domain.rules import Rule
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined


def title(rule: Rule) -> str:
    """走进：行程 × 接待院所 × 日, in the current language."""
    name = _("走进") if rule.metric is MetricCode.OUTBOUND else _("请进")
    return _("%(name)s：%(unit)s", name=name, unit=_(rule.how.unit.label))


def text(rule: Rule) -> str:
    """The whole rule in sentences, in the current language; the names of its regions must be known."""
    conditions = _outbound(rule) if rule.metric is MetricCode.OUTBOUND else _inbound(rule)
    must = _("须同时满足：%(conditions)s。", conditions=_("；").join([_("活动已由另一人核验"), *conditions]))
    closing = _(
        "线上活动不计。企业·次和专家·次另列，不相加。文件只写“次”，未作定义，本规则为市级口径，可从某日起另定。"
    )
    return "".join((_unit(rule.how.unit), must, *_beside(rule.how), closing))


def _unit(unit: CountUnit) -> str:
    said = {
        CountUnit.TRIP_HOST_DAY: _("一次行程在一天内走访一家接待院所，计1次；同去的企业、专家再多，仍计1次。"),
        CountUnit.HOST_DAY: _("一天内走访一家接待院所，计1次；当天去几批、几家企业，仍计1次。"),
        CountUnit.FIRM_HOST_DAY: _("一家企业一天内走访一家接待院所，计1次；同去几家企业按企业分别计。"),
        CountUnit.FIRM_DAY: _(
            "专家在一天内到一家企业现场，计1次；同日来几位专家，仍计1次，一天走几家企业按企业分别计。"
        ),
        CountUnit.FIRM_EXPERT_DAY: _("一位专家在一天内到一家企业现场，计1次；同日来几位专家按专家分别计。"),
    }
    return said[unit]


def _outbound(rule: Rule) -> Iterable[str]:
    yield _("实际到访地点在%(regions)s（院所在外地的基地不计）", regions=rule.region_names)
    yield _("接待方为%(types)s", types=joined(_(kind.label) for kind in rule.how.host_types))
    yield _("至少一家本市企业到场%(who)s", who=_who(rule.how.stand_in_firm))
    yield _("接待方具名科研团队的成员或其专家至少一人到场%(who)s", who=_who(rule.how.stand_in_expert))


def _inbound(rule: Rule) -> Iterable[str]:
    yield _("地点在本市企业现场，企业没有登记为缺席或请假")
    who = _who(rule.how.stand_in_expert)
    yield _("至少一位在%(regions)s工作的专家到场%(who)s", regions=rule.region_names, who=who)


def _who(stand_in: bool) -> str:
    return _("（由他人代替的也算）") if stand_in else _("（由他人代替的不算）")


def _beside(terms: Terms) -> Iterable[str]:
    if terms.evidence:
        papers = joined(_(kind.label) for kind in terms.evidence)
        yield _("缺少下列材料的不计：%(papers)s。", papers=papers)
    if not terms.history:
        yield _("以往台账补录的活动不计。")
