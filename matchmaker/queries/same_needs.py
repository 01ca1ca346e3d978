"""Needs of one firm that were found to be one, or to be two."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Merge, Need, NotDuplicate
from matchmaker.domain.vocabulary import NeedStatus, Noun

ENDED = (NeedStatus.CLOSED, NeedStatus.DECLINED)


def standing(session: Session, gone: Need) -> Merge | None:
    """How a need was joined to another, as long as it has not been opened again."""
    if gone.status not in ENDED:
        return None
    return next(reversed(open_joins(session, gone)), None)


def open_joins(session: Session, gone: Need) -> list[Merge]:
    """Every time that a need was joined to another and that has not been taken back."""
    mine = (Merge.noun == Noun.NEED, Merge.gone_id == gone.id, Merge.undone_at.is_(None))
    return list(session.scalars(select(Merge).where(*mine).order_by(Merge.id)))


@dataclass(frozen=True)
class Same:
    """Of a need: the one it was joined to, and those that were joined to it."""

    into: Need | None
    joined: list[Need]

    @property
    def ended(self) -> bool:
        """Whether the one that goes on for it has ended as well."""
        return self.into is not None and self.into.status in {*ENDED, NeedStatus.SOLVED}


def same(session: Session, need: Need) -> Same:
    """What stands of it."""
    both = or_(Merge.kept_id == need.id, Merge.gone_id == need.id)
    rows = session.scalars(select(Merge).where(Merge.noun == Noun.NEED, Merge.undone_at.is_(None), both)).all()
    ids = {number for row in rows for number in (row.kept_id, row.gone_id)} - {need.id}
    found = {row.id: row for row in session.scalars(select(Need).where(Need.id.in_(ids))).unique()} if ids else {}
    ended = need.status in ENDED
    into = [found[row.kept_id] for row in rows if row.gone_id == need.id and ended and row.kept_id in found]
    joined = {row.gone_id: found[row.gone_id] for row in rows if row.gone_id in found}
    return Same(into[-1] if into else None, [each for each in joined.values() if each.status in ENDED])


def set_apart(session: Session, need: Need) -> set[int]:
    """The needs that were said to be others than this one."""
    mine = or_(NotDuplicate.first_id == need.id, NotDuplicate.second_id == need.id)
    rows = session.execute(
        select(NotDuplicate.first_id, NotDuplicate.second_id).where(NotDuplicate.noun == Noun.NEED, mine)
    )
    return {number for row in rows for number in row} - {need.id}
