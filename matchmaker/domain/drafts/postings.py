"""What a firm and what the other side post: needs (after the Hebei form) and capabilities."""

from datetime import date
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import Audience, CapabilityKind, Cooperation, Maturity
from matchmaker.i18n import gettext as _


def need_body(problem: str, indicators: str, goal: str) -> str:
    """The three parts as the one text that is segmented; offsets of the stored terms count in it."""
    return "\n".join(part for part in (problem, indicators, goal) if part)


class NeedDraft(Draft):
    """A technology need 技术需求."""

    title: Annotated[
        str,
        About(
            "技术需求名称",
            help="一句话说清要解决什么，例如：6061-T6 铝合金薄板焊接变形控制",
            mandatory=True,
            aliases=("title", "需求名称", "名称", "技术需求", "需求标题", "标题", "项目名称"),
        ),
    ] = ""
    problem: Annotated[
        str,
        About(
            "主要问题",
            Shape.TEXT,
            3000,
            help="现在怎么做、卡在哪里。请勿填写涉密内容",
            complete=True,
            aliases=("problem", "text", "需求描述", "需求概述", "技术需求概述", "需求内容", "问题描述"),
        ),
    ] = ""
    indicators: Annotated[
        str,
        About(
            "技术关键和主要指标",
            Shape.TEXT,
            3000,
            help="尽量写出数值和单位",
            aliases=("indicators", "技术关键", "主要指标", "主要技术指标", "技术指标"),
        ),
    ] = ""
    goal: Annotated[str, About("预期目标", Shape.TEXT, 3000, aliases=("goal", "目标", "预期效益", "预期成果"))] = ""
    keywords: Annotated[
        tuple[str, ...],
        About(
            "关键词",
            Shape.LIST,
            help="用分号隔开，3～5 个为宜",
            aliases=("keywords", "关键字", "关键字1-5", "技术关键词"),
        ),
    ] = ()
    must_have: Annotated[
        tuple[str, ...],
        About(
            "必备条件",
            Shape.LIST,
            help="对方必须提到的词，没有提到就不推荐；一般不填",
            aliases=("must_have", "必备关键词", "必须具备"),
        ),
    ] = ()
    field: Annotated[str, About("技术领域", limit=64, aliases=("field", "领域", "所属领域", "需求技术所属领域"))] = ""
    industry: Annotated[
        str,
        About(
            "所属行业",
            limit=64,
            help="国民经济行业大类",
            aliases=("industry", "行业", "应用行业", "国民经济行业", "行业大类", "所属国民经济行业"),
        ),
    ] = ""
    budget_wan: Annotated[
        int | None,
        About(
            "拟投入资金（万元）",
            Shape.WAN,
            aliases=("budget_wan", "拟投入资金", "投资金额", "资金需求", "预算", "拟投入"),
        ),
    ] = None
    deadline: Annotated[
        date | None, About("需求时限", Shape.DAY, aliases=("deadline", "截止日期", "期望完成时间", "完成时限"))
    ] = None
    cooperation: Annotated[
        Cooperation | None,
        About(
            "合作方式",
            Shape.CHOICE,
            words=Cooperation,
            aliases=("cooperation", "技术需求解决方式", "解决方式", "拟合作方式"),
            synonyms={
                "合作开发": "joint",
                "联合研发": "joint",
                "联合开发": "joint",
                "委托开发": "commission",
                "技术许可": "transfer",
                "技术服务": "consult",
            },
        ),
    ] = None
    audience: Annotated[
        Audience | None,
        About(
            "公开范围",
            Shape.CHOICE,
            words=Audience,
            aliases=("audience", "公开方式", "发布范围", "公开程度"),
            synonyms={
                "公开": "open",
                "完全公开": "open",
                "匿名": "masked",
                "匿名公开": "masked",
                "隐名公开": "masked",
                "隐去企业名称": "masked",
                "定向": "chosen",
                "定向发布": "chosen",
                "定向公开": "chosen",
            },
        ),
    ] = None
    releases: Annotated[
        tuple[str, ...],
        About(
            "定向院所",
            Shape.LIST,
            help="只给选定的院所看时填写院所全称",
            aliases=("releases", "定向发布院所", "定向发布单位", "选定院所"),
        ),
    ] = ()
    declared: Annotated[
        bool,
        About(
            "不含涉密内容声明",
            Shape.YES,
            help="提交审核前须声明：本需求及附件不含国家秘密，可以通过互联网传输",
            aliases=("declared", "涉密声明", "不涉密声明", "保密声明", "不含涉密内容"),
        ),
    ] = False

    def contradictions(self) -> dict[str, str]:
        """Institutes are chosen only where the audience says so."""
        if self.releases and self.audience is not Audience.CHOSEN:
            return {"releases": _("选了定向院所，公开范围应为“只给选定的院所看”；请改公开范围，或不选院所")}
        return {}

    def gaps(self) -> dict[str, str]:
        """A need for chosen institutes names one at least."""
        if self.audience is Audience.CHOSEN and not self.releases:
            return {"releases": _("定向院所：公开范围为“只给选定的院所看”时，请至少选一家")}
        return {}

    @property
    def body(self) -> str:
        """The text that is matched beside title and keywords."""
        return need_body(self.problem, self.indicators, self.goal)


