"""A connection to the mail server."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from matchmaker.config import Settings

TIMEOUT_SECONDS = 20


class Unreachable(Exception):  # noqa: N818 -- says what it is
    """The mail server cannot be reached or refuses to talk; no message is at fault."""


class Mailer:
    """Sends over one connection, which is opened again after it broke."""

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
            self._smtp.send_message(letter)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._smtp.close()
            self._smtp = None

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        smtp = smtplib.SMTP(settings.smtp_host or "", settings.smtp_port, timeout=TIMEOUT_SECONDS)
        try:
            if settings.smtp_starttls:
                smtp.starttls()
            if settings.smtp_user and settings.smtp_password:
                smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except BaseException:
            smtp.close()
            raise
        return smtp


@contextmanager
def mailer(settings: Settings) -> Iterator[Mailer]:
    """A mailer that is closed at the end."""
    each = Mailer(settings)
    try:
        yield each
    finally:
        each.close()
