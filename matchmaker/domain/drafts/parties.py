"""Organisations, experts and groups."""

from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import InstituteType, OrganisationKind
from matchmaker.i18n import gettext as _


class OrganisationDraft(Draft):
    """A firm, institute, agency or bureau 机构."""

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

    def contradictions(self) -> dict[str, str]:
        """An institute says what type it is, because that decides what counts; others have no type."""
        institute = self.kind is OrganisationKind.INSTITUTE
        if institute and self.institute_type is None:
            return {"institute_type": _("院所类型：院所高校必须填写，请填高等院校、科研院所或其他机构")}
        if not institute and self.institute_type is not None:
            return {"institute_type": _("院所类型：只有院所高校填写，请清空或改正机构类别")}
        return {}


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
        About(
            "机构编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "企业编号", "单位编号", "外部编号")
        ),
    ] = ""

    def contradictions(self) -> dict[str, str]:
        """A place without a region could never be counted."""
        if (self.site or self.address) and not self.region:
            return {"region": _("所在地域：填写了地点就必须填写地域，请填六位代码或名称")}
        return super().contradictions()


class ExpertDraft(Draft):
    """A person who works at an institute 专家."""

    name: Annotated[str, About("姓名", limit=64, mandatory=True, aliases=("name", "专家姓名", "专家"))] = ""
    title: Annotated[str, About("职称", limit=32, aliases=("title", "专业技术职务", "职务职称"))] = ""
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
        About("每年可参加次数", Shape.WHOLE, help="不填为未说明", aliases=("capacity", "年可服务次数", "每年次数")),
    ] = None


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

    external_id: Annotated[
        str, About("团队编号", Shape.KEY, 64, aliases=("external_id", "id", "编号", "外部编号"))
    ] = ""
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
