"""What officers decide about a policy measure, and what is stated for its conditions."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.vocabulary import Holds, TargetStatus
from matchmaker.i18n import gettext as _

DOCUMENT = About("证明文件", mandatory=True, help="文件名称和编号，例如：付款凭证 2026-031 号")


class ForceDraft(Draft):
    """How firm a measure is, and from when to when it holds."""

    status: Annotated[
        TargetStatus | None,
        About("状态", Shape.CHOICE, words=TargetStatus, mandatory=True, help="企业只看得到正式下达并在有效期内的"),
    ] = None
    valid_from: Annotated[date | None, About("自哪天有效", Shape.DAY, help="文件没有写的不填")] = None
    valid_to: Annotated[date | None, About("到哪天为止", Shape.DAY, help="文件没有写的不填")] = None

    def contradictions(self) -> dict[str, str]:
        """It ends no sooner than it begins."""
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            return {"valid_to": _("到哪天为止：早于开始的一天，请核对")}
        return {}


class SumDraft(Draft):
    """An amount that no record of ours shows."""

    amount_wan: Annotated[
        Decimal | None, About("金额（万元）", Shape.NUMBER, mandatory=True, help="最多四位小数，没有就填 0")
    ] = None
    document: Annotated[str, DOCUMENT] = ""


class HoldsDraft(Draft):
    """Whether a condition holds that no record of ours shows."""

    holds: Annotated[Holds | None, About("是否具备", Shape.CHOICE, words=Holds, mandatory=True)] = None
    document: Annotated[str, DOCUMENT] = ""
