"""What an error of sending means: whose fault it is, and the server's own words."""

import smtplib

from matchmaker.domain.vocabulary import MailFault

FOR_GOOD = 500
CLOSING = 421  # the server is about to close, whatever it was told
TOO_LARGE = 552  # said to the sender's address, but about the letter


def fault_of(error: Exception) -> tuple[MailFault, str]:
    """Why a letter has not gone, and what the server (or the error) said.

    A refusal of the recipient's address or of the letter for good (5xx, RFC 5321 §4.2.1) is theirs; one for now (4xx)
    is theirs too, and may pass. A refusal of our own address, a closing or broken connection and silence are the
    server's.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, said)] = list(error.recipients.values())[:1]
        return _weighed(code, MailFault.ADDRESS), _words(code, said)
    if isinstance(error, smtplib.SMTPSenderRefused):
        theirs = error.smtp_code == TOO_LARGE
        return MailFault.LETTER if theirs else MailFault.SERVER, _words(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPDataError):
        return _weighed(error.smtp_code, MailFault.LETTER), _words(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):  # an address beyond ASCII, and a server that knows none
        return MailFault.ADDRESS, str(error)
    known = isinstance(error, OSError | smtplib.SMTPException)
    return MailFault.SERVER if known else MailFault.UNWRITABLE, f"{type(error).__name__}: {error}"


def _weighed(code: int, for_good: MailFault) -> MailFault:
    if code == CLOSING:
        return MailFault.SERVER
    return for_good if code >= FOR_GOOD else MailFault.LATER


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"
