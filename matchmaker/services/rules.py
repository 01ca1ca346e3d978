"""Counting rules as data: a new one from a day on, and taking one back before its day. Nothing of it is deleted."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import CountingRule
from matchmaker.domain import rule_text
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.rule_terms import Terms
from matchmaker.domain.rules import Rule, rule_on
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import SOURCE_LOCALE, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries import counts
from matchmaker.services import audit, reasons

SHAPE = 1  # the code that carries out what officers may choose from
FIRST_DAY = date(2000, 1, 1)
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Proposal:
    """A rule that somebody wants from a day on; `past` says that its beginning before today is meant."""

    metric: MetricCode
    terms: Terms
    valid_from: date | None
    reason: str
    past: bool = False


def drafted(session: Session, actor: Actor, proposal: Proposal, *, clock: Clock) -> Rule:
    """The rule that the proposal would make, checked but not written.

    Raises `Forbidden` for anybody but a city officer and `Invalid` with field → message.
    """
    if not can(actor, Permission.RULE_EDIT):
        raise Forbidden(_("计数规则由市科技局工作人员制定"))
    problems = _problems(proposal, clock.today())
    if problems or proposal.valid_from is None:
        raise Invalid(problems)
    wanted = Rule(proposal.metric, _next(session, proposal.metric), proposal.valid_from, {}, proposal.terms, SHAPE)
    rule = counts.named_terms(session, wanted)
    before = rule_on(counts.rules(session), rule.metric, rule.valid_from)
    if before is not None and (before.how, before.shape, before.regions) == (rule.how, rule.shape, rule.regions):
        raise Invalid({"": _("与这一天生效的规则 %(number)s 完全相同，没有需要改的", number=before.number)})
    return rule


def _problems(proposal: Proposal, today: date) -> dict[str, str]:
    problems = {}
    if proposal.valid_from is None or proposal.valid_from < FIRST_DAY:
        problems["valid_from"] = _("请选择起用日期")
    elif proposal.valid_from < today and not proposal.past:
        problems["past"] = _("起用日期在今天之前，会改变已经过去的数字；确需如此，请勾选“从过去的日期起用”")
    if not proposal.reason.strip():
        problems["reason"] = _("原因：不能为空，请写明为什么改，例如文件名称或会议决定")
    if len(proposal.reason) > LONGEST_REASON:
        problems["reason"] = _("原因：最多 %(number)s 个字", number=LONGEST_REASON)
    return problems


def _next(session: Session, metric: MetricCode) -> int:
    last = session.scalar(select(func.max(CountingRule.number)).where(CountingRule.metric_code == metric.value))
    return (last or 0) + 1


def adopt(session: Session, actor: Actor, proposal: Proposal, *, clock: Clock) -> CountingRule:
    """Let the proposed rule hold from its day on: every count of that time is made anew. Raises as `drafted`."""
    exclusive(session, "rules")
    rule = drafted(session, actor, proposal, clock=clock)
    row = CountingRule(
        metric_code=rule.metric.value,
        number=rule.number,
        valid_from=rule.valid_from,
        sources=["meetings", "history"] if rule.how.history else ["meetings"],
        shape=rule.shape,
        terms=rule.how.model_dump(mode="json"),
        reason=proposal.reason.strip(),
        made_by=actor.name,
        made_at=clock.now(),
    )
    _put_into_words(session, row, rule)
    session.add(row)
    session.flush()
    audit.log(session, actor, "adopt", row, clock=clock, reason=row.reason)
    return row


def _put_into_words(session: Session, row: CountingRule, rule: Rule) -> None:
    with use_locale(SOURCE_LOCALE):
        row.title, row.text = rule_text.title(rule), rule_text.text(rule)
    with use_locale("en"):
        told = counts.named_terms(session, rule)
        row.title_en, row.text_en = rule_text.title(told), rule_text.text(told)


def withdraw(session: Session, actor: Actor, row: CountingRule, *, reason: str, clock: Clock) -> None:
    """Take back a rule that has not begun. Raises `Forbidden`, `Invalid` without a reason, `Conflict` once it holds."""
    if not can(actor, Permission.RULE_EDIT):
        raise Forbidden(_("计数规则由市科技局工作人员制定"))
    if row.withdrawn_at is not None:
        raise Conflict(_("这条规则已经撤回"))
    if row.valid_from <= clock.today():
        raise Conflict(_("这条规则已经起用，不能撤回；要改变口径，请从某日起另定一条"))
    reason = reasons.given(reason)
    before = audit.state_of(row)
    row.withdrawn_by, row.withdrawn_at, row.withdrawn_reason = actor.name, clock.now(), reason
    session.flush()
    audit.log(session, actor, "withdraw", row, clock=clock, before=before, reason=reason)
