"""A city profile as its files (`seeds/<city>/*.toml`) state it: facts with their source, checked before use."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matchmaker.domain.scoring import Sheets
from matchmaker.domain.subsidies import Condition, Terms
from matchmaker.domain.vocabulary import InstituteType, TargetBasis, TargetStatus


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Named(_Part):
    code: str
    name: str
    name_en: str
    source: str


class CityPart(_Part):
    """The city and its bureau. `host_regions` are the provinces whose institutes the two hundreds count."""

    code: str
    name: str
    name_en: str
    bureau: str
    bureau_en: str
    region_code: str
    default: bool = False
    product_name: str
    product_name_en: str
    host_regions: list[str]


class LettersPart(_Part):
    """Who writes the bureau's letters. `mark` is the number with {year} and {number}."""

    sender: str = ""
    seal: str = ""
    mark: str = ""
    contact: str = ""


class TeamPart(_Part):
    """The city's rules for specialist teams 科技特派团; shares are of a team's people, 0-1, None is without limit.

    Who has one of `leader_titles` in their title, and whose institute is of one of `leader_institutes` (none: any), may
    lead. Who works outside the city's `outside_of` counts towards the shares. `source`: clauses, or whose choice it is.
    """

    smallest: int = Field(default=1, ge=1)
    largest: int = Field(default=6, ge=1, le=30)
    term_years: int = Field(default=3, ge=1)
    leader_titles: tuple[str, ...] = ()
    leader_institutes: tuple[InstituteType, ...] = ()
    one_team: bool = True
    per_institute: int | None = Field(default=None, ge=1)
    outside_of: Literal["city", "province"] = "province"
    outside_least: float | None = Field(default=None, ge=0, le=1)
    outside_most: float | None = Field(default=None, ge=0, le=1)
    least_gain: float = Field(default=1e-6, gt=0, lt=1)  # the share of the weight that a further member has to bring
    source: str = ""
    evaluation: Sheets = Sheets()


class ZonePart(_Named):
    """A group of responsible units."""


class UnitPart(_Named):
    """A responsible unit; an airport or development zone may have no region of its own."""

    zone: str | None = None
    region_code: str | None = None
    kind: str


class ClusterPart(_Named):
    """A county's industrial cluster."""

    unit: str | None = None


class FieldPart(_Named):
    """A technical field."""


class MetricPart(_Named):
    """What is counted."""

    unit_label: str
    unit_label_en: str
    counted_from: str


class TargetPart(_Part):
    """What was promised for a year."""

    metric: str
    year: int
    value: Decimal
    basis: TargetBasis
    unit_label: str
    source: str
    status: TargetStatus
    note: str = ""


class BaselinePart(_Part):
    """A known value that a growth target starts from."""

    metric: str
    year: int
    value: Decimal
    unit_label: str
    source: str


class RulePart(_Part):
    """How a metric is counted from a day on."""

    metric: str
    version: int
    valid_from: date
    title: str
    title_en: str
    text: str
    text_en: str
    sources: list[str]


class SubsidyPart(_Part):
    """A policy measure."""

    code: str
    name: str
    conditions: list[Condition]
    formula: str
    cap_wan: int | None = None
    source: str
    status: TargetStatus
    valid_from: date | None = None
    valid_to: date | None = None
    details: Terms


class Profile(_Part):
    """All files of one city together."""

    city: CityPart
    letters: LettersPart = LettersPart()
    team: TeamPart = TeamPart()
    zones: list[ZonePart]
    units: list[UnitPart]
    clusters: list[ClusterPart]
    fields: list[FieldPart]
    metrics: list[MetricPart]
    targets: list[TargetPart]
    baselines: list[BaselinePart] = []
    rules: list[RulePart]
    subsidies: list[SubsidyPart]
