"""Messages about a meeting short enough for a chat, with its link: at most `LONGEST` characters."""

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, short_day
from matchmaker.queries.journeys import journey_of

LONGEST = 200
SHORT = 24  # characters that a name, a place or a line keeps where there is no room for all
Texts = list[tuple[str, str, str]]


def chat_texts(meeting: Meeting, link: str, *, reason: str = "", clock: Clock) -> Texts:
    """(occasion, what it is called, text) for what may be said about the meeting now; nothing once it was recorded.

    `reason` is why it was called off. The texts name no telephone but the one given for the journey.
    """
    if meeting.day < clock.today():
        return []
    if meeting.status is MeetingStatus.CANCELLED:
        why = _("原因：%(reason)s。", reason=_short(reason)) if reason else ""
        said = _said(meeting) | {"why": why}
        text = _("【活动取消】原定 %(when)s 的“%(what)s”取消。%(why)s给您添麻烦了，如需另约请回复。", **said)
        return [("cancelled", _("取消通知"), _fitting(text, [], link))]
    if meeting.status is not MeetingStatus.PLANNED:
        return []
    said, more = _said(meeting), _particulars(meeting)
    openings = (
        ("invitation", _("邀请同去"), _("【对接活动】请参加 %(when)s 的“%(what)s”，地点：%(place)s。", **said)),
        ("reminder", _("前一天提醒"), _("【活动提醒】%(when)s“%(what)s”，地点：%(place)s，请准时到。", **said)),
        ("change", _("变更通知"), _("【活动变更】“%(what)s”现定为 %(when)s，地点：%(place)s，以此为准。", **said)),
    )
    return [(name, label, _fitting(text, more, link)) for name, label, text in openings]


def _said(meeting: Meeting) -> dict[str, str]:
    where = f"{meeting.site.name} {meeting.site.address}".strip() if meeting.site else ""
    return {
        "when": f"{short_day(meeting.day)} {meeting.starts:%H:%M}–{meeting.ends:%H:%M}",
        "what": _short(meeting.title, 2 * SHORT),
        "place": _short(where, 2 * SHORT) if meeting.kind is not MeetingKind.ONLINE else _("线上"),
    }


def _particulars(meeting: Meeting) -> list[str]:
    """Sentences that are left out, the last first, where they do not fit."""
    journey = journey_of(meeting)
    found: list[str] = []
    if journey and (journey.gathering or journey.departs):
        at = f"{journey.departs:%H:%M}" if journey.departs else ""
        found.append(_("集合：%(at)s。", at=f"{at} {_short(journey.gathering)}".strip()))
    if journey and journey.contact:
        found.append(_("联系：%(who)s。", who=_short(journey.contact)))
    if meeting.bring:
        found.append(_("请带：%(what)s。", what=_short(joined(meeting.bring.splitlines()))))
    if meeting.secrecy:
        found.append(_("保密：%(what)s。", what=_short(joined(meeting.secrecy.splitlines()))))
    return found


def _fitting(opening: str, more: list[str], link: str) -> str:
    end = _("详情：%(link)s", link=link)
    room = LONGEST - len(end) - 1
    kept: list[str] = []
    for sentence in more:
        if len(opening) + sum(map(len, kept)) + len(sentence) <= room:
            kept.append(sentence)
    return f"{_short(opening, room)}{''.join(kept)}\n{end}"


def _short(text: str, most: int = SHORT) -> str:
    return text if len(text) <= most else f"{text[: max(most - 1, 0)]}…"
