"""What is typed in about teams at work: their particulars, agreements, task books, service logs, certificates."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import DayShare, PlatformLevel, TeamLevel
from matchmaker.i18n import gettext as _

LONG = 2000


def _in_order(first: date | None, last: date | None, field: str) -> dict[str, str]:
    if first and last and last < first:
        return {field: _("结束日期不能早于开始日期，请核对")}
    return {}


class TeamDraft(Draft):
    """What is stated of a team as a whole (policy 003 (30), (31))."""

    name: Annotated[str, About("特派团名称", mandatory=True)] = ""
    level: Annotated[TeamLevel | None, About("级别", Shape.CHOICE, words=TeamLevel, mandatory=True)] = None
    starts_on: Annotated[date | None, About("任期开始", Shape.DAY, help="签任务书后以任务书为准")] = None
    ends_on: Annotated[date | None, About("任期结束", Shape.DAY)] = None
    platform: Annotated[str, About("共建平台", help="与企业共建的创新平台名称；没有的不填")] = ""
    platform_level: Annotated[PlatformLevel | None, About("平台级别", Shape.CHOICE, words=PlatformLevel)] = None
    platform_on: Annotated[date | None, About("共建协议日期", Shape.DAY)] = None

    def contradictions(self) -> dict[str, str]:
        """A term that begins before it ends, and a platform that has a name."""
        if not self.platform and (self.platform_level or self.platform_on):
            return {"platform": _("共建平台：填写了级别或协议日期，请写明平台名称")}
        return _in_order(self.starts_on, self.ends_on, "ends_on")


class HostDraft(Draft):
    """Whom a team serves from a day on: a firm by its name, or a unit or cluster chosen."""

    firm: Annotated[str, About("企业", help="全称；下面选了责任单位或集群的不填")] = ""
    place: Annotated[str, About("责任单位或集群", Shape.KEY, 64)] = ""
    since: Annotated[date | None, About("从哪天起", Shape.DAY, mandatory=True)] = None


class MemberDraft(Draft):
    """Who leaves a team, who joins it."""

    leaves: Annotated[str, About("退出的成员", Shape.KEY, 16)] = ""
    joins: Annotated[
        str, About("加入的专家", help="专家库中的姓名；同名的写“姓名（单位）”。接替退出者的，接任其角色")
    ] = ""
    day: Annotated[date | None, About("从哪天起", Shape.DAY, mandatory=True)] = None
    reason: Annotated[str, About("变更原因", Shape.TEXT, 1000, mandatory=True)] = ""


class AgreementDraft(Draft):
    """An agreement between a team and one of its hosts."""

    host: Annotated[str, About("与谁签订", Shape.KEY, 16, mandatory=True)] = ""
    signed_on: Annotated[date | None, About("签订日期", Shape.DAY, mandatory=True)] = None
    valid_until: Annotated[date | None, About("有效期至", Shape.DAY)] = None
    note: Annotated[str, About("备注", Shape.TEXT, 500)] = ""

    def contradictions(self) -> dict[str, str]:
        """Valid from the day it is signed."""
        return _in_order(self.signed_on, self.valid_until, "valid_until")


class TaskBookDraft(Draft):
    """A version of a task book without its rows of problems and milestones (`domain.task_books`)."""

    parties: Annotated[str, About("双方", Shape.TEXT, LONG, mandatory=True, help="服务对象、特派团和团长单位")] = ""
    starts_on: Annotated[date | None, About("服务开始", Shape.DAY, mandatory=True)] = None
    ends_on: Annotated[date | None, About("服务结束", Shape.DAY, mandatory=True)] = None
    target_days: Annotated[
        Decimal | None, About("服务天数目标", Shape.NUMBER, help="整个任期的现场服务天数，可以有半天；与次数至少填一项")
    ] = None
    target_times: Annotated[int | None, About("服务次数目标", Shape.WHOLE)] = None
    patents: Annotated[int | None, About("专利（件）", Shape.WHOLE)] = None
    platforms: Annotated[int | None, About("共建平台（个）", Shape.WHOLE)] = None
    achievements: Annotated[int | None, About("转化成果（项）", Shape.WHOLE)] = None
    contracts: Annotated[int | None, About("技术合同（份）", Shape.WHOLE)] = None
    funds: Annotated[str, About("经费安排", Shape.TEXT, LONG)] = ""
    property_terms: Annotated[str, About("知识产权", Shape.TEXT, LONG, mandatory=True)] = ""
    confidentiality: Annotated[str, About("保密约定", Shape.TEXT, LONG, mandatory=True)] = ""

    def contradictions(self) -> dict[str, str]:
        """A term, half-days, and something promised."""
        if wrong := _in_order(self.starts_on, self.ends_on, "ends_on"):
            return wrong
        if self.target_days is not None and self.target_days * 2 % 1:
            return {"target_days": _("服务天数目标：请填整天或半天，例如 30 或 12.5")}
        if not self.target_days and not self.target_times:
            return {"target_days": _("服务天数目标：天数和次数至少填一项")}
        return {}


class ServiceLogDraft(Draft):
    """What an expert did at a firm on a day."""

    firm: Annotated[str, About("企业", Shape.KEY, 16, mandatory=True)] = ""
    day: Annotated[date | None, About("服务日期", Shape.DAY, mandatory=True)] = None
    share: Annotated[DayShare | None, About("时长", Shape.CHOICE, words=DayShare, mandatory=True)] = None
    problem: Annotated[str, About("解决什么问题", Shape.TEXT, LONG, mandatory=True)] = ""
    result: Annotated[str, About("做了什么，结果怎样", Shape.TEXT, LONG, mandatory=True)] = ""


class CertificateDraft(Draft):
    """For whom and for which time a certificate is issued."""

    expert: Annotated[str, About("专家", Shape.KEY, 16, mandatory=True)] = ""
    from_day: Annotated[date | None, About("从", Shape.DAY, mandatory=True)] = None
    to_day: Annotated[date | None, About("到", Shape.DAY, mandatory=True)] = None
    contracts_wan: Annotated[int | None, About("促成技术合同金额（万元）", Shape.WAN, help="不掌握的不填")] = None

    def contradictions(self) -> dict[str, str]:
        """Days in order."""
        return _in_order(self.from_day, self.to_day, "to_day")
