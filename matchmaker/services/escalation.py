"""Needs that stay unmatched: the officers hear of each once in every period, and put down what was agreed 问题会商."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Need
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.tasks import LONGEST_TITLE, Given, Owner
from matchmaker.domain.vocabulary import NeedStatus, TalkOutcome
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import escalation as queries
from matchmaker.queries import reminders, tasks
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, comments, outbox
from matchmaker.services import tasks as task_services
from matchmaker.services.notices import Reader

NOTICE = "need_unmatched"
MOST_INSTITUTES = 10
TO_FIRM = frozenset({TalkOutcome.WIDEN, TalkOutcome.REWRITE})


@dataclass(frozen=True)
class Talk:
    """What was agreed about a need: the outcome, in words, and for what others are to do, by when and which."""

    outcome: TalkOutcome | None
    text: str
    due: date | None = None
    institute_ids: tuple[int, ...] = ()

    def problems(self, today: date) -> dict[str, str]:
        """Field → what is wrong."""
        found = {} if self.outcome else {"outcome": _("请选择会商结果")}
        if not self.text.strip():
            found["text"] = _("请写明会商了什么、决定怎么办")
        if self.outcome in {*TO_FIRM, TalkOutcome.ASK_INSTITUTES} and (self.due is None or self.due < today):
            found["due"] = _("请选择今天或以后的期限")
        if self.outcome is TalkOutcome.ASK_INSTITUTES and not 0 < len(self.institute_ids) <= MOST_INSTITUTES:
            found["institutes"] = _("请选择 1 到 %(most)s 家院所", most=MOST_INSTITUTES)
        return found


def tell(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Tell the officers of unit and city of every unmatched need, once in each period of `escalation_days`."""
    found = queries.found(session, day, settings.escalation_days)
    situations = queries.situations(session, found, day)
    city = reminders.city_officers(session)
    for need in found:
        now = situations[need.id]
        people = {one.id: one for one in (*reminders.officers(session, {need.firm.unit_id}), *city)}
        key = f"{NOTICE}:{need.id}:{now.since.isoformat()}:{now.days // settings.escalation_days}"
        payload = {
            "path": f"/escalation/{need.id}",
            "title": need.title,
            "firm": need.firm.name,
            "waited": str(now.days),
        }
        for one in people.values():
            own, reader = payload | {"name": one.name, "locale": one.locale}, Reader(account_id=one.id)
            to = f"{key}:officer:{one.id}"
            outbox.queue(session, NOTICE, one.email, own, dedup_key=to, clock=clock, reader=reader)
    return f"{len(found)} needs unmatched"


def talk(session: Session, actor: Actor, need: Need, agreed: Talk, *, clock: Clock) -> None:
    """Put down what was agreed: a remark on the need, an audit row, and a task for each who is to do something.

    Raises `Forbidden` for another unit's need, `Conflict` for one that is not published any more, `Invalid` with
    field → message. Closing a need is a step of its own (`services.needs.review`).
    """
    if not can(actor, Permission.TASK_GIVE, facts_of(need)):
        raise Forbidden(_("您没有权限会商这条需求"))
    if need.status is not NeedStatus.PUBLISHED:
        raise Conflict(_("当前状态为“%(status)s”，不能执行此操作，请刷新页面", status=_(need.status.label)))
    owners = _owners(session, need, agreed)
    problems = agreed.problems(clock.today())
    if problems or agreed.outcome is None:
        raise Invalid(problems)
    text = _("会商：%(outcome)s。%(text)s", outcome=_(agreed.outcome.label), text=agreed.text.strip())
    _add_remark(session, actor, need, text, clock=clock)
    after = {"outcome": agreed.outcome.value}
    audit.log(session, actor, queries.TALKED, need, clock=clock, after=after, reason=agreed.text.strip())
    for owner in owners:
        said = {"what": _(agreed.outcome.label), "need": need.title, "text": agreed.text.strip()}
        title = _("%(what)s：%(need)s。%(text)s", **said)
        given = Given(title[:LONGEST_TITLE], agreed.due, owner)
        task_services.give(session, actor, need, given, clock=clock)


def _add_remark(session: Session, actor: Actor, need: Need, text: str, *, clock: Clock) -> None:
    try:
        comments.check(text)
    except Invalid as refused:
        raise Invalid({"text": refused.errors["body"]}) from refused
    comments.keep(session, actor, need, text, clock=clock)


def _owners(session: Session, need: Need, agreed: Talk) -> Sequence[Owner]:
    if agreed.outcome in TO_FIRM:
        return [tasks.of_organisation(need.firm, tasks.FIRM_WORDS)]
    if agreed.outcome is not TalkOutcome.ASK_INSTITUTES:
        return []
    wanted = set(agreed.institute_ids)
    found = [one for one in queries.may_be_asked(session, need) if one.id in wanted]
    if {one.id for one in found} != wanted:
        raise Invalid({"institutes": _("只能请这条需求公开范围以内的院所")})
    return [tasks.of_organisation(one, tasks.HOST_WORDS) for one in found]
