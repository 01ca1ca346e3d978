"""Firms and institutes confirm the record of a meeting with one tap, or say what is wrong with it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Expert, Meeting, MeetingConfirmation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.secrecy import refused
from matchmaker.domain.vocabulary import MeetingKind, Noun, RecordAnswer, Role, Side
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import reminders
from matchmaker.queries.facts import facts_of
from matchmaker.queries.meeting_words import RECORDED, Party, parties, party_of, spoken_for, standings
from matchmaker.queries.merged import stands_for
from matchmaker.services import audit, meeting_links, meeting_notices, outbox, reasons, speakers
from matchmaker.services.evidence import renew
from matchmaker.services.meeting_links import RecordGrant
from matchmaker.services.notices import Reader

NOTICE, REMINDER = "meeting_recorded", "meeting_recorded_reminder"
REMINDED_AFTER = timedelta(days=7)  # of the record
ASKED_WITHIN = timedelta(days=60)  # of the meeting; what is entered later is not asked about by letter
LONGEST_REMARK = 1_000


def ask(session: Session, meeting: Meeting, *, settings: Settings, clock: Clock) -> None:
    """Ask every party of a record that was just entered whether it is true, with a link that needs no password."""
    for party in parties(meeting):
        _write(session, meeting, party, NOTICE, settings=settings, clock=clock)


def remind(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Ask once more who has said nothing of a record for a week; after that nobody is asked again."""
    silent = [
        (meeting, standing.party)
        for meeting in reminders.recorded_between(session, day - 2 * REMINDED_AFTER, day - REMINDED_AFTER)
        for standing in standings(meeting)
        if standing.said is None or standing.outdated
    ]
    for meeting, party in silent:
        _write(session, meeting, party, REMINDER, settings=settings, clock=clock)
    return f"{len(silent)} parties asked again"


def _write(session: Session, meeting: Meeting, party: Party, notice: str, *, settings: Settings, clock: Clock) -> None:
    """One letter to each who may speak for the party, once for a record."""
    if meeting.recorded_at is None or clock.today() - meeting.day > ASKED_WITHIN:
        return
    for expert, name, address in _readers(meeting, party):
        path = path_for(meeting, party, expert, settings=settings, clock=clock)
        payload = meeting_notices.payload_of(meeting) | {"path": path, "page": _page(meeting), "name": name}
        key = f"{notice}:{meeting.id}:{party.organisation.id}:{expert.id if expert else ''}"
        reader = Reader(expert_id=expert.id) if expert else Reader(organisation_id=party.organisation.id)
        dedup_key = f"{key}:{meeting.recorded_at.isoformat()}"
        outbox.queue(session, notice, address, payload, dedup_key=dedup_key, clock=clock, reader=reader)


def path_for(meeting: Meeting, party: Party, expert: Expert | None, *, settings: Settings, clock: Clock) -> str:
    """Where the party, or its expert, confirms without a password."""
    organisation_id, expert_id = party.organisation.id, expert.id if expert else None
    return meeting_links.record_path(settings.key(), meeting.id, organisation_id, expert_id, today=clock.today())


def _page(meeting: Meeting) -> str:
    return f"/meetings/{meeting.id}#words"


def _readers(meeting: Meeting, party: Party) -> Iterator[tuple[Expert | None, str, str]]:
    """A firm itself; the institute that was host, or the experts who came to a firm; without an address others too."""
    organisation = party.organisation
    its_own = [(None, organisation.contact_name or organisation.name, organisation.contact_email)]
    people = [(expert, expert.name, expert.email) for expert in party.experts]
    if party.side is Side.FIRM:
        yield from its_own
        return
    wanted, otherwise = (its_own, people) if meeting.kind is MeetingKind.OUTBOUND else (people, its_own)
    yield from wanted
    if not any(address.strip() for _who, _name, address in wanted):
        yield from otherwise


def speaker(session: Session, grant: RecordGrant) -> Actor:
    """Who acts with a signed link: the firm, the institute or its expert it was sent to. Raises `NotFound` if gone."""
    gone = _("没有找到要确认的活动，请联系发给您链接的工作人员")
    return speakers.speaker(session, grant.organisation_id, grant.expert_id, gone=gone)


def party_id(session: Session, grant: RecordGrant) -> int:
    """Whose word a link takes: the organisation that it names, or the one that stands for it since they were merged."""
    return stands_for(session, Noun.ORGANISATION, grant.organisation_id)


def confirm(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    organisation_id: int,
    answer: RecordAnswer | None,
    *,
    remark: str = "",
    seen: str = "",
    clock: Clock,
) -> MeetingConfirmation:
    """Say for one party whether the record is true 属实, or what differs 有出入; an officer's is marked 代录.

    `seen` is `record_id` of what the speaker had before them. Nothing is blocked by a difference: it goes to the
    officers and is shown to whoever verifies. Raises `Forbidden` for another party's, `Conflict` for a meeting that is
    not recorded or whose record was corrected meanwhile, `Invalid` for a difference without a remark. An expert does
    not replace a difference that somebody else of the institute has named (`Forbidden`).
    """
    party = party_of(meeting, organisation_id)
    on_behalf = _require_may(actor, meeting, party)
    _check(meeting, answer, remark.strip(), seen, on_behalf=on_behalf)
    if party is None or answer is None:
        raise NotFound(_("没有找到要确认的活动"))
    exclusive(session, f"meeting_word:{meeting.id}")
    row = _row(session, meeting, party)
    _require_over(actor, meeting, row)
    before = _state(row) if row.id is not None else {}
    row.answer, row.remark, row.on_behalf = answer, remark.strip(), on_behalf
    _sign(row, actor, clock)
    session.add(row)
    session.flush()
    session.expire(meeting, ["confirmations"])
    if RecordAnswer.DIFFERS.value in {row.answer.value, before.get("answer")}:
        renew(session, meeting, clock)
    _log(session, actor, meeting, row, before=before, clock=clock)
    return row


