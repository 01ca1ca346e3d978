"""Records that were merged into others, and which record stands for them now."""

from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Organisation
from matchmaker.domain.vocabulary import Noun

Party = TypeVar("Party", Organisation, Expert)
MODELS: dict[Noun, type[Organisation] | type[Expert]] = {Noun.ORGANISATION: Organisation, Noun.EXPERT: Expert}


def stands_for(session: Session, noun: Noun, number: int) -> int:
    """The record that this one was merged into in the end; its own number if it was not, or is not on file."""
    model, seen = MODELS[noun], {number}
    while (further := session.scalar(select(model.merged_into_id).where(model.id == number))) not in {None, *seen}:
        number = further or number
        seen.add(number)
    return number


def duplicates(session: Session, model: type[Party]) -> Iterator[tuple[Party, Party]]:
    """(merged record, the record that stands for it now), for everyone that was merged."""
    rows = session.scalars(select(model).where(model.merged_into_id.is_not(None)).order_by(model.id)).unique().all()
    onward = {row.id: row.merged_into_id for row in rows}
    for row in rows:
        number, seen = row.id, {row.id}
        while (further := onward.get(number)) is not None and further not in seen:
            number = further
            seen.add(number)
        yield row, session.get_one(model, number)