class NeedRow(NeedDraft):
    """A need in a sheet, which also says whose it is."""

    external_id: Annotated[
        str, About("需求编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "外部编号", "需求ID"))
    ] = ""
    firm: Annotated[
        str,
        About(
            "企业",
            mandatory=True,
            help="企业编号、统一社会信用代码或全称",
            aliases=("firm", "organisation", "企业名称", "需求单位", "单位名称", "企业编号", "机构全称", "所属企业"),
        ),
    ] = ""


class CapabilityDraft(Draft):
    """What an expert, a group or an organisation offers 能力."""

    kind: Annotated[
        CapabilityKind | None,
        About(
            "能力类型",
            Shape.CHOICE,
            words=CapabilityKind,
            mandatory=True,
            complete=True,
            aliases=("kind", "类型", "类别", "成果类型", "能力类别"),
            synonyms={
                "论文": "achievement",
                "科技成果": "achievement",
                "技术成果": "achievement",
                "专业特长": "expertise",
                "研究领域": "expertise",
                "发明专利": "patent",
                "实用新型": "patent",
                "仪器设备": "facility",
                "大型仪器": "facility",
                "中试平台": "pilot",
                "中试基地": "pilot",
            },
        ),
    ] = None
    title: Annotated[
        str,
        About(
            "能力名称", mandatory=True, complete=True, aliases=("title", "名称", "标题", "成果名称", "专利名称", "题名")
        ),
    ] = ""
    text: Annotated[
        str,
        About(
            "详细说明",
            Shape.TEXT,
            8000,
            help="做什么、能解决什么问题、达到什么指标",
            complete=True,
            aliases=("text", "abstract", "说明", "简介", "摘要", "描述", "内容", "成果简介", "能力说明"),
        ),
    ] = ""
    keywords: Annotated[
        tuple[str, ...],
        About("关键词", Shape.LIST, help="用分号隔开，3～8 个为宜", aliases=("keywords", "关键字", "技术关键词")),
    ] = ()
    maturity: Annotated[
        Maturity | None,
        About(
            "成熟度",
            Shape.CHOICE,
            words=Maturity,
            aliases=("maturity", "TRL", "技术成熟度", "成果阶段", "所处阶段", "成果成熟度"),
            synonyms={
                "实验室": "laboratory",
                "小试": "laboratory",
                "小试阶段": "laboratory",
                "样机": "laboratory",
                "中试": "pilot",
                "产业化": "production",
                "已产业化": "production",
                "量产": "production",
                "产业化阶段": "production",
                "批量生产": "production",
            },
        ),
    ] = None
    ip_number: Annotated[
        str,
        About(
            "专利号或登记号",
            Shape.IP_NUMBER,
            64,
            help="专利请填专利号，软件著作权等填登记号；没有就不填",
            aliases=("ip_number", "专利号", "登记号", "知识产权号", "授权号", "申请号", "公开号"),
        ),
    ] = ""


class CapabilityRow(CapabilityDraft):
    """A capability in a sheet, which also says who offers it: the expert or the group, else the organisation."""

    external_id: Annotated[
        str, About("能力编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "外部编号", "成果编号"))
    ] = ""
    organisation: Annotated[
        str,
        About(
            "所属单位",
            mandatory=True,
            help="机构编号、统一社会信用代码或全称",
            aliases=("organisation", "institute", "单位", "单位名称", "院所", "院校", "机构", "机构名称", "完成单位"),
        ),
    ] = ""
    expert: Annotated[
        str,
        About("专家", help="专家编号或姓名", aliases=("expert", "owner", "专家编号", "专家姓名", "负责人", "完成人")),
    ] = ""
    group: Annotated[
        str,
        About("科研项目团队", help="团队编号或名称", aliases=("group", "团队", "团队编号", "团队名称", "项目团队")),
    ] = ""

    def contradictions(self) -> dict[str, str]:
        """An offer has one owner."""
        if self.expert and self.group:
            return {"group": _("专家和科研项目团队只能填一个，请删去其中之一")}
        return {}
