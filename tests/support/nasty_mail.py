"""A real mail server that goes wrong where it is told to, and well otherwise."""

import asyncio
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.support.mail import MailServer

CONNECT, EHLO, MAIL, RCPT, DATA, BODY, REPLY = "CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "REPLY"
STAGES = (CONNECT, EHLO, MAIL, RCPT, DATA, BODY, REPLY)
DROP, STALL, DRIP = "drop", "stall", "drip"  # and any reply that begins with a number
LONG = 3600


class NastyServer(MailServer):
    """`faults` are (stage, what happens there), each once and in order; `refused` says what an address is answered."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.tls = tls
        super().__init__()
        self.faults: list[tuple[str, str]] = []
        self.refused: dict[str, str] = {}

    def controller(self) -> Controller:
        return _Controller(self, hostname=self.host, port=self.port, tls_context=self.tls)

    def restart(self) -> None:
        """Come back on the same port after `stop`."""
        self._controller = self.controller()
        self.start()

    def next_fault(self, stage: str) -> str:
        """What goes wrong now that a client has come to this stage, "" for nothing."""
        return self.faults.pop(0)[1] if self.faults and self.faults[0][0] == stage else ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        fault = self.next_fault(REPLY)
        if fault[:1].isdigit():
            return fault
        answer = await super().handle_DATA(server, session, envelope)
        if fault:  # it has the letter, and does not say so
            await server.suffer(fault)
        return answer


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Nasty(self.handler, **self.SMTP_kwargs)


class _Nasty(SMTP):
    event_handler: NastyServer

    async def suffer(self, fault: str) -> None:
        try:
            while fault == DRIP:
                await self.push("250-wait")
                await asyncio.sleep(0.05)
            if fault == STALL:
                await asyncio.sleep(LONG)
        finally:
            self._writer.transport.abort()
        raise asyncio.CancelledError

    async def _spoiled(self, stage: str) -> bool:
        fault = self.event_handler.next_fault(stage)
        if fault[:1].isdigit():
            await self.push(fault)
        elif fault:
            await self.suffer(fault)
        return bool(fault)

    async def _handle_client(self) -> None:
        if await self._spoiled(CONNECT):
            self._writer.close()
        else:
            await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        if not await self._spoiled(EHLO):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        if not await self._spoiled(EHLO):
            await super().smtp_HELO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        if not await self._spoiled(MAIL):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        said = next((said for address, said in self.event_handler.refused.items() if address in arg), "")
        if said:
            await self.push(said)
        elif not await self._spoiled(RCPT):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self._spoiled(DATA):
            return
        if self.event_handler.faults[:1] and self.event_handler.faults[0][0] == BODY:
            await self.push("354 go ahead")
            await self._reader.readuntil()
            await self._spoiled(BODY)
        await super().smtp_DATA(arg)
