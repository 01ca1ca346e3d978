"""What became of the demonstration's last letters. Invented people have no letter box: all others are thrown away."""

from datetime import timedelta

from sqlalchemy import delete, select

from matchmaker.db.models import OutboxMessage
from matchmaker.domain.vocabulary import MailFault, OutboxState
from matchmaker.services import dead_letters, outbox
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import MomentClock

FAULTS = (  # of the last letters, the newest first: what the other side said, after how many tries
    (MailFault.ADDRESS, "550 5.1.1 user unknown", 1),
    (MailFault.LATER, "452 4.2.2 mailbox full", outbox.MAX_TRIES),
    (MailFault.ADDRESS, "550 5.1.1 user unknown", 1),
)
SENT = 5
NOTE = "电话告知本人"


def keep_some(stage: Stage) -> None:
    """Two that did not arrive, one whose reader was told by telephone, and some that did."""
    session, now = stage.session, stage.timeline.now
    newest = select(OutboxMessage).order_by(OutboxMessage.made_at.desc(), OutboxMessage.id.desc())
    letters = session.scalars(newest.limit(len(FAULTS) + SENT)).all()
    session.execute(delete(OutboxMessage).where(OutboxMessage.id.not_in([row.id for row in letters])))
    for row, (fault, said, tries) in zip(letters, FAULTS, strict=False):
        row.tries = tries
        session.flush()
        outbox.mark_failed(session, row, fault, said, now=now)
    for row in letters[len(FAULTS) :]:
        row.tries, row.state, row.sent_at = 1, OutboxState.SENT, row.made_at + timedelta(seconds=20)
    for row in letters[len(FAULTS) - 1 : len(FAULTS)]:
        dead_letters.settle(session, stage.officer, row, NOTE, clock=MomentClock(now))
