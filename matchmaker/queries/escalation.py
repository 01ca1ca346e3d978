"""Published needs for which nobody has been found for long 问题会商: which, since when, and what stands in the way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI, shanghai_date
from matchmaker.db.models import (
    Answer,
    Audit,
    Invitation,
    Meeting,
    MeetingNeed,
    Need,
    Organisation,
    Suggestion,
    Unit,
)
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, Decision, InvitationStatus, MeetingStatus, NeedStatus, Noun
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.listing import Page, Wanted, contains, fetch
from matchmaker.queries.suggestions import tell

TALKED = "talk"  # the action in the audit trail
FILTERS = ("unit", "talked")
YES, NO = "yes", "no"
DEFAULT_SORT = "since"
SORTS = {"id": Need.id, "since": Need.status_since, "title": Need.title, "firm": Organisation.name}
Clause = ColumnElement[bool]
_STANDING = (InvitationStatus.OPEN, InvitationStatus.ACCEPTED)


@dataclass(frozen=True)
class Decline:
    """A side that said no: when, who and why."""

    given_by: str
    side: str
    reason: str
    note: str
    on: date


@dataclass(frozen=True)
class Situation:
    """Why a need is still unmatched.

    `since`: nobody has been invited since this day. `suggested`: owners the matcher still offers. `gates`: label →
    how many each keeps out. `declines`: what was said. `talked_on`: when it was last discussed.
    """

    since: date
    days: int
    suggested: int = 0
    excluded: int = 0
    gates: Mapping[str, int] = field(default_factory=dict)
    declines: tuple[Decline, ...] = ()
    talked_on: date | None = None


def unmatched(today: date, days: int) -> Clause:
    """Published needs without an open or accepted invitation and without a meeting, and that for `days` days.

    An answer of no begins the time anew.
    """
    before = datetime.combine(today - timedelta(days=days - 1), time.min, SHANGHAI)
    hope = or_(Invitation.status.in_(_STANDING), Invitation.updated_at >= before)
    asked = select(Invitation.id).where(Invitation.need_id == Need.id, hope)
    met = select(MeetingNeed.id).join(Meeting, Meeting.id == MeetingNeed.meeting_id)
    met = met.where(MeetingNeed.need_id == Need.id, Meeting.status != MeetingStatus.CANCELLED)
    nobody = and_(~asked.correlate(Need).exists(), ~met.correlate(Need).exists())
    return and_(Need.status == NeedStatus.PUBLISHED, Need.status_since < before, nobody)


def talked_since(moment: datetime) -> Clause:
    """Needs discussed since."""
    talks = select(Audit.id).where(Audit.noun == Noun.NEED, Audit.action == TALKED, Audit.record_id == Need.id)
    return talks.where(Audit.at >= moment).correlate(Need).exists()


def to_talk_about(actor: Actor, today: date, days: int) -> Clause:
    """What an officer has to bring up: unmatched, and not discussed within as long."""
    began = datetime.combine(today - timedelta(days=days), time.min, SHANGHAI)
    return and_(scopes.reviewed_needs(actor), unmatched(today, days), ~talked_since(began))


def found(session: Session, today: date, days: int) -> list[Need]:
    """All needs that are unmatched for so long."""
    return list(session.scalars(select(Need).where(unmatched(today, days)).order_by(Need.id)).unique())


def get(session: Session, actor: Actor, need_id: int) -> Need:
    """A published need in the officer's charge, or one a leader may see; `NotFound` otherwise."""
    seen = scopes.needs(actor) if not actor.is_bureau else scopes.reviewed_needs(actor)
    wanted = select(Need).where(Need.id == need_id, Need.status == NeedStatus.PUBLISHED, seen)
    row = session.scalars(wanted).unique().one_or_none()
    if row is None:
        raise NotFound(_("没有找到要会商的需求，可能已经关闭或撤回"))
    return row


