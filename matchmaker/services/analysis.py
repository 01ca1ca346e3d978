"""Segmenting a posting before the transaction that stores it."""

import json
from dataclasses import dataclass
from typing import Any

from matchmaker.db.models import Capability, Need
from matchmaker.domain.drafts import CapabilityDraft, NeedDraft
from matchmaker.queries.texts import body_of
from matchmaker.text import AnalysedText, Segmenter


@dataclass(frozen=True)
class Analysis:
    """The terms of a posting as they are stored, and the lexicon they were made with."""

    terms: dict[str, Any]
    stamp: str

    def store(self, posting: Need | Capability) -> None:
        """Put the terms on the row; whoever calls touches the corpus."""
        posting.terms = self.terms
        posting.lexicon_stamp = self.stamp


def _pack(text: AnalysedText) -> Analysis:
    return Analysis(terms=json.loads(text.to_json()), stamp=text.stamp)


def analyse(segmenter: Segmenter, posting: Need | Capability) -> Analysis:
    """A posting again, as it stands on file."""
    return _pack(segmenter.analyse(title=posting.title, keywords=posting.keywords, body=body_of(posting)))


def analyse_need(segmenter: Segmenter, draft: NeedDraft) -> Analysis:
    """Title, keywords and body of a need apart: as a query, its head and body are compared apart."""
    return _pack(segmenter.analyse(title=draft.title, keywords=draft.keywords, body=draft.body))


def analyse_capability(segmenter: Segmenter, draft: CapabilityDraft) -> Analysis:
    """Title, keywords and text of a capability."""
    return _pack(segmenter.analyse(title=draft.title, keywords=draft.keywords, body=draft.text))
