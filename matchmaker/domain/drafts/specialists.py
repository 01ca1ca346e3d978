"""What is typed in about specialists 科技特派员: their filing, whom they serve, the agreement; the same as a sheet."""

from datetime import date
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import SpecialistKind
from matchmaker.i18n import gettext as _


class FilingDraft(Draft):
    """What a filing 备案 says beside the person."""

    number: Annotated[
        str, About("备案编号", Shape.KEY, 64, help="备案名单或平台上的编号，不能重复", mandatory=True)
    ] = ""
    kind: Annotated[
        SpecialistKind | None,
        About(
            "类别",
            Shape.CHOICE,
            words=SpecialistKind,
            mandatory=True,
            synonyms={
                "企业": "enterprise",
                "企业特派员": "enterprise",
                "农业": "agricultural",
                "农业特派员": "agricultural",
            },
            aliases=("特派员类别",),
        ),
    ] = None
    filed_on: Annotated[date | None, About("备案日期", Shape.DAY, mandatory=True, help="从这一天起计入在册人数")] = None
    institute: Annotated[
        str, About("派出单位", help="机构全称；不填就是专家所在单位", aliases=("选派单位", "工作单位"))
    ] = ""


class CorrectionDraft(FilingDraft):
    """A filing put right."""

    reason: Annotated[str, About("修改原因", Shape.TEXT, 1000, mandatory=True)] = ""


class SpecialistDraft(FilingDraft):
    """A filing as it is first typed in, with the first host if there is one."""

    expert: Annotated[str, About("专家", mandatory=True, help="专家库中的姓名；同名的写“姓名（单位）”")] = ""
    firm: Annotated[str, About("服务企业", help="本市企业全称；以后可以再加。下面选了责任单位或集群的不填")] = ""
    place: Annotated[str, About("或者服务责任单位、集群", Shape.KEY, 64)] = ""


class TripartiteDraft(Draft):
    """The agreement between the expert, the sending institute and a host 三方服务协议."""

    host: Annotated[str, About("与哪个服务对象", Shape.KEY, 16, mandatory=True)] = ""
    agreed_on: Annotated[date | None, About("签订日期", Shape.DAY, mandatory=True)] = None
    agreed_until: Annotated[date | None, About("有效期至", Shape.DAY)] = None

    def contradictions(self) -> dict[str, str]:
        """Valid from the day it is signed."""
        if self.agreed_on and self.agreed_until and self.agreed_until < self.agreed_on:
            return {"agreed_until": _("有效期至：不能早于签订日期，请核对")}
        return {}


class SpecialistRow(FilingDraft):
    """A filing as a row of a sheet; the number finds it again."""

    expert: Annotated[
        str, About("姓名", limit=64, mandatory=True, aliases=("专家", "专家姓名", "特派员", "特派员姓名"))
    ] = ""
    hosts: Annotated[
        tuple[str, ...],
        About(
            "服务对象",
            Shape.LIST,
            200,
            help="企业全称、责任单位或集群名称，多个用分号隔开",
            aliases=("服务企业", "服务单位"),
        ),
    ] = ()
    agreed_on: Annotated[
        date | None, About("三方协议日期", Shape.DAY, help="与上面各服务对象签订的日期；没有签的不填")
    ] = None
