"""What is typed in about a technical clinic: the round as a whole, and the diagnosis sheet of one firm."""

from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import Visited
from matchmaker.i18n import gettext as _


class ClinicDraft(Draft):
    """A round of firms without its rows of visits (`domain.clinics`)."""

    title: Annotated[str, About("巡诊名称", mandatory=True)] = ""
    group: Annotated[str, About("专家团队", help="名录中的科研项目团队全称，全体成员参加；由几位专家组成的不填")] = ""
    experts: Annotated[
        tuple[str, ...],
        About("专家", Shape.LIST, help="专家库中的姓名，用分号隔开；同名的写“姓名（单位）”。第一位任组长，填写诊断单"),
    ] = ()
    note: Annotated[str, About("备注", Shape.TEXT, 1000, help="集合时间地点、车辆、联系人")] = ""

    def contradictions(self) -> dict[str, str]:
        """Somebody goes."""
        if not self.group and not self.experts:
            return {"experts": _("专家：请填写专家团队，或至少一位专家")}
        return {}


class ClinicChangeDraft(ClinicDraft):
    """A round that is planned otherwise."""

    reason: Annotated[
        str, About("改期原因", Shape.TEXT, 1000, help="改动已填诊断单的企业的日期时必填，其他改动可以不填")
    ] = ""


class DiagnosisDraft(Draft):
    """The diagnosis sheet of a firm without its rows of problems."""

    visited: Annotated[Visited | None, About("去了没有", Shape.CHOICE, words=Visited, mandatory=True)] = None
    people: Annotated[str, About("企业参加人员", help="姓名和职务")] = ""
    findings: Annotated[
        str,
        About("总体情况", Shape.TEXT, 2000, mandatory=True, help="看了什么、总的判断；没有去成的写明原因"),
    ] = ""

    def contradictions(self) -> dict[str, str]:
        """Whoever was there met somebody."""
        if self.visited is Visited.YES and not self.people:
            return {"people": _("企业参加人员：去了企业的，请写明见了谁")}
        return {}
