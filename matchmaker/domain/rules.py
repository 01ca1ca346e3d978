"""What counts (DESIGN §6): the dated rules, the facts they look at, and what they may say. `judging` carries them out.

A rule is a row: metric, number, valid from, shape, terms, text. The policy counts 次 without defining it (policy 003,
goal 4 of the annex), so the rules are the bureau's stated reading.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import DEFAULTS, Terms
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, InstituteType, MeetingKind, MeetingStatus, Word
from matchmaker.i18n import LazyString, joined

Key = tuple[str, ...]


class WhyNot(Word):
    """Why a meeting does not count."""

    NO_RULE = "no_rule", "当日没有可执行的计数规则"
    EXCLUDED = "excluded", "由工作人员剔除"
    ONLINE = "online", "线上活动不计"
    CANCELLED = "cancelled", "活动已取消"
    NOT_RECORDED = "not_recorded", "尚未登记结果"
    NOT_VERIFIED = "not_verified", "尚未核验"
    SAME_PERSON = "same_person", "登记人与核验人不是两个人"
    ELSEWHERE = "elsewhere", "到访地点不在计数地区"
    HOST_TYPE = "host_type", "接待方不是高校或科研院所"
    NO_FIRM = "no_firm", "没有本市企业到场"
    NOBODY_OF_HOST = "nobody_of_host", "接待方没有具名团队成员或专家到场"
    NOT_AT_FIRM = "not_at_firm", "地点不是该企业在本市的现场"
    NO_EXPERT = "no_expert", "没有在计数地区工作的专家到场"
    NO_EVIDENCE = "no_evidence", "缺少规则要求的材料"
    HISTORY = "history", "规则不计以往台账补录的活动"
    ALREADY_COUNTED = "already_counted", "同一计数单位已计过"


TO_COME = frozenset({WhyNot.NOT_RECORDED, WhyNot.NOT_VERIFIED})


@dataclass(frozen=True)
class Reason:
    """One condition that fails, with what exactly failed in words to print."""

    why: WhyNot
    detail: LazyString | str = ""


@dataclass(frozen=True)
class SiteFacts:
    """The place visited: whose it is, its GB/T 2260 code and name, and whether it belongs to a responsible unit."""

    name: str
    region: str
    region_name: str
    owner_id: int
    owner_name: str
    local: bool


@dataclass(frozen=True)
class HostFacts:
    """The institute that received an outbound meeting."""

    id: int
    name: str
    type: InstituteType | None


@dataclass(frozen=True)
class FirmPresence:
    """A firm invited; a firm without a responsible unit is not local."""

    id: int
    name: str
    unit_id: int | None
    attendance: Attendance | None


@dataclass(frozen=True)
class ExpertPresence:
    """A person invited: institute, the region where they work ("" if not on file), member of the named group or not."""

    id: int
    name: str
    institute_id: int
    region: str
    in_group: bool
    attendance: Attendance | None


@dataclass(frozen=True)
class Excluded:
    """That an officer keeps a meeting out of a metric."""

    metric: MetricCode
    by: str
    on: date
    reason: str


@dataclass(frozen=True)
class MeetingFacts:
    """Everything a rule may look at in one meeting; `recorder` and `verifier` are account ids.

    `evidence` are the kinds of papers on file; it may be left out where no rule asks for any.
    """

    id: int
    title: str
    kind: MeetingKind
    status: MeetingStatus
    day: date
    starts: time
    trip_id: int | None
    host: HostFacts | None
    site: SiteFacts | None
    firms: tuple[FirmPresence, ...]
    experts: tuple[ExpertPresence, ...]
    recorder: int | None
    verifier: int | None
    evidence: frozenset[EvidenceKind] = frozenset()
    from_history: bool = False
    excluded: tuple[Excluded, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether attendance is known."""
        return self.status in {MeetingStatus.HELD, MeetingStatus.VERIFIED}


_SAT_THERE = {False: {Attendance.ATTENDED}, True: {Attendance.ATTENDED, Attendance.STAND_IN}}


@dataclass(frozen=True)
class Rule:
    """How a metric is counted from a day on; `regions` maps the host regions' province codes to their names.

    `shape` is the code that carries it out, `terms` its parameters: without any the defaults of the metric.
    """

    metric: MetricCode
    number: int
    valid_from: date
    regions: Mapping[str, str] = field(hash=False)
    terms: Terms | None = None
    shape: int = 1

    @property
    def how(self) -> Terms:
        """The parameters, given or default."""
        return self.terms or DEFAULTS[self.metric]

    def firm_came(self, firm: FirmPresence) -> bool:
        """Whether somebody sat there for a local firm: the one invited or, if that is enough, a stand-in."""
        return firm.unit_id is not None and firm.attendance in _SAT_THERE[self.how.stand_in_firm]

    def expert_came(self, expert: ExpertPresence) -> bool:
        """Whether this very person came; a stand-in is not on file, and only counts where the terms say so."""
        return expert.attendance in _SAT_THERE[self.how.stand_in_expert]

    def covers(self, region: str) -> bool:
        """Whether a GB/T 2260 code lies in one of the host regions (same province digits)."""
        return any(region[:2] == code[:2] for code in self.regions)

    @property
    def region_names(self) -> str:
        """The host regions as printed."""
        return joined(self.regions.values())


@dataclass(frozen=True)
class Event:
    """One thing that a metric counts; `firm_id` is the firm whose alone it is, where the unit of counting says so."""

    key: Key
    firm_id: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a rule made of a meeting.

    `events` are what it stands for, empty when a condition other than doubling fails; `added` how many of them it is
    the first to stand for. `visit` is the going there behind them, whatever the unit of counting.
    """

    visit: Key | None
    events: tuple[Event, ...]
    added: int
    reasons: tuple[Reason, ...]

    @property
    def counts(self) -> bool:
        """Whether it adds to the number on the board."""
        return self.added > 0

    @property
    def pending(self) -> bool:
        """Whether nothing is in the way but the record or its verification, as far as is known."""
        return bool(self.reasons) and all(reason.why in TO_COME for reason in self.reasons)


def rule_on(rules: Iterable[Rule], metric: MetricCode, day: date) -> Rule | None:
    """The rule of `metric` valid on `day`: the one that began last; None before the first."""
    valid = [rule for rule in rules if rule.metric is metric and rule.valid_from <= day]
    return max(valid, key=lambda rule: (rule.valid_from, rule.number), default=None)
