"""Organisations, experts and groups."""

from datetime import date
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import InstituteType, OrganisationKind, ServiceMode
from matchmaker.i18n import gettext as _


class IntroductionDraft(Draft):
    """What an organisation says of itself and how it is reached: its own to keep current."""

    about: Annotated[
        str,
        About(
            "机构简介",
            Shape.TEXT,
            500,
            help="主要产品或研究领域、规模、希望解决的问题，三五句话即可",
            aliases=("about", "简介", "企业简介", "单位简介", "主营产品"),
        ),
    ] = ""
    contact_name: Annotated[str, About("联系人", limit=64, aliases=("contact_name", "联系人姓名"))] = ""
    contact_phone: Annotated[
        str,
        About(
            "联系电话",
            Shape.PHONE,
            32,
            help="双方同意见面之前不公开",
            aliases=("contact_phone", "电话", "手机", "联系方式", "联系人电话"),
        ),
    ] = ""
    contact_email: Annotated[
        str,
        About(
            "电子邮箱", Shape.EMAIL, 254, help="双方同意见面之前不公开", aliases=("contact_email", "电子信箱", "邮箱")
        ),
    ] = ""


class IdentityDraft(Draft):
    """What an organisation is, as the bureau keeps it."""

    kind: Annotated[
        OrganisationKind | None,
        About(
            "机构类别",
            Shape.CHOICE,
            words=OrganisationKind,
            mandatory=True,
            aliases=("kind", "机构属性", "类别", "类型", "单位性质", "机构类型"),
            synonyms={
                "公司": "firm",
                "高等院校": "institute",
                "高校": "institute",
                "大学": "institute",
                "院校": "institute",
                "院所": "institute",
                "科研院所": "institute",
                "研究机构": "institute",
                "研究院所": "institute",
                "技术转移中心": "agency",
                "科技局": "bureau",
            },
        ),
    ] = None
    name: Annotated[
        str, About("机构全称", mandatory=True, aliases=("name", "名称", "单位名称", "企业名称", "机构名称", "院所名称"))
    ] = ""
    institute_type: Annotated[
        InstituteType | None,
        About(
            "院所类型",
            Shape.CHOICE,
            words=InstituteType,
            help="只有高等院校和科研院所接待的走进活动计数",
            aliases=("institute_type", "院校类型"),
            synonyms={
                "高校": "university",
                "大学": "university",
                "研究院": "research_institute",
                "研究所": "research_institute",
                "科研机构": "research_institute",
                "研究机构": "research_institute",
                "其他": "other",
            },
        ),
    ] = None
    credit_code: Annotated[
        str,
        About(
            "统一社会信用代码",
            Shape.CREDIT_CODE,
            32,
            aliases=("credit_code", "信用代码", "社会信用代码", "统一代码", "组织机构代码"),
        ),
    ] = ""
    unit: Annotated[
        str,
        About(
            "责任单位",
            limit=64,
            help="企业所在县（市、区）或开发区；外地机构不填",
            aliases=("unit", "归口管理部门", "所在县区", "县区", "县市区", "属地"),
        ),
    ] = ""
    tags: Annotated[
        tuple[str, ...], About("标签", Shape.LIST, 64, aliases=("tags", "企业资质", "资质", "企业标签"))
    ] = ()

    def contradictions(self) -> dict[str, str]:
        """An institute says what type it is, because that decides what counts; others have no type."""
        institute = self.kind is OrganisationKind.INSTITUTE
        if institute and self.institute_type is None:
            return {"institute_type": _("院所类型：院所高校必须填写，请填高等院校、科研院所或其他机构")}
        if not institute and self.institute_type is not None:
            return {"institute_type": _("院所类型：只有院所高校填写，请清空或改正机构类别")}
        return {}


class OrganisationDraft(IntroductionDraft, IdentityDraft):
    """A firm, institute, agency or bureau 机构."""


class SiteDraft(Draft):
    """A place where an organisation is present 地点."""

    site: Annotated[
        str,
        About("地点名称", help="例如：本部、东校区；不填为本部", aliases=("site", "地点", "校区", "基地", "园区")),
    ] = ""
    address: Annotated[str, About("通讯地址", aliases=("address", "地址", "详细地址"))] = ""
    region: Annotated[
        str,
        About(
            "所在地域",
            limit=64,
            help="六位行政区划代码或名称，例如：110108 或 海淀区",
            aliases=("region", "region_code", "行政区划", "行政区划代码", "所在地", "地区", "地域"),
        ),
    ] = ""


