"""Carrying out the counting rules: whether a meeting counts and, if not, every condition that fails."""

from collections.abc import Callable, Mapping

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import CountUnit
from matchmaker.domain.rules import Event, ExpertPresence, Key, MeetingFacts, Reason, Rule, Verdict, WhyNot
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus
from matchmaker.i18n import LazyString, joined, lazy_gettext, with_detail


def judge(rule: Rule | None, facts: MeetingFacts, seen: Mapping[Key, int]) -> Verdict:
    """Whether `facts` count under `rule`, and every condition that fails if not.

    `seen` maps the events counted so far to the meeting that stands for each. A meeting that is not recorded yet is
    judged by what is known of it, so a visit that will not count says so before the bus leaves.
    """
    shape = SHAPES.get((rule.metric, rule.shape)) if rule else None
    if rule is None or shape is None:
        return _refused(Reason(WhyNot.NO_RULE))
    if facts.kind is MeetingKind.ONLINE:
        return _refused(*_excluded(rule, facts), Reason(WhyNot.ONLINE), *_not_verified(facts))
    visit, events, failing = shape(rule, facts)
    reasons = (*_excluded(rule, facts), *_not_verified(facts), *failing, *_papers(rule, facts))
    if reasons or not events:
        return _refused(*reasons)
    fresh = [event for event in events if event.key not in seen]
    doubled = () if fresh else (_doubled(rule, seen[events[0].key]),)
    return Verdict(visit, events, len(fresh), doubled)


def _refused(*reasons: Reason) -> Verdict:
    return Verdict(visit=None, events=(), added=0, reasons=reasons)


def _excluded(rule: Rule, facts: MeetingFacts) -> tuple[Reason, ...]:
    said = (one for one in facts.excluded if one.metric is rule.metric)
    return tuple(
        Reason(
            WhyNot.EXCLUDED,
            lazy_gettext("%(day)s %(by)s：%(reason)s", day=one.on.isoformat(), by=one.by, reason=one.reason),
        )
        for one in said
    )


def _papers(rule: Rule, facts: MeetingFacts) -> tuple[Reason, ...]:
    """What the terms ask for beside the meeting itself; nothing of it is expected before it was held."""
    if facts.from_history and not rule.how.history:
        return (Reason(WhyNot.HISTORY),)
    missing = [kind for kind in rule.how.evidence if kind not in facts.evidence]
    if not missing or not facts.recorded:
        return ()
    return (Reason(WhyNot.NO_EVIDENCE, joined(lazy_gettext(kind.label) for kind in missing)),)


def _not_verified(facts: MeetingFacts) -> tuple[Reason, ...]:
    unfinished = {
        MeetingStatus.CANCELLED: WhyNot.CANCELLED,
        MeetingStatus.PLANNED: WhyNot.NOT_RECORDED,
        MeetingStatus.HELD: WhyNot.NOT_VERIFIED,
    }
    if facts.status in unfinished:
        return (Reason(unfinished[facts.status]),)
    return (Reason(WhyNot.SAME_PERSON),) if facts.recorder == facts.verifier else ()


_DOUBLED: dict[CountUnit, Callable[[int], LazyString]] = {
    CountUnit.TRIP_HOST_DAY: lambda number: lazy_gettext(
        "同一行程、同一院所、同一天，已计入第 %(number)s 号活动；两次行程请分别编入行程", number=number
    ),
    CountUnit.HOST_DAY: lambda number: lazy_gettext("同一院所、同一天，已计入第 %(number)s 号活动", number=number),
    CountUnit.FIRM_HOST_DAY: lambda number: lazy_gettext(
        "同一企业、同一院所、同一天，已计入第 %(number)s 号活动", number=number
    ),
    CountUnit.FIRM_DAY: lambda number: lazy_gettext("同一企业、同一天，已计入第 %(number)s 号活动", number=number),
    CountUnit.FIRM_EXPERT_DAY: lambda number: lazy_gettext(
        "同一企业、同一专家、同一天，已计入第 %(number)s 号活动", number=number
    ),
}


def _doubled(rule: Rule, first: int) -> Reason:
    return Reason(WhyNot.ALREADY_COUNTED, _DOUBLED[rule.how.unit](first))


Outcome = tuple[Key, tuple[Event, ...], tuple[Reason, ...]]


