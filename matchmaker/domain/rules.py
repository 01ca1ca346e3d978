"""What counts (DESIGN §6): the code behind the dated rules whose text people read on the board.

A rule is a row (metric, number, valid from, text); `judge` carries out the number it bears. The policy counts 次
without defining it (policy 003, goal 4 of the annex), so the rules are the bureau's stated reading.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.vocabulary import Attendance, InstituteType, MeetingKind, MeetingStatus, Word
from matchmaker.i18n import LazyString, joined, lazy_gettext, with_detail

Key = tuple[str, ...]


class WhyNot(Word):
    """Why a meeting does not count."""

    NO_RULE = "no_rule", "当日没有可执行的计数规则"
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

    @property
    def came(self) -> bool:
        """Whether somebody sat there for a local firm, the one invited or a stand-in."""
        return self.unit_id is not None and self.attendance in {Attendance.ATTENDED, Attendance.STAND_IN}


@dataclass(frozen=True)
class ExpertPresence:
    """A person invited: institute, the region where they work ("" if not on file), member of the named group or not."""

    id: int
    name: str
    institute_id: int
    region: str
    in_group: bool
    attendance: Attendance | None

    @property
    def came(self) -> bool:
        """Whether this very person came. A stand-in is not on file, so nobody can say whose expert that was."""
        return self.attendance is Attendance.ATTENDED


@dataclass(frozen=True)
class MeetingFacts:
    """Everything a rule may look at in one meeting; `recorder` and `verifier` are account ids."""

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

    @property
    def recorded(self) -> bool:
        """Whether attendance is known."""
        return self.status in {MeetingStatus.HELD, MeetingStatus.VERIFIED}


@dataclass(frozen=True)
class Rule:
    """Which code counts a metric from a day on; `regions` maps the host regions' province codes to their names."""

    metric: MetricCode
    number: int
    valid_from: date
    regions: Mapping[str, str] = field(hash=False)

    def covers(self, region: str) -> bool:
        """Whether a GB/T 2260 code lies in one of the host regions (same province digits)."""
        return any(region[:2] == code[:2] for code in self.regions)

    @property
    def region_names(self) -> str:
        """The host regions as printed."""
        return joined(self.regions.values())


@dataclass(frozen=True)
class Verdict:
    """What a rule made of a meeting. `key` is the event counted; None when a condition other than doubling fails."""

    counts: bool
    key: Key | None
    reasons: tuple[Reason, ...]

    @property
    def pending(self) -> bool:
        """Whether nothing is in the way but the record or its verification, as far as is known."""
        return bool(self.reasons) and all(reason.why in TO_COME for reason in self.reasons)


def rule_on(rules: Iterable[Rule], metric: MetricCode, day: date) -> Rule | None:
    """The rule of `metric` valid on `day`: the one that began last; None before the first."""
    valid = [rule for rule in rules if rule.metric is metric and rule.valid_from <= day]
    return max(valid, key=lambda rule: (rule.valid_from, rule.number), default=None)


def judge(rule: Rule | None, facts: MeetingFacts, seen: Mapping[Key, int]) -> Verdict:
    """Whether `facts` count under `rule`, and every condition that fails if not.

    `seen` maps the events counted so far to the meeting that stands for each. A meeting that is not recorded yet is
    judged by what is known of it, so a visit that will not count says so before the bus leaves.
    """
    carried_out = RULES.get((rule.metric, rule.number)) if rule else None
    if rule is None or carried_out is None:
        return Verdict(counts=False, key=None, reasons=(Reason(WhyNot.NO_RULE),))
    if facts.kind is MeetingKind.ONLINE:
        return Verdict(counts=False, key=None, reasons=(Reason(WhyNot.ONLINE), *_not_verified(facts)))
    key, failing = carried_out(rule, facts)
    reasons = (*_not_verified(facts), *failing)
    if reasons:
        return Verdict(counts=False, key=None, reasons=reasons)
    if key in seen:
        return Verdict(counts=False, key=key, reasons=(_doubled(rule, seen[key]),))
    return Verdict(counts=True, key=key, reasons=())


def _not_verified(facts: MeetingFacts) -> tuple[Reason, ...]:
    unfinished = {
        MeetingStatus.CANCELLED: WhyNot.CANCELLED,
        MeetingStatus.PLANNED: WhyNot.NOT_RECORDED,
        MeetingStatus.HELD: WhyNot.NOT_VERIFIED,
    }
    if facts.status in unfinished:
        return (Reason(unfinished[facts.status]),)
    return (Reason(WhyNot.SAME_PERSON),) if facts.recorder == facts.verifier else ()