class OrganisationRow(SiteDraft, OrganisationDraft):
    """An organisation in a sheet with one of its places; another row with the same organisation adds another place."""

    external_id: Annotated[
        str,
        About("机构编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "企业编号", "单位编号", "外部编号")),
    ] = ""

    def contradictions(self) -> dict[str, str]:
        """A place without a region could never be counted."""
        if (self.site or self.address) and not self.region:
            return {"region": _("所在地域：填写了地点就必须填写地域，请填六位代码或名称")}
        return super().contradictions()


class PersonDraft(Draft):
    """Who an expert is, as the institute keeps it."""

    name: Annotated[str, About("姓名", limit=64, mandatory=True, aliases=("name", "专家姓名", "专家"))] = ""
    title: Annotated[str, About("职称", limit=32, aliases=("title", "专业技术职务", "职务职称"))] = ""
    honour: Annotated[
        str,
        About("称号", limit=64, help="例如：院士、国家杰青；没有就不填", aliases=("honour", "荣誉称号", "人才称号")),
    ] = ""


class WishesDraft(Draft):
    """How much an expert takes on, in what ways and when, and how the person is reached: the expert's own to say."""

    email: Annotated[
        str,
        About("电子邮箱", Shape.EMAIL, 254, help="双方同意见面之前不公开", aliases=("email", "邮箱", "电子信箱")),
    ] = ""
    phone: Annotated[
        str,
        About(
            "联系电话", Shape.PHONE, 32, help="双方同意见面之前不公开", aliases=("phone", "电话", "手机", "联系方式")
        ),
    ] = ""
    capacity: Annotated[
        int | None,
        About(
            "每年可参加次数",
            Shape.WHOLE,
            help="不填为未说明；填 0 表示今年不再接受",
            aliases=("capacity", "年可服务次数", "每年次数"),
        ),
    ] = None
    modes: Annotated[
        tuple[ServiceMode, ...],
        About(
            "服务方式",
            Shape.CHOICES,
            words=ServiceMode,
            help="可多选；不选为未说明",
            aliases=("modes", "拟服务内容", "服务形式", "合作方式"),
            synonyms={
                "走进": "micro_meeting",
                "入企": "diagnosis",
                "技术诊断": "diagnosis",
                "合作研发": "joint_research",
                "联合研发": "joint_research",
                "技术转让": "transfer",
                "科技特派团": "team",
                "特派团": "team",
            },
        ),
    ] = ()
    travel: Annotated[
        str,
        About(
            "出行意愿",
            help="什么时候、多远可以去，例如：学期中每周五下午，当天往返",
            aliases=("travel", "拟服务地点", "出行", "可服务时间"),
        ),
    ] = ""
    away_from: Annotated[
        date | None, About("外出开始", Shape.DAY, help="出国、休假等不接受对接的日子", aliases=("away_from",))
    ] = None
    away_until: Annotated[date | None, About("外出结束", Shape.DAY, help="含这一天", aliases=("away_until",))] = None

    def contradictions(self) -> dict[str, str]:
        """An absence has a first and a last day, in this order."""
        if self.away_from and not self.away_until:
            return {"away_until": _("外出结束：填写了开始日期，就要填写结束日期")}
        if self.away_until and not self.away_from:
            return {"away_from": _("外出开始：填写了结束日期，就要填写开始日期")}
        if self.away_from and self.away_until and self.away_until < self.away_from:
            return {"away_until": _("外出结束：早于开始日期，请改正")}
        return {}


class ExpertDraft(WishesDraft, PersonDraft):
    """A person who works at an institute 专家."""


class ExpertRow(ExpertDraft):
    """An expert in a sheet, who works at an institute."""

    external_id: Annotated[
        str, About("专家编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "工号", "外部编号"))
    ] = ""
    institute: Annotated[
        str,
        About(
            "所在院所",
            mandatory=True,
            help="机构编号、统一社会信用代码或全称",
            aliases=("institute", "organisation", "单位", "工作单位", "所在单位", "院所", "院校", "单位名称"),
        ),
    ] = ""
    site: Annotated[
        str, About("工作地点", help="该院所的地点名称；不填为第一个地点", aliases=("site", "地点", "校区", "基地"))
    ] = ""


class GroupDraft(Draft):
    """A research group 科研项目团队."""

    name: Annotated[
        str, About("团队名称", mandatory=True, aliases=("name", "名称", "科研项目团队", "课题组", "团队"))
    ] = ""


class GroupRow(GroupDraft):
    """A group in a sheet: its institute, its lead and its members."""

    external_id: Annotated[str, About("团队编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "外部编号"))] = (
        ""
    )
    institute: Annotated[
        str,
        About(
            "所在院所",
            mandatory=True,
            help="机构编号、统一社会信用代码或全称",
            aliases=("institute", "organisation", "单位", "所在单位", "院所", "院校", "单位名称"),
        ),
    ] = ""
    site: Annotated[
        str, About("工作地点", help="该院所的地点名称；不填为第一个地点", aliases=("site", "地点", "校区", "基地"))
    ] = ""
    lead: Annotated[
        str,
        About("负责人", mandatory=True, help="专家编号或姓名", aliases=("lead", "团队负责人", "带头人", "负责人编号")),
    ] = ""
    members: Annotated[
        tuple[str, ...],
        About("成员", Shape.LIST, help="专家编号或姓名，用分号隔开", aliases=("members", "团队成员", "成员编号")),
    ] = ()
