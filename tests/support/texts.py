"""Rows that the matcher can read: segmented and stamped as the services do it."""

from functools import cache
from typing import TypeVar

from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Need
from matchmaker.domain.drafts import CapabilityDraft, NeedDraft
from matchmaker.services import analysis, corpus
from matchmaker.text import Segmenter

Posting = TypeVar("Posting", Need, Capability)


@cache
def segmenter() -> Segmenter:
    return Segmenter()


def analysed(session: Session, posting: Posting) -> Posting:
    """Segment what the row says, store the terms and touch the corpus."""
    if isinstance(posting, Need):
        words = {name: getattr(posting, name) for name in ("title", "problem", "indicators", "goal", "keywords")}
        made = analysis.analyse_need(segmenter(), NeedDraft(**words))
    else:
        words = {name: getattr(posting, name) for name in ("title", "text", "keywords")}
        made = analysis.analyse_capability(segmenter(), CapabilityDraft(kind=posting.kind, **words))
    made.store(posting)
    corpus.touch(session, posting)
    session.flush()
    return posting
