"""对接函 and 接待函: numbered in the year's register, kept as they were issued."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock, shanghai_date
from matchmaker.db.locks import exclusive
from matchmaker.db.models import City, Letter, Meeting, Organisation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import LetterKind, MeetingKind, MeetingStatus
from matchmaker.errors import Conflict, Forbidden
from matchmaker.exchange import word
from matchmaker.i18n import gettext as _
from matchmaker.queries.attendees import replaced
from matchmaker.queries.facts import facts_of
from matchmaker.queries.journeys import journey_of
from matchmaker.queries.receptions import receiver_of
from matchmaker.services import audit

KINDS = {MeetingKind.OUTBOUND: LetterKind.TO_HOST, MeetingKind.INBOUND: LetterKind.TO_FIRM}
TEMPLATES = {LetterKind.TO_HOST: "letter_to_host", LetterKind.TO_FIRM: "letter_to_firm"}
PARTS = {
    LetterKind.TO_HOST: ("firms", "people", "agenda", "bring", "travel", "secrecy"),
    LetterKind.TO_FIRM: ("people", "needs", "agenda", "bring", "travel", "secrecy"),
}
NUMERALS = "一二三四五六七八九"
WEEKDAYS = "一二三四五六日"
ANSWER_DAYS = 3  # before the day of the meeting
MARK = "{year} 年第 {number} 号"  # where the profile names none


def of(session: Session, meeting: Meeting) -> list[Letter]:
    """The letters issued about a meeting, the latest first."""
    return list(session.scalars(select(Letter).where(Letter.meeting_id == meeting.id).order_by(Letter.id.desc())))


def of_all(session: Session, meeting_ids: Collection[int]) -> dict[int, Letter]:
    """Meeting → the latest letter issued about it."""
    rows = session.scalars(select(Letter).where(Letter.meeting_id.in_(meeting_ids)).order_by(Letter.id))
    return {letter.meeting_id: letter for letter in rows}


def may_issue(actor: Actor, meeting: Meeting) -> bool:
    """Whether the actor may write to the receiving party of this meeting."""
    planned = meeting.status is MeetingStatus.PLANNED and meeting.kind in KINDS
    return planned and can(actor, Permission.MEETING_PLAN, facts_of(meeting))


def issue(session: Session, actor: Actor, meeting: Meeting, *, clock: Clock) -> Letter:
    """Write the letter of a planned visit and give it the next number of the year; the receiving party is addressed.

    Raises `Forbidden` for who may not plan it, `Conflict` for a meeting nobody receives or that is not planned.
    """
    if not can(actor, Permission.MEETING_PLAN, facts_of(meeting)):
        raise Forbidden(_("您没有权限更改这场活动"))
    receiver = receiver_of(meeting)
    if not may_issue(actor, meeting) or receiver is None:
        raise Conflict(_("只给已安排、尚未登记的走进或入企活动出函"))
    exclusive(session, "letters")
    today = clock.today()
    last = session.scalar(select(func.max(Letter.number)).where(Letter.year == today.year)) or 0
    letter = Letter(
        meeting_id=meeting.id,
        kind=KINDS[meeting.kind],
        year=today.year,
        number=last + 1,
        content=content(session, actor, meeting, receiver, number=last + 1, today=today),
        issued_by=actor.name,
        issued_at=clock.now(),
    )
    session.add(letter)
    session.flush()
    after = {"letter": letter.kind, "file": letter.content["number"]}
    audit.log(session, actor, "issue_letter", meeting, clock=clock, before={}, after=after)
    return letter


def document(letter: Letter) -> bytes:
    """The Word file of a letter as it was issued."""
    return word.fill(TEMPLATES[letter.kind], letter.content)


def content(
    session: Session, actor: Actor, meeting: Meeting, receiver: Organisation, *, number: int, today: date
) -> dict[str, Any]:
    """What the template of the letter is filled with, in Chinese whatever the officer reads.

    Who receives is to know which firms come; nobody's telephone stands in it but the bureau's own.
    """
    city = session.scalars(select(City)).one()
    kind = KINDS[meeting.kind]
    sender = city.letter_sender or city.bureau
    parts = _parts(meeting)
    present = [name for name in PARTS[kind] if parts[name]]
    journey = journey_of(meeting)
    contact = (journey.contact if journey else "") or f"{actor.name}  {city.letter_contact}".strip()
    return {
        "sender": sender,
        "seal": city.letter_seal or sender,
        "number": (city.letter_mark or MARK).format(year=today.year, number=number),
        "to": receiver.name,
        "day": written(meeting.day),
        "hours": f"{meeting.starts:%H:%M}—{meeting.ends:%H:%M}",
        "place": " ".join(part for part in (meeting.site.name, meeting.site.address) if part) if meeting.site else "",
        "answer_by": written(max(today, meeting.day - timedelta(days=ANSWER_DAYS))),
        "contact": contact,
        "dated": f"{today.year} 年 {today.month} 月 {today.day} 日",
        "n": dict.fromkeys(PARTS[kind], "") | {name: NUMERALS[at] for at, name in enumerate(present)},
        **{name: parts[name] for name in PARTS[kind]},
    }


def written(day: date) -> str:
    """`2026 年 11 月 27 日（周五）`."""
    return f"{day.year} 年 {day.month} 月 {day.day} 日（周{WEEKDAYS[day.weekday()]}）"


def _parts(meeting: Meeting) -> dict[str, Any]:
    outbound = meeting.kind is MeetingKind.OUTBOUND
    groups = [meeting.group.name] if outbound and meeting.group else []
    people = [*groups, *_guests(meeting, with_institute=not outbound)]
    return {
        "people": people,
        "firms": [_firm(meeting, row.firm) for row in meeting.firms],
        "needs": [row.need.title for row in meeting.needs],
        "agenda": [f"{at}  {what}".strip() for at, what in meeting.agenda],
        **{name: getattr(meeting, name).splitlines() for name in ("bring", "travel", "secrecy")},
    }


def _guests(meeting: Meeting, *, with_institute: bool) -> Iterator[str]:
    """A line for each expert who comes, or for who comes in their place."""
    away = replaced(meeting)
    for row in meeting.experts:
        if row.expert_id not in away:
            own = [f"{row.sends}（代{row.expert.name}）"] if row.sends else [row.expert.name, row.expert.title]
            yield "，".join(filter(None, [*own, row.expert.institute.name if with_institute else ""]))


def _firm(meeting: Meeting, firm: Organisation) -> dict[str, str]:
    titles = "\n".join(row.need.title for row in meeting.needs if row.need.firm_id == firm.id) or "了解情况"
    called = f"{firm.name}（来人：{sends}）" if (sends := _sent(meeting, firm)) else firm.name
    return {"name": called, "unit": firm.unit.name if firm.unit else "", "needs": titles}


def _sent(meeting: Meeting, firm: Organisation) -> str:
    return next((row.sends for row in meeting.firms if row.firm_id == firm.id), "")


def issued_on(letter: Letter) -> date:
    """The day of a letter, in China."""
    return shanghai_date(letter.issued_at)
