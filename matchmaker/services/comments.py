"""Remarks between a reviewer and whose record it is 审核意见. Who may, and who is told, each noun's service knows."""

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Capability, Comment, Need
from matchmaker.db.nouns import noun_of
from matchmaker.domain.permissions import Actor
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.services import audit

LONGEST = 2000


def add(session: Session, actor: Actor, record: Need | Capability, body: str, *, clock: Clock) -> Comment:
    """Keep a remark with its audit row. Raises `Invalid` for one that is empty, too long or bears a secret's mark."""
    text = check(body)
    remark = keep(session, actor, record, text, clock=clock)
    audit.log(session, actor, "comment", record, clock=clock, before=audit.state_of(record), reason=text)
    return remark


def check(body: str) -> str:
    """The remark as it will be kept. Raises `Invalid` like `add`."""
    text = body.strip()
    if not text:
        raise Invalid({"body": _("请填写意见")})
    if len(text) > LONGEST:
        raise Invalid({"body": _("最多 %(limit)s 个字", limit=LONGEST)})
    if mark := secrecy_mark(text):
        raise Invalid({"body": refusal(_("意见"), mark)})
    return text


def keep(session: Session, actor: Actor, record: Need | Capability, text: str, *, clock: Clock) -> Comment:
    """Keep what was said with a step that has an audit row of its own."""
    remark = Comment(noun=noun_of(record), record_id=record.id, at=clock.now(), author=actor.name, body=text.strip())
    session.add(remark)
    session.flush()
    return remark
