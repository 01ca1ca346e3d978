"""The round of the outbox: claim a message, send it, mark it (traps T20).

A message is claimed before it is sent and marked after the server has confirmed it. A process that dies in between
leaves the claim to end by itself; the message is then sent once more under the same Message-ID, so a reader's mail
server can tell that it is the same one. Nothing is lost, and what cannot be sent does not stop the others.

Exactly once does not exist over SMTP: a server that took a letter and broke off before it said so gets it again, and
this is the only way to a second copy. A server that keeps breaking off or falls silent ends the round; the rest waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import structlog

from matchmaker.clock import Clock, SystemClock
from matchmaker.config import Settings
from matchmaker.db.models import OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.faults import fault_of
from matchmaker.delivery.letters import Letterhead, compose, letterhead
from matchmaker.delivery.mail import Mailer, Unreachable, mailer
from matchmaker.domain.vocabulary import MailFault
from matchmaker.queries import installation
from matchmaker.services import outbox

LEASE = timedelta(minutes=5)
BATCH = 200  # messages of one round; the next round goes on
ROUND_SECONDS = 240
MOST_BROKEN = 2  # connections in a row

log = structlog.get_logger(__name__)


def deliver(sessions: Sessions, settings: Settings, *, clock: Clock | None = None) -> str:
    """Send what is due and say how it went. Without a mail server, or while it is away, messages wait untouched."""
    if not settings.smtp_host:
        return "no mail server is set"
    clock = clock or SystemClock()
    with sessions.read() as session:
        due = outbox.due(session, now=clock.now(), limit=BATCH)
        site = installation.site(session)
    head = letterhead(settings, f"{site.bureau} {site.name}".strip())
    with mailer(settings) as mail:
        return _Round(sessions, mail, head, clock).go(due)


@dataclass
class _Round:
    """One round and what it has done so far."""

    sessions: Sessions
    mail: Mailer
    head: Letterhead
    clock: Clock
    sent: int = 0
    failed: int = 0
    broken: int = 0  # connections in a row

    def go(self, due: Iterable[int]) -> str:
        end = monotonic() + ROUND_SECONDS
        for message_id in due:
            if self.broken >= MOST_BROKEN:
                return f"{self}; the mail server keeps breaking off"
            if monotonic() > end:
                return f"{self}; the mail server is slow"
            try:
                self.mail.open()
            except Unreachable as error:
                return f"{self}; mail server unreachable: {error}"
            self._deliver(message_id)
        return str(self)

    def __str__(self) -> str:
        return f"sent {self.sent}, failed {self.failed}"

    def _deliver(self, message_id: int) -> None:
        with self.sessions.write() as session:
            message = outbox.claim(session, message_id, lease=LEASE, now=self.clock.now())
        if message is None:
            return
        failure = self._send(message)
        with self.sessions.write() as session:
            if failure is None:
                outbox.mark_sent(session, message, now=self.clock.now())
            else:
                outbox.mark_failed(session, message, *failure, now=self.clock.now())
        self.sent += failure is None
        self.failed += failure is not None
        self.broken = self.broken + 1 if failure and failure[0] is MailFault.SERVER else 0

    def _send(self, message: OutboxMessage) -> tuple[MailFault, str] | None:
        """Send one message; what went wrong, or None. A message that cannot be written stops no other."""
        try:
            self.mail.send(compose(message, self.head))
        except Exception as error:
            fault, said = fault_of(error)
            fields = {"message": message.id, "notice": message.notice, "tries": message.tries, "fault": fault.value}
            log.warning("message_failed", error=said, exc_info=fault is MailFault.UNWRITABLE, **fields)
            return fault, said
        return None
