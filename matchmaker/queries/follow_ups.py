"""Reads about follow-ups: what is to be asked, what was answered, where the two sides contradict each other."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased, lazyload

from matchmaker.db.models import FollowUp, Meeting, MeetingExpert, MeetingFirm, MeetingNeed, Organisation, Unit
from matchmaker.domain.check_ins import HERE
from matchmaker.domain.follow_ups import LATE, ROUNDS, STILL_ASKED
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import FollowUpStatus, MeetingStatus, Side
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.listing import Page, Wanted, contains, fetch
from matchmaker.queries.meetings import of_year

LATE_ONES, DISAGREE = "late", "disagree"  # derived, beside the stored states in the filter
FILTERS = ("status", "side", "days", "unit", "year", "meeting")
DEFAULT_SORT = "-due"
SORTS = {
    "id": FollowUp.id,
    "due": FollowUp.due,
    "firm": Organisation.name,
    "status": FollowUp.status,
    "amount": FollowUp.amount_wan,
}
MOST_SHOWN = 20
_HELD = (MeetingStatus.HELD, MeetingStatus.VERIFIED)
Clause = ColumnElement[bool]


def get_visible(session: Session, actor: Actor, follow_up_id: int) -> FollowUp:
    """The row, if the actor is asked or oversees it; `NotFound` otherwise."""
    mine = select(FollowUp).where(FollowUp.id == follow_up_id, scopes.follow_ups(actor))
    found = session.scalars(mine).unique().one_or_none()
    if found is None:
        raise NotFound(_("没有找到这条跟踪回访"))
    return found


def to_ask(session: Session, today: date) -> list[Meeting]:
    """Meetings that were held and of which a round may fall due: not those of an older ledger."""
    spans = [
        Meeting.day.between(today - timedelta(days=days) - STILL_ASKED, today - timedelta(days=days)) for days in ROUNDS
    ]
    held = (Meeting.status.in_(_HELD), ~Meeting.from_history, or_(*spans))
    return list(session.scalars(select(Meeting).where(*held).order_by(Meeting.id)).unique())


def sides_of(meeting: Meeting) -> list[tuple[int, Side]]:
    """(firm, side) of everybody to be asked: each firm that was there, and the experts about each.

    The expert side is asked where the institute was host or an expert was there.
    """
    firms = [row.firm_id for row in meeting.firms if row.attendance in HERE]
    experts = meeting.host_id is not None or any(row.attendance in HERE for row in meeting.experts)
    return [(firm_id, side) for firm_id in firms for side in Side if side is Side.FIRM or experts]


def known(session: Session, meeting_ids: Iterable[int]) -> dict[int, list[FollowUp]]:
    """The rows of these meetings."""
    found: dict[int, list[FollowUp]] = {}
    wanted = select(FollowUp).where(FollowUp.meeting_id.in_(list(meeting_ids))).order_by(FollowUp.id)
    for row in session.scalars(wanted.options(lazyload(FollowUp.meeting))).unique():
        found.setdefault(row.meeting_id, []).append(row)
    return found


def of_round(session: Session, actor: Actor, meeting_id: int, days: int) -> list[FollowUp]:
    """What the actor's side is asked about one meeting at one time: a firm one row, the experts one for each firm."""
    mine = (scopes.follow_ups(actor), FollowUp.meeting_id == meeting_id, FollowUp.days == days)
    return list(session.scalars(select(FollowUp).where(*mine).order_by(FollowUp.id)).unique())


def about(session: Session, actor: Actor, meeting_id: int, firm_id: int) -> list[FollowUp]:
    """Everything that was asked about one firm at one meeting and that the actor may see, in order."""
    mine = (scopes.follow_ups(actor), FollowUp.meeting_id == meeting_id, FollowUp.firm_id == firm_id)
    return list(session.scalars(select(FollowUp).where(*mine).order_by(FollowUp.days, FollowUp.side)).unique())


def of_meeting(session: Session, actor: Actor, meeting_id: int) -> list[FollowUp]:
    """What of a meeting's follow-ups the actor may see."""
    mine = (scopes.follow_ups(actor), FollowUp.meeting_id == meeting_id)
    rows = select(FollowUp).where(*mine).order_by(FollowUp.firm_id, FollowUp.days, FollowUp.side)
    return list(session.scalars(rows).unique())


def stands() -> Clause:
    """Rows that say something, or that their side can answer: of a recorded meeting and a firm that was there."""
    recorded = select(Meeting.id).where(Meeting.id == FollowUp.meeting_id, Meeting.status.in_(_HELD))
    same = (MeetingFirm.meeting_id == FollowUp.meeting_id, MeetingFirm.firm_id == FollowUp.firm_id)
    there = select(MeetingFirm.id).where(*same, MeetingFirm.attendance.in_(HERE))
    open_ = and_(recorded.correlate(FollowUp).exists(), there.correlate(FollowUp).exists())
    return or_(FollowUp.status != FollowUpStatus.DUE, open_)


