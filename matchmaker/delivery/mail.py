"""A connection to the mail server."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from threading import Timer

from matchmaker.config import Settings

ANSWERS = 4  # a letter may take this many times the patience for one answer, however the server spends it
FAREWELL_SECONDS = 2
HERE = frozenset({"localhost", "127.0.0.1", "::1"})  # a password may go there in clear


class Unreachable(Exception):  # noqa: N818 -- says what it is
    """The mail server cannot be reached or refuses to talk; no message is at fault."""


class Mailer:
    """Sends over one connection, which is opened again after it broke.

    A server that falls silent is given up after `smtp_timeout_seconds`, one that keeps talking without coming to an
    end after `ANSWERS` times as long.
    """

    def __init__(self, settings: Settings) -> None:
        """Remember where to send to; nothing is opened yet."""
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Make sure there is a connection.

        Raises:
            Unreachable: there is none to be had.
        """
        if self._smtp is not None:
            return
        try:
            self._smtp = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error

    def send(self, letter: EmailMessage) -> None:
        """Hand one letter to the server; the connection is dropped after any error.

        Raises:
            OSError, smtplib.SMTPException: the server did not confirm that it has the letter.
        """
        self.open()
        assert self._smtp is not None  # noqa: S101 -- `open` has raised otherwise
        try:
            with _within(self._smtp, ANSWERS * self._settings.smtp_timeout_seconds):
                self._smtp.send_message(letter)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException), _within(self._smtp, FAREWELL_SECONDS):
                self._smtp.quit()
            self._smtp.close()
            self._smtp = None

    def _connect(self) -> smtplib.SMTP:
        settings, patience = self._settings, self._settings.smtp_timeout_seconds
        smtp = _Server(settings.smtp_host or "", settings.smtp_port, patience)
        try:
            with _within(smtp, ANSWERS * patience):
                _sign_in(smtp, settings)
        except BaseException:
            smtp.close()
            raise
        return smtp


class _Server(smtplib.SMTP):
    """Connects within the limit too."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        with _within(self, ANSWERS * patience):
            super().__init__(host, port, timeout=patience)


def _sign_in(smtp: smtplib.SMTP, settings: Settings) -> None:
    if settings.smtp_starttls:  # with a server that proves its name, or anybody on the way reads every link
        smtp.starttls(context=ssl.create_default_context(cafile=settings.smtp_ca_file))
    smtp.ehlo_or_helo_if_needed()
    if settings.smtp_user and settings.smtp_password:
        if not settings.smtp_starttls and settings.smtp_host not in HERE:
            raise Unreachable("the password is not sent in clear: set MATCHMAKER_SMTP_STARTTLS")
        smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value())


@contextmanager
def _within(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection if the block lasts longer: a time limit on single reads does not end a server that drips."""
    timer = Timer(seconds, _cut, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with suppress(OSError):  # below any encryption: the reader there sees the end of the stream
            socket.socket.shutdown(smtp.sock, socket.SHUT_RDWR)


@contextmanager
def mailer(settings: Settings) -> Iterator[Mailer]:
    """A mailer that is closed at the end."""
    each = Mailer(settings)
    try:
        yield each
    finally:
        each.close()
