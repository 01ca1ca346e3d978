"""Which needs may be put on a meeting, whose title everybody on the experts' side will read there."""

from collections.abc import Iterable

from matchmaker.db.models import Expert, Meeting, Need, Organisation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Audience
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries.facts import PUBLIC_NEEDS, facts_of


def problem(
    actor: Actor,
    meeting: Meeting | None,
    needs: Iterable[Need],
    *,
    host: Organisation | None,
    experts: Iterable[Expert],
) -> str:
    """Why one of the needs cannot be talked about there, "" for none.

    A need must be published and one the actor may see, and what was released to chosen institutes alone (定向发布)
    must have been released to everybody who receives. What is on the `meeting` already is not asked again.
    """
    known = {row.need_id for row in meeting.needs} if meeting else set()
    there = {row.expert_id for row in meeting.experts} if meeting else set()
    people, wanted = list(experts), list(needs)
    new_host = host if meeting is None or host is not meeting.host else None
    if any(need.id not in known and not _readable(actor, need) for need in wanted):
        return _("所选需求尚未发布，不能列入活动")
    newcomers = [person for person in people if person.id not in there]
    closed = [
        need.title
        for need in wanted
        if not (_released(need, new_host, newcomers) if need.id in known else _released(need, host, people))
    ]
    if not closed:
        return ""
    return _(
        "“%(titles)s”只向选定的院所发布，来的专家或接待院所不在其中；请先由企业加上这家院所", titles=joined(closed)
    )


def _readable(actor: Actor, need: Need) -> bool:
    return need.status in PUBLIC_NEEDS and can(actor, Permission.NEED_VIEW, facts_of(need))


def _released(need: Need, host: Organisation | None, experts: Iterable[Expert]) -> bool:
    if need.audience is not Audience.CHOSEN:
        return True
    facts = facts_of(need)
    at_host = host is None or host.id in facts.reader_institute_ids
    return at_host and all(person.id in facts.reader_ids for person in experts)
