"""A real mail server on loopback that keeps what it is given."""

import asyncio
import logging
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Condition
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.ports import free_port

ARRIVAL_SECONDS = 60
DRAIN_SECONDS = 2

# It logs from a thread of its own, at times after pytest has closed the stream it captured for the test.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class MailServer:
    """Accepts every message; `messages` holds them in order, `recipients` whom each was for."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self._arrived = Condition()
        self._controller = self.controller()

    def controller(self) -> Controller:
        """What listens: a new one for each start."""
        return Controller(self, hostname=self.host, port=self.port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(_drain(), self._controller.loop).result()
        self._controller.stop()

    def wait_for(self, recipient: str, subject: str) -> EmailMessage:
        """Return the message for `recipient` whose subject contains `subject`, as soon as it is there."""
        with self._arrived:
            message = self._arrived.wait_for(lambda: self._find(recipient, subject), timeout=ARRIVAL_SECONDS)
        assert message is not None, f"no message {subject!r} for {recipient}; there are {self.recipients}"
        return message

    def _find(self, recipient: str, subject: str) -> EmailMessage | None:
        for message, recipients in zip(self.messages, self.recipients, strict=True):
            if recipient in recipients and subject in message["subject"]:
                return message
        return None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 — aiosmtpd's name
        with self._arrived:
            self.messages.append(message_from_bytes(envelope.content, policy=default))
            self.recipients.append(list(envelope.rcpt_tos))
            self._arrived.notify_all()
        return "250 OK"


async def _drain() -> None:
    """Let connections that are being closed finish, or their sockets are reported as leaked in a later test."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=DRAIN_SECONDS)
    for _ in range(3):  # a transport closes a turn of the loop after it is told to
        await asyncio.sleep(0)
