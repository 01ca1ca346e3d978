"""The parameters of a counting rule: what an officer may decide about it without a programmer."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, field_validator

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import EvidenceKind, InstituteType, Word
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _

ProvinceCode = Annotated[str, StringConstraints(pattern=r"^[1-9]\d0000$")]


class CountUnit(Word):
    """What one event is: two meetings with the same of these count once."""

    TRIP_HOST_DAY = "trip_host_day", "行程 × 接待院所 × 日"
    HOST_DAY = "host_day", "接待院所 × 日"
    FIRM_HOST_DAY = "firm_host_day", "企业 × 接待院所 × 日"
    FIRM_DAY = "firm_day", "企业 × 日"
    FIRM_EXPERT_DAY = "firm_expert_day", "企业 × 专家 × 日"


UNITS = {
    MetricCode.OUTBOUND: (CountUnit.TRIP_HOST_DAY, CountUnit.HOST_DAY, CountUnit.FIRM_HOST_DAY),
    MetricCode.INBOUND: (CountUnit.FIRM_DAY, CountUnit.FIRM_EXPERT_DAY),
}
PAPERS = (EvidenceKind.SIGN_IN, EvidenceKind.PHOTO)  # nothing is verified without minutes anyway


class Terms(BaseModel):
    """How a rule's shape is carried out. The defaults are the first rule of each metric (`DEFAULTS`).

    `regions`: GB/T 2260 codes of provinces; none means the host regions of the city profile. `host_types` matter to
    outbound meetings only. `evidence`: papers without which a meeting does not count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: CountUnit
    regions: tuple[ProvinceCode, ...] = ()
    host_types: tuple[InstituteType, ...] = (InstituteType.UNIVERSITY, InstituteType.RESEARCH_INSTITUTE)
    stand_in_firm: bool = True
    stand_in_expert: bool = False
    evidence: tuple[EvidenceKind, ...] = ()
    history: bool = True

    @field_validator("regions", "host_types", "evidence")
    @classmethod
    def _once_each_in_order(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(values)))


DEFAULTS = {metric: Terms(unit=units[0]) for metric, units in UNITS.items()}


def terms_of(metric: MetricCode, stored: Mapping[str, Any]) -> Terms:
    """The terms that a rule's row keeps; an empty one keeps the defaults. Raises `Invalid` (field → message)."""
    if not stored:
        return DEFAULTS[metric]
    try:
        found = Terms.model_validate({"unit": DEFAULTS[metric].unit, **stored})
    except ValidationError as error:
        raise Invalid({str(each["loc"][0]): _("请从列出的选项中选择") for each in error.errors()}) from error
    if problems := _problems(metric, found):
        raise Invalid(problems)
    return found


def _problems(metric: MetricCode, terms: Terms) -> dict[str, str]:
    problems = {}
    if terms.unit not in UNITS[metric]:
        problems["unit"] = _("请选择这项指标的计数单位")
    if not set(terms.evidence) <= set(PAPERS):
        problems["evidence"] = _("请从列出的选项中选择")
    if metric is MetricCode.OUTBOUND and not terms.host_types:
        problems["host_types"] = _("请至少选择一类接待院所，否则没有活动可以计数")
    return problems