def _outbound(rule: Rule, facts: MeetingFacts) -> Outcome:
    """To a host's site in the regions. Meetings of no trip at one host on one day are taken for one visit."""
    host, day = str(facts.host.id if facts.host else 0), facts.day.isoformat()
    visit = ("outbound", str(facts.trip_id or ""), host, day)
    events: tuple[Event, ...] = (Event(visit),)
    if rule.how.unit is CountUnit.HOST_DAY:
        events = (Event(("outbound", host, day)),)
    if rule.how.unit is CountUnit.FIRM_HOST_DAY:
        came = [firm.id for firm in facts.firms if rule.firm_came(firm)]
        events = tuple(Event(("outbound_firm", str(firm), host, day), firm) for firm in came)
    conditions = (
        _site_in_regions(rule, facts),
        _host_type(rule, facts),
        _firm_came(rule, facts),
        _host_came(rule, facts),
    )
    return visit, events, tuple(reason for reason in conditions if reason)


def _inbound(rule: Rule, facts: MeetingFacts) -> Outcome:
    """At the firm's own local site."""
    firm, day = facts.firms[0].id if facts.firms else 0, facts.day.isoformat()
    visit = ("inbound", str(firm), day)
    events: tuple[Event, ...] = (Event(visit, firm),)
    if rule.how.unit is CountUnit.FIRM_EXPERT_DAY:
        came = [expert.id for expert in facts.experts if rule.expert_came(expert) and rule.covers(expert.region)]
        events = tuple(Event(("inbound_expert", str(firm), str(expert), day), firm) for expert in came)
    conditions = (_at_firm(facts), _firm_received(facts), _expert_came(rule, facts))
    return visit, events, tuple(reason for reason in conditions if reason)


SHAPES: dict[tuple[MetricCode, int], Callable[[Rule, MeetingFacts], Outcome]] = {
    (MetricCode.OUTBOUND, 1): _outbound,
    (MetricCode.INBOUND, 1): _inbound,
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


def _host_type(rule: Rule, facts: MeetingFacts) -> Reason | None:
    host = facts.host
    if host and host.type in rule.how.host_types:
        return None
    label = lazy_gettext(host.type.label) if host and host.type else lazy_gettext("未登记类型")
    return Reason(WhyNot.HOST_TYPE, lazy_gettext("%(host)s：%(type)s", host=host.name if host else "—", type=label))


def _firm_came(rule: Rule, facts: MeetingFacts) -> Reason | None:
    if not facts.recorded or any(rule.firm_came(firm) for firm in facts.firms):
        return None
    return Reason(WhyNot.NO_FIRM, joined(firm.name for firm in facts.firms))


def of_host(facts: MeetingFacts, expert: ExpertPresence) -> bool:
    """Whether the person belongs to the host: on its staff, or a member of the group named for the meeting."""
    return expert.in_group or (facts.host is not None and expert.institute_id == facts.host.id)


def _host_came(rule: Rule, facts: MeetingFacts) -> Reason | None:
    if not facts.recorded or any(rule.expert_came(expert) and of_host(facts, expert) for expert in facts.experts):
        return None
    return Reason(WhyNot.NOBODY_OF_HOST, _absent(facts))


def _at_firm(facts: MeetingFacts) -> Reason | None:
    site = facts.site
    firm = facts.firms[0] if len(facts.firms) == 1 else None
    if site and firm and firm.unit_id is not None and site.local and site.owner_id == firm.id:
        return None
    detail = with_detail(site.name, joined((site.owner_name, site.region_name))) if site else "—"
    return Reason(WhyNot.NOT_AT_FIRM, detail)


def _firm_received(facts: MeetingFacts) -> Reason | None:
    """The firm receives its guests: that somebody of it was there needs no list, that nobody was is a word against."""
    absent = [firm for firm in facts.firms if firm.attendance in {Attendance.EXCUSED, Attendance.ABSENT}]
    if not facts.recorded or len(absent) < len(facts.firms):
        return None
    return Reason(WhyNot.NO_FIRM, joined(firm.name for firm in absent)) if absent else None


def _expert_came(rule: Rule, facts: MeetingFacts) -> Reason | None:
    if not facts.recorded or any(rule.expert_came(one) and rule.covers(one.region) for one in facts.experts):
        return None
    came = [expert for expert in facts.experts if rule.expert_came(expert)]
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
