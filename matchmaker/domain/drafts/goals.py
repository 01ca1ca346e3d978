"""Targets, what is said of them in the mid-term report, and the records that goals other than visits count."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import TargetBasis, TargetStatus, TurnoverSpan
from matchmaker.i18n import gettext as _

FIRST_YEAR, LAST_YEAR = 2000, 2100
QUARTER_ENDS = (3, 6, 9, 12)


class PromiseDraft(Draft):
    """How a target may be changed afterwards; its metric and year stay what they are."""

    value: Annotated[
        Decimal | None,
        About("目标值", Shape.NUMBER, mandatory=True, help="增长口径填百分数，例如 10"),
    ] = None
    basis: Annotated[
        TargetBasis | None, About("口径", Shape.CHOICE, words=TargetBasis, mandatory=True, help="文件怎么写就怎么选")
    ] = None
    status: Annotated[TargetStatus | None, About("状态", Shape.CHOICE, words=TargetStatus, mandatory=True)] = None
    source: Annotated[
        str, About("出处", mandatory=True, help="文件名称和条款，例如：某某实施意见 一（三）、附件一序号 4")
    ] = ""
    note: Annotated[str, About("说明", Shape.TEXT, 500, help="例如：“不少于”；牵头单位；与其他文件不一致之处")] = ""


class TargetDraft(PromiseDraft):
    """A target to be added 目标."""

    metric: Annotated[str, About("指标", limit=32, mandatory=True)] = ""
    year: Annotated[int | None, About("年度", Shape.WHOLE, mandatory=True)] = None

    def contradictions(self) -> dict[str, str]:
        """A year of this century."""
        return _no_year(self.year)


def _no_year(year: int | None) -> dict[str, str]:
    if year is not None and FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    return {"year": _("年度：应在 %(first)s 到 %(last)s 之间，请改正", first=FIRST_YEAR, last=LAST_YEAR)}


class SplitsDraft(Draft):
    """On what a split of the city's target among the units rests."""

    source: Annotated[
        str, About("分解依据", mandatory=True, help="例如：市科技局文件名称和文号；没有文件的写明是谁定的")
    ] = ""
    status: Annotated[TargetStatus | None, About("状态", Shape.CHOICE, words=TargetStatus, mandatory=True)] = None


class AssessmentDraft(Draft):
    """What is said of a metric's year 执行情况说明."""

    explanation: Annotated[
        str, About("说明", Shape.TEXT, 2000, help="完成或未完成的原因、已采取的措施、下一步安排")
    ] = ""


class FigureDraft(AssessmentDraft):
    """The same for a metric that no records of ours count: its figure is stated with its source."""

    value: Annotated[Decimal | None, About("实际数", Shape.NUMBER, help="按目标的口径填：累计目标填到年末的累计数")] = (
        None
    )
    source: Annotated[str, About("数据来源", help="填写了实际数就要填写，例如：2025 年科技统计快报")] = ""

    def contradictions(self) -> dict[str, str]:
        """A figure without a source is hearsay."""
        if self.value is not None and not self.source:
            return {"source": _("数据来源：填写了实际数就必须填写，请写明文件或报表")}
        return {}


class AbsorptionDraft(Draft):
    """An achievement put to use by a firm 成果吸纳."""

    title: Annotated[str, About("成果名称", mandatory=True, help="与合同或证明材料一致；同一成果只计一次")] = ""
    firm: Annotated[str, About("吸纳企业", mandatory=True, help="企业全称或统一社会信用代码，须已在名录中")] = ""
    origin: Annotated[str, About("来源单位", mandatory=True, help="院所或企业全称，须已在名录中并有京津地点")] = ""
    day: Annotated[date | None, About("吸纳日期", Shape.DAY, mandatory=True, help="合同签订或投入使用之日")] = None
    amount_wan: Annotated[int | None, About("金额（万元）", Shape.WAN, help="没有金额的不填")] = None
    need: Annotated[str, About("来自需求", Shape.KEY, 64, help="需求编号；不是由需求而来的不填")] = ""
    meeting: Annotated[str, About("来自活动", Shape.KEY, 16, help="对接活动编号；不是由活动而来的不填")] = ""
    note: Annotated[str, About("备注", Shape.TEXT, 500)] = ""


class TurnoverDraft(Draft):
    """What a document states of contract turnover 技术合同成交额."""

    year: Annotated[int | None, About("年度", Shape.WHOLE, mandatory=True)] = None
    span: Annotated[
        TurnoverSpan | None,
        About(
            "数的口径",
            Shape.CHOICE,
            words=TurnoverSpan,
            mandatory=True,
            help="累计数和当期数不能混淆，照文件选",
            synonyms={"累计": "to_date", "累计数": "to_date"},
        ),
    ] = None
    month: Annotated[
        int | None, About("截至月份", Shape.WHOLE, mandatory=True, help="当季填季末月份 3、6、9、12；全年累计填 12")
    ] = None
    total: Annotated[Decimal | None, About("技术合同成交总额（亿元）", Shape.YI, mandatory=True)] = None
    hosts: Annotated[
        Decimal | None, About("其中：吸纳京津（亿元）", Shape.YI, help="是总额的一部分；文件没有写的不填")
    ] = None
    source: Annotated[
        str, About("来源文件", mandatory=True, help="例如：全国技术合同管理与服务系统，2026 年 10 月")
    ] = ""
    note: Annotated[str, About("备注", Shape.TEXT, 500)] = ""

    def contradictions(self) -> dict[str, str]:
        """A month of a year, a quarter's last one for a quarter, and a part no larger than the whole."""
        if wrong := _no_year(self.year):
            return wrong
        month = self.month or 0
        if not 1 <= month <= 12:
            return {"month": _("截至月份：应为 1 到 12，请改正")}
        if self.span is TurnoverSpan.QUARTER and month not in QUARTER_ENDS:
            return {"month": _("截至月份：当季数应填季末月份 3、6、9 或 12，请改正")}
        if self.hosts is not None and self.total is not None and self.hosts > self.total:
            return {"hosts": _("其中：吸纳京津（亿元）：大于总额，请核对两个数和单位")}
        return {}


class TrainingDraft(Draft):
    """A person trained as a technology broker 技术经理人培训."""

    name: Annotated[str, About("姓名", limit=64, mandatory=True)] = ""
    organisation: Annotated[str, About("工作单位", mandatory=True, help="按姓名和单位认人，同一人一年只计一次")] = ""
    course: Annotated[str, About("培训班", mandatory=True, help="名称和举办单位")] = ""
    certificate: Annotated[str, About("证书编号", Shape.KEY, 64, help="还没有发证的不填")] = ""
    day: Annotated[date | None, About("结业日期", Shape.DAY, mandatory=True, help="年度按这一天算")] = None
    note: Annotated[str, About("备注", Shape.TEXT, 500)] = ""