def _sign(row: MeetingConfirmation, actor: Actor, clock: Clock) -> None:
    """Who said it and when; what was settled about an earlier word is settled no longer."""
    row.expert_id, row.given_by, row.given_at = actor.expert_id, actor.name, clock.now()
    row.settled_by, row.settled_at, row.settled_note = "", None, ""


def _log(
    session: Session,
    actor: Actor,
    meeting: Meeting,
    row: MeetingConfirmation,
    *,
    before: dict[str, object],
    clock: Clock,
) -> None:
    audit.log(
        session,
        actor,
        "confirm_record",
        meeting,
        clock=clock,
        before=before,
        after=_state(row),
        reason=row.remark,
        on_behalf=row.on_behalf,
    )


def settle(
    session: Session, actor: Actor, meeting: Meeting, word: MeetingConfirmation, *, reason: str, clock: Clock
) -> None:
    """Say how a difference was dealt with; it leaves the officers' list and stays on the record."""
    if not can(actor, Permission.MEETING_RECORD, facts_of(meeting)):
        raise Forbidden(_("您没有权限处理这场活动的确认意见"))
    if word.answer is not RecordAnswer.DIFFERS or word.settled_at is not None:
        raise Conflict(_("这条意见已经处理，请刷新页面"))
    reason = reasons.given(reason)
    if marked := refused({"reason": (_("原因"), reason)}):
        raise Invalid(marked)
    before = _state(word)
    word.settled_by, word.settled_at, word.settled_note = actor.name, clock.now(), reason
    session.flush()
    after = before | {"settled_by": actor.name}
    audit.log(session, actor, "settle_word", meeting, clock=clock, before=before, after=after, reason=word.settled_note)


def record_id(meeting: Meeting) -> str:
    """Which record of the meeting this is: entered anew, it is another one."""
    return _moment(meeting.recorded_at)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _require_may(actor: Actor, meeting: Meeting, party: Party | None) -> bool:
    """Whether the actor speaks for somebody else (代录). Raises `Forbidden`."""
    own = spoken_for(actor, meeting)
    if own is not None and party is not None and own.organisation.id == party.organisation.id:
        return False
    if actor.is_bureau and can(actor, Permission.MEETING_RECORD, facts_of(meeting)):
        return True
    raise Forbidden(_("您不能替这一方确认活动记录"))


def _require_over(actor: Actor, meeting: Meeting, row: MeetingConfirmation) -> None:
    """A difference that somebody else of the party has named stays until they, its manager or an officer say more."""
    of_this = row.given_at is not None and (meeting.recorded_at is None or row.given_at >= meeting.recorded_at)
    named = of_this and row.answer is RecordAnswer.DIFFERS and row.expert_id != actor.expert_id
    if actor.role is Role.EXPERT and named:
        raise Forbidden(_("%(name)s 已说明有出入，请由本人、单位联系人或工作人员更正", name=row.given_by))


def _check(meeting: Meeting, answer: RecordAnswer | None, remark: str, seen: str, *, on_behalf: bool) -> None:
    if meeting.status not in RECORDED:
        raise Conflict(_("活动记录正在更正，登记好后会再请您确认"))
    if seen and seen != record_id(meeting):
        raise Conflict(_("活动记录刚刚更正过，请再看一遍后确认"))
    found: dict[str, str] = {}
    if answer is None:
        found["answer"] = _("请选择属实或有出入")
    if answer is RecordAnswer.DIFFERS and not remark:
        found["remark"] = _("请写明哪里有出入")
    elif on_behalf and not remark:
        found["remark"] = _("请写明对方何时、通过什么方式确认")
    elif len(remark) > LONGEST_REMARK:
        found["remark"] = _("最多 %(limit)s 个字", limit=LONGEST_REMARK)
    found |= refused({"remark": (_("说明"), remark)})
    if found:
        raise Invalid(found)


def _row(session: Session, meeting: Meeting, party: Party) -> MeetingConfirmation:
    mine = (
        MeetingConfirmation.meeting_id == meeting.id,
        MeetingConfirmation.organisation_id == party.organisation.id,
    )
    known = session.scalars(select(MeetingConfirmation).where(*mine)).first()
    return known or MeetingConfirmation(
        meeting_id=meeting.id, organisation_id=party.organisation.id, organisation=party.organisation, side=party.side
    )


def _state(row: MeetingConfirmation) -> dict[str, object]:
    return {
        "organisation_id": row.organisation_id,
        "party": row.organisation.name,
        "answer": row.answer.value,
        "remark": row.remark,
        "given_by": row.given_by,
        "given_at": _moment(row.given_at),
        "on_behalf": row.on_behalf,
    }
