"""Following up: rows and letters as rounds fall due, and what the two sides answer.

A row of `follow_up` with status `signed` is what 已签约 counts from: its answer labels the pairs of that firm's needs
and the experts who were there as SIGNED (`services.labels`), which the funnel reads.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Expert, FollowUp, Meeting, Organisation
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.follow_ups import ACTIONS, Said, rounds_due
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.vocabulary import FollowUpStatus, LabelKind, MeetingKind, MeetingStatus, OwnerKind, Side
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import follow_ups as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, follow_up_links, labels, meeting_notices, outbox, speakers, transitions
from matchmaker.services.follow_up_links import FollowUpGrant
from matchmaker.services.notices import Reader

NOTICE = "follow_up_asked"
Addressee = tuple[Organisation, Expert | None, str, str]  # for whom, which of its experts, name, address


def fall_due(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Ask both sides of every meeting 30, 90 and 180 days ago how it goes on; each is asked once.

    A side that said it has stopped is not asked again about that firm and meeting.
    """
    meetings = queries.to_ask(session, day)
    known = queries.known(session, [meeting.id for meeting in meetings])
    made = [
        row
        for meeting in meetings
        for row in make(session, SYSTEM, meeting, known.get(meeting.id, []), day=day, clock=clock)
    ]
    for meeting in {row.meeting_id: row.meeting for row in made}.values():
        for days in {row.days for row in made if row.meeting_id == meeting.id}:
            rows = [row for row in made if (row.meeting_id, row.days) == (meeting.id, days)]
            _ask(session, meeting, days, {row.side for row in rows}, settings=settings, clock=clock)
    return f"{len(made)} follow-ups of {len(meetings)} meetings"


def make(
    session: Session, actor: Actor, meeting: Meeting, known: Iterable[FollowUp], *, day: date, clock: Clock
) -> list[FollowUp]:
    """The rows of a meeting that fall due by `day` and are not there yet."""
    there = {(row.firm_id, row.side, row.days) for row in known}
    ended = {(row.firm_id, row.side) for row in known if row.status is FollowUpStatus.STOPPED}
    stamps = {"created_at": clock.now(), "updated_at": clock.now()}
    made = [
        FollowUp(
            meeting=meeting,
            meeting_id=meeting.id,
            firm_id=firm_id,
            side=side,
            days=days,
            due=meeting.day + timedelta(days=days),
            asked_on=day,
            **stamps,
        )
        for days in rounds_due(meeting.day, day)
        for firm_id, side in queries.sides_of(meeting)
        if (firm_id, side, days) not in there and (firm_id, side) not in ended
    ]
    session.add_all(made)
    session.flush()
    for row in made:
        audit.log(session, actor, "create", row, clock=clock)
    return made


def _ask(session: Session, meeting: Meeting, days: int, sides: set[Side], *, settings: Settings, clock: Clock) -> None:
    """One letter to each who is asked, about all firms at once, with a link that needs no password."""
    for side in sides:
        for organisation, expert, name, address in addressees(meeting, side):
            who = {"organisation_id": organisation.id, "expert_id": expert.id if expert else None}
            link = path_for(meeting, days, organisation, expert, settings=settings, clock=clock)
            payload = meeting_notices.payload_of(meeting) | {"path": link, "page": "/follow-ups?status=due"}
            reader = Reader(expert_id=expert.id) if expert else Reader(organisation_id=organisation.id)
            key = f"{NOTICE}:{meeting.id}:{days}:{side.value}:{who['organisation_id']}:{who['expert_id'] or ''}"
            own = payload | {"name": name}
            outbox.queue(session, NOTICE, address, own, dedup_key=key, clock=clock, reader=reader)


def addressees(meeting: Meeting, side: Side) -> Iterator[Addressee]:
    """Who is written to: the firms; of the other side the host institute, or the experts who came where none was."""
    if side is Side.FIRM:
        organisations = [row.firm for row in meeting.firms if row.attendance in HERE]
    else:
        organisations = [meeting.host] if meeting.host is not None else []
    for one in organisations:
        yield one, None, one.contact_name or one.name, one.contact_email
    if side is Side.EXPERT and (meeting.host is None or meeting.kind is not MeetingKind.OUTBOUND):
        for row in meeting.experts:
            if row.attendance in HERE:
                yield row.expert.institute, row.expert, row.expert.name, row.expert.email


