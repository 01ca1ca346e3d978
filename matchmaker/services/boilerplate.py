"""An officer's word on what is policy prose: let a learned sentence in again, leave out one that was not learned."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Boilerplate
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.services import audit, lexicon, reasons, suggestions
from matchmaker.text import Segmenter


def decide(session: Session, actor: Actor, key: str, *, leave_out: bool, reason: str, clock: Clock) -> Boilerplate:
    """Leave a known sentence out, or let it take part, whatever is learned later.

    Raises `Forbidden` for anybody but a city officer, `Invalid` without a reason, `NotFound` for an unknown sentence.
    """
    lexicon.require(actor)
    reason = reasons.given(reason)
    row = session.get(Boilerplate, key, with_for_update=True)
    if row is None:
        raise NotFound(_("没有找到这句套话，可能已不再有人使用"))
    _decided(session, actor, row, leave_out=leave_out, reason=reason, clock=clock)
    return row


def mark(session: Session, actor: Actor, segmenter: Segmenter, text: str, *, reason: str, clock: Clock) -> Boilerplate:
    """Leave one sentence out by hand. Raises as `decide`, `Invalid` for none, or for more than one."""
    lexicon.require(actor)
    reason = reasons.given(reason)
    sentences = list(segmenter.sentences(text))
    if len(sentences) != 1:
        raise Invalid({"sentence": _("请填写一句话，每次一句，不含句号分开的两句")})
    exclusive(session, "boilerplate")
    row = session.scalar(select(Boilerplate).where(Boilerplate.sentence_hash == sentences[0].key))
    if row is None:
        row = Boilerplate(sentence_hash=sentences[0].key, learned_on=clock.today(), sentence=sentences[0].text.strip())
        row.organisations = 0
        session.add(row)
    _decided(session, actor, row, leave_out=True, reason=reason, clock=clock)
    return row


def _decided(session: Session, actor: Actor, row: Boilerplate, *, leave_out: bool, reason: str, clock: Clock) -> None:
    before = {"by_hand": row.by_hand}
    row.by_hand, row.reason, row.decided_by, row.decided_at = leave_out, reason, actor.name, clock.now()
    session.flush()
    suggestions.ask_all(session)
    audit.write(
        session,
        actor,
        action="mark" if leave_out else "unmark",
        noun=Noun.LEXICON,
        record_id=0,
        at=clock.now(),
        before=before,
        after={"by_hand": leave_out, "sentence": row.sentence},
        reason=row.reason,
    )
