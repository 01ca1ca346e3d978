"""What a batch did, kept row by row with whose row it is, so that `undo` can take back exactly that."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.journal import Journal, Touched
from matchmaker.db.models import ImportBatch, ImportChange
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun
from matchmaker.services import audit

# Table → the noun of its records, and the column that says whose row it is ("id": a record itself).
SUBJECTS: dict[str, tuple[Noun, str]] = {
    "organisation": (Noun.ORGANISATION, "id"),
    "site": (Noun.ORGANISATION, "organisation_id"),
    "expert": (Noun.EXPERT, "id"),
    "research_group": (Noun.GROUP, "id"),
    "group_member": (Noun.GROUP, "group_id"),
    "need": (Noun.NEED, "id"),
    "need_release": (Noun.NEED, "need_id"),
    "need_version": (Noun.NEED, "need_id"),
    "capability": (Noun.CAPABILITY, "id"),
    "trip": (Noun.TRIP, "id"),
    "meeting": (Noun.MEETING, "id"),
    "meeting_firm": (Noun.MEETING, "meeting_id"),
    "meeting_expert": (Noun.MEETING, "meeting_id"),
    "meeting_need": (Noun.MEETING, "meeting_id"),
    "absorption": (Noun.ABSORPTION, "id"),
    "turnover": (Noun.TURNOVER, "id"),
    "training": (Noun.TRAINING, "id"),
    "specialist": (Noun.SPECIALIST, "id"),
    "specialist_host": (Noun.SPECIALIST, "specialist_id"),
}


def keep(session: Session, actor: Actor, batch: ImportBatch, made: Journal, *, clock: Clock) -> None:
    """Store what the batch touched and say in the audit trail that it came in.

    The trail's entry also marks the moment: what the trail says of a record later has been done since.
    """
    rows = [_change(batch.id, touched) for touched in made.touched()]
    if rows:
        session.execute(insert(ImportChange), rows)
    audit.write(
        session,
        actor,
        action="import",
        noun=Noun.IMPORT_BATCH,
        record_id=batch.id,
        at=clock.now(),
        after={"file": batch.file_name, "created": batch.created, "updated": batch.updated},
    )


def _change(batch_id: int, touched: Touched) -> dict[str, Any]:
    noun, column = SUBJECTS[touched.table]
    return {
        "batch_id": batch_id,
        "noun": noun,
        "record_id": (touched.before or {}).get(column, getattr(touched.row, column)),
        "table_name": touched.table,
        "row_id": getattr(touched.row, "id"),  # noqa: B009 -- not declared by the base
        "before": touched.before,
        "after": touched.after(),
        "undone": False,
    }