def search(session: Session, actor: Actor, wanted: Wanted, today: date, *, days: int) -> Page[Need]:
    """The unmatched needs in the actor's charge, the longest waiting first."""
    began = datetime.combine(today - timedelta(days=days), time.min, SHANGHAI)
    seen = scopes.needs(actor) if not actor.is_bureau else scopes.reviewed_needs(actor)
    statement = select(Need).join(Organisation, Organisation.id == Need.firm_id).where(seen, unmatched(today, days))
    if wanted.filters.get("unit"):
        unit = select(Unit.id).where(Unit.code == wanted.filters["unit"])
        statement = statement.where(Organisation.unit_id.in_(unit))
    if wanted.filters.get("talked") in {YES, NO}:
        talked = talked_since(began)
        statement = statement.where(talked if wanted.filters["talked"] == YES else ~talked)
    statement = statement.where(contains(wanted.text, Need.title, Organisation.name))
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def situations(session: Session, needs: Iterable[Need], today: date) -> dict[int, Situation]:
    """Need → why it is still unmatched; a fixed number of queries."""
    needs = list(needs)
    ids = [need.id for need in needs]
    asked, offered = _asked(session, ids), _offered(session, ids)
    gates, declines, talks = _gates(session, ids), _declines(session, ids), _talks(session, ids)
    found: dict[int, Situation] = {}
    for need in needs:
        since = max(filter(None, (shanghai_date(need.status_since), asked.get(need.id))))
        suggested, excluded = offered.get(need.id, (0, 0))
        found[need.id] = Situation(
            since=since,
            days=(today - since).days,
            suggested=suggested,
            excluded=excluded,
            gates={tell(name, ""): number for name, number in gates.get(need.id, Counter()).most_common()},
            declines=tuple(declines.get(need.id, ())),
            talked_on=talks.get(need.id),
        )
    return found


def _asked(session: Session, ids: list[int]) -> dict[int, date]:
    last = select(Invitation.need_id, func.max(Invitation.updated_at)).where(Invitation.need_id.in_(ids))
    return {number: shanghai_date(at) for number, at in session.execute(last.group_by(Invitation.need_id))}


def _offered(session: Session, ids: list[int]) -> dict[int, tuple[int, int]]:
    """Need → how many are suggested, and how many an officer has ruled out."""
    free = func.count(case((and_(Suggestion.gate.is_(None), ~Suggestion.excluded), 1)))
    ruled_out = func.count(case((Suggestion.excluded, 1)))
    rows = select(Suggestion.need_id, free, ruled_out).where(Suggestion.need_id.in_(ids))
    return {number: (one, other) for number, one, other in session.execute(rows.group_by(Suggestion.need_id))}


def _gates(session: Session, ids: list[int]) -> dict[int, Counter[str]]:
    shut: dict[int, Counter[str]] = {}
    rows = select(Suggestion.need_id, Suggestion.gate, func.count()).where(
        Suggestion.need_id.in_(ids), Suggestion.gate.is_not(None)
    )
    for number, gate, how_many in session.execute(rows.group_by(Suggestion.need_id, Suggestion.gate)):
        shut.setdefault(number, Counter())[str(gate)] += how_many
    return shut


def _declines(session: Session, ids: list[int]) -> dict[int, list[Decline]]:
    said: dict[int, list[Decline]] = {}
    rows = select(Answer, Invitation.need_id).join(Invitation, Invitation.id == Answer.invitation_id)
    rows = rows.where(Invitation.need_id.in_(ids), Answer.decision == Decision.DECLINE).order_by(Answer.given_at)
    for answer, number in session.execute(rows).unique():
        why = _(answer.reason.label) if answer.reason else ""
        one = Decline(answer.given_by, _(answer.side.label), why, answer.note, shanghai_date(answer.given_at))
        said.setdefault(number, []).append(one)
    return said


def _talks(session: Session, ids: list[int]) -> dict[int, date]:
    last = select(Audit.record_id, func.max(Audit.at)).where(
        Audit.noun == Noun.NEED, Audit.action == TALKED, Audit.record_id.in_(ids)
    )
    return {number: shanghai_date(at) for number, at in session.execute(last.group_by(Audit.record_id))}


def may_be_asked(session: Session, need: Need) -> Iterator[Organisation]:
    """Institutes that may be asked to name somebody: all, of a need released to chosen ones only those."""
    if need.audience is Audience.CHOSEN:
        yield from (row.institute for row in need.releases)
        return
    on_file = select(Organisation).where(Organisation.kind == "institute", scopes.on_file())
    yield from session.scalars(on_file.order_by(Organisation.name)).unique()


def is_unmatched(session: Session, need: Need, today: date, days: int) -> bool:
    """Whether the need is on the list now."""
    return session.scalars(select(Need.id).where(Need.id == need.id, unmatched(today, days))).first() is not None


def talks(session: Session, need: Need) -> list[Audit]:
    """What was agreed about a need, the latest first."""
    mine = (Audit.noun == Noun.NEED, Audit.record_id == need.id, Audit.action == TALKED)
    return list(session.scalars(select(Audit).where(*mine).order_by(Audit.id.desc())))
