"""A queued message → the e-mail a person reads. Plain Jinja: no request, no escaping, text only."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader

from matchmaker import i18n
from matchmaker.config import Settings
from matchmaker.db.models import OutboxMessage
from matchmaker.exchange import calendar
from matchmaker.exchange.calendar import Entry, Mailbox, Method, mailbox
from matchmaker.i18n import gettext as _
from matchmaker.resources import resource_dir
from matchmaker.services import links

LONGEST_CHAT = 200
CALENDAR_FILE = "meeting.ics"


@dataclass(frozen=True)
class Letterhead:
    """What every letter of this installation carries."""

    sender: str
    public_url: str
    signature: str = ""
    key: str = ""  # signs the link to one's preferences; without it there is none


def letterhead(settings: Settings, signature: str = "") -> Letterhead:
    return Letterhead(settings.smtp_from, settings.public_url, signature, settings.key())


def compose(message: OutboxMessage, head: Letterhead) -> EmailMessage:
    """Render a message in its reader's language. The same message always has the same Message-ID.

    Raises:
        jinja2.TemplateError, ValueError: the message cannot be rendered or addressed.
    """
    letter = EmailMessage()
    with i18n.use_locale(str(message.payload.get("locale", i18n.SOURCE_LOCALE))):
        values = {
            **message.payload,
            "url": head.public_url + str(message.payload["path"]),
            "signature": head.signature,
            "details": list(_details(message.payload)),
            "preferences": _preferences(message.payload, head),
            "items": list(_items(message.payload, head)),
        }
        letter["Subject"] = subject(message.notice, message.payload)
        letter.set_content(_render(message.notice, "body.txt", values), cte="base64")
        if method := message.payload.get("method"):
            _put_into_calendar(letter, message, Method(str(method)), head)
    letter["From"] = head.sender
    letter["To"] = message.recipient
    letter["Date"] = format_datetime(message.made_at)
    letter["Message-ID"] = message_id(message.dedup_key, head.sender)
    letter["Auto-Submitted"] = "auto-generated"
    if values["preferences"]:
        letter["List-Unsubscribe"] = f"<{values['preferences']}>"
    return letter


def _put_into_calendar(letter: EmailMessage, message: OutboxMessage, method: Method, head: Letterhead) -> None:
    """Twice: mail programs with a calendar read the part, the others offer the file."""
    first, *others = [
        calendar.invitation(
            Entry.read(kept),
            method,
            base=head.public_url,
            stamped=message.made_at,
            organizer=mailbox(head.sender, head.signature),
            attendee=Mailbox(str(message.payload.get("name") or message.recipient), message.recipient),
        )
        for kept in (message.payload["entry"], *message.payload.get("entries", ()))
    ]
    params = {"method": method.value, "charset": "utf-8"}
    letter.add_alternative(first, maintype="text", subtype="calendar", cte="base64", params=params)
    for data in (first, *others):  # a part may speak of one meeting only
        letter.add_attachment(data, maintype="application", subtype="ics", filename=CALENDAR_FILE)


def subject(notice: str, params: Mapping[str, object]) -> str:
    """What a message is about, in one line and in the reader's language; also its line in an inbox."""
    return " ".join(_render(notice, "subject.txt", params).split())


def chat(notice: str, params: Mapping[str, object], link: str) -> str:
    """A message as a few lines to paste into a chat, with its link at the end.

    Details are left out that would make it longer than `LONGEST_CHAT` characters; they stand behind the link.
    """
    lines = [_("【通知】") + subject(notice, params)]
    for label, value in _details(params):
        more = [*lines, f"{label}{_('：')}{value}"]
        if len("\n".join([*more, link])) <= LONGEST_CHAT:
            lines = more
    return "\n".join([*lines, link])


def _preferences(payload: Mapping[str, object], head: Letterhead) -> str:
    account = payload.get("account")
    return head.public_url + links.preferences_path(head.key, account) if isinstance(account, int) and head.key else ""


def _items(payload: Mapping[str, Any], head: Letterhead) -> Iterator[tuple[str, str]]:
    """What a daily letter gathers: the line of each message, and its own link."""
    for item in payload.get("items", ()):
        yield subject(item["notice"], item["params"]), head.public_url + str(item["params"]["path"])


def message_id(dedup_key: str, sender: str) -> str:
    """The name under which a mail server knows the message, whoever sends it and however often."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(dedup_key.encode()).hexdigest()[:40]}@{domain}>"


def _details(payload: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """What the payload says beside its title, in reading order."""
    labels = {
        "reason": _("原因"),
        "firm": _("企业"),
        "expert": _("专家"),
        "institute": _("单位"),
        "day": _("日期"),
        "time": _("时间"),
        "place": _("地点"),
        "gathering": _("集合"),
        "transport": _("车辆"),
        "travel": _("交通"),
        "agenda": _("议程"),
        "bring": _("需带资料"),
        "secrecy": _("保密提示"),
        "contact": _("联系人和电话"),
        "pass_on": _("请转告代您参加的人"),
        "answer_by": _("答复截止"),
        "due": _("期限"),
        "sender": _("发起人"),
        "message": _("留言"),
    }
    return ((label, payload[key]) for key, label in labels.items() if payload.get(key))


def _render(notice: str, part: str, values: Mapping[str, object]) -> str:
    return _environment().get_template(f"{notice}/{part}").render(values)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 -- plain text, nothing to escape
        loader=FileSystemLoader(resource_dir("templates") / "email"), trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["_"] = i18n.gettext
    return environment