def path_for(
    meeting: Meeting, days: int, organisation: Organisation, expert: Expert | None, *, settings: Settings, clock: Clock
) -> str:
    """Where an organisation, or its expert, answers without a password."""
    return follow_up_links.path(
        settings.key(),
        meeting_id=meeting.id,
        days=days,
        organisation_id=organisation.id,
        expert_id=expert.id if expert else None,
        today=clock.today(),
    )


def speaker(session: Session, grant: FollowUpGrant) -> Actor:
    """Who acts with a signed link. Raises `NotFound` if they are gone."""
    gone = _("没有找到要答复的活动，请联系发给您链接的工作人员")
    return speakers.speaker(session, grant.organisation_id, grant.expert_id, gone=gone)


def answer(session: Session, actor: Actor, row: FollowUp, said: Said, *, clock: Clock) -> None:
    """Say how it goes on: for one's own side, or by an officer who was told by telephone 代录.

    The same answer again only adds remark and amount; another one corrects it and needs a reason. Raises `Forbidden`
    for another side's, `Conflict` when the meeting does not stand any more, `Invalid` with field → message.
    """
    if not can(actor, Permission.FOLLOW_UP_ANSWER, facts_of(row)):
        raise Forbidden(_("您不能替这一方答复"))
    exclusive(session, f"follow_up:{row.id}")
    session.refresh(row)
    if row.meeting.status not in {MeetingStatus.HELD, MeetingStatus.VERIFIED}:
        raise Conflict(_("这场活动的登记正在更正，暂时不能答复"))
    if (row.firm_id, row.side) not in queries.sides_of(row.meeting):
        raise Conflict(_("活动记录更正后，这家企业没有到场，不用再答复"))
    same, was_signed = said.status is row.status, row.status is FollowUpStatus.SIGNED
    corrects = row.status is not FollowUpStatus.DUE and not same
    if problems := said.problems(corrects=corrects, on_behalf=actor.is_bureau):
        raise Invalid(problems)
    _write(session, actor, row, said, same=same, clock=clock)
    if was_signed or row.status is FollowUpStatus.SIGNED:
        _label(session, actor, row, clock=clock)


def _write(session: Session, actor: Actor, row: FollowUp, said: Said, *, same: bool, clock: Clock) -> None:
    if said.status is None:
        raise ValueError("a checked answer says how it goes on")
    before = audit.state_of(row)
    row.remark = said.remark.strip() or (row.remark if same else "")  # nobody stops without saying why
    if not same:
        action, on_behalf = ACTIONS[said.status], actor.is_bureau
        transitions.apply(session, actor, row, action, clock=clock, reason=said.remark, on_behalf=on_behalf)
        before = audit.state_of(row)
    row.amount_wan = said.amount_wan if said.amount_wan is not None or not same else row.amount_wan
    row.answered_by, row.answered_at, row.on_behalf = actor.name, clock.now(), actor.is_bureau
    session.flush()
    told = {"remark": row.remark, "amount_wan": row.amount_wan}  # who and when: the trail's own
    if any(before.get(name) != value for name, value in told.items()):
        audit.log(session, actor, "edit", row, clock=clock, before=before, after=before | told, on_behalf=row.on_behalf)


def _label(session: Session, actor: Actor, row: FollowUp, *, clock: Clock) -> None:
    """The pairs of the meeting's needs of this firm: signed as long as one side says so of any meeting at any time."""
    for need_id, expert_id in _pairs(row):
        key = OwnerKind.EXPERT.key(expert_id)
        if queries.is_signed(session, row.firm_id, need_id, expert_id):
            labels.note(session, actor, need_id, key, LabelKind.SIGNED, clock=clock)
        else:
            labels.drop(session, need_id, key, LabelKind.SIGNED)


def _pairs(row: FollowUp) -> Iterator[tuple[int, int]]:
    for each in row.meeting.needs:
        if each.need.firm_id == row.firm_id:
            for person in row.meeting.experts:
                if person.attendance in HERE:
                    yield each.need_id, person.expert_id


def read_said(values: Mapping[str, str]) -> Said:
    """What a form says."""
    status = next((word for word in FollowUpStatus if word.value == values.get("status")), None)
    return Said(status, values.get("remark", ""), values.get("amount", ""))