def to_answer(session: Session, actor: Actor) -> list[FollowUp]:
    """What the actor's own side has not answered, the oldest first; no more than a first page shows."""
    mine = (scopes.follow_ups(actor), FollowUp.status == FollowUpStatus.DUE, stands())
    statement = select(FollowUp).where(*mine).order_by(FollowUp.due, FollowUp.id).limit(MOST_SHOWN)
    return list(session.scalars(statement).unique())


def is_signed(session: Session, firm_id: int, need_id: int, expert_id: int) -> bool:
    """Whether some side says that a contract was signed after a meeting where the expert was, about the firm's need."""
    about = select(MeetingNeed.meeting_id).where(MeetingNeed.need_id == need_id)
    there = select(MeetingExpert.meeting_id).where(
        MeetingExpert.expert_id == expert_id, MeetingExpert.attendance.in_(HERE)
    )
    said = (FollowUp.firm_id == firm_id, FollowUp.status == FollowUpStatus.SIGNED)
    where = (*said, FollowUp.meeting_id.in_(about), FollowUp.meeting_id.in_(there))
    return session.scalar(select(FollowUp.id).where(*where).limit(1)) is not None


def asked_on(session: Session, day: date) -> list[FollowUp]:
    """What was asked about on a day."""
    return list(session.scalars(select(FollowUp).where(FollowUp.asked_on == day).order_by(FollowUp.id)).unique())


def is_late(row: FollowUp, today: date) -> bool:
    """Asked a week ago, and nothing was heard."""
    return row.status is FollowUpStatus.DUE and row.due < today - LATE


def late(today: date) -> Clause:
    """The list form of `is_late`."""
    return and_(FollowUp.status == FollowUpStatus.DUE, FollowUp.due < today - LATE, stands())


def disagree() -> Clause:
    """One side says that a contract was signed, the other that all has stopped, asked about the same at one time."""
    other = aliased(FollowUp)
    same = (other.meeting_id == FollowUp.meeting_id, other.firm_id == FollowUp.firm_id, other.days == FollowUp.days)
    signed, stopped = FollowUpStatus.SIGNED, FollowUpStatus.STOPPED
    against = or_(
        and_(FollowUp.status == signed, other.status == stopped),
        and_(FollowUp.status == stopped, other.status == signed),
    )
    return select(other.id).where(*same, other.side != FollowUp.side, against).correlate(FollowUp).exists()


def contradicting(rows: Iterable[FollowUp]) -> set[int]:
    """The ids among rows at hand that stand in `disagree`."""
    extremes = {FollowUpStatus.SIGNED, FollowUpStatus.STOPPED}
    found: dict[tuple[int, int, int], list[FollowUp]] = {}
    for row in rows:
        if row.status in extremes:
            found.setdefault((row.meeting_id, row.firm_id, row.days), []).append(row)
    return {row.id for pair in found.values() if len({row.status for row in pair}) > 1 for row in pair}


def _in_state(status: str, today: date) -> Iterator[Clause]:
    if status == LATE_ONES:
        yield late(today)
    elif status == DISAGREE:
        yield disagree()
    elif status in set(FollowUpStatus):
        yield FollowUp.status == status


def _narrowed(filters: Mapping[str, str], today: date) -> Iterator[Clause]:
    yield from _in_state(filters.get("status", ""), today)
    if filters.get("side") in set(Side):
        yield FollowUp.side == filters["side"]
    for name, column in (("days", FollowUp.days), ("meeting", FollowUp.meeting_id)):
        if (number := row_id(filters.get(name))) is not None:
            yield column == number
    if filters.get("unit"):
        yield Organisation.unit_id.in_(select(Unit.id).where(Unit.code == filters["unit"]))
    if (year := of_year(filters.get("year", ""))) is not None:
        yield FollowUp.meeting_id.in_(select(Meeting.id).where(year))


def search(session: Session, actor: Actor, wanted: Wanted, today: date) -> Page[FollowUp]:
    """The rows the actor may see, narrowed by state, side, round, unit, year of the meeting and words."""
    statement = select(FollowUp).join(Organisation, Organisation.id == FollowUp.firm_id)
    statement = statement.where(scopes.follow_ups(actor), stands(), *_narrowed(wanted.filters, today))
    if wanted.text:
        titled = FollowUp.meeting_id.in_(select(Meeting.id).where(contains(wanted.text, Meeting.title)))
        statement = statement.where(or_(contains(wanted.text, Organisation.name, FollowUp.remark), titled))
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def tally(session: Session, actor: Actor, today: date) -> dict[str, int]:
    """How many rows the actor sees in each state, and how many nobody has answered for a week."""
    counted = select(FollowUp.status, func.count(), func.count(case((late(today), 1))))
    counted = counted.where(scopes.follow_ups(actor), stands())
    rows = session.execute(counted.group_by(FollowUp.status)).all()
    return {**{status.value: number for status, number, _late in rows}, LATE_ONES: sum(row[2] for row in rows)}