def _doubled(rule: Rule, first: int) -> Reason:
    if rule.metric is MetricCode.OUTBOUND:
        message = lazy_gettext(
            "同一行程、同一院所、同一天，已计入第 %(number)s 号活动；两次行程请分别编入行程", number=first
        )
        return Reason(WhyNot.ALREADY_COUNTED, message)
    return Reason(WhyNot.ALREADY_COUNTED, lazy_gettext("同一企业、同一天，已计入第 %(number)s 号活动", number=first))


Outcome = tuple[Key, tuple[Reason, ...]]


def _outbound_1(rule: Rule, facts: MeetingFacts) -> Outcome:
    """Trip × host institute × day. Meetings of no trip at one host on one day are taken for one visit."""
    host_id = facts.host.id if facts.host else 0
    key = ("outbound", str(facts.trip_id or ""), str(host_id), facts.day.isoformat())
    conditions = (_site_in_regions(rule, facts), _host_type(facts), _firm_came(facts), _host_came(facts))
    return key, tuple(reason for reason in conditions if reason)


def _inbound_1(rule: Rule, facts: MeetingFacts) -> Outcome:
    """Firm × day, at the firm's own local site."""
    firm_id = facts.firms[0].id if facts.firms else 0
    conditions = (_at_firm(facts), _expert_came(rule, facts))
    return ("inbound", str(firm_id), facts.day.isoformat()), tuple(reason for reason in conditions if reason)


RULES: dict[tuple[MetricCode, int], Callable[[Rule, MeetingFacts], Outcome]] = {
    (MetricCode.OUTBOUND, 1): _outbound_1,
    (MetricCode.INBOUND, 1): _inbound_1,
}


def _site_in_regions(rule: Rule, facts: MeetingFacts) -> Reason | None:
    site = facts.site
    if site and rule.covers(site.region):
        return None
    detail = lazy_gettext(
        "实际到访“%(site)s”（%(owner)s，%(region)s），不在%(regions)s",
        site=site.name if site else "—",
        owner=site.owner_name if site else "—",
        region=site.region_name if site else "—",
        regions=rule.region_names,
    )
    return Reason(WhyNot.ELSEWHERE, detail)


def _host_type(facts: MeetingFacts) -> Reason | None:
    host = facts.host
    if host and host.type in {InstituteType.UNIVERSITY, InstituteType.RESEARCH_INSTITUTE}:
        return None
    label = lazy_gettext(host.type.label) if host and host.type else lazy_gettext("未登记类型")
    return Reason(WhyNot.HOST_TYPE, lazy_gettext("%(host)s：%(type)s", host=host.name if host else "—", type=label))


def _firm_came(facts: MeetingFacts) -> Reason | None:
    if not facts.recorded or any(firm.came for firm in facts.firms):
        return None
    return Reason(WhyNot.NO_FIRM, joined(firm.name for firm in facts.firms))


def of_host(facts: MeetingFacts, expert: ExpertPresence) -> bool:
    """Whether the person belongs to the host: on its staff, or a member of the group named for the meeting."""
    return expert.in_group or (facts.host is not None and expert.institute_id == facts.host.id)


def _host_came(facts: MeetingFacts) -> Reason | None:
    if not facts.recorded or any(expert.came and of_host(facts, expert) for expert in facts.experts):
        return None
    return Reason(WhyNot.NOBODY_OF_HOST, _absent(facts))


def _at_firm(facts: MeetingFacts) -> Reason | None:
    site = facts.site
    firm = facts.firms[0] if len(facts.firms) == 1 else None
    if site and firm and firm.unit_id is not None and site.local and site.owner_id == firm.id:
        return None
    detail = with_detail(site.name, joined((site.owner_name, site.region_name))) if site else "—"
    return Reason(WhyNot.NOT_AT_FIRM, detail)


def _expert_came(rule: Rule, facts: MeetingFacts) -> Reason | None:
    if not facts.recorded or any(expert.came and rule.covers(expert.region) for expert in facts.experts):
        return None
    came = [expert for expert in facts.experts if expert.came]
    if not came:
        return Reason(WhyNot.NO_EXPERT, _absent(facts))
    names = joined(expert.name for expert in came)
    return Reason(
        WhyNot.NO_EXPERT, lazy_gettext("%(names)s 的工作地点不在%(regions)s", names=names, regions=rule.region_names)
    )


def _absent(facts: MeetingFacts) -> LazyString | str:
    stood_in = [expert.name for expert in facts.experts if expert.attendance is Attendance.STAND_IN]
    if stood_in:
        return lazy_gettext("%(names)s 由他人代替，代替者不是在册专家", names=joined(stood_in))
    return joined(expert.name for expert in facts.experts)
