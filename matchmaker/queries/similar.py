"""Needs that say nearly the same: shown before one is submitted, as far as the reader may know of them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Need
from matchmaker.domain.permissions import Actor
from matchmaker.matching import Index
from matchmaker.matching.likeness import likenesses, nearest_needs
from matchmaker.queries import scopes, texts
from matchmaker.text import AnalysedText

SHOWN = 3
ALIKE = 0.2  # from here on two needs are about the same sort of problem
SAME = 0.5  # from here on one firm has most likely asked the same twice
_LOOKED_AT = 12
_OWN = 200  # the newest needs of a firm that are compared one by one, as drafts are in no index


@dataclass(frozen=True)
class Similar:
    """A need like the one being written; `likeness` 0–1. `own`: the same firm's; `same`: most likely the same again."""

    need: Need
    likeness: float
    own: bool

    @property
    def same(self) -> bool:
        """Whether the firm itself has most likely asked this before."""
        return self.own and self.likeness >= SAME


def similar(
    session: Session, actor: Actor, index: Index, text: AnalysedText, *, firm_id: int | None, but: int | None = None
) -> list[Similar]:
    """The needs most like `text`, the firm's own first; `but` is the one that is being edited."""
    own = _own(session, index, text, firm_id, but)
    exclude = {str(each.need.id) for each in own} | ({str(but)} if but else set())
    matches = nearest_needs(index, text, _LOOKED_AT, exclude)
    ids = [int(match.key) for match in matches if match.score >= ALIKE]
    seen = select(Need).where(Need.id.in_(ids), scopes.needs(actor), texts.published())
    needs = {str(need.id): need for need in session.scalars(seen).unique()}
    others = [Similar(needs[each.key], each.score, own=False) for each in matches if each.key in needs]
    return [*own, *others][: max(SHOWN, len(own))]


def _own(session: Session, index: Index, text: AnalysedText, firm_id: int | None, but: int | None) -> list[Similar]:
    if firm_id is None:
        return []
    mine = select(Need).where(Need.firm_id == firm_id, Need.id != (but or 0)).order_by(Need.id.desc()).limit(_OWN)
    rows = list(session.scalars(mine).unique())
    scores = likenesses(index, text, [texts.analysed(row.terms) for row in rows])
    found = [Similar(row, score, own=True) for row, score in zip(rows, scores, strict=True) if score >= ALIKE]
    return sorted(found, key=lambda each: (-each.likeness, each.need.id))[:SHOWN]
