"""How far the needs published in a year have come: matched, invited, met, signed; each is a filter of the list."""

from collections.abc import Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime, time

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI
from matchmaker.db.models import Invitation, Label, Meeting, MeetingNeed, Need, Suggestion
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import LabelKind, MeetingStatus, Word
from matchmaker.queries import scopes

Clause = ColumnElement[bool]
LENGTH = 4  # digits of a year


class Reached(Word):
    """What has happened about a need at some time; derived, never stored."""

    POSTED = "posted", "已发布"
    MATCHED = "matched", "有推荐"
    INVITED = "invited", "已邀请"
    MET = "met", "已见面"
    SIGNED = "signed", "已签约"


def published_in(year: int) -> Clause:
    """Needs first published in a civil year of China."""
    first, after = (datetime.combine(date(one, 1, 1), time.min, SHANGHAI) for one in (year, year + 1))
    return and_(Need.published_at >= first, Need.published_at < after)


def has(reached: Reached) -> Clause:
    """Needs about which it has happened.

    Matched: an owner is suggested now that no gate keeps out. Met: a meeting was held. Signed: a pair says so.
    """
    suggested = select(Suggestion.id).where(Suggestion.gate.is_(None), ~Suggestion.excluded)
    held = select(MeetingNeed.id).join(Meeting, Meeting.id == MeetingNeed.meeting_id)
    held = held.where(Meeting.status.in_((MeetingStatus.HELD, MeetingStatus.VERIFIED)))
    clauses: Mapping[Reached, Clause] = {
        Reached.POSTED: true(),
        Reached.MATCHED: suggested.where(Suggestion.need_id == Need.id).correlate(Need).exists(),
        Reached.INVITED: select(Invitation.id).where(Invitation.need_id == Need.id).correlate(Need).exists(),
        Reached.MET: held.where(MeetingNeed.need_id == Need.id).correlate(Need).exists(),
        Reached.SIGNED: select(Label.id)
        .where(Label.need_id == Need.id, Label.kind == LabelKind.SIGNED)
        .correlate(Need)
        .exists(),
    }
    return clauses[reached]


def narrowed(actor: Actor, filters: Mapping[str, str]) -> Iterator[Clause]:
    """The list's part of it: year of publication and, for who may read the board, how far a need has come."""
    year = filters.get("year", "")
    if len(year) == LENGTH and year.isdecimal() and MINYEAR <= int(year) < MAXYEAR:
        yield published_in(int(year))
    if filters.get("reached") in set(Reached) and can(actor, Permission.BOARD_VIEW):
        yield has(Reached(filters["reached"]))


def funnel(session: Session, actor: Actor, year: int) -> dict[Reached, int]:
    """How many of the needs published in `year` that the actor may see have come so far, in one query."""
    counts = [func.count(case((has(reached), 1))) for reached in Reached]
    row = session.execute(select(*counts).where(scopes.needs(actor), published_in(year))).one()
    return dict(zip(Reached, row, strict=True))
